// The types that a body is described with. Raw values are what stands on the wire; native values are what people and
// programs want to see: engineering units, ISO 8601 times, names instead of bits.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";
import type { TextCoder } from "./text.ts";

/** Unscaled integers, BCD as digits, text in Unicode, bytes as bytes. */
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

/** What a record's fields say of themselves while they are shown. */
export class Marks {
  /** Native names of the fields whose value the standard does not allow. */
  readonly invalid: string[] = [];
  /** Something is not said by the native value: who needs all of it needs the raw bytes. */
  inexact = false;
}

/** How one raw value is shown, and made again from what was shown. */
export interface NativeRule {
  /** `record`: the raw record that the value stands in, for signs that other fields hold. */
  value(raw: RawValue, record: RawRecord, marks: Marks, key: string): NativeValue;
  /** Never throws: what it does not understand it hands on, and the writer refuses it. */
  parse(native: unknown): unknown;
  /** Shows the value under names of its own, instead of `value` under the field's key. */
  readonly spread: ((out: NativeRecord, raw: RawValue, record: RawRecord, marks: Marks) => void) | null;
  /** The reverse of `spread`; undefined when nothing was given. */
  readonly gather: ((from: Readonly<Record<string, unknown>>) => unknown) | null;
}

export interface FieldType {
  /** What stands on the wire, in a word or two, for the tables of the README. */
  readonly wire: string;
  /**
   * On a fault the reader stands where the value began; of a list or a record, where its first unreadable part began.
   * `record`: the fields before it, for types that depend on one of them.
   */
  read(reader: BodyReader, record: RawRecord): RawValue;
  /** `record`: the fields that are being written, as they were given. */
  write(writer: BodyWriter, value: unknown, record: RawRecord): void;
  readonly native: NativeRule;
}

/** undefined: it is not written. */
export type Derivation = (record: RawRecord, text: TextCoder) => RawValue | undefined;

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** Read and written only when this holds of the fields before it. */
  readonly when: ((record: RawRecord) => boolean) | null;
  /** When this holds it may be missing at the end of the body: not read when nothing is left, not written when not given. */
  readonly trailing: ((record: RawRecord) => boolean) | null;
  /** Its value when it is not given to be written: a count, say. */
  readonly derive: Derivation | null;
  /** For a list or bytes: the field before it that says how many there are. Disagreement is noted, not refused. */
  readonly countedBy: string | null;
  readonly native: NativeRule;
  /** Of its native value, for the tables of the README. */
  readonly unit: string | null;
  /** Its name in the native record. */
  readonly key: string;
  /** Under which name the exact bytes stand beside a text that does not say them. */
  readonly hexName: string;
}

export function isRecord(value: unknown): value is RawRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
