// Files that a terminal uploads on a link of their own (T/JSATL 12): announced by 0x1211, sent in raw blocks between
// frames, finished by 0x1212. Blocks are written where they belong as they come; what is missing is said in 0x9212.

import type { BlockPiece } from "jt808-parser";
import type { MediaDirectory, PartFile } from "./media-directory.ts";

/** Files of one link that are known at once; the oldest goes for one more. */
const FILES_MAX = 32;
/** Bytes given to the disk and not written yet; above it the link is not read. */
const UNWRITTEN_MAX_BYTES = 1_048_576;
/** Pieces of one file that do not touch: more, and it is begun again. */
const RANGES_MAX = 1024;
/** Missing ranges in one 0x9212: what fits a frame beside a name of 255 bytes. */
const MISSING_MAX = 90;

const NAME_BYTES = 50;

export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

export class Attachment {
  readonly name: Uint8Array;
  readonly type: number;
  readonly size: number;
  /** null: it cannot be written. */
  readonly file: Promise<PartFile | null>;
  /** Ascending, not touching: what has been written. */
  ranges: FileRange[];
  /** The last of what was given to the disk. */
  written: Promise<boolean>;
  /** Its path when it is in its place; null before. */
  path: string | null;
  /** The core has taken the message that names it. */
  isPublished: boolean;

  constructor(name: Uint8Array, type: number, size: number, file: Promise<PartFile | null>) {
    this.name = name;
    this.type = type;
    this.size = size;
    this.file = file;
    this.ranges = [];
    this.written = Promise.resolve(true);
    this.path = null;
    this.isPublished = false;
  }

  /** What is not there yet, ascending. */
  get missing(): FileRange[] {
    const out: FileRange[] = [];
    let at = 0;
    for (const { offset, length } of this.ranges) {
      if (offset > at) out.push({ offset: at, length: offset - at });
      at = offset + length;
    }
    if (at < this.size) out.push({ offset: at, length: this.size - at });
    return out.slice(0, MISSING_MAX);
  }
}

/** The link that they come on. */
interface Holdable {
  hold(): void;
  release(): void;
}

export class Attachments {
  readonly #directory: MediaDirectory;
  /** By name, as hex; oldest first. */
  readonly #files = new Map<string, Attachment>();
  #link: Holdable | null;
  #unwritten: number;
  #isHolding: boolean;
  #isClosed: boolean;

  constructor(directory: MediaDirectory) {
    this.#directory = directory;
    this.#link = null;
    this.#unwritten = 0;
    this.#isHolding = false;
    this.#isClosed = false;
  }

  /** The link that is held while the disk is behind. */
  attach(link: Holdable): void {
    this.#link = link;
  }

  /** 0x1211. Announced again, it goes on where it was. */
  announce(device: string, body: Uint8Array): boolean {
    const told = fileIn(body);
    if (told === null || told.size > this.#directory.fileMaxBytes) return false;
    const key = keyOf(told.name);
    const known = this.#files.get(key);
    if (known !== undefined && known.size === told.size) return true;
    if (known !== undefined) this.#drop(key, known);
    const name = Buffer.from(told.name).toString("latin1");
    const file = this.#directory.create(device, name, told.size);
    this.#files.set(key, new Attachment(told.name, told.type, told.size, file));
    for (const [oldest, attachment] of this.#files) {
      if (this.#files.size <= FILES_MAX) break;
      this.#drop(oldest, attachment);
    }
    return true;
  }

  /** A piece of a block. False: of no file that was announced, or beyond its end; it is thrown away. */
  onPiece({ name, offset, data }: BlockPiece): boolean {
    const attachment = this.#files.get(keyOf(name));
    if (attachment === undefined || attachment.path !== null || offset + data.length > attachment.size) return false;
    this.#hold(data.length);
    attachment.written = this.#write(attachment, offset, data, attachment.written);
    return true;
  }

  /** 0x1212: the file, in its place when nothing is missing. null: it was not announced, or cannot be written. */
  async finish(body: Uint8Array): Promise<Attachment | null> {
    const told = fileIn(body);
    const attachment = told === null ? undefined : this.#files.get(keyOf(told.name));
    if (attachment === undefined) return null;
    const file = await attachment.file;
    const isWritten = await attachment.written;
    if (file === null || !isWritten) {
      this.#drop(keyOf(attachment.name), attachment);
      return null;
    }
    if (attachment.path === null && attachment.missing.length === 0) {
      attachment.path = await file.finish();
      if (attachment.path === null) this.#files.delete(keyOf(attachment.name));
    }
    return attachment;
  }

  /** The link has gone: what is not finished is not kept. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const [key, attachment] of this.#files) this.#drop(key, attachment);
  }

  async #write(attachment: Attachment, offset: number, data: Uint8Array, before: Promise<boolean>): Promise<boolean> {
    const file = await attachment.file;
    const isGood = (await before) && file !== null && (await file.write(data, offset));
    if (isGood) attachment.ranges = withRange(attachment.ranges, { offset, length: data.length });
    this.#hold(-data.length);
    return isGood;
  }

  #hold(bytes: number): void {
    this.#unwritten += bytes;
    const isHolding = this.#unwritten > UNWRITTEN_MAX_BYTES;
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    if (isHolding) this.#link?.hold();
    else this.#link?.release();
  }

  #drop(key: string, attachment: Attachment): void {
    this.#files.delete(key);
    if (attachment.path !== null) return;
    void Promise.all([attachment.file, attachment.written]).then(([file]) => file?.discard());
  }
}

/** Name, type and size, as 0x1211 and 0x1212 have them; null: the body is none of theirs. */
export function fileIn(body: Uint8Array): { name: Uint8Array; type: number; size: number } | null {
  const length = body[0] ?? 0;
  if (length === 0 || body.length < length + 6) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return { name: body.slice(1, length + 1), type: view.getUint8(length + 1), size: view.getUint32(length + 2) };
}

/** 0x9212: done, or what is to be sent again. */
export function fileAnswerBody(name: Uint8Array, type: number, missing: readonly FileRange[]): Uint8Array {
  const head = name.length + 4;
  const body = Buffer.alloc(head + 8 * missing.length);
  body.writeUInt8(name.length);
  body.set(name, 1);
  body.writeUInt8(type, name.length + 1);
  body.writeUInt8(missing.length === 0 ? 0 : 1, name.length + 2);
  body.writeUInt8(missing.length, name.length + 3);
  missing.forEach(({ offset, length }, index) => {
    body.writeUInt32BE(offset, head + 8 * index);
    body.writeUInt32BE(length, head + 8 * index + 4);
  });
  return body;
}

/** Blocks name a file in 50 bytes, whatever the length of its name, and padded. */
function keyOf(name: Uint8Array): string {
  let end = Math.min(name.length, NAME_BYTES);
  while (end > 0 && (name[end - 1] === 0 || name[end - 1] === 0x20)) end--;
  return Buffer.from(name.subarray(0, end)).toString("hex");
}

/** With one range more: nearly always it goes on where the last one ends. */
export function withRange(ranges: readonly FileRange[], added: FileRange): FileRange[] {
  const last = ranges.at(-1);
  if (last !== undefined && last.offset + last.length === added.offset)
    return [...ranges.slice(0, -1), { offset: last.offset, length: last.length + added.length }];
  const out: FileRange[] = [];
  let { offset, length } = added;
  let isPlaced = false;
  for (const one of ranges) {
    if (one.offset + one.length < offset) out.push(one);
    else if (one.offset > offset + length) {
      if (!isPlaced) out.push({ offset, length });
      isPlaced = true;
      out.push(one);
    } else {
      const end = Math.max(offset + length, one.offset + one.length);
      offset = Math.min(offset, one.offset);
      length = end - offset;
    }
  }
  if (!isPlaced) out.push({ offset, length });
  return out.length > RANGES_MAX ? [] : out;
}
