// hot path
// Frames of one terminal that were given to the core and whose verdict is still to come.

import type { Jt808Frame } from "jt808-parser";
import { hashOf } from "./duplicates.ts";
import type { Result } from "./mapping.ts";

/** A frame that has to be answered. */
export class Unanswered {
  readonly id: number;
  readonly serial: number;
  readonly hash: number;
  /** What the terminal is told when the core takes it. */
  readonly result: Result;
  constructor(frame: Jt808Frame, result: Result) {
    this.id = frame.id;
    this.serial = frame.serial;
    this.hash = hashOf(frame.body);
    this.result = result;
  }
}

/** By receipt; its user keeps it small. */
export class Pending {
  readonly #byReceipt = new Map<number, Unanswered>();

  get size(): number {
    return this.#byReceipt.size;
  }

  add(receipt: number, unanswered: Unanswered): void {
    this.#byReceipt.set(receipt, unanswered);
  }

  take(receipt: number): Unanswered | null {
    const found = this.#byReceipt.get(receipt);
    if (found === undefined) return null;
    this.#byReceipt.delete(receipt);
    return found;
  }

  /** A retransmission of something that will be answered anyway. */
  has(frame: Jt808Frame): boolean {
    if (this.#byReceipt.size === 0) return false;
    const hash = hashOf(frame.body);
    for (const one of this.#byReceipt.values()) {
      if (one.id === frame.id && one.serial === frame.serial && one.hash === hash) return true;
    }
    return false;
  }

  clear(): void {
    this.#byReceipt.clear();
  }
}
