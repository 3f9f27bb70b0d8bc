// Bodies grown from the recorded ones by what they reach: an input that runs code that none before it ran is kept and
// mutated further. The engine's own block coverage is the guide. Nothing throws, what is read is written back, and what
// is shown can be given back. TRIBUTARY_FUZZ_RUNS sets the number of inputs.

import assert from "node:assert/strict";
import { Session } from "node:inspector";
import { test } from "node:test";
import {
  BODY_MAX_BYTES,
  BODY_VERSIONS,
  HeaderForm,
  Jt808Bodies,
  Jt808Frame,
  messages,
  plainFrame,
} from "../src/index.ts";
import { bytesOf, decodeAll, hexOf, vectors } from "./vectors.ts";

const RUNS = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 4_000);
const BATCH = 100;
const CORPUS_MAX = 4_000;
const SOURCES = new URL("../src/", import.meta.url).href;

interface Input {
  readonly id: number;
  readonly body: Uint8Array;
}

/** The blocks of this package that have run, as the engine counts them. */
class Coverage {
  readonly #session = new Session();
  readonly #blocks = new Set<string>();

  start(): void {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  stop(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** How many blocks ran since the last call that had never run before; with `keep` they are not new any more. */
  take(keep: boolean): number {
    let fresh = 0;
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      assert.equal(error, null);
      for (const script of result) {
        if (!script.url.startsWith(SOURCES)) continue;
        for (const { ranges } of script.functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            const block = `${script.scriptId}:${startOffset}-${endOffset}`;
            if (count === 0 || this.#blocks.has(block)) continue;
            fresh++;
            if (keep) this.#blocks.add(block);
          }
        }
      }
    });
    return fresh;
  }
}

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

const bodies = new Jt808Bodies();

function exercise({ id, body: bytes }: Input): void {
  const frame = plainFrame(id, HeaderForm.V2013, 0, "0", 0, bytes);
  for (const version of BODY_VERSIONS) {
    const body = bodies.read(frame, [version]);
    if (body === null) continue;
    assert.equal(hexOf(bodies.rewrite(body) as Uint8Array), hexOf(bytes));
    const shown: unknown = JSON.parse(JSON.stringify(body.toNative().fields));
    bodies.writeNative(id, version, shown);
  }
}

const LIKELY = [0, 1, 2, 4, 7, 0x16, 0x7f, 0x80, 0xff];

function mutated(dice: Dice, corpus: readonly Input[]): Input {
  const { id, body } = corpus[dice.below(corpus.length)]!;
  const other = corpus[dice.below(corpus.length)]!.body;
  const how = dice.below(8);
  // Another message's layout, the head of one and the tail of the other, less, more, or other bytes.
  if (how === 0) return { id: messages[dice.below(messages.length)]!.id, body };
  if (how === 1) {
    const spliced = Uint8Array.of(
      ...body.subarray(0, dice.below(body.length + 1)),
      ...other.subarray(dice.below(other.length + 1)),
    );
    return { id, body: spliced.subarray(0, BODY_MAX_BYTES) };
  }
  if (how === 2) return { id, body: body.subarray(0, dice.below(body.length + 1)) };
  if (how === 3) return { id, body: Uint8Array.of(...body, dice.below(256)).subarray(0, BODY_MAX_BYTES) };
  const changed = body.slice();
  for (let i = dice.below(3); i >= 0 && changed.length > 0; i--) {
    changed[dice.below(changed.length)] = dice.below(2) === 0 ? LIKELY[dice.below(LIKELY.length)]! : dice.below(256);
  }
  return { id, body: changed };
}

test(`${RUNS} inputs, guided by what they reach`, (t) => {
  const corpus: Input[] = [];
  for (const vector of vectors) {
    if (vector.kind !== "frame") continue;
    const [frame] = decodeAll([bytesOf(vector.hex)]);
    if (frame instanceof Jt808Frame) corpus.push({ id: frame.id, body: frame.body });
  }
  const coverage = new Coverage();
  coverage.start();
  try {
    for (const input of corpus) exercise(input);
    coverage.take(true);
    const [recorded, blocks] = [corpus.length, coverage.size];
    const dice = new Dice(1078);
    for (let run = 0; run < RUNS; run += BATCH) {
      const batch = Array.from({ length: BATCH }, () => mutated(dice, corpus));
      for (const input of batch) exercise(input);
      if (coverage.take(false) === 0) continue;
      // One of them did it: each for itself.
      for (const input of batch) {
        exercise(input);
        if (coverage.take(true) > 0 && corpus.length < CORPUS_MAX) corpus.push(input);
      }
    }
    t.diagnostic(`${recorded} recorded bodies reach ${blocks} blocks; ${corpus.length} reach ${coverage.size}`);
    assert.ok(blocks > 500, String(blocks));
    assert.ok(corpus.length > recorded && coverage.size > blocks, "the guide found something");
  } finally {
    coverage.stop();
  }
});
