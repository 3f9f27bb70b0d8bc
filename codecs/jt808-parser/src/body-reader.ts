// hot path
// A cursor over one body. Reading past the end is a fault that is kept, never an exception; the cursor then stands
// where the element began that could not be read, so that nothing behind it is lost.

import { BodyFault, BodyFaultCode } from "./faults.ts";
import type { TextCoder } from "./text.ts";

export class BodyReader {
  readonly bytes: Uint8Array;
  readonly text: TextCoder;
  at: number;
  end: number;
  /** Ends the reading. */
  fault: BodyFault | null;
  /** Does not end it: the first oddity of an element that could be stepped over. */
  note: BodyFault | null;
  /** The bytes of a text that its characters do not say exactly; taken by the record that reads it. */
  inexact: Uint8Array | null;

  constructor(bytes: Uint8Array, text: TextCoder) {
    this.bytes = bytes;
    this.text = text;
    this.at = 0;
    this.end = bytes.length;
    this.fault = null;
    this.note = null;
    this.inexact = null;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** True when `length` bytes are there; otherwise the fault is set. */
  has(length: number): boolean {
    if (this.end - this.at >= length) return true;
    this.fault ??= new BodyFault(BodyFaultCode.Short, "");
    return false;
  }

  noteOddity(code: BodyFaultCode, field: string): void {
    this.note ??= new BodyFault(code, field);
  }

  u8(): number {
    return this.has(1) ? this.bytes[this.at++]! : 0;
  }

  u16(): number {
    if (!this.has(2)) return 0;
    const at = this.at;
    this.at = at + 2;
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  u32(): number {
    if (!this.has(4)) return 0;
    const at = this.at;
    const bytes = this.bytes;
    this.at = at + 4;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** A view of the next bytes. */
  view(length: number): Uint8Array {
    if (!this.has(length)) return this.bytes.subarray(0, 0);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Text of `length` bytes without the NULs behind it. `padded`: writing pads with NULs again, so they are no loss. */
  string(length: number, padded: boolean): string {
    if (!this.has(length)) return "";
    const start = this.at;
    const end = start + length;
    let last = end;
    while (last > start && this.bytes[last - 1] === 0) last--;
    const text = this.text.decode(this.bytes, start, last);
    this.at = end;
    const stripped = last !== end && !padded;
    if (stripped || !isExact(this, text, start, last)) this.inexact = this.bytes.subarray(start, end);
    return text;
  }
}

/** ASCII is exact without asking. */
function isExact(reader: BodyReader, text: string, start: number, end: number): boolean {
  if (text.length === end - start) {
    let i = 0;
    while (i < text.length && text.charCodeAt(i) < 0x80) i++;
    if (i === text.length) return true;
  }
  return reader.text.isExact(text, reader.bytes, start, end);
}
