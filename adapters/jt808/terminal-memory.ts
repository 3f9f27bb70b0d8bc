// What is known of terminals beyond their links: the version that a registration showed (nothing in a header tells 2011
// from 2013, and terminals register once in their life), and the RSA key that one gave. Bounded: who was silent longest
// is forgotten first.

import type { BodyVersion } from "jt808-parser";

/** Terminals that are remembered of one listener. */
const TERMINALS_MAX = 100_000;

export interface TerminalKey {
  readonly exponent: number;
  /** 128 bytes, big endian. */
  readonly modulus: Uint8Array;
}

interface Known {
  readonly version: BodyVersion | null;
  readonly key: TerminalKey | null;
}

const STRANGER: Known = Object.freeze({ version: null, key: null });

export class TerminalMemory {
  readonly #terminalsMax: number;
  /** The one that was used last stands last. */
  readonly #known = new Map<string, Known>();

  constructor(terminalsMax = TERMINALS_MAX) {
    this.#terminalsMax = terminalsMax;
  }

  get size(): number {
    return this.#known.size;
  }

  versionOf(phone: string): BodyVersion | null {
    return this.#use(phone).version;
  }

  keyOf(phone: string): TerminalKey | null {
    return this.#use(phone).key;
  }

  learnVersion(phone: string, version: BodyVersion): void {
    this.#put(phone, { ...this.#use(phone), version });
  }

  learnKey(phone: string, key: TerminalKey): void {
    this.#put(phone, { ...this.#use(phone), key });
  }

  #use(phone: string): Known {
    const known = this.#known.get(phone);
    if (known === undefined) return STRANGER;
    this.#known.delete(phone);
    this.#known.set(phone, known);
    return known;
  }

  #put(phone: string, known: Known): void {
    this.#known.delete(phone);
    this.#known.set(phone, known);
    if (this.#known.size <= this.#terminalsMax) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
