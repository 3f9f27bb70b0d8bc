// Hostile input: mutated vectors and plain noise, at frame level and through every layout. Nothing throws, every call
// makes progress, and the decoder holds no more than one frame. TRIBUTARY_FUZZ_RUNS sets the number of inputs,
// TRIBUTARY_FUZZ_SEED repeats a run.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BodyFault,
  DecodeFault,
  Encryption,
  GBT32960_VERSIONS,
  Gbt32960Decoder,
  Gbt32960Frame,
  answerTo,
  commands,
  signedPart,
} from "../src/index.ts";
import { Dice, HEARTBEAT_HEX, bodies, bytesOf, decodeToEnd, encoder, hexOf, summary, vectors } from "./vectors.ts";

const RUNS = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 100_000);
const SEED = Number(process.env["TRIBUTARY_FUZZ_SEED"] ?? 32_960);
const MAX_FRAME = 2000;
const HEARTBEAT = bytesOf(HEARTBEAT_HEX);
const heartbeat = summary(decodeToEnd([HEARTBEAT]))[0]!;
const corpus = vectors.map((vector) => bytesOf(vector.hex)).filter((bytes) => bytes.length < 400);

function mutated(dice: Dice): Uint8Array {
  const bytes = corpus[dice.below(corpus.length)]!.slice();
  for (let i = dice.below(4); i > 0; i--) {
    const at = dice.below(bytes.length);
    bytes[at] = dice.below(3) === 0 ? [0x23, 0x24, 0xfe, 0xff][dice.below(4)]! : dice.below(256);
  }
  if (dice.below(2) === 0) repairBcc(bytes);
  return dice.below(4) === 0 ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes;
}

/** So that damaged data units reach the layouts. */
function repairBcc(bytes: Uint8Array): void {
  let parity = 0;
  for (let i = 2; i < bytes.length - 1; i++) parity ^= bytes[i]!;
  bytes[bytes.length - 1] = parity;
}

/** Reads a data unit, shows it, writes it back by both ways, and answers it. */
function exercise(frame: Gbt32960Frame): void {
  answerTo(frame, 1, "echo", 0);
  const body = bodies.read(frame);
  if (body === null) return;
  signedPart(frame, body);
  const shown = body.toNative();
  const json = JSON.parse(JSON.stringify(shown.fields));
  const native = bodies.writeNative(body.layout, json);
  if (shown.exact) assert.ok(!(native instanceof BodyFault), JSON.stringify(native));
  if (body.fault?.code === "GBT32960_BODY_SHORT" && body.fields["units"] === undefined) return;
  const again = bodies.write(body.layout, body.fields, body.tail);
  assert.ok(!(again instanceof BodyFault), JSON.stringify(again));
  assert.equal(hexOf(again), hexOf(frame.data));
}

test(`${RUNS} mutated inputs on one long-lived decoder: no throw, progress, bounded memory`, () => {
  const dice = new Dice(SEED);
  const decoder = new Gbt32960Decoder(MAX_FRAME);
  let frames = 0;
  let faults = 0;
  for (let run = 0; run < RUNS; run++) {
    const input = mutated(dice);
    const before = decoder.pendingBytes;
    decoder.push(input);
    let steps = 0;
    for (let next = decoder.next(); next !== null; next = decoder.next()) {
      // Each frame or fault has taken one byte at least.
      assert.ok(++steps <= before + input.length, "progress");
      if (next instanceof DecodeFault) {
        assert.ok(next.resumable && next.raw.length <= MAX_FRAME);
        faults++;
      } else {
        if (run % 4 === 0) exercise(next);
        frames++;
      }
    }
    assert.ok(decoder.pendingBytes < MAX_FRAME);
    if (dice.below(100) === 0) decoder.abandon();
  }
  assert.ok(frames > RUNS / 10 && faults > RUNS / 100, `${frames} frames, ${faults} faults`);
});

test("random data units of every command in both versions and directions: what is read is written back", () => {
  const dice = new Dice(SEED + 1);
  for (let run = 0; run < RUNS / 10; run++) {
    const data = new Uint8Array(dice.below(120));
    for (let i = 0; i < data.length; i++) data[i] = dice.below(3) === 0 ? dice.below(8) : dice.below(256);
    const { command } = commands[run % commands.length]!;
    const response = dice.below(2) === 0 ? 0xfe : 0x01;
    const version = GBT32960_VERSIONS[dice.below(2)]!;
    exercise(new Gbt32960Frame(version, command, response, "V", Encryption.None, data));
  }
});

test("people's JSON: anything in place of anything is written or refused, never thrown", () => {
  const dice = new Dice(SEED + 2);
  const values: unknown[] = [
    null,
    -1,
    1.5,
    2 ** 40,
    "",
    "x".repeat(70_000),
    "zz",
    [],
    {},
    true,
    [null],
    { a: 1 },
    [[]],
  ];
  let refused = 0;
  for (const vector of vectors) {
    for (const frame of decodeToEnd([bytesOf(vector.hex)])) {
      const body = frame instanceof Gbt32960Frame ? bodies.read(frame) : null;
      if (body === null) continue;
      const shown = JSON.stringify(body.toNative().fields);
      for (let i = 0; i < 40; i++) {
        const json: unknown = JSON.parse(shown);
        replaceOne(json, values[dice.below(values.length)], dice);
        const bytes = bodies.writeNative(body.layout, json);
        if (bytes instanceof BodyFault) refused++;
      }
      for (const value of values) bodies.writeNative(body.layout, value);
      for (const value of values) bodies.write(body.layout, value);
    }
  }
  assert.ok(refused > 500, `${refused} refused`);
});

/** Walks down at random and puts `value` where it stops. */
function replaceOne(json: unknown, value: unknown, dice: Dice): void {
  let at = json;
  while (typeof at === "object" && at !== null) {
    const keys = Object.keys(at);
    if (keys.length === 0) return;
    const key = keys[dice.below(keys.length)]!;
    const inner = (at as Record<string, unknown>)[key];
    if (typeof inner !== "object" || dice.below(4) === 0) {
      (at as Record<string, unknown>)[key] = value;
      return;
    }
    at = inner;
  }
}

/** Whether the sound heartbeat behind damaged bytes is found. */
function isFound(damaged: Uint8Array): boolean {
  const found = decodeToEnd([Uint8Array.of(...damaged, ...HEARTBEAT)]);
  return summary(found).includes(heartbeat);
}

test("every byte of every vector damaged: the next frame is not lost", () => {
  const dice = new Dice(7);
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex);
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [0x01, 0x80, 1 + dice.below(255)]) {
        const damaged = bytes.slice();
        damaged[at] = damaged[at]! ^ change;
        assert.ok(isFound(damaged), `${vector.id} at ${at}: ${change}`);
      }
    }
  }
});

test("every truncation of every vector: the next frame is not lost, but for what the BCC cannot tell", () => {
  let cuts = 0;
  let lost = 0;
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex);
    for (let end = 0; end < bytes.length; end++) {
      const cut = bytes.subarray(0, end);
      cuts++;
      if (isFound(cut)) continue;
      assert.ok(isSwallowed(cut), `${vector.id} to ${end}`);
      lost++;
    }
  }
  assert.ok(lost < cuts / 256, `${lost} of ${cuts}`);
});

/**
 * The one loss that no reader can tell: with its length, the damaged frame reaches into the next one, and the BCC of one
 * byte happens to be right there. Then the whole is a sound frame; one in 256 of those that reach so far.
 */
function isSwallowed(damaged: Uint8Array): boolean {
  const all = hexOf(Uint8Array.of(...damaged, ...HEARTBEAT));
  return decodeToEnd([bytesOf(all)]).some((one) => {
    if (!(one instanceof Gbt32960Frame)) return false;
    const start = all.indexOf(hexOf(encoder.encode(one))) / 2;
    const end = start + encoder.sizeOf(one);
    return start >= 0 && start < damaged.length && end > damaged.length && end < all.length / 2;
  });
}

test("a megabyte without a frame is not kept", () => {
  const decoder = new Gbt32960Decoder(MAX_FRAME);
  const chunk = new Uint8Array(1 << 16).fill(0x31);
  for (let i = 0; i < 16; i++) {
    decoder.push(chunk);
    assert.equal(decoder.next(), null);
  }
  assert.equal(decoder.pendingBytes, 0);
  assert.equal(decoder.skipped, 1 << 20);
});

test("a megabyte of start bytes costs no more than it should", () => {
  const decoder = new Gbt32960Decoder(MAX_FRAME);
  const chunk = new Uint8Array(1 << 16).fill(0x23);
  const started = performance.now();
  for (let i = 0; i < 16; i++) {
    decoder.push(chunk);
    for (let next = decoder.next(); next !== null; next = decoder.next()) assert.ok(next instanceof DecodeFault);
  }
  assert.ok(decoder.pendingBytes < MAX_FRAME);
  assert.ok(performance.now() - started < 5000);
});
