// hot path
// The framer: bytes in, frames out, whatever the cuts. The protocol has no escapes, so `##` occurs in data too; a place
// in the stream is a frame when its header is plausible and its BCC is right. Where the last frame ended, little is
// asked of the header, so that commands nobody has heard of still come through; anywhere else all of it must be known.
//
// The length field is trusted: a frame inside of another's data is data, however sound it looks, or a vehicle behind a
// platform's link could speak for others. A length that is wrong therefore costs what it spans, until the BCC tells;
// nothing of it is lost then, because the search goes on at the bad frame's second byte. Who has a clock need not wait
// for that: `abandon` gives up a frame whose rest does not come.

import { DecodeFault, FrameFaultCode } from "./faults.ts";
import { Gbt32960Frame, HEADER_BYTES, ID_BYTES } from "./frame.ts";

const HASH = 0x23;
const DOLLAR = 0x24;
const COMMAND_AT = 2;
const RESPONSE_AT = 3;
const ID_AT = 4;
const ENCRYPTION_AT = 21;
const LENGTH_AT = 22;
const NOTHING = new Uint8Array(0);
/** First size of the buffer for frames that are cut; it doubles. */
const BUFFER_BYTES = 512;

export class Gbt32960Decoder {
  /** Bytes that belonged to no frame so far. */
  skipped: number;
  readonly #maxFrame: number;
  /** What is being read: the caller's chunk, or `#own` when a frame was cut. */
  #bytes: Uint8Array;
  #at: number;
  #end: number;
  #own: Uint8Array;
  /** Where the last frame, good or bad, ended by its own length; -1 when that is behind us. */
  #boundary: number;
  /** A start was found at `#at`, and its frame is not complete. */
  #isPending: boolean;
  #id: string;
  #idBytes: Uint8Array;

  /** `maxFrame`: largest frame in bytes, header and BCC included; `FRAME_MAX_BYTES` takes all of the standard. */
  constructor(maxFrame: number) {
    this.skipped = 0;
    this.#maxFrame = maxFrame;
    this.#bytes = NOTHING;
    this.#at = 0;
    this.#end = 0;
    this.#own = NOTHING;
    this.#boundary = 0;
    this.#isPending = false;
    this.#id = "";
    this.#idBytes = NOTHING;
  }

  /** Bytes of an incomplete frame that are kept: at most `maxFrame`. */
  get pendingBytes(): number {
    return this.#end - this.#at;
  }

  /** Hands over bytes; they must not change until `next` has returned null. */
  push(chunk: Uint8Array): void {
    const rest = this.#end - this.#at;
    if (rest === 0) {
      this.#boundary = this.#boundary < 0 ? -1 : this.#boundary - this.#at;
      this.#bytes = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#bytes !== this.#own || this.#end + chunk.length > this.#own.length) this.#toOwn(rest, chunk.length);
    this.#own.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Moves the rest to the front of a buffer that has room for `more` bytes behind it. */
  #toOwn(rest: number, more: number): void {
    let size = Math.max(BUFFER_BYTES, this.#own.length);
    while (size < rest + more) size *= 2;
    const from = this.#bytes.subarray(this.#at, this.#end);
    if (size > this.#own.length) {
      const grown = new Uint8Array(size);
      grown.set(from);
      this.#own = grown;
    } else if (this.#bytes === this.#own) {
      this.#own.copyWithin(0, this.#at, this.#end);
    } else {
      this.#own.set(from);
    }
    this.#boundary = this.#boundary < 0 ? -1 : this.#boundary - this.#at;
    this.#bytes = this.#own;
    this.#at = 0;
    this.#end = rest;
  }

  /** The next frame or fault; null: more bytes are needed. Call until null. */
  next(): Gbt32960Frame | DecodeFault | null {
    for (;;) {
      if (!this.#isPending && !this.#findStart()) return this.#wait();
      const at = this.#at;
      if (this.#end - at < HEADER_BYTES) return this.#wait();
      const bytes = this.#bytes;
      if (!isPlausible(bytes, at, at === this.#boundary)) {
        this.#pass();
        continue;
      }
      const size = HEADER_BYTES + ((bytes[at + LENGTH_AT]! << 8) | bytes[at + LENGTH_AT + 1]!) + 1;
      if (size > this.#maxFrame) {
        const fault = new DecodeFault(FrameFaultCode.TooLong, bytes.subarray(at, at + HEADER_BYTES));
        this.#pass();
        return fault;
      }
      if (this.#end - at < size) return this.#wait();
      return this.#judge(at, size);
    }
  }

  /**
   * Gives up the frame whose rest has not come: the search goes on at its second byte. For the owner's clock, or at the
   * end of a stream. null: nothing was waited for. Call `next` until null afterwards.
   */
  abandon(): DecodeFault | null {
    if (!this.#isPending) return null;
    const fault = new DecodeFault(FrameFaultCode.Incomplete, this.#bytes.subarray(this.#at, this.#end));
    this.#pass();
    return fault;
  }

  #judge(at: number, size: number): Gbt32960Frame | DecodeFault {
    const bytes = this.#bytes;
    const end = at + size;
    let parity = 0;
    for (let i = at + COMMAND_AT; i < end; i++) parity ^= bytes[i]!;
    this.#boundary = end;
    if (parity !== 0) {
      const fault = new DecodeFault(FrameFaultCode.Checksum, bytes.subarray(at, end));
      this.#pass();
      return fault;
    }
    this.#at = end;
    this.#isPending = false;
    return new Gbt32960Frame(
      bytes[at] === HASH ? 2016 : 2025,
      bytes[at + COMMAND_AT]!,
      bytes[at + RESPONSE_AT]!,
      this.#idAt(at + ID_AT),
      bytes[at + ENCRYPTION_AT]!,
      bytes.subarray(at + HEADER_BYTES, end - 1),
    );
  }

  /** What stands here is no frame: its first byte is passed over. */
  #pass(): void {
    this.#at++;
    this.skipped++;
    this.#isPending = false;
  }

  /** Goes to the next pair of start bytes, or to a lone one at the end; true when there are two. */
  #findStart(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    const from = this.#at;
    let at = from;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === HASH || byte === DOLLAR) {
        if (at + 1 === end) break;
        if (bytes[at + 1] === byte) {
          this.#isPending = true;
          break;
        }
      }
      at++;
    }
    this.#at = at;
    this.skipped += at - from;
    return this.#isPending;
  }

  /** Nothing more to be had. What is empty must not hold on to a chunk, what was large not to its memory. */
  #wait(): null {
    if (this.#at === this.#end) {
      this.#boundary = this.#boundary < this.#end ? -1 : this.#boundary - this.#end;
      this.#bytes = NOTHING;
      this.#at = 0;
      this.#end = 0;
      if (this.#own.length > BUFFER_BYTES) this.#own = NOTHING;
    } else if (this.#bytes !== this.#own) {
      this.#toOwn(this.#end - this.#at, 0);
    }
    return null;
  }

  /** Nearly all frames of a link are of one vehicle: its id is made once. */
  #idAt(at: number): string {
    const bytes = this.#bytes;
    const known = this.#idBytes;
    if (known.length === ID_BYTES) {
      let i = 0;
      while (i < ID_BYTES && known[i] === bytes[at + i]) i++;
      if (i === ID_BYTES) return this.#id;
    }
    let id = "";
    for (let i = at; i < at + ID_BYTES; i++) id += String.fromCharCode(bytes[i]!);
    this.#idBytes = bytes.slice(at, at + ID_BYTES);
    this.#id = id;
    return id;
  }
}

/**
 * Whether a header can begin at `at`. Everywhere: an id of printable characters or padding, which is what three start
 * bytes in a row do not have at the wrong place. Where no frame has just ended, also a command, a flag and an
 * encryption that the standard knows.
 */
function isPlausible(bytes: Uint8Array, at: number, isBoundary: boolean): boolean {
  for (let i = at + ID_AT; i < at + ID_AT + ID_BYTES; i++) {
    const byte = bytes[i]!;
    if ((byte < 0x20 || byte > 0x7e) && byte !== 0 && byte !== 0xff) return false;
  }
  if (isBoundary) return true;
  const command = bytes[at + COMMAND_AT]!;
  const response = bytes[at + RESPONSE_AT]!;
  const encryption = bytes[at + ENCRYPTION_AT]!;
  return (
    ((command >= 0x01 && command <= 0x0b) ||
      (command >= 0x80 && command <= 0x82) ||
      (command >= 0xc0 && command <= 0xfe)) &&
    ((response >= 0x01 && response <= 0x07) || response === 0xfe) &&
    ((encryption >= 0x01 && encryption <= 0x05) || encryption >= 0xfe)
  );
}
