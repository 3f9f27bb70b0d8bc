// The streaming side: gathers no more than a header can need, decides once, and hands on every byte behind it as it
// came. After that a connection has no more use for the decoder than its `rest()`.
//
//   READING ──header──▶ SETTLED      READING ──none──▶ SETTLED (nothing was taken from the stream)
//      └─────fault────▶ FAILED       (what is pushed from then on is dropped)

import { readHeader, type Reading } from "./detect.ts";
import { DecodeFault } from "./faults.ts";
import { NO_PROXY_HEADER, type ProxyHeader } from "./frame.ts";
import { V2_HEAD_BYTES } from "./v2.ts";

const READING = 1;
const SETTLED = 2;
const FAILED = 3;
const EMPTY = new Uint8Array(0);

/**
 * Reads the PROXY header that a stream begins with. Use: `push` a chunk, ask `next` until it answers null, and once it
 * has answered with a header, or with none, take `rest` for the protocol behind it.
 */
export class ProxyDecoder {
  readonly #maxFrame: number;
  #state: typeof READING | typeof SETTLED | typeof FAILED;
  /** Pushed, not copied, not judged. In SETTLED: what is behind the header, from `#skip` on. */
  #queue: Uint8Array[];
  #skip: number;
  /** The beginning of a header that is not whole; its length is less than any header that it can become. */
  #head: Uint8Array;
  #headLength: number;
  /** More bytes than that are of no use to the next decision. */
  #useful: number;

  /**
   * @param maxFrame longest header to be accepted, bytes, 16 or more; a version 2 header that says it is longer is
   * refused before it is buffered. 536 is what any sender keeps to; with certificates inside, 4,096.
   */
  constructor(maxFrame: number) {
    if (!Number.isInteger(maxFrame) || maxFrame < V2_HEAD_BYTES) throw new RangeError(`maxFrame ${maxFrame}`);
    this.#maxFrame = maxFrame;
    this.#state = READING;
    this.#queue = [];
    this.#skip = 0;
    this.#head = EMPTY;
    this.#headLength = 0;
    this.#useful = V2_HEAD_BYTES;
  }

  /** Takes the next bytes of the stream. They must not be changed until `next` has answered. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0 && this.#state !== FAILED) this.#queue.push(chunk);
  }

  /** Null: more bytes are needed, or the one answer has been given. Never throws. */
  next(): ProxyHeader | typeof NO_PROXY_HEADER | DecodeFault | null {
    if (this.#state !== READING || this.#queue.length === 0) return null;
    const reading = this.#headLength === 0 && this.#queue.length === 1 ? this.#readInPlace() : this.#readGathered();
    if (typeof reading === "number") return null;
    if (reading instanceof DecodeFault) {
      this.#fail();
      return reading;
    }
    if (reading === NO_PROXY_HEADER) {
      this.#giveBack();
      return reading;
    }
    this.#settle(reading.end);
    return reading.header;
  }

  /**
   * Takes the bytes behind the header (all bytes, when there is none); empty before that is known, and after a fault.
   * A view of the last chunk where they are in one chunk. What is pushed later is given by the next call.
   */
  rest(): Uint8Array {
    if (this.#state !== SETTLED || this.#queue.length === 0) return EMPTY;
    const rest = join(this.#queue, this.#skip);
    this.#queue = [];
    this.#skip = 0;
    return rest;
  }

  /** The common case: the header, and perhaps the first payload, is in one chunk. Nothing is copied to look at it. */
  #readInPlace(): Reading {
    const chunk = this.#queue[0]!;
    const reading = readHeader(chunk, chunk.length, this.#maxFrame);
    if (typeof reading === "number") this.#keep(reading);
    return reading;
  }

  /** As many queued bytes as are of use are copied behind the head, but not taken: they are payload until judged. */
  #readGathered(): Reading {
    const available = this.#headLength + lengthOf(this.#queue);
    let length = this.#gather(available);
    let reading = readHeader(this.#head, length, this.#maxFrame);
    // `useful` grows at most twice: to what the version allows, and to the length that the header states.
    while (typeof reading === "number" && length < available) {
      this.#useful = reading;
      length = this.#gather(available);
      reading = readHeader(this.#head, length, this.#maxFrame);
    }
    if (typeof reading === "number") this.#keep(reading);
    return reading;
  }

  /** Not decided: every queued byte belongs to the header. */
  #keep(useful: number): void {
    this.#useful = useful;
    this.#headLength = this.#gather(this.#headLength + lengthOf(this.#queue));
    this.#queue.length = 0;
  }

  #gather(available: number): number {
    const length = Math.min(available, this.#useful);
    if (length > this.#head.length) {
      // Doubled, so that a header that drips in byte by byte is not copied for each byte.
      const larger = new Uint8Array(Math.min(this.#useful, Math.max(length, 2 * this.#head.length)));
      larger.set(this.#head.subarray(0, this.#headLength));
      this.#head = larger;
    }
    let at = this.#headLength;
    for (const chunk of this.#queue) {
      if (at >= length) break;
      const part = chunk.length <= length - at ? chunk : chunk.subarray(0, length - at);
      this.#head.set(part, at);
      at += part.length;
    }
    return length;
  }

  #settle(end: number): void {
    let skip = end - this.#headLength;
    let whole = 0;
    while (whole < this.#queue.length && this.#queue[whole]!.length <= skip) {
      skip -= this.#queue[whole]!.length;
      whole++;
    }
    this.#queue = this.#queue.slice(whole);
    this.#skip = skip;
    this.#dropHead(SETTLED);
  }

  #giveBack(): void {
    if (this.#headLength > 0) this.#queue.unshift(this.#head.subarray(0, this.#headLength));
    this.#dropHead(SETTLED);
  }

  #fail(): void {
    this.#queue = [];
    this.#dropHead(FAILED);
  }

  #dropHead(state: typeof SETTLED | typeof FAILED): void {
    this.#state = state;
    this.#head = EMPTY;
    this.#headLength = 0;
  }
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}

/** All chunks from `skip` on; `skip` lies in the first. */
function join(chunks: readonly Uint8Array[], skip: number): Uint8Array {
  if (chunks.length === 1) return skip === 0 ? chunks[0]! : chunks[0]!.subarray(skip);
  const joined = new Uint8Array(lengthOf(chunks) - skip);
  let at = 0;
  for (const chunk of chunks) {
    const part = at === 0 && skip > 0 ? chunk.subarray(skip) : chunk;
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
