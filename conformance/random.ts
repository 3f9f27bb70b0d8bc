// Random numbers that come again: every randomised test takes them from one seed, prints it, and runs the same way when
// it is given back in TRIBUTARY_SEED.

export class Random {
  readonly seed: number;
  #state: number;

  /** @param seed any 32-bit number */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** The seed of this run: TRIBUTARY_SEED, or another one each time. */
  static fromEnvironment(): Random {
    const given = process.env["TRIBUTARY_SEED"];
    return new Random(given === undefined ? Math.floor(Math.random() * 0x1_0000_0000) : Number(given));
  }

  /** 0 ≤ n < 2³²: the mulberry32 step. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 ≤ n < limit. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.below(list.length)]!;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.next();
    return bytes;
  }
}
