// hot path
// Memory that all wires of a turn share while they gather output, so that an idle connection owns none: one staging
// buffer to encode into, one scratch buffer to join small ranges in, and a few lists for wires with several ranges.
// A buffer that a socket still reads from after its write is replaced here and never written to again.

const SHARED_BYTES = 65_536;
const POOLED_LISTS_MAX = 256;
/** A list that once held more ranges than this is not kept, so that one burst does not stay allocated. */
const POOLED_LIST_RANGES_MAX = 1024;
const NOTHING: Uint8Array = new Uint8Array(0);

/** The ranges of one wire's output but the last one, in order. Its arrays keep their room when it is used again. */
export class RangeList {
  readonly bytes: Uint8Array[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  count = 0;

  push(bytes: Uint8Array, start: number, end: number): void {
    const at = this.count++;
    this.bytes[at] = bytes;
    this.starts[at] = start;
    this.ends[at] = end;
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.bytes[i] = NOTHING;
    this.count = 0;
  }
}

export class OutputBuffers {
  staging: Uint8Array = Buffer.allocUnsafeSlow(SHARED_BYTES);
  stagingUsed = 0;
  scratch: Buffer = Buffer.allocUnsafeSlow(SHARED_BYTES);
  #viewSource: Uint8Array = NOTHING;
  #viewStart = 0;
  #viewEnd = 0;
  #view: Uint8Array = NOTHING;
  readonly #lists: RangeList[] = [];

  /** Offset in `staging` where `length` bytes may be written. Read `staging` after this call. */
  stage(length: number): number {
    if (this.stagingUsed + length > this.staging.length) this.#renewStaging(length);
    return this.stagingUsed;
  }

  /** The bytes of a range, as a Buffer. The same object for the same range: one message goes to many receivers. */
  view(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (bytes === this.#viewSource && start === this.#viewStart && end === this.#viewEnd) return this.#view;
    const view = viewOf(bytes, start, end);
    this.#viewSource = bytes;
    this.#viewStart = start;
    this.#viewEnd = end;
    this.#view = view;
    return view;
  }

  /** A socket kept the bytes that it was given: if they are ours to use again, they are not any more. */
  leaveStaging(bytes: Uint8Array): void {
    if (bytes === this.staging) this.#renewStaging(0);
  }

  leaveScratch(): void {
    this.scratch = Buffer.allocUnsafeSlow(SHARED_BYTES);
  }

  takeList(): RangeList {
    return this.#lists.pop() ?? new RangeList();
  }

  giveList(list: RangeList): void {
    if (list.count > POOLED_LIST_RANGES_MAX || this.#lists.length === POOLED_LISTS_MAX) return;
    list.clear();
    this.#lists.push(list);
  }

  /** Nothing that was staged is waiting any more. */
  reset(): void {
    this.stagingUsed = 0;
    if (this.staging.length > SHARED_BYTES) this.#renewStaging(0);
    this.#viewSource = NOTHING;
    this.#view = NOTHING;
    this.#viewStart = 0;
    this.#viewEnd = 0;
  }

  #renewStaging(length: number): void {
    this.staging = Buffer.allocUnsafeSlow(Math.max(SHARED_BYTES, length));
    this.stagingUsed = 0;
  }
}

/** As a Buffer: a stream would make one of any other Uint8Array. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}

/** The bytes of a range in memory of their own. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  copyRange(bytes, start, end, copy, 0);
  return copy;
}

/** Returns the offset behind the copy. */
export function copyRange(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  target.set(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start), at);
  return at + end - start;
}
