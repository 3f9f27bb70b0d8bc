// One parameter on the wire: id, length, value. The declared length is believed before the table's type, because terminals
// send numbers in other widths than the standard's; what is neither is kept as bytes.

import type { BodyReader } from "../body-reader.ts";
import type { BodyWriter } from "../body-writer.ts";
import { BodyFaultCode } from "../faults.ts";
import { isRecord } from "../field.ts";
import type { Marks, NativeRecord, NativeRule, RawRecord, RawValue } from "../field.ts";
import { field, restBytes, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { hex, mapped, text } from "../native.ts";
import type { ParameterRow, ParameterTable } from "./parameter-table.ts";

export { parameters2011, parameters2013, parameters2019 } from "./parameter-table.ts";

export function parameterKey(id: number): string {
  return `0x${id.toString(16).padStart(4, "0")}`;
}

/** The id that people wrote: a number, hex text, or a name of the table. What it is not is handed on. */
export function parameterId(table: ParameterTable, key: unknown): unknown {
  if (typeof key !== "string") return key;
  if (/^0x[0-9a-f]{1,8}$/i.test(key)) return Number(key);
  return table.named(key)?.id ?? key;
}

function readValue(reader: BodyReader, row: ParameterRow | null, length: number, out: RawRecord): void {
  if (row?.type === "text") {
    out["value"] = reader.string(length, false);
    if (reader.inexact !== null) {
      out["value_hex"] = reader.inexact;
      reader.inexact = null;
    }
  } else if (row?.type === "number" && (length === 1 || length === 2 || length === 4)) {
    if (length !== row.width) out["width"] = length;
    out["value"] = length === 1 ? reader.u8() : length === 2 ? reader.u16() : reader.u32();
  } else {
    out["value"] = reader.view(length);
  }
}

function writeValue(writer: BodyWriter, row: ParameterRow | null, from: RawRecord): void {
  const value = from["value_hex"] ?? from["value"];
  const given = from["width"];
  if (value instanceof Uint8Array) writer.raw(value);
  else if (typeof value === "string" && row?.type === "text") writer.raw(writer.text.encode(value));
  else if (typeof value === "number" && row?.type === "number") {
    const width = given === undefined ? row.width : given;
    if (width === 1 || width === 2 || width === 4) writer.unsigned(value, width);
    else writer.fail(BodyFaultCode.FieldRange);
  } else writer.fail(value === undefined ? BodyFaultCode.FieldMissing : BodyFaultCode.FieldType);
}

function ruleOf(row: ParameterRow | null, value: RawValue): NativeRule {
  if (typeof value === "string") return text;
  // Bytes where the table has a number: of a width that no number has.
  if (row === null || (value instanceof Uint8Array && row.type === "number")) return hex;
  return row.native;
}

/** The value with its name and unit, where the table has them. */
function show(table: ParameterTable, raw: RawRecord, marks: Marks): NativeRecord {
  const id = Number(raw["id"]);
  const row = table.row(id);
  const value = raw["value"] ?? "";
  const out: NativeRecord = { id: parameterKey(id) };
  if (row !== null) out["name"] = row.name;
  out["value"] = ruleOf(row, value).value(value, raw, marks, "value");
  if (row !== null && row.unit !== null && typeof value === "number") out["unit"] = row.unit;
  if (raw["width"] !== undefined) out["width"] = Number(raw["width"]);
  return out;
}

function parse(table: ParameterTable, native: RawRecord): Record<string, unknown> {
  const id = parameterId(table, native["id"] ?? native["name"]);
  const row = typeof id === "number" ? table.row(id) : null;
  const written: unknown = native["value"];
  // Bytes of an unknown parameter, and of a number in no number's width, are hex.
  const value = row === null ? hex.parse(written) : row.native.parse(written);
  const isBytes = row?.type === "number" && typeof value === "string";
  const out: Record<string, unknown> = { id, value: isBytes ? hex.parse(value) : value };
  if (native["width"] !== undefined) out["width"] = native["width"];
  return out;
}

/** The element of a list of parameters. */
export function parameter(table: ParameterTable): RecordType {
  return Object.freeze({
    wire: "{id u32, value (u8 length)}",
    fields: Object.freeze([field("id", u32), field("length", u8), field("value", restBytes)]),
    read(reader: BodyReader): RawRecord {
      const id = reader.u32();
      const length = reader.u8();
      const out: RawRecord = { id };
      if (reader.has(length)) readValue(reader, table.row(id), length, out);
      return out;
    },
    write(writer: BodyWriter, value: unknown): void {
      if (!isRecord(value)) {
        writer.fail(BodyFaultCode.FieldType);
        return;
      }
      writer.enter("id");
      writer.unsigned(value["id"], 4);
      writer.leave();
      const at = writer.length;
      writer.unsigned(0, 1);
      writer.enter("value");
      writeValue(writer, typeof value["id"] === "number" ? table.row(value["id"]) : null, value);
      if (writer.fault === null) writer.patch(at, 1, writer.length - at - 1);
      writer.leave();
    },
    native: mapped(
      (raw, _, marks) => (isRecord(raw) ? show(table, raw, marks) : null),
      (native) => (isRecord(native) ? parse(table, native) : native),
    ),
  });
}
