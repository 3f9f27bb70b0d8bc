// hot path
// Devices repeat themselves: what was not answered in time comes again, and is to be answered again and published once.
// Here is what an adapter keeps for that of one device: frames whose verdict is still to come (by receipt), and the last
// ones that were accepted. A frame is known by its kind, a number that its device gave it (0 where there is none) and a
// 32-bit hash of its body: devices restart their numbers, and checksums of one byte say little.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bits, signed. */
export function hashOf(body: Uint8Array): number {
  let hash = FNV_OFFSET | 0;
  for (let i = 0; i < body.length; i++) hash = Math.imul(hash ^ body[i]!, FNV_PRIME);
  return hash;
}

/** What a frame is known by. Adapters extend it by what they need for the answer. */
export class FrameMark {
  /** 0…65,535. */
  readonly kind: number;
  /** 0…65,535. */
  readonly serial: number;
  readonly hash: number;
  constructor(kind: number, serial: number, body: Uint8Array) {
    this.kind = kind;
    this.serial = serial;
    this.hash = hashOf(body);
  }

  isSame(other: FrameMark): boolean {
    return this.kind === other.kind && this.serial === other.serial && this.hash === other.hash;
  }
}
Object.freeze(FrameMark.prototype);
Object.freeze(FrameMark);

/** The last frames that were accepted, and what they were answered. */
export class RepeatWindow {
  readonly #lifeMs: number;
  readonly #kinds: Uint16Array;
  readonly #serials: Uint16Array;
  readonly #hashes: Int32Array;
  readonly #results: Uint8Array;
  readonly #times: Float64Array;
  #next = 0;

  /** @param lifeMs how long a frame is remembered */
  constructor(framesMax: number, lifeMs: number) {
    this.#lifeMs = lifeMs;
    this.#kinds = new Uint16Array(framesMax);
    this.#serials = new Uint16Array(framesMax);
    this.#hashes = new Int32Array(framesMax);
    this.#results = new Uint8Array(framesMax);
    this.#times = new Float64Array(framesMax).fill(-Infinity);
  }

  /** What the same frame was answered not long ago, 0…255; -1: it was not there. */
  resultOf(mark: FrameMark, now: number): number {
    for (let i = 0; i < this.#hashes.length; i++) {
      if (this.#hashes[i] !== mark.hash || this.#serials[i] !== mark.serial || this.#kinds[i] !== mark.kind) continue;
      if (now - this.#times[i]! <= this.#lifeMs) return this.#results[i]!;
    }
    return -1;
  }

  /** The oldest one is forgotten for it. */
  remember(mark: FrameMark, result: number, now: number): void {
    const at = this.#next;
    this.#next = (at + 1) % this.#hashes.length;
    this.#kinds[at] = mark.kind;
    this.#serials[at] = mark.serial;
    this.#hashes[at] = mark.hash;
    this.#results[at] = result;
    this.#times[at] = now;
  }
}
Object.freeze(RepeatWindow.prototype);
Object.freeze(RepeatWindow);

/** Frames that were given to the core and whose verdict is still to come, by receipt. Its user keeps it small. */
export class Unsettled<Mark extends FrameMark> {
  readonly #byReceipt = new Map<number, Mark>();

  get size(): number {
    return this.#byReceipt.size;
  }

  add(receipt: number, mark: Mark): void {
    this.#byReceipt.set(receipt, mark);
  }

  take(receipt: number): Mark | null {
    const found = this.#byReceipt.get(receipt);
    if (found === undefined) return null;
    this.#byReceipt.delete(receipt);
    return found;
  }

  /** A repetition of something that will be answered anyway. */
  has(mark: FrameMark): boolean {
    if (this.#byReceipt.size === 0) return false;
    for (const one of this.#byReceipt.values()) if (one.isSame(mark)) return true;
    return false;
  }

  clear(): void {
    this.#byReceipt.clear();
  }
}
Object.freeze(Unsettled.prototype);
Object.freeze(Unsettled);
