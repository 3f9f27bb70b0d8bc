// A link that carries attachments (T/JSATL 12) mixes two things: frames between 7E, and blocks of a file as they are,
// without escapes: `30 31 63 64`, name, offset, length, data. This splits the stream, whatever its cuts: frames' bytes go
// to a frame decoder, blocks come out in pieces, so that nothing of a file is gathered here.
//
//   BETWEEN ──30 31 63 64──▶ HEADER ──62 bytes──▶ DATA ──length──▶ BETWEEN
//     └──anything else──▶ FRAME ──7E──▶ BETWEEN

import { DELIMITER } from "./frame.ts";

const BETWEEN = 0;
const FRAME = 1;
const HEADER = 2;
const DATA = 3;

const MAGIC = Object.freeze([0x30, 0x31, 0x63, 0x64]);
const NAME_BYTES = 50;
/** Magic, name, offset, length. */
export const BLOCK_HEADER_BYTES = MAGIC.length + NAME_BYTES + 8;

/** A piece of a file's block. `data` is a view of what was pushed. */
export class BlockPiece {
  /** As the terminal wrote it, without what it is padded with. */
  readonly name: Uint8Array;
  /** Where in the file these bytes belong. */
  readonly offset: number;
  readonly data: Uint8Array;
  constructor(name: Uint8Array, offset: number, data: Uint8Array) {
    this.name = name;
    this.offset = offset;
    this.data = data;
  }
}

export class AttachmentStream {
  #chunk: Uint8Array;
  #at: number;
  #state: number;
  /** The frame under way has begun: its opening delimiter was there. */
  #isOpen: boolean;
  readonly #header: Uint8Array;
  #headerLength: number;
  #name: Uint8Array;
  #offset: number;
  #left: number;

  constructor() {
    this.#chunk = new Uint8Array(0);
    this.#at = 0;
    this.#state = BETWEEN;
    this.#isOpen = false;
    this.#header = new Uint8Array(BLOCK_HEADER_BYTES);
    this.#headerLength = 0;
    this.#name = this.#header;
    this.#offset = 0;
    this.#left = 0;
  }

  /** Only when `next` has returned null. The bytes must not change until it does so again. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Bytes for a frame decoder, or a piece of a block; null: all of it has been given. */
  next(): Uint8Array | BlockPiece | null {
    while (this.#at < this.#chunk.length) {
      const found =
        this.#state === DATA ? this.#nextData() : this.#state === FRAME ? this.#nextFrame() : this.#nextHeader();
      if (found !== null) return found;
    }
    return null;
  }

  #nextData(): BlockPiece | null {
    const end = Math.min(this.#chunk.length, this.#at + this.#left);
    const data = this.#chunk.subarray(this.#at, end);
    const piece = new BlockPiece(this.#name, this.#offset, data);
    this.#at = end;
    this.#offset += data.length;
    this.#left -= data.length;
    if (this.#left === 0) this.#state = BETWEEN;
    return piece;
  }

  /** A frame's bytes: to its closing delimiter, or to the end of the chunk. */
  #nextFrame(): Uint8Array {
    const start = this.#at;
    let at = start;
    // The delimiter that opens a frame closes nothing.
    if (!this.#isOpen && this.#chunk[at] === DELIMITER) at++;
    this.#isOpen = true;
    const end = this.#chunk.indexOf(DELIMITER, at);
    this.#at = end < 0 ? this.#chunk.length : end + 1;
    if (end >= 0) {
      this.#state = BETWEEN;
      this.#isOpen = false;
    }
    return this.#chunk.subarray(start, this.#at);
  }

  /** Between frames: the beginning of a block, or of something else. */
  #nextHeader(): Uint8Array | null {
    while (this.#at < this.#chunk.length) {
      const byte = this.#chunk[this.#at]!;
      if (this.#headerLength < MAGIC.length && byte !== MAGIC[this.#headerLength]) return this.#noBlock();
      this.#header[this.#headerLength++] = byte;
      this.#at++;
      this.#state = HEADER;
      if (this.#headerLength < BLOCK_HEADER_BYTES) continue;
      this.#beginData();
      return null;
    }
    return null;
  }

  /** What looked like a block's beginning was none: those bytes are a frame's. */
  #noBlock(): Uint8Array | null {
    const held = this.#header.slice(0, this.#headerLength);
    this.#headerLength = 0;
    this.#state = FRAME;
    this.#isOpen = held.length > 0;
    return held.length > 0 ? held : null;
  }

  #beginData(): void {
    const header = this.#header;
    const view = new DataView(header.buffer);
    let end = MAGIC.length + NAME_BYTES;
    while (end > MAGIC.length && (header[end - 1] === 0 || header[end - 1] === 0x20)) end--;
    this.#name = header.slice(MAGIC.length, end);
    this.#offset = view.getUint32(MAGIC.length + NAME_BYTES);
    this.#left = view.getUint32(MAGIC.length + NAME_BYTES + 4);
    this.#headerLength = 0;
    this.#state = this.#left === 0 ? BETWEEN : DATA;
  }
}
