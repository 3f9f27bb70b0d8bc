// hot path
// How many datagrams one address may send in a second, before anything is kept of it: token buckets in memory of fixed
// size, found by a hash of the address. Addresses whose hashes meet share a bucket; the hash has a seed of its own, so
// that nobody outside can choose with whom.

import { randomInt } from "node:crypto";

const BUCKETS = 65_536;
const FNV_PRIME = 0x01000193;

export class SourceRate {
  readonly #perSecond: number;
  readonly #seed = randomInt(0x1_0000_0000);
  readonly #tokens: Float64Array;
  readonly #filledAt: Float64Array;

  /** `now`: ms, of the clock that `take` will be asked with. A bucket holds one second's worth. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = new Float64Array(BUCKETS).fill(perSecond);
    this.#filledAt = new Float64Array(BUCKETS).fill(now);
  }

  /** False: one too many. */
  take(address: string, now: number): boolean {
    let hash = this.#seed;
    for (let i = 0; i < address.length; i++) hash = Math.imul(hash ^ address.charCodeAt(i), FNV_PRIME);
    const at = (hash ^ (hash >>> 16)) & (BUCKETS - 1);
    const earned = ((now - this.#filledAt[at]!) * this.#perSecond) / 1000;
    const tokens = Math.min(this.#perSecond, this.#tokens[at]! + earned);
    this.#filledAt[at] = now;
    this.#tokens[at] = tokens < 1 ? tokens : tokens - 1;
    return tokens >= 1;
  }
}
