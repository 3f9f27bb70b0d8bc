// A table. Position report: 28 bytes, then additional items. The same record stands inside other messages. What cannot
// be read of the items is kept as `extra_tail`; the 28 bytes are never lost with it.

import { bcd, field, record, restBytes, u16, u32 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { degrees } from "../coordinates.ts";
import type { Field, NativeRecord, NativeRule } from "../field.ts";
import { versionedMessage } from "../message.ts";
import { bitNames, eitherSign, hex, scaled, spreading, upTo } from "../native.ts";
import { chinaTime } from "../time.ts";
import { additionalItems } from "./0200-items.ts";

const alarms2011: readonly (string | null)[] = [
  "emergency",
  "overspeed",
  "fatigue",
  "danger",
  "gnss_fault",
  "gnss_antenna_open",
  "gnss_antenna_short",
  "undervoltage",
  "power_off",
  "display_fault",
  "tts_fault",
  "camera_fault",
  null,
  null,
  null,
  null,
  null,
  null,
  "day_driving_total",
  "parking_too_long",
  "area",
  "route",
  "section_time",
  "off_route",
  "vss_fault",
  "fuel_abnormal",
  "stolen",
  "illegal_ignition",
  "illegal_move",
];
const alarms2013: readonly (string | null)[] = [
  ...alarms2011.slice(0, 12),
  "ic_card_fault",
  "overspeed_warning",
  "fatigue_warning",
  null,
  null,
  null,
  ...alarms2011.slice(18),
  "collision_warning",
  "rollover_warning",
  "illegal_door",
];
const alarms2019: readonly (string | null)[] = [
  ...alarms2013.slice(0, 15),
  "illegal_driving",
  "tyre_warning",
  "right_turn_blind_spot",
  ...alarms2013.slice(18, 29),
  "collision",
  "rollover_warning",
  null,
];

/** Status bits by name; bits 8 and 9 together are the load. Those of later versions were reserved before. */
const statusBits: readonly (readonly [bit: number, name: string])[] = [
  [0, "acc"],
  [1, "positioned"],
  [2, "south"],
  [3, "west"],
  [4, "outOfService"],
  [5, "encrypted"],
  [6, "forwardCollision"],
  [7, "laneDeparture"],
  [10, "oilCut"],
  [11, "powerCut"],
  [12, "doorsLocked"],
  [13, "door1Open"],
  [14, "door2Open"],
  [15, "door3Open"],
  [16, "door4Open"],
  [17, "door5Open"],
  [18, "gps"],
  [19, "beidou"],
  [20, "glonass"],
  [21, "galileo"],
  [22, "moving"],
];
const status2011 = statusBits.filter(([bit]) => bit < 6 || (bit > 9 && bit < 13));
const status2013 = statusBits.filter(([bit]) => bit !== 6 && bit !== 7 && bit !== 22);
const loads: readonly string[] = ["empty", "half", "reserved", "full"];

const SOUTH = 1 << 2;
const WEST = 1 << 3;

/** Names of the alarms that are set, and beside them all bits as a number. */
function alarmRule(names: readonly (string | null)[]): NativeRule {
  const list = bitNames(names, 32);
  return spreading(
    (out, raw, own, marks) => {
      out["alarms"] = list.value(raw, own, marks, "alarms");
      out["alarmBits"] = typeof raw === "number" ? raw : null;
    },
    (from) => from["alarmBits"] ?? (from["alarms"] === undefined ? undefined : list.parse(from["alarms"])),
  );
}

function statusRule(names: typeof statusBits, hasLoad: boolean): NativeRule {
  return spreading(
    (out, raw) => {
      if (typeof raw !== "number") return;
      const status: NativeRecord = {};
      for (const [bit, name] of names) status[name] = ((raw >>> bit) & 1) === 1;
      if (hasLoad) status["load"] = loads[(raw >>> 8) & 3] ?? "reserved";
      out["status"] = status;
      out["statusBits"] = raw;
    },
    (from) => from["statusBits"],
  );
}

function position(alarm: NativeRule, status: NativeRule): readonly Field[] {
  return [
    field("alarm", u32, { native: alarm }),
    field("status", u32, { native: status }),
    field("latitude", u32, { native: degrees("status", SOUTH, 90), unit: "°" }),
    field("longitude", u32, { native: degrees("status", WEST, 180), unit: "°" }),
    field("altitude", u16, { native: eitherSign, unit: "m" }),
    field("speed", u16, { native: scaled(10), unit: "km/h" }),
    field("direction", u16, { native: upTo(359), unit: "°" }),
    field("time", bcd(6), { native: chinaTime }),
  ];
}

function location(fields: readonly Field[]): RecordType {
  return record(
    [
      ...fields,
      field("extra", additionalItems.type, { trailing: true, native: additionalItems.native }),
      field("extra_tail", restBytes, { trailing: true, native: hex }),
    ],
    "location",
  );
}

const fields2011 = position(alarmRule(alarms2011), statusRule(status2011, false));
const fields2013 = position(alarmRule(alarms2013), statusRule(status2013, true));
const fields2019 = position(alarmRule(alarms2019), statusRule(statusBits, true));

/** The 28 bytes alone, as they stand inside other messages. */
export const position2013 = record(fields2013, "position");
export const position2019 = record(fields2019, "position");
export const position2011 = record(fields2011, "position");

export const location2011 = location(fields2011);
export const location2013 = location(fields2013);
export const location2019 = location(fields2019);

/** Names of the bits of an alarm mask. */
export const alarmBits2013 = bitNames(alarms2013, 32);
export const alarmBits2019 = bitNames(alarms2019, 32);

export const locationReport = versionedMessage(0x0200, "up", "location", {
  2011: location2011,
  2013: location2013,
  2019: location2019,
});
