// Values to the bytes of one data unit. Values come from people's JSON too: what does not fit its field is a fault with
// the field's path, and the data unit is not made.

import { BodyFault, BodyFaultCode } from "./faults.ts";
import { DATA_MAX_BYTES } from "./frame.ts";
import type { Gb18030 } from "./text.ts";

const FIRST_BYTES = 256;

export class BodyWriter {
  readonly text: Gb18030;
  fault: BodyFault | null = null;
  readonly #path: string[] = [];
  #bytes = new Uint8Array(FIRST_BYTES);
  #end = 0;

  constructor(text: Gb18030) {
    this.text = text;
  }

  /** The bytes so far, in memory of their own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  /** Names where the next values stand, for faults. */
  enter(step: string): void {
    this.#path.push(step);
  }

  leave(): void {
    this.#path.pop();
  }

  fail(code: BodyFaultCode): void {
    this.fault ??= new BodyFault(code, this.#path.join(".").replaceAll(".[", "["));
  }

  /** Missing, or of another type than the field's. */
  failType(value: unknown): void {
    this.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
  }

  /** An unsigned number of 1, 2 or 4 bytes, big endian. */
  unsigned(value: unknown, size: 1 | 2 | 4): void {
    if (typeof value !== "number") {
      this.failType(value);
      return;
    }
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (size * 8)) {
      this.fail(BodyFaultCode.FieldRange);
      return;
    }
    if (!this.#reserve(size)) return;
    for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) this.#bytes[this.#end++] = value >>> shift;
  }

  raw(value: unknown): void {
    if (!(value instanceof Uint8Array)) {
      this.failType(value);
      return;
    }
    if (!this.#reserve(value.length)) return;
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  /** The bytes of a text, or bytes as they are; null (and a fault) when it is neither. */
  encoded(value: unknown): Uint8Array | null {
    if (typeof value === "string") return this.text.encode(value);
    if (value instanceof Uint8Array) return value;
    this.failType(value);
    return null;
  }

  /** `bytes`, padded behind to `length`. */
  padded(bytes: Uint8Array, length: number, pad: number): void {
    if (bytes.length > length) {
      this.fail(BodyFaultCode.FieldRange);
      return;
    }
    if (!this.#reserve(length)) return;
    this.#bytes.set(bytes, this.#end);
    this.#bytes.fill(pad, this.#end + bytes.length, this.#end + length);
    this.#end += length;
  }

  #reserve(length: number): boolean {
    if (this.#end + length > DATA_MAX_BYTES) {
      this.fail(BodyFaultCode.TooLong);
      return false;
    }
    if (this.#end + length > this.#bytes.length) {
      let size = this.#bytes.length;
      while (size < this.#end + length) size *= 2;
      const grown = new Uint8Array(size);
      grown.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = grown;
    }
    return true;
  }
}
