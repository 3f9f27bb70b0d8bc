// What the plain language of layouts does not say: a body that occurs in other forms than the standard's, and a record
// that stands inside a field of bytes.

import { BodyReader } from "./body-reader.ts";
import { BodyWriter } from "./body-writer.ts";
import { BodyFaultCode } from "./faults.ts";
import { isRecord } from "./field.ts";
import type { NativeRule, RawRecord } from "./field.ts";
import { BODY_MAX_BYTES } from "./frame.ts";
import type { RecordType } from "./layout.ts";
import { hex, mapped } from "./native.ts";
import { Gb18030 } from "./text.ts";

/** Under this name a record says that it has another form than the standard's. */
const FORM = "form";

/** A record that is read by the first of several layouts that fits to the end. */
export interface FormsType extends RecordType {
  /** By the name that stands in `form`. */
  readonly others: Readonly<Record<string, RecordType>>;
}

/**
 * A layout, and others that occur. The first that fits to the end is taken; when none does, it is the standard's. One of
 * the others gives its name as `form`, in the raw record and in the native one, and is written when that is given.
 */
export function forms(standard: RecordType, others: Readonly<Record<string, RecordType>>): FormsType {
  const byName: ReadonlyMap<string, RecordType> = new Map(Object.entries(others));
  const chosen = (of: unknown): RecordType | null => {
    const name = isRecord(of) && Object.hasOwn(of, FORM) ? of[FORM] : undefined;
    if (name === undefined) return standard;
    return typeof name === "string" ? (byName.get(name) ?? null) : null;
  };
  return Object.freeze({
    wire: standard.wire,
    fields: standard.fields,
    others,
    read(reader: BodyReader): RawRecord {
      const start = reader.at;
      for (const [name, layout] of [["", standard] as const, ...byName]) {
        const out = layout.read(reader);
        if (reader.fault === null && reader.note === null && reader.at === reader.end) {
          if (name !== "") out[FORM] = name;
          return out;
        }
        rewind(reader, start);
      }
      return standard.read(reader);
    },
    write(writer: BodyWriter, value: unknown): void {
      const layout = chosen(value);
      if (layout !== null) {
        layout.write(writer, value);
        return;
      }
      writer.enter(FORM);
      writer.fail(BodyFaultCode.FieldRange);
      writer.leave();
    },
    native: mapped(
      (raw, own, marks, key) => {
        const shown = (chosen(raw) ?? standard).native.value(raw, own, marks, key);
        if (isRecord(raw) && raw[FORM] !== undefined && isRecord(shown)) shown[FORM] = raw[FORM];
        return shown;
      },
      (native) => {
        const parsed = (chosen(native) ?? standard).native.parse(native);
        if (isRecord(native) && Object.hasOwn(native, FORM) && isRecord(parsed)) parsed[FORM] = native[FORM]!;
        return parsed;
      },
    ),
  });
}

function rewind(reader: BodyReader, start: number): void {
  reader.at = start;
  reader.fault = null;
  reader.note = null;
  reader.inexact = null;
}

/** Bytes that are shown as the record in them when it fills them exactly, and as hex otherwise. */
export function packed(layout: RecordType): NativeRule {
  return mapped(
    (raw, own, marks, key) => {
      if (!(raw instanceof Uint8Array)) return null;
      const reader = new BodyReader(raw, new Gb18030());
      const fields = layout.read(reader);
      const isWhole = reader.fault === null && reader.note === null && reader.at === reader.end;
      return isWhole ? layout.native.value(fields, fields, marks, key) : hex.value(raw, own, marks, key);
    },
    (native) => {
      if (!isRecord(native)) return hex.parse(native);
      const writer = new BodyWriter(new Gb18030(), BODY_MAX_BYTES);
      layout.write(writer, layout.native.parse(native));
      return writer.fault === null ? writer.finish() : native;
    },
  );
}
