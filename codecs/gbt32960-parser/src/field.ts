// The terms that data units are described in. Raw values are what stands on the wire; native values are what people and
// programs want to see: engineering units, ISO 8601 times, names instead of numbers and bits, and a mark where the
// standard's own "abnormal" (0xFE…) or "invalid" (0xFF…) stands in place of a value.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";

/** Unscaled integers, text in Unicode, bytes as bytes. */
export type RawValue = number | string | Uint8Array | RawRecord | RawValue[];
/** Keys are the names of a layout's fields, never text from the wire. */
export interface RawRecord {
  [name: string]: RawValue;
}

/** JSON. */
export type NativeValue = number | string | boolean | null | NativeRecord | NativeValue[];
export interface NativeRecord {
  [name: string]: NativeValue;
}
/** What somebody gave to be written: parsed JSON. */
export type Given = Readonly<Record<string, unknown>>;

/** What a record's fields say of themselves while they are shown: native names, or "cells[3]" for a list's element. */
export class Marks {
  /** The terminal says: abnormal (0xFE, 0xFFFE, 0xFFFFFFFE). The value is null. */
  readonly abnormal: string[] = [];
  /** The terminal says: invalid (0xFF, 0xFFFF, 0xFFFFFFFF), or it sent what is no time. The value is null. */
  readonly invalid: string[] = [];
  /** The value is not one that the standard allows; it is shown all the same. */
  readonly outOfRange: string[] = [];
  /** Something is not said by the native value: who needs all of it needs the raw bytes. */
  inexact = false;

  /** Puts the lists that are not empty into the record that they speak of. */
  attachTo(out: NativeRecord): void {
    if (this.abnormal.length > 0) out["abnormal"] = this.abnormal;
    if (this.invalid.length > 0) out["invalid"] = this.invalid;
    if (this.outOfRange.length > 0) out["outOfRange"] = this.outOfRange;
  }
}

/** One or more neighbouring values of a record: how they are read, written, shown, and made from what was shown. */
export interface Field {
  /** In the raw record, and in the paths of faults. */
  readonly name: string;
  /** In the native record; null: not shown there. */
  readonly key: string | null;
  /** Type on the wire, for the tables of the README: "u16", "text 20", "u16 {u8}". */
  readonly wire: string;
  /** Unit, or how it is shown. */
  readonly meaning: string;
  /** The fields of the records that it holds; empty for what holds none. */
  readonly parts: readonly Field[];
  /** Sets nothing when it cannot be read; the reader has the fault then. */
  read(reader: BodyReader, into: RawRecord): void;
  write(writer: BodyWriter, from: Given): void;
  show(raw: RawRecord, into: NativeRecord, marks: Marks): void;
  /** Never throws: what it does not understand it hands on, and the writer refuses it. */
  parse(native: Given, into: Record<string, unknown>): void;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Names in layouts are ours, but the object may be parsed JSON: nothing is taken from its prototype. */
export function own(from: Given, name: string): unknown {
  return Object.hasOwn(from, name) ? from[name] : undefined;
}

export function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
