// hot path
// The language that bodies are described in. A layout is a record of fields in wire order; each field's type knows how
// it is read and how it is written, and how its raw value is shown in engineering units (native.ts). Raw values are
// what stands on the wire: unscaled integers, BCD as digits, text in Unicode, bytes as bytes.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";
import { readDigits } from "./bcd.ts";
import { BodyFaultCode } from "./faults.ts";
import { isRecord } from "./field.ts";
import type { Derivation, Field, FieldType, NativeRule, RawRecord, RawValue } from "./field.ts";
import { hex, mapped, nested, plain, text } from "./native.ts";

/** See `Field`. */
export interface FieldOptions {
  readonly when?: (fields: RawRecord) => boolean;
  readonly trailing?: true | ((fields: RawRecord) => boolean);
  readonly derive?: Derivation;
  readonly countedBy?: string;
  /** How it is shown, where that is not its type's way. */
  readonly native?: NativeRule;
  /** Its name in the native record, where that is not its raw name in camel case. */
  readonly as?: string;
  readonly unit?: string;
}

export function field(name: string, type: FieldType, options: FieldOptions = {}): Field {
  return Object.freeze({
    name,
    type,
    when: options.when ?? null,
    trailing: options.trailing === true ? always : (options.trailing ?? null),
    derive: options.derive ?? null,
    countedBy: options.countedBy ?? null,
    native: options.native ?? type.native,
    unit: options.unit ?? null,
    key: options.as ?? camelCase(name),
    hexName: `${name}_hex`,
  });
}

function always(): boolean {
  return true;
}

/** The count field of a list (or of bytes): it follows from `list` when it is not given, and is missing when that is. */
export function counting(what: string): Derivation {
  return (from) => {
    const value = from[what];
    return Array.isArray(value) || value instanceof Uint8Array ? value.length : undefined;
  };
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function unsigned(size: 1 | 2 | 4): FieldType {
  return Object.freeze({
    wire: `u${size * 8}`,
    read: (reader: BodyReader): number => (size === 1 ? reader.u8() : size === 2 ? reader.u16() : reader.u32()),
    write: (writer: BodyWriter, value: unknown): void => writer.unsigned(value, size),
    native: plain,
  });
}

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);

/** `length` bytes of binary coded decimal, as digits. */
export function bcd(length: number): FieldType {
  return Object.freeze({
    wire: `bcd${length}`,
    read(reader: BodyReader): string {
      if (!reader.has(length)) return "";
      reader.at += length;
      return readDigits(reader.bytes, reader.at - length, length);
    },
    write: (writer: BodyWriter, value: unknown): void => writer.digits(value, length),
    native: plain,
  });
}

/** Text in a field of fixed width, padded behind with NULs. */
export function fixedText(length: number): FieldType {
  return Object.freeze({
    wire: `s${length}`,
    read: (reader: BodyReader): string => reader.string(length, true),
    write(writer: BodyWriter, value: unknown): void {
      const encoded = value instanceof Uint8Array ? value : writer.encoded(value);
      if (encoded !== null) writer.padded(encoded, length);
    },
    native: text,
  });
}

function writeText(writer: BodyWriter, value: unknown): void {
  const encoded = value instanceof Uint8Array ? value : writer.encoded(value);
  if (encoded !== null) writer.raw(encoded);
}

/** Text to the end of the body, with or without a NUL behind it. */
export const restText: FieldType = Object.freeze({
  wire: "text…",
  read: (reader: BodyReader): string => reader.string(reader.remaining, false),
  write: writeText,
  native: text,
});

/** Text behind its length in bytes. */
export function countedText(size: 1 | 2): FieldType {
  return Object.freeze({
    wire: `text${size * 8}`,
    read(reader: BodyReader): string {
      const start = reader.at;
      const length = size === 1 ? reader.u8() : reader.u16();
      const value = reader.fault === null ? reader.string(length, false) : "";
      if (reader.fault !== null) reader.at = start;
      return value;
    },
    write: (writer: BodyWriter, value: unknown): void => counted(writer, size, () => writeText(writer, value)),
    native: text,
  });
}

function counted(writer: BodyWriter, size: 1 | 2, write: () => void): void {
  const at = writer.length;
  writer.unsigned(0, size);
  write();
  if (writer.fault === null) writer.patch(at, size, writer.length - at - size);
}

/** Bytes to the end of the body. */
export const restBytes: FieldType = Object.freeze({
  wire: "bytes…",
  read: (reader: BodyReader): Uint8Array => reader.view(reader.remaining),
  write: (writer: BodyWriter, value: unknown): void => writer.raw(value),
  native: hex,
});

/** `length` bytes. */
export function bytes(length: number): FieldType {
  return Object.freeze({
    wire: `b${length}`,
    read: (reader: BodyReader): Uint8Array => reader.view(length),
    write(writer: BodyWriter, value: unknown): void {
      if (value instanceof Uint8Array && value.length !== length) writer.fail(BodyFaultCode.FieldRange);
      else writer.raw(value);
    },
    native: hex,
  });
}

/** A type whose values may be the reader's business, but whose shape is a record. */
export interface RecordType extends FieldType {
  readonly fields: readonly Field[];
  read(reader: BodyReader, outer?: RawRecord): RawRecord;
  write(writer: BodyWriter, value: unknown, outer?: RawRecord): void;
}

/** `name`: what the tables of the README call it, where its fields would stand too often. */
export function record(fields: readonly Field[], name?: string): RecordType {
  return Object.freeze({
    wire: name ?? `{${describe(fields)}}`,
    fields: Object.freeze(fields),
    read(reader: BodyReader): RawRecord {
      const out: RawRecord = {};
      for (const one of fields) {
        if (one.when !== null && !one.when(out)) continue;
        if (reader.at === reader.end && one.trailing !== null && one.trailing(out)) continue;
        const value = one.type.read(reader, out);
        if (reader.fault !== null && isComplete(one, value, out)) {
          // As many as were announced: what follows is no part of the list.
          reader.fault = null;
        }
        if (reader.fault !== null) {
          // The part of it that was read; the reader stands behind that part.
          if (Array.isArray(value) || isRecord(value)) out[one.name] = value;
          break;
        }
        out[one.name] = value;
        if (one.countedBy !== null) checkCount(reader, one.countedBy, out[one.countedBy], value);
        if (reader.inexact !== null) {
          out[one.hexName] = reader.inexact;
          reader.inexact = null;
        }
      }
      return out;
    },
    write(writer: BodyWriter, value: unknown): void {
      if (!isRecord(value)) writer.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
      else for (const one of fields) writeField(writer, one, value);
    },
    native: nested(fields),
  });
}

/** Fields in the tables of the README: in brackets when they may be missing, with the native name when it is another. */
export function describe(fields: readonly Field[]): string {
  return fields
    .map((one) => {
      const shown = one.key === camelCase(one.name) ? "" : ` → ${one.key}`;
      const told = `${one.name} ${one.type.wire}${shown}`;
      return one.when !== null || one.trailing !== null ? `[${told}]` : told;
    })
    .join(", ");
}

function isComplete(one: Field, value: RawValue, out: RawRecord): boolean {
  return one.countedBy !== null && Array.isArray(value) && value.length === out[one.countedBy];
}

function checkCount(reader: BodyReader, name: string, count: RawValue | undefined, value: RawValue): void {
  const isList = Array.isArray(value) || value instanceof Uint8Array;
  if (isList && value.length !== count) reader.noteOddity(BodyFaultCode.Count, name);
}

function writeField(writer: BodyWriter, one: Field, from: RawRecord): void {
  if (writer.fault !== null || (one.when !== null && !one.when(from))) return;
  let value: unknown = ownValue(from, one.hexName) ?? ownValue(from, one.name);
  if (value === undefined && one.derive !== null && writer.derives) value = one.derive(from, writer.text);
  if (value === undefined && one.trailing !== null && one.trailing(from)) return;
  writer.enter(one.name);
  one.type.write(writer, value, from);
  writer.leave();
}

/** Names in layouts are ours, but the object may be parsed JSON: nothing is taken from its prototype. */
function ownValue(from: RawRecord, name: string): RawValue | undefined {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}

/** Elements to the end of the body. What is whole is kept when one of them is not. */
export function listToEnd(type: FieldType): FieldType {
  return elements(type, `${type.wire}[]`, () => Number.POSITIVE_INFINITY);
}

/** As many elements as the field `count` before it says; fewer are a fault. */
export function list(type: FieldType, count: string): FieldType {
  return elements(type, `${type.wire}[]`, (fields) => Number(fields[count] ?? 0));
}

function elements(type: FieldType, wire: string, limit: (fields: RawRecord) => number): FieldType {
  return Object.freeze({
    wire,
    read(reader: BodyReader, fields: RawRecord): RawValue[] {
      const out: RawValue[] = [];
      const most = limit(fields);
      while (out.length < most && (reader.at < reader.end || most !== Number.POSITIVE_INFINITY)) {
        const start = reader.at;
        const value = type.read(reader, fields);
        if (reader.fault !== null || reader.at === start) {
          reader.at = start;
          break;
        }
        out.push(value);
      }
      return out;
    },
    write(writer: BodyWriter, value: unknown, fields: RawRecord): void {
      if (!Array.isArray(value)) {
        writer.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
        return;
      }
      for (let i = 0; i < value.length && writer.fault === null; i++) {
        writer.enter(i);
        type.write(writer, value[i], fields);
        writer.leave();
      }
    },
    native: mapped(
      (value, own, marks) => (Array.isArray(value) ? value.map((one) => type.native.value(one, own, marks, "")) : null),
      (value) => (Array.isArray(value) ? value.map((one) => type.native.parse(one)) : value),
    ),
  });
}

/**
 * An element behind its own length in bytes. One that its layout does not fit exactly is kept as `{ undecoded }` and
 * noted, and reading goes on behind it.
 */
export function sized(size: 1 | 2, type: RecordType, name: string): FieldType {
  return Object.freeze({
    wire: `(u${size * 8} length, ${type.wire})`,
    read(reader: BodyReader): RawRecord {
      const length = size === 1 ? reader.u8() : reader.u16();
      if (reader.fault !== null || !reader.has(length)) return {};
      const end = reader.end;
      const start = reader.at;
      reader.end = start + length;
      const value = type.read(reader);
      const whole = reader.fault === null && reader.at === reader.end;
      reader.at = start + length;
      reader.end = end;
      if (whole) return value;
      reader.fault = null;
      reader.noteOddity(BodyFaultCode.Element, name);
      return { undecoded: reader.bytes.subarray(start, start + length) };
    },
    write(writer: BodyWriter, value: unknown): void {
      counted(writer, size, () => {
        if (isRecord(value) && value["undecoded"] instanceof Uint8Array) writer.raw(value["undecoded"]);
        else type.write(writer, value);
      });
    },
    native: mapped(
      (value, _, marks) =>
        isRecord(value) && value["undecoded"] instanceof Uint8Array
          ? { undecoded: hex.value(value["undecoded"], {}, marks, "") }
          : type.native.value(value, {}, marks, ""),
      (value) => type.native.parse(value),
    ),
  });
}
