// Idempotency-Key: a request that is sent again with the same key is answered again and not executed again. Bounded in
// number, for all and for each principal, and in time; answers that ask to try again later are not remembered.

import type { Clock } from "../../core/index.ts";

/** What was answered, in a form that can be answered again. */
export interface Answer {
  readonly status: number;
  readonly retryAfterS: number;
  readonly body: string;
}

export interface IdempotencyLimits {
  readonly max: number;
  readonly perPrincipalMax: number;
  /** How long an answer is remembered, ms. */
  readonly ageMs: number;
}

/** The request is the first with its key: execute it, then `remember`. */
export interface FirstRequest {
  readonly kind: "first";
  /** Once; also when it failed. */
  remember(answer: Answer): void;
}
export type Recognition =
  | FirstRequest
  | { readonly kind: "again"; readonly answer: Promise<Answer> }
  /** The key came before with another request. */
  | { readonly kind: "reused" }
  /** Nothing can be forgotten to make room: all remembered requests are running. */
  | { readonly kind: "full" };

class Entry {
  readonly scope: string;
  readonly fingerprint: string;
  readonly expiresAt: number;
  readonly answer: Promise<Answer>;
  isRunning = true;
  constructor(scope: string, fingerprint: string, expiresAt: number, answer: Promise<Answer>) {
    this.scope = scope;
    this.fingerprint = fingerprint;
    this.expiresAt = expiresAt;
    this.answer = answer;
  }
}

const keyForm = /^[\x21-\x7e]{1,255}$/;

export function isIdempotencyKey(key: string): boolean {
  return keyForm.test(key);
}

export class IdempotencyStore {
  readonly #clock: Clock;
  readonly #limits: IdempotencyLimits;
  /** Oldest first: all live equally long. */
  readonly #entries = new Map<string, Entry>();
  /** Names of the entries of one principal, oldest first. */
  readonly #perScope = new Map<string, Set<string>>();

  constructor(clock: Clock, limits: IdempotencyLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param scope the principal; keys of different principals never meet. @param fingerprint of the whole request */
  recognise(scope: string, key: string, fingerprint: string): Recognition {
    const now = this.#clock.now();
    this.#expire(now);
    const name = `${scope}\n${key}`;
    const known = this.#entries.get(name);
    if (known !== undefined) {
      return known.fingerprint === fingerprint ? { kind: "again", answer: known.answer } : { kind: "reused" };
    }
    if (!this.#makeRoom(scope)) return { kind: "full" };
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const entry = new Entry(scope, fingerprint, now + this.#limits.ageMs, promise);
    this.#entries.set(name, entry);
    const names = this.#perScope.get(scope);
    if (names === undefined) this.#perScope.set(scope, new Set([name]));
    else names.add(name);
    const remember = (answer: Answer): void => {
      entry.isRunning = false;
      if (isToTryAgain(answer.status) && this.#entries.get(name) === entry) this.#forget(name, entry);
      resolve(answer);
    };
    return { kind: "first", remember };
  }

  #expire(now: number): void {
    for (const [name, entry] of this.#entries) {
      if (entry.expiresAt > now) return;
      this.#forget(name, entry);
    }
  }

  /** Forgets the oldest that is not running: of this principal where it has its share, else of all. */
  #makeRoom(scope: string): boolean {
    const own = this.#perScope.get(scope);
    if (own !== undefined && own.size >= this.#limits.perPrincipalMax) return this.#forgetOldest(own);
    return this.#entries.size < this.#limits.max || this.#forgetOldest(this.#entries.keys());
  }

  #forgetOldest(names: Iterable<string>): boolean {
    for (const name of names) {
      const entry = this.#entries.get(name);
      if (entry === undefined || entry.isRunning) continue;
      this.#forget(name, entry);
      return true;
    }
    return false;
  }

  #forget(name: string, entry: Entry): void {
    this.#entries.delete(name);
    const names = this.#perScope.get(entry.scope);
    if (names === undefined) return;
    names.delete(name);
    if (names.size === 0) this.#perScope.delete(entry.scope);
  }
}

function isToTryAgain(status: number): boolean {
  return status === 429 || status >= 500;
}
