// Text on the wire is GBK. Reading uses the platform's GB 18030 decoder, a superset of GBK that never fails; writing
// uses a table made from that same decoder, because the platform has no encoder. The table is made when the first text
// that is not ASCII has to be written (or checked): 256 KiB, a few milliseconds.

const TWO_BYTE_LEAD = 0x81;
const TWO_BYTE_LEADS = 126;
const TWO_BYTE_TRAIL = 0x40;
/** Four-byte codes of the basic plane, in order from 81 30 81 30. */
const FOUR_BYTE_CODES = 39_420;
const FOUR_BYTE_ROW = 1_260;
const REPLACEMENT = "\ufffd";
const QUESTION_MARK = 0x3f;

/** How texts become bytes and bytes texts. Neither direction fails. */
export interface TextCoder {
  /** The text of bytes[start … end). */
  decode(bytes: Uint8Array, start: number, end: number): string;
  encode(text: string): Uint8Array;
  /** True when encoding `text` gives bytes[start … end) again. */
  isExact(text: string, bytes: Uint8Array, start: number, end: number): boolean;
}

export class Gb18030 implements TextCoder {
  /** Made when the first text that is not ASCII is read. */
  #decoder: InstanceType<typeof TextDecoder> | null = null;
  /** Code by UTF-16 code unit of the basic plane; 0 = none. */
  #codes: Uint32Array | null = null;

  /** The text of bytes[start … end). Bytes that mean nothing become U+FFFD. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    let text = "";
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte >= 0x80) return this.#decoded(bytes.subarray(start, end));
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
      end = put(point > 0xffff ? supplementary(point) : this.#codeOf(unit), bytes, end);
    }
    return bytes.subarray(0, end);
  }

  /** True when encoding `text` gives bytes[start … end) again. */
  isExact(text: string, bytes: Uint8Array, start: number, end: number): boolean {
    const again = this.encode(text);
    if (again.length !== end - start) return false;
    for (let i = 0; i < again.length; i++) if (again[i] !== bytes[start + i]) return false;
    return true;
  }

  #decoded(bytes: Uint8Array): string {
    this.#decoder ??= new TextDecoder("gb18030");
    return this.#decoder.decode(bytes);
  }

  #codeOf(unit: number): number {
    this.#codes ??= this.#makeCodes();
    return this.#codes[unit] || QUESTION_MARK;
  }

  /** Decodes every code once, row by row, and turns the answer round. Two-byte codes win over four-byte ones. */
  #makeCodes(): Uint32Array {
    const table = new Uint32Array(0x10000);
    for (let lead = TWO_BYTE_LEAD; lead < TWO_BYTE_LEAD + TWO_BYTE_LEADS; lead++) {
      const row: number[] = [];
      for (let trail = TWO_BYTE_TRAIL; trail <= 0xfe; trail++) if (trail !== 0x7f) row.push((lead << 8) | trail);
      this.#learn(table, row);
    }
    for (let first = 0; first < FOUR_BYTE_CODES; first += FOUR_BYTE_ROW) {
      const row: number[] = [];
      for (let i = first; i < Math.min(first + FOUR_BYTE_ROW, FOUR_BYTE_CODES); i++) row.push(fourByteCode(i, 0x81));
      this.#learn(table, row);
    }
    return table;
  }

  /** One decoder call a row; a row in which a code means nothing is learned code by code. */
  #learn(table: Uint32Array, row: readonly number[]): void {
    const bytes = new Uint8Array(row.length * 4);
    let end = 0;
    for (const code of row) end = put(code, bytes, end);
    const text = this.#decoded(bytes.subarray(0, end));
    if (text.length !== row.length || text.includes(REPLACEMENT)) {
      if (row.length > 1) for (const code of row) this.#learn(table, [code]);
      return;
    }
    for (let i = 0; i < row.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80 && table[unit] === 0) table[unit] = row[i]!;
    }
  }
}

function put(code: number, bytes: Uint8Array, at: number): number {
  let end = at;
  if (code > 0xffff) {
    bytes[end++] = code >>> 24;
    bytes[end++] = code >>> 16;
  }
  if (code > 0xff) bytes[end++] = code >>> 8;
  bytes[end++] = code;
  return end;
}

/** The four-byte codes run through 10 × 126 × 10 values below each lead byte. */
function fourByteCode(index: number, lead: number): number {
  const first = lead + Math.floor(index / 12_600);
  const second = 0x30 + (Math.floor(index / 1_260) % 10);
  const third = 0x81 + (Math.floor(index / 10) % 126);
  const fourth = 0x30 + (index % 10);
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}

function supplementary(point: number): number {
  return fourByteCode(point - 0x10000, 0x90);
}
