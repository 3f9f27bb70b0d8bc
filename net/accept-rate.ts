// How many connections a listener takes in a second. A token bucket that holds one second's worth, so that a site that
// comes back after a power cut is spread over time and a flood costs an accept and a close each.

export class AcceptRate {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;

  /** `now`: ms, of the clock that `take` will be asked with. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAt = now;
  }

  /** False: one too many. */
  take(now: number): boolean {
    const earned = ((now - this.#filledAt) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
