// hot path
// Frames to bytes: header, body, checksum, escapes, between two delimiters. Exact sizes, no allocation: the header is
// built in a small buffer of this encoder, and the body is read once for its checksum and copied with its escapes.

import { writeDigits } from "./bcd.ts";
import { Attribute, BODY_MAX_BYTES, DELIMITER, ESCAPE, HeaderForm } from "./frame.ts";
import type { Jt808Frame } from "./frame.ts";

const HEADER_MAX_BYTES = 21;

export class Jt808Encoder {
  readonly #header = new Uint8Array(HEADER_MAX_BYTES);
  #headerLength = 0;
  #parity = 0;

  /** Bytes that `write` will take: delimiters and escapes included. */
  sizeOf(frame: Jt808Frame): number {
    this.#prepare(frame);
    const escapes =
      countEscapes(this.#header, this.#headerLength) +
      countEscapes(frame.body, frame.body.length) +
      (mustEscape(this.#parity) ? 1 : 0);
    return this.#headerLength + frame.body.length + 3 + escapes;
  }

  /**
   * Writes the frame at target[at…] and returns where it ends. The length bits of `attributes` are computed; the others
   * go out as they are. Throws only for frames that no header can carry: our own bug.
   */
  write(frame: Jt808Frame, target: Uint8Array, at: number): number {
    this.#prepare(frame);
    let end = at;
    target[end++] = DELIMITER;
    end = copyEscaped(this.#header, this.#headerLength, target, end);
    end = copyEscaped(frame.body, frame.body.length, target, end);
    if (mustEscape(this.#parity)) {
      target[end++] = ESCAPE;
      target[end++] = this.#parity === ESCAPE ? 1 : 2;
    } else {
      target[end++] = this.#parity;
    }
    target[end++] = DELIMITER;
    return end;
  }

  /** The frame in memory of its own; for tests, and for what is sent rarely. */
  encode(frame: Jt808Frame): Uint8Array {
    const bytes = new Uint8Array(this.sizeOf(frame));
    this.write(frame, bytes, 0);
    return bytes;
  }

  #prepare(frame: Jt808Frame): void {
    const body = frame.body;
    if (body.length > BODY_MAX_BYTES) throw new RangeError(`a body of ${body.length} bytes must be sent in fragments`);
    const header = this.#header;
    const versioned = frame.form === HeaderForm.V2019;
    const digits = versioned ? 10 : 6;
    let at = 0;
    at = putWord(header, at, frame.id);
    at = putWord(header, at, (frame.attributes & ~Attribute.LengthMask) | body.length);
    if (versioned) header[at++] = frame.protocolVersion;
    if (!writeDigits(frame.phone, header, at, digits)) {
      throw new RangeError(`phone "${frame.phone}" does not fit ${digits * 2} digits`);
    }
    at = putWord(header, at + digits, frame.serial);
    if (frame.isFragment) {
      at = putWord(header, at, frame.fragmentTotal);
      at = putWord(header, at, frame.fragmentNumber);
    }
    let parity = 0;
    for (let i = 0; i < at; i++) parity ^= header[i]!;
    for (let i = 0; i < body.length; i++) parity ^= body[i]!;
    this.#headerLength = at;
    this.#parity = parity;
  }
}

function mustEscape(byte: number): boolean {
  return byte === DELIMITER || byte === ESCAPE;
}

function putWord(target: Uint8Array, at: number, value: number): number {
  target[at] = value >> 8;
  target[at + 1] = value;
  return at + 2;
}

function countEscapes(bytes: Uint8Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (mustEscape(bytes[i]!)) count++;
  return count;
}

function copyEscaped(bytes: Uint8Array, length: number, target: Uint8Array, at: number): number {
  let end = at;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    if (byte === ESCAPE) {
      target[end++] = ESCAPE;
      target[end++] = 1;
    } else if (byte === DELIMITER) {
      target[end++] = ESCAPE;
      target[end++] = 2;
    } else {
      target[end++] = byte;
    }
  }
  return end;
}
