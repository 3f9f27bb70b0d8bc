// A table. The additional items 0x64…0x67 of a position, by T/JSATL 12-2017: alarms of driver assistance, of the driver's
// state, of tyre pressures and of blind spots. Their raw values are the items' bytes; these are the records in them.

import type { Field, NativeRule } from "../field.ts";
import { forms, packed } from "../forms.ts";
import { bcd, bytes, counting, field, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { bitNames, choice, eitherSign, scaled } from "../native.ts";
import { chinaTime } from "../time.ts";
import { alarmId16, wideAlarmIds } from "./jsatl12-alarm-id.ts";

const DEGREES = 1_000_000;

const head: readonly Field[] = [
  field("id", u32),
  field("state", u8, { native: choice({ 0: "single", 1: "start", 2: "end" }) }),
];

const level = field("level", u8);

/** Where and how the vehicle was; coordinates have no sign of their own. */
const situation: readonly Field[] = [
  field("speed", u8, { unit: "km/h" }),
  field("altitude", u16, { native: eitherSign, unit: "m" }),
  field("latitude", u32, { native: scaled(DEGREES), unit: "°" }),
  field("longitude", u32, { native: scaled(DEGREES), unit: "°" }),
  field("time", bcd(6), { native: chinaTime }),
  field("vehicle", u16, {
    native: bitNames(
      ["acc", "left_turn", "right_turn", "wiper", "brake", "card_inserted", null, null, null, null, "positioned"],
      16,
    ),
  }),
];

const adasType = choice({
  0x01: "forward_collision",
  0x02: "lane_departure",
  0x03: "distance_too_short",
  0x04: "pedestrian_collision",
  0x05: "frequent_lane_changes",
  0x06: "road_sign_exceeded",
  0x07: "obstacle",
  0x10: "road_sign_recognised",
  0x11: "snapshot",
});

const dsmType = choice({
  0x01: "fatigue",
  0x02: "phone",
  0x03: "smoking",
  0x04: "distraction",
  0x05: "abnormal",
  0x10: "snapshot",
  0x11: "driver_changed",
});

const bsdType = choice({ 0x01: "rear_approach", 0x02: "left_rear_approach", 0x03: "right_rear_approach" });

function adas(identity: RecordType): RecordType {
  return record([
    ...head,
    field("type", u8, { native: adasType }),
    level,
    field("front_speed", u8, { unit: "km/h" }),
    field("front_distance", u8, { unit: "0.1 s" }),
    field("deviation", u8, { native: choice({ 1: "left", 2: "right" }) }),
    field("road_sign", u8, { native: choice({ 1: "speed_limit", 2: "height_limit", 3: "weight_limit" }) }),
    field("road_sign_value", u8),
    ...situation,
    field("alarm", identity),
  ]);
}

function dsm(identity: RecordType): RecordType {
  return record([
    ...head,
    field("type", u8, { native: dsmType }),
    level,
    field("fatigue", u8),
    field("reserved", bytes(4)),
    ...situation,
    field("alarm", identity),
  ]);
}

const tyre = record([
  field("number", u8),
  field("alarms", u16, {
    native: bitNames(
      ["timed", "pressure_high", "pressure_low", "hot", "sensor_fault", "imbalance", "slow_leak", "battery_low"],
      16,
    ),
  }),
  field("pressure", u16, { unit: "kPa" }),
  field("temperature", u16, { native: eitherSign, unit: "°C" }),
  field("battery", u16, { unit: "%" }),
]);

function tpms(identity: RecordType): RecordType {
  return record([
    ...head,
    ...situation,
    field("alarm", identity),
    field("count", u8, { derive: counting("tyres") }),
    field("tyres", listToEnd(tyre), { countedBy: "count" }),
  ]);
}

function bsd(identity: RecordType): RecordType {
  return record([...head, field("type", u8, { native: bsdType }), ...situation, field("alarm", identity)]);
}

function item(layout: (identity: RecordType) => RecordType): RecordType {
  return forms(
    layout(alarmId16),
    Object.fromEntries(wideAlarmIds.map(([size, identity]) => [`alarm${size}`, layout(identity)])),
  );
}

export interface PackedItem {
  readonly id: number;
  /** In the native record. */
  readonly key: string;
  readonly layout: RecordType;
  readonly native: NativeRule;
}

function row(id: number, key: string, layout: RecordType): PackedItem {
  return Object.freeze({ id, key, layout, native: packed(layout) });
}

export const packedItems: readonly PackedItem[] = Object.freeze([
  row(0x64, "adas", item(adas)),
  row(0x65, "dsm", item(dsm)),
  row(0x66, "tpms", item(tpms)),
  row(0x67, "bsd", item(bsd)),
]);
