// A table. The additional items of a position report: id, length, data. An item that the table knows, with the length
// that it must have, is read; any other (vendor items, and standard ids that a vendor uses for something else) keeps
// its bytes. The items stay a list in wire order, because terminals send the same id twice.

import type { BodyReader } from "../body-reader.ts";
import { BodyWriter } from "../body-writer.ts";
import { BodyFaultCode } from "../faults.ts";
import { isRecord } from "../field.ts";
import type { FieldType, Marks, NativeRecord, NativeRule, NativeValue, RawRecord, RawValue } from "../field.ts";
import { field, record, restBytes, u16, u32, u8 } from "../layout.ts";
import {
  bitNames,
  bitNumbers,
  byteList,
  choice,
  eitherSign,
  mapped,
  parseHex,
  plain,
  scaled,
  spreading,
  toHex,
} from "../native.ts";
import type { TextCoder } from "../text.ts";
import { packedItems } from "./jsatl12-items.ts";

const ITEM_MAX_BYTES = 255;
const PACKED_FIRST = 0x64;
const PACKED_LAST = 0x67;

interface ItemRow {
  readonly id: number;
  /** The lengths that it may have; null: any but 0. */
  readonly lengths: readonly number[] | null;
  /** In the raw record; those of the general gateways of the field, where they have one. */
  readonly name: string;
  /** In the native record. */
  readonly key: string;
  readonly type: FieldType;
  readonly native: NativeRule;
}

function item(
  id: number,
  lengths: readonly number[] | null,
  name: string,
  key: string,
  type: FieldType,
  native: NativeRule = type.native,
): ItemRow {
  return Object.freeze({ id, lengths, name, key, type, native });
}

const areaType = choice({ 0: "none", 1: "circle", 2: "rectangle", 3: "polygon", 4: "section" });

/** The id is missing when the alarm is bound to no area. */
const overspeed = record([field("type", u8, { native: areaType }), field("id", u32, { trailing: true })]);

const inOut = record([
  field("type", u8, { native: areaType }),
  field("id", u32),
  field("direction", u8, { native: choice({ 0: "in", 1: "out" }) }),
]);

/** The result is one byte: the item's length says so, also where a table says WORD. */
const sectionTime = record([
  field("id", u32),
  field("time", u16, { as: "seconds" }),
  field("result", u8, { native: choice({ 0: "too_short", 1: "too_long" }) }),
]);

const signals = bitNames(
  [
    "low_beam",
    "high_beam",
    "right_turn",
    "left_turn",
    "brake",
    "reverse",
    "fog",
    "side_marker",
    "horn",
    "air_conditioner",
    "neutral",
    "retarder",
    "abs",
    "heater",
    "clutch",
  ],
  32,
);
const io = bitNames(["deep_sleep", "sleep"], 16);

/** Bits 0…15 are AD0, so the second half on the wire comes first. */
const analog = record([field("ad1", u16), field("ad0", u16)]);

export const videoAlarmBits = bitNames(
  ["signal_lost", "covered", "storage_fault", "other_fault", "overload", "abnormal_driving", "alarm_storage_full"],
  32,
);

const mainUnits = bitNumbers(12);
const backupUnits = bitNumbers(4);
/** Bits 0…11 are the main storage units, 12…15 the backup ones. */
const storageFaults: NativeRule = mapped(
  (raw, own, marks) => {
    if (typeof raw !== "number") return null;
    const main = mainUnits.value(raw & 0x0fff, own, marks, "main");
    return { main, backup: backupUnits.value(raw >>> 12, own, marks, "backup") };
  },
  (native) => {
    if (!isRecord(native)) return native;
    const main = mainUnits.parse(native["main"] ?? []);
    const backup = backupUnits.parse(native["backup"] ?? []);
    return typeof main === "number" && typeof backup === "number" ? (backup << 12) | main : native;
  },
);

/** The table of JT/T 1078 says two bytes and describes three: both occur. */
const abnormalDriving = record([
  field("behaviour", u16, { native: bitNames(["fatigue", "phone", "smoking"], 16) }),
  field("fatigue", u8, { trailing: true }),
]);

/** 0x64…0x67 (jsatl12-items.ts) and everything from 0xE1 on have no row: their bytes are kept. */
const rows: readonly ItemRow[] = [
  item(0x01, [4], "mileage", "mileage", u32, scaled(10)),
  item(0x02, [2], "fuel_meter", "fuel", u16, scaled(10)),
  item(0x03, [2], "speed", "recorderSpeed", u16, scaled(10)),
  item(0x04, [2], "alarm_id", "alarmEventId", u16),
  item(0x05, null, "tire_pressure", "tyrePressures", restBytes, byteList(0xff)),
  item(0x06, [2], "carriage_temp", "cabinTemperature", u16, eitherSign),
  item(0x11, [1, 5], "overspeed_alarm", "overspeed", overspeed),
  item(0x12, [6], "in_out_alarm", "inOut", inOut),
  item(0x13, [7], "path_time_alarm", "sectionTime", sectionTime),
  item(0x14, [4], "video_alarm", "videoAlarms", u32, videoAlarmBits),
  item(0x15, [4], "video_loss", "videoLostChannels", u32, bitNumbers(32)),
  item(0x16, [4], "video_cover", "videoCoveredChannels", u32, bitNumbers(32)),
  item(0x17, [2], "storage_fault", "storageFaults", u16, storageFaults),
  item(0x18, [2, 3], "abnormal_driving", "abnormalDriving", abnormalDriving),
  item(0x25, [4], "signal", "signals", u32, signals),
  item(0x2a, [2], "io_status", "io", u16, io),
  item(0x2b, [4], "analog", "analog", analog),
  item(0x30, [1], "rssi", "signalStrength", u8),
  item(0x31, [1], "gnss_sat_num", "satellites", u8),
];

const rowById: readonly (ItemRow | null)[] = Object.freeze(
  Array.from({ length: 256 }, (_, id) => rows.find((row) => row.id === id) ?? null),
);

const NO_BYTES = new Uint8Array(0);
const NO_RECORD: RawRecord = Object.freeze({});

/** One item: `{ id, name, value }` when its row reads it to its end, `{ id, data }` otherwise. */
function readItem(reader: BodyReader): RawRecord {
  const id = reader.u8();
  const length = reader.u8();
  const row = rowById[id] ?? null;
  if (row === null || (row.lengths === null ? length === 0 : !row.lengths.includes(length))) {
    return { id, data: reader.view(length) };
  }
  const end = reader.end;
  reader.end = reader.at + length;
  const value: RawValue = row.type.read(reader, NO_RECORD);
  reader.end = end;
  return { id, name: row.name, value };
}

function writeItem(writer: BodyWriter, one: unknown): void {
  if (!isRecord(one)) {
    writer.fail(BodyFaultCode.FieldType);
    return;
  }
  writer.unsigned(one["id"], 1);
  const at = writer.length;
  writer.unsigned(0, 1);
  const row = typeof one["id"] === "number" ? (rowById[one["id"]] ?? null) : null;
  if (row === null || one["data"] !== undefined) writer.raw(one["data"]);
  else row.type.write(writer, one["value"], one);
  if (writer.fault === null) writer.patch(at, 1, writer.length - at - 1);
}

/** The bytes of an item behind its id and length, for who reads them in another way; null: it is none. */
export function itemData(one: RawRecord, text: TextCoder): Uint8Array | null {
  const { id, data, value } = one;
  if (data instanceof Uint8Array) return data;
  const row = typeof id === "number" ? (rowById[id] ?? null) : null;
  if (row === null) return null;
  const writer = new BodyWriter(text, ITEM_MAX_BYTES);
  row.type.write(writer, value, one);
  return writer.fault === null ? writer.finish() : null;
}

/** Reads as long as whole items follow; what is left is the next field's. */
const type: FieldType = Object.freeze({
  wire: "items…",
  read(reader: BodyReader): RawValue[] {
    const out: RawValue[] = [];
    while (reader.remaining >= 2 && reader.remaining - 2 >= reader.bytes[reader.at + 1]!) out.push(readItem(reader));
    if (reader.remaining > 0) reader.noteOddity(BodyFaultCode.Element, "extra");
    return out;
  },
  write(writer: BodyWriter, value: unknown): void {
    if (!Array.isArray(value)) {
      writer.fail(BodyFaultCode.FieldType);
      return;
    }
    for (let i = 0; i < value.length && writer.fault === null; i++) {
      writer.enter(i);
      writeItem(writer, value[i]);
      writer.leave();
    }
  },
  native: plain,
});

/** The record in an item that is kept as bytes; false: there is none, or it stands there already. */
function showPacked(extra: NativeRecord, id: number, data: Uint8Array, own: RawRecord, marks: Marks): boolean {
  if (id < PACKED_FIRST || id > PACKED_LAST) return false;
  const row = packedItems[id - PACKED_FIRST]!;
  if (Object.hasOwn(extra, row.key)) return false;
  const shown = row.native.value(data, own, marks, row.key);
  if (typeof shown !== "object") return false;
  extra[row.key] = shown;
  return true;
}

function itemId(id: number): string {
  return `0x${id.toString(16).padStart(2, "0")}`;
}

/**
 * Known items go by name into `extra`; all others, and the second of two with the same id, into the list `items` as id and
 * bytes (or id and value), so that nothing is lost.
 */
const native: NativeRule = spreading(
  (out, raw, own, marks) => {
    const extra: NativeRecord = {};
    const items: NativeValue[] = [];
    for (const one of Array.isArray(raw) ? raw : []) {
      if (!isRecord(one) || typeof one["id"] !== "number") continue;
      const row = rowById[one["id"]] ?? null;
      const data = one["data"];
      if (data instanceof Uint8Array || row === null) {
        const bytes = data instanceof Uint8Array ? data : NO_BYTES;
        if (!showPacked(extra, one["id"], bytes, own, marks)) items.push({ id: itemId(one["id"]), hex: toHex(bytes) });
        continue;
      }
      const value = row.native.value(one["value"] ?? 0, own, marks, row.key);
      if (Object.hasOwn(extra, row.key)) items.push({ id: itemId(row.id), [row.key]: value });
      else extra[row.key] = value;
    }
    out["extra"] = extra;
    if (items.length > 0) out["items"] = items;
  },
  (from) => gatherItems(from["extra"], from["items"]),
);

/** Items in native form to items in raw form; those of `extra` in the table's order, then those of `items`. */
function gatherItems(extra: unknown, items: unknown): unknown {
  if (extra === undefined && items === undefined) return undefined;
  const out: unknown[] = [];
  if (isRecord(extra)) for (const row of rows) if (Object.hasOwn(extra, row.key)) out.push(namedItem(row, extra));
  if (isRecord(extra)) {
    for (const row of packedItems) {
      if (Object.hasOwn(extra, row.key)) out.push({ id: row.id, data: row.native.parse(extra[row.key]) });
    }
  }
  for (const one of Array.isArray(items) ? items : []) {
    const id = isRecord(one) ? Number(one["id"]) : Number.NaN;
    const row = rowById[id] ?? null;
    if (isRecord(one) && typeof one["hex"] === "string") out.push({ id, data: parseHex(one["hex"]) });
    else out.push(row !== null && isRecord(one) ? namedItem(row, one) : one);
  }
  return out;
}

function namedItem(row: ItemRow, from: Readonly<Record<string, unknown>>): unknown {
  return { id: row.id, value: row.native.parse(from[row.key]) };
}

export const additionalItems = Object.freeze({ type, native });
