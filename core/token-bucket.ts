// hot path
// How much somebody may send: so many a second on average, and a burst at once.

import type { Rate } from "./limits.ts";

export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#perMs = rate.perSecond / 1000;
    this.#burst = Math.max(rate.burst, rate.perSecond, 1);
    this.#tokens = this.#burst;
    this.#filledAt = now;
  }

  /** A bucket, or null where the rate sets no limit. */
  static of(rate: Rate, now: number): TokenBucket | null {
    return rate.perSecond > 0 ? new TokenBucket(rate, now) : null;
  }

  /** True when `amount` fits. Takes nothing: two buckets are asked before either is charged. */
  holds(amount: number, now: number): boolean {
    if (this.#tokens < amount || now - this.#filledAt > 1000) {
      const filled = this.#tokens + (now - this.#filledAt) * this.#perMs;
      this.#tokens = filled < this.#burst ? filled : this.#burst;
      this.#filledAt = now;
    }
    // What is larger than the whole burst passes when the bucket is full, and leaves a debt: else it never could.
    return this.#tokens >= amount || this.#tokens >= this.#burst;
  }

  isFull(now: number): boolean {
    return this.#tokens + (now - this.#filledAt) * this.#perMs >= this.#burst;
  }

  take(amount: number): void {
    this.#tokens -= amount;
  }

  /** ms until `amount` would fit. */
  waitMs(amount: number, now: number): number {
    if (this.holds(amount, now)) return 0;
    return Math.ceil((Math.min(amount, this.#burst) - this.#tokens) / this.#perMs);
  }
}
