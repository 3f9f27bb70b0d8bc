// Text on the wire is GB 18030. Reading uses the platform's decoder, which never fails; the platform has no encoder, so
// writing uses a table that is made from the decoder's own answers, when the first text that is not ASCII needs it.

const QUESTION_MARK = 0x3f;
const NEWLINE = 0x0a;
/** Two-byte codes: lead 81…FE, trail 40…FE. */
const LEAD_FIRST = 0x81;
const LEAD_LAST = 0xfe;
const TRAIL_FIRST = 0x40;
/** Four-byte codes of the basic plane, counted from 81 30 81 30; those of the other planes begin at 189,000. */
const BASIC_CODES = 39_420;
const OTHER_PLANES = 189_000;

export class Gb18030 {
  readonly #decoder = new TextDecoder("gb18030");
  /** Code by UTF-16 code unit of the basic plane; 0 = none. */
  #codes: Uint32Array | null = null;

  /** The text of bytes[start … end). Bytes that mean nothing become U+FFFD. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    let text = "";
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte >= 0x80) return this.#decoder.decode(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The bytes of a text. A lone surrogate or a character without a code becomes "?". */
  encode(text: string): Uint8Array {
    const bytes = new Uint8Array(text.length * 4);
    let end = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) {
        bytes[end++] = unit;
        continue;
      }
      const point = text.codePointAt(i)!;
      if (point > 0xffff) i++;
      this.#codes ??= this.#tableOfCodes();
      const code = point > 0xffff ? fourBytes(point - 0x10000 + OTHER_PLANES) : this.#codes[unit] || QUESTION_MARK;
      end = putCode(bytes, end, code);
    }
    return bytes.subarray(0, end);
  }

  /** Every code once through the decoder, a newline behind each, so that one without a meaning spoils no other. */
  #tableOfCodes(): Uint32Array {
    const codes = new Uint32Array(BASIC_CODES + (LEAD_LAST - LEAD_FIRST + 1) * (LEAD_LAST - TRAIL_FIRST + 1));
    let count = 0;
    for (let i = 0; i < BASIC_CODES; i++) codes[count++] = fourBytes(i);
    for (let lead = LEAD_FIRST; lead <= LEAD_LAST; lead++) {
      for (let trail = TRAIL_FIRST; trail <= LEAD_LAST; trail++) codes[count++] = (lead << 8) | trail;
    }
    const bytes = new Uint8Array(count * 5);
    let end = 0;
    for (const code of codes) {
      end = putCode(bytes, end, code);
      bytes[end++] = NEWLINE;
    }
    const table = new Uint32Array(0x10000);
    const meanings = this.#decoder.decode(bytes.subarray(0, end)).split("\n");
    // Two-byte codes come last, and win.
    for (const [i, meaning] of meanings.entries()) {
      if (meaning.length === 1 && meaning !== "\ufffd") table[meaning.charCodeAt(0)] = codes[i]!;
    }
    return table;
  }
}

function fourBytes(linear: number): number {
  const last = linear % 10;
  const third = Math.floor(linear / 10) % 126;
  const second = Math.floor(linear / 1_260) % 10;
  const first = Math.floor(linear / 12_600);
  return (((first + 0x81) << 24) | ((second + 0x30) << 16) | ((third + 0x81) << 8) | (last + 0x30)) >>> 0;
}

function putCode(bytes: Uint8Array, at: number, code: number): number {
  let end = at;
  if (code > 0xffff) {
    bytes[end++] = code >>> 24;
    bytes[end++] = code >>> 16;
  }
  if (code > 0xff) bytes[end++] = code >>> 8;
  bytes[end++] = code;
  return end;
}
