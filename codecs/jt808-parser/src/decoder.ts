// hot path
// The framer: bytes in, frames out, whatever the cuts. It walks byte by byte with the state between two chunks kept in
// fields, so that a frame may be cut anywhere, also between the two bytes of an escape. A delimiter always closes what
// was open and opens what follows, which is how terminals that share one 7E between two frames are understood, and how
// the decoder finds its place again behind anything that it could not read.
//
//   HUNT ──7E──▶ INSIDE ──7E──▶ INSIDE (a frame, a fault, or nothing between)
//                  └─ more than maxFrame ──▶ SKIP ──7E──▶ INSIDE

import { readDigits } from "./bcd.ts";
import { DecodeFault, FrameFaultCode } from "./faults.ts";
import { Attribute, DELIMITER, ESCAPE, HeaderForm, Jt808Frame } from "./frame.ts";

const HUNT = 0;
const INSIDE = 1;
const SKIP = 2;

/** First size of the buffer for frames that are cut or escaped; it doubles up to `maxFrame`. */
const SCRATCH_BYTES = 128;
const NOTHING = new Uint8Array(0);

/** What may be let pass, by device profile. Everything is off in a strict decoder. */
export interface Leniency {
  /** Take frames whose checksum does not match. */
  readonly wrongChecksum: boolean;
  /** Take frames whose length field does not count the body that is there. */
  readonly wrongLength: boolean;
  /** Bit 14 is set but the length field fits the twelve-byte header: read that. */
  readonly falseVersionFlag: boolean;
  /** The checksum 7D was sent unescaped before the closing delimiter. */
  readonly unescapedChecksum: boolean;
  /** `7D` followed by another byte than 01 or 02 stands for itself. */
  readonly strayEscape: boolean;
}

export const STRICT: Leniency = Object.freeze({
  wrongChecksum: false,
  wrongLength: false,
  falseVersionFlag: false,
  unescapedChecksum: false,
  strayEscape: false,
});

export class Jt808Decoder {
  /** Bytes that were thrown away outside of frames so far: before the first delimiter, and behind TooLong. */
  skipped: number;
  readonly #maxFrame: number;
  readonly #lenient: Leniency;
  #chunk: Uint8Array;
  #at: number;
  #state: number;
  #scratch: Uint8Array;
  #length: number;
  #escaped: boolean;
  #parity: number;
  #badEscape: boolean;
  #phone: string;
  #phoneBytes: Uint8Array;

  /** `maxFrame`: largest frame in bytes, unescaped and without delimiters; `FRAME_MAX_BYTES` takes all of the standard. */
  constructor(maxFrame: number, lenient: Leniency = STRICT) {
    this.skipped = 0;
    this.#maxFrame = maxFrame;
    this.#lenient = lenient;
    this.#chunk = NOTHING;
    this.#at = 0;
    this.#state = HUNT;
    this.#scratch = NOTHING;
    this.#length = 0;
    this.#escaped = false;
    this.#parity = 0;
    this.#badEscape = false;
    this.#phone = "";
    this.#phoneBytes = NOTHING;
  }

  /** Hands over bytes; they must not change until `next` has returned null. */
  push(chunk: Uint8Array): void {
    if (this.#at === this.#chunk.length) {
      this.#chunk = chunk;
    } else {
      const rest = this.#chunk.subarray(this.#at);
      const joined = new Uint8Array(rest.length + chunk.length);
      joined.set(rest);
      joined.set(chunk, rest.length);
      this.#chunk = joined;
    }
    this.#at = 0;
  }

  /** The next frame or fault; null: more bytes are needed. Call until null. */
  next(): Jt808Frame | DecodeFault | null {
    while (this.#at < this.#chunk.length) {
      if (this.#state !== INSIDE) {
        this.#findDelimiter();
        continue;
      }
      const found = this.#length === 0 && !this.#escaped ? this.#scanInPlace() : this.#scanIntoScratch();
      if (found !== null) return found;
    }
    this.#chunk = NOTHING;
    this.#at = 0;
    return null;
  }

  #findDelimiter(): void {
    const found = this.#chunk.indexOf(DELIMITER, this.#at);
    const end = found < 0 ? this.#chunk.length : found;
    this.skipped += end - this.#at;
    this.#at = found < 0 ? end : end + 1;
    if (found >= 0) this.#begin();
  }

  #begin(): void {
    this.#state = INSIDE;
    this.#length = 0;
    this.#escaped = false;
    this.#parity = 0;
    this.#badEscape = false;
  }

  /** The common case: a frame that lies in this chunk as a whole and holds no escape is read where it is. */
  #scanInPlace(): Jt808Frame | DecodeFault | null {
    const chunk = this.#chunk;
    const start = this.#at;
    const end = chunk.length;
    let at = start;
    let parity = 0;
    while (at < end) {
      const byte = chunk[at]!;
      if (byte === DELIMITER || byte === ESCAPE) break;
      parity ^= byte;
      at++;
    }
    const length = at - start;
    if (length > this.#maxFrame) {
      this.#at = at;
      return this.#tooLong(length);
    }
    if (at < end && chunk[at] === DELIMITER) {
      this.#at = at + 1;
      return length === 0 ? null : this.#parse(chunk, start, at, parity);
    }
    this.#at = at;
    this.#reserve(length);
    this.#scratch.set(chunk.subarray(start, at));
    this.#length = length;
    this.#parity = parity;
    if (at < end) {
      this.#at = at + 1;
      this.#escaped = true;
    }
    return null;
  }

  #scanIntoScratch(): Jt808Frame | DecodeFault | null {
    const chunk = this.#chunk;
    const end = chunk.length;
    for (let at = this.#at; at < end; at++) {
      const byte = chunk[at]!;
      if (byte === DELIMITER) {
        this.#at = at + 1;
        return this.#close();
      }
      if (this.#escaped) {
        this.#escaped = false;
        if (byte === 1) this.#append(ESCAPE);
        else if (byte === 2) this.#append(DELIMITER);
        else {
          if (!this.#lenient.strayEscape) this.#badEscape = true;
          this.#append(ESCAPE);
          if (byte === ESCAPE) this.#escaped = true;
          else this.#append(byte);
        }
      } else if (byte === ESCAPE) {
        this.#escaped = true;
      } else {
        this.#append(byte);
      }
      if (this.#length > this.#maxFrame) {
        this.#at = at + 1;
        return this.#tooLong(this.#length);
      }
    }
    this.#at = end;
    return null;
  }

  #append(byte: number): void {
    if (this.#length >= this.#scratch.length) this.#reserve(this.#length + 1);
    this.#scratch[this.#length++] = byte;
    this.#parity ^= byte;
  }

  /** Room for one pair of literal bytes more than `maxFrame`, never more. */
  #reserve(length: number): void {
    if (length <= this.#scratch.length) return;
    let size = Math.max(SCRATCH_BYTES, this.#scratch.length);
    while (size < length) size *= 2;
    const grown = new Uint8Array(Math.min(size, this.#maxFrame + 2));
    grown.set(this.#scratch.subarray(0, this.#length));
    this.#scratch = grown;
  }

  #tooLong(length: number): DecodeFault {
    this.skipped += length;
    this.#begin();
    this.#state = SKIP;
    return new DecodeFault(FrameFaultCode.TooLong, NOTHING);
  }

  /** The closing delimiter of a frame that stands in the scratch buffer. */
  #close(): Jt808Frame | DecodeFault {
    if (this.#escaped) {
      if (!this.#lenient.unescapedChecksum && !this.#lenient.strayEscape) this.#badEscape = true;
      this.#append(ESCAPE);
    }
    const length = this.#length;
    const parity = this.#parity;
    const bad = this.#badEscape;
    this.#begin();
    if (length > this.#maxFrame) {
      this.skipped += length;
      return new DecodeFault(FrameFaultCode.TooLong, NOTHING);
    }
    if (bad) return new DecodeFault(FrameFaultCode.Escape, this.#scratch.subarray(0, length));
    return this.#parse(this.#scratch, 0, length, parity);
  }

  /** bytes[start … end) is a frame, unescaped, checksum included; `parity` is the XOR over all of it. */
  #parse(bytes: Uint8Array, start: number, end: number, parity: number): Jt808Frame | DecodeFault {
    const length = end - start;
    if (length < 13) return fault(FrameFaultCode.Short, bytes, start, end);
    if (parity !== 0 && !this.#lenient.wrongChecksum) return fault(FrameFaultCode.Checksum, bytes, start, end);
    const attributes = word(bytes, start + 2);
    const stated = attributes & Attribute.LengthMask;
    const fragmentItem = (attributes & Attribute.Fragmented) === 0 ? 0 : 4;
    const old = 12 + fragmentItem;
    let header = (attributes & Attribute.Versioned) === 0 ? old : 17 + fragmentItem;
    if (
      header > old &&
      this.#lenient.falseVersionFlag &&
      header + stated + 1 !== length &&
      old + stated + 1 === length
    ) {
      header = old;
    }
    if (length < header + 1) return fault(FrameFaultCode.Short, bytes, start, end);
    if (header + stated + 1 !== length && !this.#lenient.wrongLength) {
      return fault(FrameFaultCode.Length, bytes, start, end);
    }
    const form = header > old ? HeaderForm.V2019 : HeaderForm.V2013;
    const total = fragmentItem === 0 ? 0 : word(bytes, start + header - 4);
    const number = fragmentItem === 0 ? 0 : word(bytes, start + header - 2);
    if (fragmentItem !== 0 && (number === 0 || number > total))
      return fault(FrameFaultCode.Fragment, bytes, start, end);
    const body = end - 1 === start + header ? NOTHING : bytes.subarray(start + header, end - 1);
    const serialAt = start + header - fragmentItem - 2;
    const versioned = form === HeaderForm.V2019;
    const phone = versioned ? this.#phoneAt(bytes, start + 5, 10) : this.#phoneAt(bytes, start + 4, 6);
    const protocolVersion = versioned ? bytes[start + 4]! : 0;
    const id = word(bytes, start);
    return new Jt808Frame(id, attributes, form, protocolVersion, phone, word(bytes, serialAt), total, number, body);
  }

  /** Nearly all frames of a link are of one terminal: its digits are made once. */
  #phoneAt(bytes: Uint8Array, at: number, length: number): string {
    const known = this.#phoneBytes;
    if (known.length === length) {
      let i = 0;
      while (i < length && known[i] === bytes[at + i]) i++;
      if (i === length) return this.#phone;
    }
    this.#phoneBytes = bytes.slice(at, at + length);
    this.#phone = readDigits(bytes, at, length);
    return this.#phone;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function fault(code: FrameFaultCode, bytes: Uint8Array, start: number, end: number): DecodeFault {
  return new DecodeFault(code, bytes.subarray(start, end));
}
