// hot path
// Frames to bytes: header, data unit, BCC. Exact sizes, no allocation.

import { DATA_MAX_BYTES, HEADER_BYTES, ID_BYTES } from "./frame.ts";
import type { Gbt32960Frame } from "./frame.ts";

export class Gbt32960Encoder {
  /** Bytes that `write` will take. */
  sizeOf(frame: Gbt32960Frame): number {
    return HEADER_BYTES + frame.data.length + 1;
  }

  /**
   * Writes the frame at target[at…] and returns where it ends. An id that is too short is padded with NULs. Throws only
   * for frames that no header can carry: our own bug.
   */
  write(frame: Gbt32960Frame, target: Uint8Array, at: number): number {
    const { data, id } = frame;
    // The field could say 65,535, and a frame from the field that does is written as it was read.
    if (data.length > 0xffff)
      throw new RangeError(`a data unit of ${data.length} bytes; ${DATA_MAX_BYTES} is the most`);
    if (!isId(id)) throw new RangeError(`an id of ${ID_BYTES} single-byte characters at most: "${id}"`);
    const start = frame.version === 2016 ? 0x23 : 0x24;
    target[at] = start;
    target[at + 1] = start;
    target[at + 2] = frame.command;
    target[at + 3] = frame.response;
    for (let i = 0; i < ID_BYTES; i++) target[at + 4 + i] = i < id.length ? id.charCodeAt(i) : 0;
    target[at + 21] = frame.encryption;
    target[at + 22] = data.length >> 8;
    target[at + 23] = data.length;
    target.set(data, at + HEADER_BYTES);
    const end = at + HEADER_BYTES + data.length;
    let parity = 0;
    for (let i = at + 2; i < end; i++) parity ^= target[i]!;
    target[end] = parity;
    return end + 1;
  }

  /** The frame in memory of its own; for tests, and for what is sent rarely. */
  encode(frame: Gbt32960Frame): Uint8Array {
    const bytes = new Uint8Array(this.sizeOf(frame));
    this.write(frame, bytes, 0);
    return bytes;
  }
}

/** Whether a text fits the id field: up to 17 characters of one byte each. */
export function isId(id: string): boolean {
  if (id.length > ID_BYTES) return false;
  for (let i = 0; i < id.length; i++) if (id.charCodeAt(i) > 0xff) return false;
  return true;
}
