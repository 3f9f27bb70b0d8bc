// Reads the fields of one rare packet in order. The first thing that is wrong sticks as `fault`, and every later read
// returns an empty value: a parser reads all its fields and asks once.

import { type Fault, faults } from "./faults.ts";
import { decodeText, isMqttText } from "./utf8.ts";

const NOTHING = new Uint8Array(0);
const VARINT_MAX_BYTES = 4;

export class PacketReader {
  readonly bytes: Uint8Array;
  at: number;
  /** Offset behind the last byte that may be read: the end of the packet, or of its properties while they are read. */
  end: number;
  fault: Fault | null = null;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  fail(fault: Fault): void {
    this.fault ??= fault;
    this.at = this.end;
  }

  #has(length: number): boolean {
    if (this.end - this.at >= length) return true;
    this.fail(faults.truncated);
    return false;
  }

  u8(): number {
    return this.#has(1) ? this.bytes[this.at++]! : 0;
  }

  u16(): number {
    if (!this.#has(2)) return 0;
    const value = (this.bytes[this.at]! << 8) | this.bytes[this.at + 1]!;
    this.at += 2;
    return value;
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** Variable byte integer in its shortest form, at most four bytes [MQTT-1.5.5-1]. */
  varint(): number {
    let value = 0;
    for (let i = 0; i < VARINT_MAX_BYTES; i++) {
      if (!this.#has(1)) return 0;
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        if (byte === 0 && i > 0) this.fail(faults.varint);
        return value;
      }
    }
    this.fail(faults.varint);
    return 0;
  }

  /** A packet identifier; 0 is none [MQTT-2.2.1-3, 3.1.1: 2.3.1-1]. */
  packetId(): number {
    if (this.left < 2) this.fail(faults.packetId);
    const id = this.u16();
    if (id === 0) this.fail(faults.packetId);
    return id;
  }

  text(): string {
    const length = this.u16();
    if (!this.#has(length)) return "";
    const start = this.at;
    this.at += length;
    if (!isMqttText(this.bytes, start, this.at)) {
      this.fail(faults.utf8);
      return "";
    }
    return decodeText(this.bytes, start, this.at);
  }

  /** A copy: what is read here outlives the turn. (Not by `slice`, which a Buffer answers with a view.) */
  binary(): Uint8Array {
    const length = this.u16();
    if (!this.#has(length)) return NOTHING;
    this.at += length;
    return new Uint8Array(this.bytes.subarray(this.at - length, this.at));
  }

  /** Nothing may be left [MQTT-4.13]. */
  finish(): Fault | null {
    if (this.fault === null && this.at !== this.end) this.fail(faults.trailing);
    return this.fault;
  }
}
