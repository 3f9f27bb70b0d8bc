// hot path
// The last frames of a terminal that were accepted, so that a retransmission is answered again and published once. The
// serial alone does not do: terminals begin at 0 again, and some always send 0; and the frame's checksum is one byte. So
// a frame is known by id, serial and a 32-bit hash of its body.

import type { Jt808Frame } from "jt808-parser";

/** Frames that are remembered of one terminal. */
const WINDOW = 32;
/** As long as the standard's retransmissions last with its usual times (10 + 20 + 60 + 240 s), and some more. */
const WINDOW_MS = 400_000;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function hashOf(body: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < body.length; i++) hash = Math.imul(hash ^ body[i]!, FNV_PRIME);
  return hash;
}

export class Duplicates {
  readonly #ids = new Uint16Array(WINDOW);
  readonly #serials = new Uint16Array(WINDOW);
  readonly #hashes = new Int32Array(WINDOW);
  readonly #results = new Uint8Array(WINDOW);
  readonly #times = new Float64Array(WINDOW);
  #next = 0;

  /** What the same frame was answered not long ago; -1: it was not there. */
  resultOf(frame: Jt808Frame, now: number): number {
    let hash = 0;
    let isHashed = false;
    for (let i = 0; i < WINDOW; i++) {
      if (this.#serials[i] !== frame.serial || this.#ids[i] !== frame.id || now - this.#times[i]! > WINDOW_MS) continue;
      if (!isHashed) hash = hashOf(frame.body);
      isHashed = true;
      if (this.#hashes[i] === hash) return this.#results[i]!;
    }
    return -1;
  }

  remember(id: number, serial: number, hash: number, result: number, now: number): void {
    const at = this.#next;
    this.#next = (at + 1) % WINDOW;
    this.#ids[at] = id;
    this.#serials[at] = serial;
    this.#hashes[at] = hash;
    this.#results[at] = result;
    this.#times[at] = now;
  }
}
