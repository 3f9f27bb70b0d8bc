// Values to the bytes of one body. Values come from people's JSON too: what does not fit its field is a fault with the
// field's path, and the body is not made.

import { writeDigits } from "./bcd.ts";
import { BodyFault, BodyFaultCode } from "./faults.ts";
import type { TextCoder } from "./text.ts";

export class BodyWriter {
  readonly text: TextCoder;
  /** Whether fields that are not given may follow from others. */
  readonly derives: boolean;
  readonly #maxBytes: number;
  readonly #path: (string | number)[] = [];
  /** Where each step of the path began. */
  readonly #starts: number[] = [];
  /** Where the first missing field was to begin. */
  #missingAt = 0;
  #bytes = new Uint8Array(256);
  #end = 0;
  #fault: BodyFault | null = null;

  /** `maxBytes`: the longest body that may come of it. */
  constructor(text: TextCoder, maxBytes: number, derives = true) {
    this.text = text;
    this.derives = derives;
    this.#maxBytes = maxBytes;
  }

  get fault(): BodyFault | null {
    return this.#fault;
  }

  get length(): number {
    return this.#end;
  }

  /** The bytes so far, in memory of their own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  enter(step: string | number): void {
    this.#path.push(step);
    this.#starts.push(this.#end);
  }

  leave(): void {
    this.#path.pop();
    this.#starts.pop();
  }

  fail(code: BodyFaultCode): void {
    if (this.#fault !== null) return;
    let path = "";
    for (const step of this.#path) path += typeof step === "number" ? `[${step}]` : path === "" ? step : `.${step}`;
    this.#fault = new BodyFault(code, path);
    this.#missingAt = this.#starts.at(-1) ?? 0;
  }

  /**
   * Puts `tail` behind what is written; in place of the first missing field and what is behind it, when one is missing:
   * the way back for a body that ended before its layout.
   */
  cutOff(tail: Uint8Array): void {
    if (this.#fault?.code === BodyFaultCode.FieldMissing) {
      this.#fault = null;
      this.#end = this.#missingAt;
    }
    if (this.#fault === null) this.raw(tail);
  }

  /** An unsigned number of 1, 2 or 4 bytes, big endian. */
  unsigned(value: unknown, size: 1 | 2 | 4): void {
    if (typeof value !== "number") {
      this.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
      return;
    }
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (size * 8)) {
      this.fail(BodyFaultCode.FieldRange);
      return;
    }
    if (!this.#reserve(size)) return;
    for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) this.#bytes[this.#end++] = value >>> shift;
  }

  digits(value: unknown, length: number): void {
    if (typeof value !== "string") {
      this.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
      return;
    }
    if (!this.#reserve(length)) return;
    if (!writeDigits(value, this.#bytes, this.#end, length)) this.fail(BodyFaultCode.FieldRange);
    else this.#end += length;
  }

  raw(value: unknown): void {
    if (!(value instanceof Uint8Array)) {
      this.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
      return;
    }
    if (!this.#reserve(value.length)) return;
    this.#bytes.set(value, this.#end);
    this.#end += value.length;
  }

  /** The bytes of a text; null (and a fault) when it is none. */
  encoded(value: unknown): Uint8Array | null {
    if (typeof value === "string") return this.text.encode(value);
    this.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
    return null;
  }

  /** `bytes`, padded behind with NULs to `length`. */
  padded(bytes: Uint8Array, length: number): void {
    if (bytes.length > length) {
      this.fail(BodyFaultCode.FieldRange);
      return;
    }
    if (!this.#reserve(length)) return;
    this.#bytes.set(bytes, this.#end);
    this.#bytes.fill(0, this.#end + bytes.length, this.#end + length);
    this.#end += length;
  }

  /** Puts a length, known only now, into the `size` bytes at `at`. */
  patch(at: number, size: 1 | 2, value: number): void {
    if (value >= 2 ** (size * 8)) {
      this.fail(BodyFaultCode.FieldRange);
      return;
    }
    if (size === 2) this.#bytes[at] = value >>> 8;
    this.#bytes[at + size - 1] = value;
  }

  #reserve(length: number): boolean {
    if (this.#end + length > this.#maxBytes) {
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
