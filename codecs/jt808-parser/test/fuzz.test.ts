// Hostile input: mutated vectors and plain noise, at frame level and through every body layout. Nothing throws, every
// call makes progress, and the decoder holds no more than one frame. TRIBUTARY_FUZZ_RUNS sets the number of inputs.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BODY_VERSIONS,
  BodyFault,
  DecodeFault,
  FRAME_MAX_BYTES,
  HeaderForm,
  Jt808Bodies,
  Jt808Decoder,
  Jt808Frame,
  STRICT,
  plainFrame,
} from "../src/index.ts";
import { bytesOf, hexOf, vectors } from "./vectors.ts";

const RUNS = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 100_000);
const LENIENT = {
  wrongChecksum: true,
  wrongLength: true,
  falseVersionFlag: true,
  unescapedChecksum: true,
  strayEscape: true,
};

/** Small, fast and repeatable (xorshift). */
class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}

const HEARTBEAT = bytesOf("7e000200000144199999990007c07e");
const corpus = vectors.map((vector) => bytesOf(vector.hex)).filter((bytes) => bytes.length < 300);

function mutated(dice: Dice): Uint8Array {
  const bytes = corpus[dice.below(corpus.length)]!.slice();
  for (let i = dice.below(4); i >= 0; i--) {
    const at = dice.below(bytes.length);
    bytes[at] = dice.below(3) === 0 ? [0x7e, 0x7d, 0, 0xff][dice.below(4)]! : dice.below(256);
  }
  return dice.below(4) === 0 ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes;
}

/** Reads all of a body by every layout there is, shows it, and writes it back. */
function exercise(bodies: Jt808Bodies, frame: Jt808Frame): void {
  for (const version of BODY_VERSIONS) {
    const body = bodies.read(frame, [version]);
    if (body === null) continue;
    JSON.stringify(body.toNative().fields);
    const again = bodies.rewrite(body);
    assert.ok(!(again instanceof BodyFault), JSON.stringify(again));
    assert.equal(hexOf(again), hexOf(frame.body));
  }
}

test(`${RUNS} mutated inputs on long-lived decoders: no throw, progress, nothing kept`, () => {
  const dice = new Dice(808);
  const bodies = new Jt808Bodies();
  const decoders = [new Jt808Decoder(FRAME_MAX_BYTES, STRICT), new Jt808Decoder(FRAME_MAX_BYTES, LENIENT)];
  let frames = 0;
  let faults = 0;
  for (let run = 0; run < RUNS; run++) {
    const input = mutated(dice);
    const decoder = decoders[run & 1]!;
    decoder.push(input);
    let steps = 0;
    for (let next = decoder.next(); next !== null; next = decoder.next()) {
      // Each frame or fault has taken one byte at least.
      assert.ok(++steps <= input.length + 1, "progress");
      if (next instanceof DecodeFault) {
        assert.ok(next.resumable && next.raw.length <= FRAME_MAX_BYTES + 2);
        faults++;
      } else {
        assert.ok(next.body.length <= FRAME_MAX_BYTES);
        if (run % 8 < 2) exercise(bodies, next);
        frames++;
      }
    }
  }
  assert.ok(frames > RUNS / 10 && faults > RUNS / 10, `${frames} frames, ${faults} faults`);
});

test("random bodies of every message: no throw, and what is read is written back", () => {
  const dice = new Dice(2019);
  const bodies = new Jt808Bodies();
  const ids = [...Array(0x10000).keys()].filter((id) => bodies.row(id) !== null);
  assert.ok(ids.length >= 95, String(ids.length));
  for (let run = 0; run < RUNS / 10; run++) {
    const body = new Uint8Array(dice.below(100));
    for (let i = 0; i < body.length; i++) body[i] = dice.below(3) === 0 ? dice.below(8) : dice.below(256);
    exercise(bodies, plainFrame(ids[run % ids.length]!, HeaderForm.V2013, 0, "0", 0, body));
  }
});

/** What comes out of damaged bytes with a sound heartbeat behind them; the heartbeat must be the last of it. */
function checkNextIsFound(damaged: Uint8Array, what: string): void {
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  let last: unknown = null;
  decoder.push(Uint8Array.of(...damaged, ...HEARTBEAT));
  for (let next = decoder.next(); next !== null; next = decoder.next()) last = next;
  assert.ok(last instanceof Jt808Frame && last.phone === "014419999999" && last.serial === 7, what);
}

test("every truncation of every vector: no throw, and the next frame is not lost", () => {
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex);
    const step = bytes.length > 2200 ? 13 : 1;
    for (let end = 0; end <= bytes.length; end += step)
      checkNextIsFound(bytes.subarray(0, end), `${vector.id} to ${end}`);
  }
});

test("every byte of every vector damaged: no throw, and the next frame is not lost", () => {
  const dice = new Dice(7);
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex);
    const step = bytes.length > 2200 ? 13 : 1;
    for (let at = 0; at < bytes.length; at += step) {
      const damaged = bytes.slice();
      damaged[at] = damaged[at]! ^ (1 + dice.below(255));
      checkNextIsFound(damaged, `${vector.id} at ${at}`);
    }
  }
});

test("a megabyte without a delimiter is not kept", () => {
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  const chunk = new Uint8Array(1 << 16).fill(0x31);
  decoder.push(Uint8Array.of(0x7e));
  const found: unknown[] = [];
  for (let i = 0; i < 16; i++) {
    decoder.push(chunk);
    for (let next = decoder.next(); next !== null; next = decoder.next()) found.push(next);
  }
  assert.equal(found.length, 1);
  assert.equal(decoder.skipped, 1 << 20);
});
