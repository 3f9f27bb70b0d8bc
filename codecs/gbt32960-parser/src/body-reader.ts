// hot path
// A cursor over one data unit. Reading past the end is a fault that is kept, never an exception.

import { BodyFault, BodyFaultCode } from "./faults.ts";
import type { Gb18030 } from "./text.ts";

export class BodyReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly text: Gb18030;
  at: number;
  /** Ends the reading. */
  fault: BodyFault | null;
  /** Does not end it: the first oddity that could be stepped over. */
  note: BodyFault | null;

  constructor(bytes: Uint8Array, text: Gb18030) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.text = text;
    this.at = 0;
    this.fault = null;
    this.note = null;
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

  /** True when something could not be read; `step` names the element that it stands in. */
  failedIn(step: string): boolean {
    if (this.fault === null) return false;
    this.fault = this.fault.within(step);
    return true;
  }

  noteOddity(code: BodyFaultCode, field: string): void {
    this.note ??= new BodyFault(code, field);
  }

  /** An unsigned number of 1, 2 or 4 bytes, big endian; 0 and a fault when it is not there. */
  unsigned(size: 1 | 2 | 4): number {
    if (!this.has(size)) return 0;
    const { at, bytes } = this;
    this.at = at + size;
    if (size === 1) return bytes[at]!;
    const high = (bytes[at]! << 8) | bytes[at + 1]!;
    return size === 2 ? high : ((high << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  /** A view of the next bytes. */
  view(length: number): Uint8Array {
    if (!this.has(length)) return this.bytes.subarray(0, 0);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
