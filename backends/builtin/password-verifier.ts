// Verifies passwords at the pace that the machine can bear. scrypt is slow on purpose: so many run at once, so many
// wait, and what succeeded a moment ago is not computed again (thousands of devices may share a user name).

import { createHmac, randomBytes } from "node:crypto";

import { LRUCache } from "lru-cache";

import type { Clock } from "../../core/index.ts";
import { verifyPassword } from "./password-hash.ts";
import type { PasswordHash } from "./password-hash.ts";

export interface VerifierLimits {
  /** scrypt runs at once; libuv's pool has four threads, and files and names need some of them. */
  readonly concurrency: number;
  /** Verifications that wait for their turn; more are refused as "unavailable". */
  readonly queueMax: number;
  readonly cacheMaxEntries: number;
  /** How long a success, and a failure, is remembered. */
  readonly successTtlMs: number;
  readonly failureTtlMs: number;
}

export const defaultVerifierLimits: VerifierLimits = Object.freeze({
  concurrency: 2,
  queueMax: 1_000,
  cacheMaxEntries: 10_000,
  successTtlMs: 300_000,
  failureTtlMs: 10_000,
});

/** Too many verifications wait: the back end cannot be asked now. */
export class VerifierBusy extends Error {}

export class PasswordVerifier {
  readonly #limits: VerifierLimits;
  /** Of this object alone: what is in the caches says nothing to who reads the process's memory later. */
  readonly #key = randomBytes(32);
  readonly #succeeded: LRUCache<string, true>;
  readonly #failed: LRUCache<string, true>;
  /** Verifications that run or wait; at most concurrency + queueMax. */
  readonly #pending = new Map<string, Promise<boolean>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(clock: Clock, limits: VerifierLimits = defaultVerifierLimits) {
    this.#limits = limits;
    const shared = { max: limits.cacheMaxEntries, ttlResolution: 0, perf: { now: () => clock.now() } };
    // Failures have a cache of their own: guessing cannot push out those who are right.
    this.#succeeded = new LRUCache({ ...shared, ttl: limits.successTtlMs });
    this.#failed = new LRUCache({ ...shared, ttl: limits.failureTtlMs });
  }

  /** Rejects with VerifierBusy when the queue is full. `user` separates the answers of different users. */
  verify(user: string, password: Uint8Array, expected: PasswordHash): Promise<boolean> {
    const key = this.#digest(user, password);
    if (this.#succeeded.has(key)) return Promise.resolve(true);
    if (this.#failed.has(key)) return Promise.resolve(false);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (this.#pending.size >= this.#limits.concurrency + this.#limits.queueMax) {
      return Promise.reject(new VerifierBusy(`${this.#limits.queueMax} password verifications are waiting`));
    }
    const verification = this.#run(key, password, expected);
    this.#pending.set(key, verification);
    return verification;
  }

  async #run(key: string, password: Uint8Array, expected: PasswordHash): Promise<boolean> {
    // The caller's bytes may belong to a socket's chunk.
    const copy = Uint8Array.from(password);
    try {
      if (this.#running >= this.#limits.concurrency) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      } else this.#running++;
      try {
        const isRight = await verifyPassword(copy, expected);
        (isRight ? this.#succeeded : this.#failed).set(key, true);
        return isRight;
      } finally {
        const next = this.#waiting.shift();
        if (next === undefined) this.#running--;
        else next();
      }
    } finally {
      copy.fill(0);
      this.#pending.delete(key);
    }
  }

  #digest(user: string, password: Uint8Array): string {
    // U+0000 occurs in no user name, so that user and password cannot run into each other.
    return createHmac("sha256", this.#key).update(`${user}\0`, "utf8").update(password).digest("base64");
  }
}
