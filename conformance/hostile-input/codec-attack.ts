// Hostile input against one codec, directly: a million inputs cost seconds here.

import assert from "node:assert/strict";
import { memoryInUse } from "../memory.ts";
import type { Random } from "../random.ts";
import { hexOf, InputMaker, inputCount, type Mend } from "./input-maker.ts";

export interface CodecTarget {
  /** Sound messages: damaged for the inputs, cut at every byte, and each must be read when it is whole. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Gives one input to the codec and reads everything that comes out. Answers how many sound units came (frames), and
   * calls `step` once for each call of the codec's `next`.
   */
  feed(input: Uint8Array, step: () => void): number;
  readonly mend?: Mend;
}

export interface CodecAttack {
  readonly inputs: number;
  readonly truncations: number;
  /** Inputs that brought something sound: how far they got. */
  readonly sound: number;
  readonly grownBytes: number;
}

const INPUTS = 1_000_000;
/** What may be kept: tables that fill on first use, not what peers send. */
const GROWTH_MAX_BYTES = 8 * 1_048_576;
const WARM_UP = 20_000;
/** Calls that find nothing: one behind each piece of the input. */
const STEPS_SPARE = 4;

export async function attackCodec(target: CodecTarget, random: Random): Promise<CodecAttack> {
  const inputs = inputCount(INPUTS);
  const maker = new InputMaker(random, target.seeds, target.mend);
  let truncations = 0;
  for (const seed of target.seeds) {
    for (let end = 0; end <= seed.length; end++, truncations++)
      feedOne(target, seed.subarray(0, end), "truncation", end);
  }
  let sound = 0;
  for (let n = 0; n < WARM_UP; n++) feedOne(target, maker.next(), "warm-up", n);
  const before = await memoryInUse();
  for (let n = 0; n < inputs; n++) if (feedOne(target, maker.next(), "input", n) > 0) sound++;
  const grownBytes = (await memoryInUse()) - before;
  assert.ok(grownBytes < GROWTH_MAX_BYTES, `${grownBytes} bytes more are in use after ${inputs} inputs`);
  assert.ok(sound > inputs / 1_000, `only ${sound} of ${inputs} inputs brought anything: they prove nothing`);
  assert.ok(sound < inputs, "no input was refused");
  return { inputs, truncations, sound, grownBytes };
}

function feedOne(target: CodecTarget, input: Uint8Array, what: string, n: number): number {
  // Each call takes a byte at least, or says that there is nothing more.
  let steps = input.length + STEPS_SPARE;
  try {
    return target.feed(input, () => {
      if (--steps < 0) throw new Error("no progress");
    });
  } catch (error) {
    throw new Error(`${what} ${n}: ${hexOf(input)}`, { cause: error });
  }
}
