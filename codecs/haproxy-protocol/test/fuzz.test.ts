// Random and mutated streams. What must hold for every one of them: no exception, one answer at most, an answer as soon
// as `maxFrame` bytes are there, the same answer when the stream drips in, no byte behind the header lost or changed,
// and no more memory held than a header may take. TRIBUTARY_FUZZ_RUNS raises the count, TRIBUTARY_FUZZ_SEED repeats one.

import assert from "node:assert/strict";
import { test } from "node:test";
import v8 from "node:v8";
import vm from "node:vm";
import {
  DecodeFault,
  NO_PROXY_HEADER,
  ProxyDecoder,
  ProxyEncoder,
  ProxyHeader,
  readProxyDatagram,
} from "haproxy-protocol";
import { loadFixtures, plainReads, toHex } from "./fixtures.ts";
import { cutEvery, readPieces } from "./reading.ts";

const RUNS = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 100_000);
const SEED = Number(process.env["TRIBUTARY_FUZZ_SEED"] ?? 20_261_120);
const MAX_FRAME = 256;
/** How often the slower checks run, in streams. */
const SLOW_EVERY = 16;

/** Small, fast and seeded; the quality of xorshift is enough to choose bytes. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed | 1;
  }
  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % bound;
  }
  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

const seeds = loadFixtures().map(({ bytes }) => bytes);
const ALPHABET = new TextEncoder().encode("PROXY TCP46UNKNOWN0123456789abcdef.: \r\n");

function streamOf(random: Random): Uint8Array {
  const kind = random.below(8);
  if (kind === 0) return random.bytes(random.below(64));
  if (kind === 1) {
    const line = Uint8Array.from({ length: random.below(130) }, () => ALPHABET[random.below(ALPHABET.length)]!);
    line.set(ALPHABET.subarray(0, Math.min(line.length, random.below(12))));
    return line;
  }
  const seed = seeds[random.below(seeds.length)]!;
  const mutated = Uint8Array.from(seed);
  if (mutated.length === 0) return mutated;
  for (let i = random.below(4); i >= 0; i--) {
    // Most mutations behind the signature, where they are not answered by "no header".
    const from = mutated.length > 14 && random.below(4) > 0 ? 12 : 0;
    mutated[from + random.below(mutated.length - from)] = random.below(3) === 0 ? 0xff : random.below(256);
  }
  if (kind === 2) return mutated.subarray(0, random.below(mutated.length + 1));
  if (kind === 3) return Uint8Array.of(...mutated, ...random.bytes(random.below(300)));
  return mutated;
}

function checkStream(stream: Uint8Array): void {
  const decoder = new ProxyDecoder(MAX_FRAME);
  decoder.push(stream);
  const answer = decoder.next();
  assert.equal(decoder.next(), null);
  const rest = decoder.rest();
  if (answer === null) {
    assert.ok(stream.length < MAX_FRAME);
    assert.equal(rest.length, 0);
  } else if (answer === NO_PROXY_HEADER) {
    assert.equal(rest, stream);
  } else if (answer instanceof DecodeFault) {
    assert.equal(rest.length, 0);
  } else {
    const taken = stream.length - rest.length;
    assert.ok(taken >= 15 && taken <= MAX_FRAME);
    assert.equal(rest.length === 0 || rest.buffer === stream.buffer, true);
    checkHeader(answer, stream.subarray(0, taken));
  }
}

function checkHeader(header: ProxyHeader, bytes: Uint8Array): void {
  plainReads(header);
  const written = new ProxyEncoder().encode(header);
  if (header.version === 2) assert.equal(toHex(written), toHex(bytes));
  else assert.ok(written.length <= 107);
}

test(`${RUNS} streams (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const outcomes = { header: 0, none: 0, fault: 0, incomplete: 0 };
  for (let run = 0; run < RUNS; run++) {
    const stream = streamOf(random);
    try {
      checkStream(stream);
      readProxyDatagram(stream);
      if (run % SLOW_EVERY !== 0) continue;
      const whole = readPieces([stream], MAX_FRAME);
      assert.deepEqual(readPieces(cutEvery(stream, 1 + random.below(20)), MAX_FRAME), whole);
      outcomes[whole.outcome]++;
    } catch (error) {
      throw new Error(`run ${run}: ${toHex(stream)}`, { cause: error });
    }
  }
  // A generator that never gets past the signature would prove nothing.
  for (const [outcome, times] of Object.entries(outcomes)) {
    assert.ok(times > RUNS / SLOW_EVERY / 100, `${outcome}: ${times}`);
  }
});

test("a header that drips in holds its own bytes, not the chunks that they came in", async () => {
  v8.setFlagsFromString("--expose-gc");
  const collect: () => void = vm.runInNewContext("gc");
  const maxFrame = 65_551;
  const chunkBytes = 65_536; // what a socket reads into, however little comes
  const drips = 4000;
  const decoder = new ProxyDecoder(maxFrame);
  decoder.push(
    Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0xff, 0xff),
  );
  assert.equal(decoder.next(), null);
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < drips; i++) {
    decoder.push(new Uint8Array(chunkBytes).subarray(0, 1));
    assert.equal(decoder.next(), null);
  }
  collect();
  await new Promise((resolve) => setImmediate(resolve)); // the memory of buffers is given back beside the program
  collect();
  const held = process.memoryUsage().arrayBuffers - before;
  assert.ok(held < 8 * maxFrame, `${held} bytes held after ${drips} bytes of header`);
  assert.equal(decoder.rest().length, 0);
});
