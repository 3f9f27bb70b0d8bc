// Texts of terminals that were told to speak UTF-8, as gateways without GBK do. Bytes that are no UTF-8 are read as GBK,
// which is what the standard says: so nothing that can be read is lost, and JSON stays JSON.

import { isUtf8 } from "node:buffer";
import { Gb18030 } from "jt808-parser";
import type { TextCoder } from "jt808-parser";

export class Utf8OrGbk implements TextCoder {
  readonly #gbk = new Gb18030();

  decode(bytes: Uint8Array, start: number, end: number): string {
    const view = bytes.subarray(start, end);
    return isUtf8(view)
      ? Buffer.from(view.buffer, view.byteOffset, view.length).toString()
      : this.#gbk.decode(bytes, start, end);
  }

  /** A lone surrogate becomes U+FFFD. */
  encode(text: string): Uint8Array {
    return Buffer.from(text);
  }

  isExact(text: string, bytes: Uint8Array, start: number, end: number): boolean {
    return Buffer.compare(Buffer.from(text), bytes.subarray(start, end)) === 0;
  }
}
