// hot path
// The language that bodies are described in. A layout is a record of fields in wire order; each field's type knows how
// it is read and how it is written, and how its raw value is shown in engineering units (native.ts). Raw values are
// what stands on the wire: unscaled integers, BCD as digits, text in Unicode, bytes as bytes.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";
import { readDigits } from "./bcd.ts";
import { BodyFaultCode } from "./faults.ts";
import { isRecord } from "./field.ts";
import type { Field, FieldType, NativeRule, RawRecord, RawValue } from "./field.ts";
import { hex, mapped, nested, plain, text } from "./native.ts";

/** See `Field`. */
export interface FieldOptions {
  readonly when?: (record: RawRecord) => boolean;
  readonly trailing?: true;
  readonly derive?: (record: RawRecord) => RawValue;
  /** For a list: the field before it that says how many elements there are. Disagreement is noted, not refused. */
  readonly countedBy?: string;
  /** How it is shown, where that is not its type's way. */
  readonly native?: NativeRule;
  /** Its name in the native record, where that is not its raw name in camel case. */
  readonly as?: string;
}

export function field(name: string, type: FieldType, options: FieldOptions = {}): Field {
  return Object.freeze({
    name,
    type,
    when: options.when ?? null,
    trailing: options.trailing ?? false,
    derive: options.derive ?? null,
    countedBy: options.countedBy ?? null,
    native: options.native ?? type.native,
    key: options.as ?? camelCase(name),
    hexName: `${name}_hex`,
  });
}

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function unsigned(size: 1 | 2 | 4): FieldType {
  return Object.freeze({
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
    read: (reader: BodyReader): string => reader.string(length, true),
    write(writer: BodyWriter, value: unknown): void {
      const bytes = value instanceof Uint8Array ? value : writer.encoded(value);
      if (bytes !== null) writer.padded(bytes, length);
    },
    native: text,
  });
}

function writeText(writer: BodyWriter, value: unknown): void {
  const bytes = value instanceof Uint8Array ? value : writer.encoded(value);
  if (bytes !== null) writer.raw(bytes);
}

/** Text to the end of the body, with or without a NUL behind it. */
export const restText: FieldType = Object.freeze({
  read: (reader: BodyReader): string => reader.string(reader.remaining, false),
  write: writeText,
  native: text,
});

/** Text behind its length in bytes. */
export function countedText(size: 1 | 2): FieldType {
  return Object.freeze({
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
  read: (reader: BodyReader): Uint8Array => reader.view(reader.remaining),
  write: (writer: BodyWriter, value: unknown): void => writer.raw(value),
  native: hex,
});

export interface RecordType extends FieldType {
  readonly fields: readonly Field[];
  read(reader: BodyReader): RawRecord;
}

export function record(fields: readonly Field[]): RecordType {
  return Object.freeze({
    fields: Object.freeze(fields),
    read(reader: BodyReader): RawRecord {
      const out: RawRecord = {};
      for (const one of fields) {
        if (one.when !== null && !one.when(out)) continue;
        if (one.trailing && reader.at === reader.end) continue;
        const value = one.type.read(reader);
        if (reader.fault !== null) {
          if (Array.isArray(value) && value.length > 0) out[one.name] = value;
          break;
        }
        out[one.name] = value;
        if (one.countedBy !== null && Array.isArray(value) && out[one.countedBy] !== value.length) {
          reader.noteOddity(BodyFaultCode.Count, one.countedBy);
        }
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

function writeField(writer: BodyWriter, one: Field, from: RawRecord): void {
  if (writer.fault !== null || (one.when !== null && !one.when(from))) return;
  let value: unknown = ownValue(from, one.hexName) ?? ownValue(from, one.name);
  if (value === undefined && one.derive !== null) value = one.derive(from);
  if (value === undefined && one.trailing) return;
  writer.enter(one.name);
  one.type.write(writer, value);
  writer.leave();
}

/** Names in layouts are ours, but the object may be parsed JSON: nothing is taken from its prototype. */
function ownValue(from: RawRecord, name: string): RawValue | undefined {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}

/** Elements to the end of the body. What is whole is kept when one of them is not. */
export function listToEnd(type: FieldType): FieldType {
  return Object.freeze({
    read(reader: BodyReader): RawValue[] {
      const out: RawValue[] = [];
      while (reader.at < reader.end) {
        const start = reader.at;
        const value = type.read(reader);
        if (reader.fault !== null || reader.at === start) {
          reader.at = start;
          break;
        }
        out.push(value);
      }
      return out;
    },
    write(writer: BodyWriter, value: unknown): void {
      if (!Array.isArray(value)) {
        writer.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
        return;
      }
      for (let i = 0; i < value.length && writer.fault === null; i++) {
        writer.enter(i);
        type.write(writer, value[i]);
        writer.leave();
      }
    },
    native: mapped(
      (value, _, marks) => (Array.isArray(value) ? value.map((one) => type.native.value(one, {}, marks, "")) : null),
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
