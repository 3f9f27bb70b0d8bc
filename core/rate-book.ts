// How much each client has sent lately, whatever session it used for it: who connects anew does not begin with a full
// burst. What is remembered of a client that is gone is dropped once its buckets would be full again.

import type { CoreLimits } from "./limits.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Clients remembered before those that are gone are looked at for the first time. */
const FIRST_SWEEP = 1_024;

/** The buckets that all sessions of one client take from; null where there is no such limit. */
export interface ClientRates {
  readonly messages: TokenBucket | null;
  readonly bytes: TokenBucket | null;
}

class Entry implements ClientRates {
  readonly messages: TokenBucket | null;
  readonly bytes: TokenBucket | null;
  /** Sessions that use it now. */
  sessions = 0;
  constructor(limits: CoreLimits, now: number) {
    this.messages = TokenBucket.of(limits.sessionMessages, now);
    this.bytes = TokenBucket.of(limits.sessionBytes, now);
  }

  isFull(now: number): boolean {
    return (this.messages?.isFull(now) ?? true) && (this.bytes?.isFull(now) ?? true);
  }
}

export const UNLIMITED: ClientRates = Object.freeze({ messages: null, bytes: null });

export class RateBook {
  readonly #limits: CoreLimits;
  readonly #entries = new Map<string, Entry>();
  #sweepAt = FIRST_SWEEP;

  constructor(limits: CoreLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A session of this client begins. */
  open(client: string, now: number): ClientRates {
    if (this.#limits.sessionMessages.perSecond === 0 && this.#limits.sessionBytes.perSecond === 0) return UNLIMITED;
    let entry = this.#entries.get(client);
    if (entry === undefined) {
      if (this.#entries.size >= this.#sweepAt) this.#sweep(now);
      entry = new Entry(this.#limits, now);
      this.#entries.set(client, entry);
    }
    entry.sessions++;
    return entry;
  }

  /** A session that `open` was called for is over. */
  close(client: string): void {
    const entry = this.#entries.get(client);
    if (entry !== undefined) entry.sessions--;
  }

  /** Each client is looked at once for every one that was added: as many more must come before the next sweep. */
  #sweep(now: number): void {
    for (const [client, entry] of this.#entries) {
      if (entry.sessions === 0 && entry.isFull(now)) this.#entries.delete(client);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#entries.size * 2);
  }
}
