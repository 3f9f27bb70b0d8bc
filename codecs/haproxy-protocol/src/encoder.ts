// The writing side, for proxies, test peers and tools: the size first, so that the caller lends the room.

import { ProxyHeader } from "./frame.ts";
import { lineOf } from "./v1.ts";
import { sizeOfV2, writeV2 } from "./v2.ts";

/**
 * Writes headers of either version. A `Tlv.crc32c()` among the TLVs is filled with the checksum of the header. Throws
 * RangeError on frames that cannot be said in their version: such a frame is a bug of its maker, not input.
 */
export class ProxyEncoder {
  /** Bytes that `write` will need. */
  sizeOf(frame: ProxyHeader): number {
    return frame.version === 1 ? lineOf(frame).length : sizeOfV2(frame);
  }

  /** Writes from `at` on and returns the end offset. */
  write(frame: ProxyHeader, target: Uint8Array, at: number): number {
    if (frame.version === 2) return writeV2(frame, target, at);
    const line = lineOf(frame);
    target.set(line, at); // throws RangeError itself where there is no room
    return at + line.length;
  }

  /** The same in memory of its own. */
  encode(frame: ProxyHeader): Uint8Array {
    const bytes = new Uint8Array(this.sizeOf(frame));
    this.write(frame, bytes, 0);
    return bytes;
  }
}
