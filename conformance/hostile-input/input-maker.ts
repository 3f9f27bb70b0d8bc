// Bytes as a hostile peer would send them: noise, and sound messages that were damaged, cut, repeated, spliced. Sound
// ones matter more: noise alone seldom gets past the first check.

import type { Random } from "../random.ts";

/** Values that lengths, counts and flags go wrong at. */
const EDGES: readonly number[] = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x20, 0x0a, 0x0d];
const NOISE_MAX = 64;
const CHANGES_MAX = 6;
/** Longest block that is put in or taken out. */
const BLOCK_MAX = 16;

/** Makes a damaged message sound on the outside again (a checksum, a length), so that the damage gets further in. */
export type Mend = (damaged: Uint8Array) => Uint8Array;

export class InputMaker {
  readonly #random: Random;
  readonly #seeds: readonly Uint8Array[];
  readonly #mend: Mend | null;

  /** @param seeds sound messages */
  constructor(random: Random, seeds: readonly Uint8Array[], mend: Mend | null = null) {
    this.#random = random;
    this.#seeds = seeds.filter((seed) => seed.length > 0);
    this.#mend = mend;
  }

  next(): Uint8Array {
    const input = this.#damaged();
    return this.#mend !== null && this.#random.oneIn(2) ? this.#mend(input) : input;
  }

  #damaged(): Uint8Array {
    const random = this.#random;
    const kind = random.below(10);
    if (kind === 0) return random.bytes(random.below(NOISE_MAX));
    const seed = random.pick(this.#seeds);
    if (kind === 1) return seed.slice(0, random.below(seed.length + 1));
    if (kind === 2) return this.#spliced(seed, random.pick(this.#seeds));
    if (kind === 3) return this.#withBlock(seed);
    if (kind === 4) return this.#withoutBlock(seed);
    return this.#changed(seed);
  }

  #changed(seed: Uint8Array): Uint8Array {
    const random = this.#random;
    const bytes = seed.slice();
    for (let left = 1 + random.below(CHANGES_MAX); left > 0; left--) {
      const at = random.below(bytes.length);
      const how = random.below(3);
      if (how === 0) bytes[at] = random.next();
      else if (how === 1) bytes[at] = random.pick(EDGES);
      else bytes[at] = bytes[at]! ^ (1 << random.below(8));
    }
    return bytes;
  }

  #spliced(head: Uint8Array, tail: Uint8Array): Uint8Array {
    const random = this.#random;
    return joined(head.subarray(0, random.below(head.length + 1)), tail.subarray(random.below(tail.length)));
  }

  #withBlock(seed: Uint8Array): Uint8Array {
    const random = this.#random;
    const at = random.below(seed.length + 1);
    const from = random.below(seed.length);
    const block = random.oneIn(2)
      ? seed.subarray(from, from + 1 + random.below(BLOCK_MAX))
      : random.bytes(1 + random.below(BLOCK_MAX));
    return joined(joined(seed.subarray(0, at), block), seed.subarray(at));
  }

  #withoutBlock(seed: Uint8Array): Uint8Array {
    const random = this.#random;
    const at = random.below(seed.length);
    return joined(seed.subarray(0, at), seed.subarray(at + 1 + random.below(BLOCK_MAX)));
  }
}

export function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** How many inputs a test makes: TRIBUTARY_HOSTILE_INPUTS, or what the test is made for. */
export function inputCount(usual: number): number {
  const given = Number(process.env["TRIBUTARY_HOSTILE_INPUTS"]);
  return given > 0 ? given : usual;
}
