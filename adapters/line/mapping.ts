// Bytes to lines and words, and back; pure. What a word cannot hold (space, `%`, controls, not ASCII) is written %XX.

/** `{verb} {word} {rest}` as they stand on the wire. No verb: too long, or no line of this protocol. */
export type Line = readonly [verb: string, word: string, rest: string];
/** Longest line without its end, bytes: nothing longer is ever kept. Holds 64 KiB of whatever bytes. */
export const LINE_MAX_BYTES = 262_144;

export class LineDecoder {
  #bytes = Buffer.alloc(0);
  push(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }
  next(): Line | null {
    const end = this.#bytes.indexOf("\n");
    if ((end === -1 ? this.#bytes.length : end) > LINE_MAX_BYTES) return ["", "", ""];
    if (end === -1) return null;
    const text = this.#bytes.toString("latin1", 0, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    const [, verb = "", word = "", rest = ""] = /^(\w+) ?([^ \r]*) ?(.*?)\r?$/.exec(text) ?? [];
    return [verb, word, rest];
  }
}

const fromHex = (_: string, hex: string): string => String.fromCharCode(parseInt(hex, 16));
const toHex = (char: string): string => `%${Buffer.from(char, "latin1").toString("hex")}`;
export const toBytes = (word: string): Buffer => Buffer.from(word.replaceAll(/%([\da-f]{2})/gi, fromHex), "latin1");
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
export const fromBytes = (bytes: Uint8Array): string => latin1(bytes).replaceAll(/[^!-$&-~]/g, toHex);
