// hot path
// The language that data units are described in: a layout is a row of fields in wire order, and from that one row come
// reading, writing, showing in engineering units, and the way back.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";
import { Marks, camelCase, isRecord, own } from "./field.ts";
import type { Field, Given, NativeRecord, NativeValue, RawRecord, RawValue } from "./field.ts";
import { BodyFaultCode } from "./faults.ts";
import { parseHex, toHex } from "./hex.ts";
import { Quantity, abnormalOf, isAbnormal } from "./quantity.ts";
import type { Meaning, Width } from "./quantity.ts";

export const NO_PARTS: readonly Field[] = Object.freeze([]);

export class Layout {
  readonly fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.fields = Object.freeze(fields);
  }

  read(reader: BodyReader): RawRecord {
    const out: RawRecord = {};
    this.readInto(reader, out);
    return out;
  }

  /** On a fault the reader stands where the field began that could not be read. */
  readInto(reader: BodyReader, out: RawRecord): void {
    for (const field of this.fields) {
      const start = reader.at;
      field.read(reader, out);
      if (reader.failedIn(field.name)) {
        reader.at = start;
        return;
      }
    }
  }

  write(writer: BodyWriter, from: unknown): void {
    if (!isRecord(from)) {
      writer.failType(from);
      return;
    }
    for (const field of this.fields) {
      if (writer.fault !== null) return;
      writer.enter(field.name);
      field.write(writer, from);
      writer.leave();
    }
  }

  /** The record in native terms; its marks stand in it, `around` learns whether it says everything. */
  show(raw: RawRecord, around: Marks): NativeRecord {
    const out: NativeRecord = {};
    const marks = new Marks();
    for (const field of this.fields) field.show(raw, out, marks);
    marks.attachTo(out);
    if (marks.inexact) around.inexact = true;
    return out;
  }

  parse(native: unknown): unknown {
    if (!isRecord(native)) return native;
    const into: Record<string, unknown> = {};
    for (const field of this.fields) field.parse(native, into);
    return into;
  }
}

interface Naming {
  /** Its name in the native record, where that is not its raw name in camel case. */
  readonly as?: string;
}

/** A number. */
export function number(name: string, width: Width, meaning: Meaning & Naming = {}): Field {
  const quantity = new Quantity(width, meaning);
  const key = meaning.as ?? camelCase(name);
  return Object.freeze({
    name,
    key,
    wire: quantity.wire,
    meaning: quantity.description,
    parts: NO_PARTS,
    read: (reader: BodyReader, into: RawRecord): void => readNumber(reader, into, name, width),
    write: (writer: BodyWriter, from: Given): void => writer.unsigned(own(from, name), width),
    show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
      const value = raw[name];
      if (typeof value === "number") into[key] = quantity.show(value, key, marks);
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const value = own(native, key);
      if (value !== undefined) into[name] = quantity.parse(value, key, native);
    },
  });
}

function readNumber(reader: BodyReader, into: RawRecord, name: string, width: Width): void {
  const value = reader.unsigned(width);
  if (reader.fault === null) into[name] = value;
}

/** A number that is shown in a way of its own, under one key or several. */
export function special(
  name: string,
  width: Width,
  key: string,
  meaning: string,
  show: (value: number, into: NativeRecord, marks: Marks, raw: RawRecord) => void,
  /** undefined: nothing was given. */
  parse: (native: Given) => unknown,
): Field {
  return Object.freeze({
    name,
    key,
    wire: `u${width * 8}`,
    meaning,
    parts: NO_PARTS,
    read: (reader: BodyReader, into: RawRecord): void => readNumber(reader, into, name, width),
    write: (writer: BodyWriter, from: Given): void => writer.unsigned(own(from, name), width),
    show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
      const value = raw[name];
      if (typeof value === "number") show(value, into, marks, raw);
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const value = parse(native);
      if (value !== undefined) into[name] = value;
    },
  });
}

/** Text in a field of fixed width. Where its characters do not say its bytes exactly, those are beside it as `…_hex`. */
export function text(name: string, width: number, options: Naming & { readonly pad?: number } = {}): Field {
  const key = options.as ?? camelCase(name);
  const exactName = `${name}_hex`;
  return Object.freeze({
    name,
    key,
    wire: `text ${width}`,
    meaning: "GB 18030",
    parts: NO_PARTS,
    read(reader: BodyReader, into: RawRecord): void {
      const bytes = reader.view(width);
      if (reader.fault === null) into[name] = readText(reader, bytes, into, exactName);
    },
    write(writer: BodyWriter, from: Given): void {
      const bytes = writer.encoded(own(from, exactName) ?? own(from, name));
      if (bytes !== null) writer.padded(bytes, width, options.pad ?? 0);
    },
    show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
      const value = raw[name];
      if (typeof value !== "string") return;
      if (raw[exactName] !== undefined) marks.inexact = true;
      into[key] = trimmed(value);
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const value = own(native, key);
      if (value !== undefined) into[name] = value;
    },
  });
}

/** The text of `bytes` without the NULs behind it; puts the bytes under `exactName` when it does not say them. */
export function readText(reader: BodyReader, bytes: Uint8Array, into: RawRecord, exactName: string): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const value = reader.text.decode(bytes, 0, end);
  if (!isAscii(value)) {
    const again = reader.text.encode(value);
    if (again.length !== end || again.some((byte, i) => byte !== bytes[i])) into[exactName] = bytes;
  }
  return value;
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** Without NULs and spaces on both ends. */
export function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (end > start && (value.charCodeAt(end - 1) === 0 || value.charCodeAt(end - 1) === 0x20)) end--;
  while (start < end && (value.charCodeAt(start) === 0 || value.charCodeAt(start) === 0x20)) start++;
  return value.slice(start, end);
}

/** Bytes behind their length (a WORD), or, with `null`, to the end of the data unit. Shown in lower-case hex. */
export function binary(name: string, lengthWidth: 2 | null, options: Naming = {}): Field {
  const key = options.as ?? camelCase(name);
  return Object.freeze({
    name,
    key,
    wire: lengthWidth === null ? "bytes to the end" : "u16 length, bytes",
    meaning: "hex",
    parts: NO_PARTS,
    read(reader: BodyReader, into: RawRecord): void {
      const length = lengthWidth === null ? reader.remaining : reader.unsigned(lengthWidth);
      const value = reader.fault === null ? reader.view(length) : null;
      if (reader.fault === null && value !== null) into[name] = value;
    },
    write(writer: BodyWriter, from: Given): void {
      const value = own(from, name);
      if (lengthWidth !== null && value instanceof Uint8Array) writer.unsigned(value.length, lengthWidth);
      writer.raw(value);
    },
    show(raw: RawRecord, into: NativeRecord): void {
      const value = raw[name];
      if (value instanceof Uint8Array) into[key] = toHex(value);
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const value = own(native, key);
      if (value !== undefined) into[name] = typeof value === "string" ? (parseHex(value) ?? value) : value;
    },
  });
}

/** Another record, under a name of its own. */
export function nested(name: string, layout: Layout, options: Naming = {}): Field {
  const key = options.as ?? camelCase(name);
  return Object.freeze({
    name,
    key,
    wire: "record",
    meaning: "",
    parts: layout.fields,
    read(reader: BodyReader, into: RawRecord): void {
      const value = layout.read(reader);
      if (reader.fault === null) into[name] = value;
    },
    write: (writer: BodyWriter, from: Given): void => layout.write(writer, own(from, name)),
    show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
      const value = raw[name];
      if (isRecord(value)) into[key] = layout.show(value, marks);
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const value = own(native, key);
      if (value !== undefined) into[name] = layout.parse(value);
    },
  });
}

interface Counting extends Naming {
  /** Raw name of the count that stands before the list. */
  readonly count: string;
  readonly countWidth: 1 | 2;
}

interface Element {
  readonly wire: string;
  readonly meaning: string;
  readonly parts: readonly Field[];
  /** Smallest number of bytes of one. */
  readonly least: number;
  read(reader: BodyReader): RawValue;
  write(writer: BodyWriter, value: unknown): void;
  show(raw: RawValue, key: string, index: number, marks: Marks): NativeValue;
  parse(native: unknown, key: string, from: Given): unknown;
}

/** Numbers behind their count. A count that says "abnormal" or "invalid" stands for a list that is not there. */
export function numbers(name: string, options: Counting & { readonly width: Width } & Meaning): Field {
  const quantity = new Quantity(options.width, options);
  return counted(name, options, {
    wire: quantity.wire,
    meaning: quantity.description,
    parts: NO_PARTS,
    least: options.width,
    read: (reader) => reader.unsigned(options.width),
    write: (writer, value) => writer.unsigned(value, options.width),
    show(raw, key, index, marks): NativeValue {
      if (typeof raw !== "number") return null;
      // Names of elements cost more than all else, and hardly any is asked for.
      return quantity.isOrdinary(raw) ? quantity.inUnits(raw) : quantity.show(raw, `${key}[${index}]`, marks);
    },
    parse: (native, key, from) => quantity.parse(native, key, from),
  });
}

/** Records behind their count; see `numbers`. */
export function records(name: string, options: Counting & { readonly layout: Layout }): Field {
  const { layout } = options;
  return counted(name, options, {
    wire: "record",
    meaning: "",
    parts: layout.fields,
    least: 1,
    read: (reader) => layout.read(reader),
    write: (writer, value) => layout.write(writer, value),
    show: (raw, _key, _index, marks) => (isRecord(raw) ? layout.show(raw, marks) : null),
    parse: (native) => layout.parse(native),
  });
}

function counted(name: string, options: Counting, element: Element): Field {
  const { count, countWidth } = options;
  const key = options.as ?? camelCase(name);
  const abnormal = abnormalOf(countWidth);
  return Object.freeze({
    name,
    key,
    wire: `u${countWidth * 8} ${count}, {${element.wire}}`,
    meaning: element.meaning,
    parts: element.parts,
    read(reader: BodyReader, into: RawRecord): void {
      const stated = reader.unsigned(countWidth);
      const length = stated >= abnormal ? 0 : stated;
      if (reader.fault !== null || !reader.has(length * element.least)) return;
      const list: RawValue[] = [];
      for (let i = 0; i < length; i++) {
        list.push(element.read(reader));
        if (reader.failedIn(`[${i}]`)) return;
      }
      into[count] = stated;
      into[name] = list;
    },
    write(writer: BodyWriter, from: Given): void {
      const list = own(from, name);
      if (!Array.isArray(list)) {
        writer.failType(list);
        return;
      }
      const stated = own(from, count) ?? list.length;
      if (stated !== list.length && (list.length > 0 || typeof stated !== "number" || stated < abnormal)) {
        writer.fail(BodyFaultCode.Count);
        return;
      }
      // So many elements would say "abnormal".
      if (list.length >= abnormal) writer.fail(BodyFaultCode.FieldRange);
      writer.unsigned(stated, countWidth);
      for (let i = 0; i < list.length && writer.fault === null; i++) {
        writer.enter(`[${i}]`);
        element.write(writer, list[i]);
        writer.leave();
      }
    },
    show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
      const list = raw[name];
      const stated = raw[count];
      if (!Array.isArray(list)) return;
      if (typeof stated === "number" && stated >= abnormal) {
        (stated === abnormal ? marks.abnormal : marks.invalid).push(key);
        into[key] = null;
      } else {
        into[key] = list.map((one, i) => element.show(one, key, i, marks));
      }
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const list = own(native, key);
      if (list === null) {
        into[count] = abnormal + (isAbnormal(native, key) ? 0 : 1);
        into[name] = [];
      } else if (list !== undefined) {
        into[name] = Array.isArray(list) ? list.map((one, i) => element.parse(one, `${key}[${i}]`, native)) : list;
      }
    },
  });
}
