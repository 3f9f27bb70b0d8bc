// A table. A route (0x8606): points, each with the section of road behind it. Every point says by its own bits which
// fields it has, and on which side of the equator and of Greenwich it lies. In 2011 a point has one id.

import { degrees } from "../coordinates.ts";
import type { Field, NativeRule, RawRecord } from "../field.ts";
import { forms } from "../forms.ts";
import { countedText, counting, field, list, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { versionedMessage } from "../message.ts";
import { bitNames, spreading } from "../native.ts";
import { TIMES, times } from "./8600-areas.ts";

const SECTION_TIME = 1 << 0;
const SECTION_SPEED = 1 << 1;
const SOUTH = 1 << 2;
const WEST = 1 << 3;

const routeFlagNames = bitNames(
  ["times", null, "enter_alarm_driver", "enter_alarm_platform", "leave_alarm_driver", "leave_alarm_platform"],
  16,
);
const sectionFlagNames = bitNames(["time", "speed", "south", "west"], 8);

type Native = Readonly<Record<string, unknown>>;

/** Names of bits, to which `implied` adds those that follow from the other fields. */
function impliedBits(key: string, names: NativeRule, implied: (from: Native) => number): NativeRule {
  return spreading(
    (out, raw, own, marks) => {
      out[key] = names.value(raw, own, marks, key);
    },
    (from) => {
      const bits = names.parse(from[key] ?? []);
      return typeof bits === "number" ? bits | implied(from) : bits;
    },
  );
}

function routeFlags(all: boolean): NativeRule {
  return impliedBits("flags", routeFlagNames, (from) => (all || from["startTime"] === undefined ? 0 : TIMES));
}

function isNegative(from: Native, key: string): boolean {
  return typeof from[key] === "number" && from[key] < 0;
}

function sectionFlags(all: boolean): NativeRule {
  return impliedBits("flags", sectionFlagNames, (from) => {
    const timed = from["longest"] ?? from["duration"];
    return (
      (all || timed === undefined ? 0 : SECTION_TIME) |
      (all || from["maxSpeed"] === undefined ? 0 : SECTION_SPEED) |
      (isNegative(from, "latitude") ? SOUTH : 0) |
      (isNegative(from, "longitude") ? WEST : 0)
    );
  });
}

function attrib(bit: number, all: boolean): { readonly when?: (own: RawRecord) => boolean } {
  return all ? {} : { when: (own) => ((own["attrib"] as number) & bit) !== 0 };
}

function place(all: boolean): readonly Field[] {
  return [
    field("point_lat", u32, { as: "latitude", native: degrees("attrib", SOUTH, 90), unit: "°" }),
    field("point_lng", u32, { as: "longitude", native: degrees("attrib", WEST, 180), unit: "°" }),
    field("width", u8, { unit: "m" }),
    field("attrib", u8, { native: sectionFlags(all) }),
  ];
}

function speed(all: boolean): readonly Field[] {
  return [
    field("max_speed", u16, { unit: "km/h", ...attrib(SECTION_SPEED, all) }),
    field("overspeed_duration", u8, { unit: "s", ...attrib(SECTION_SPEED, all) }),
  ];
}

function point(all: boolean, night: boolean): RecordType {
  return record([
    field("point_id", u32),
    field("path_id", u32, { as: "sectionId" }),
    ...place(all),
    field("passed", u16, { as: "longest", unit: "s", ...attrib(SECTION_TIME, all) }),
    field("uncovered", u16, { as: "shortest", unit: "s", ...attrib(SECTION_TIME, all) }),
    ...speed(all),
    ...(night ? [field("night_max_speed", u16, { unit: "km/h", ...attrib(SECTION_SPEED, all) })] : []),
  ]);
}

function point2011(all: boolean): RecordType {
  return record([
    field("path_id", u32, { as: "sectionId" }),
    ...place(all),
    field("duration", u16, { unit: "s", ...attrib(SECTION_TIME, all) }),
    ...speed(all),
  ]);
}

function route(element: RecordType, all: boolean, named: boolean): RecordType {
  return record([
    field("id", u32),
    field("flag", u16, { native: routeFlags(all) }),
    ...times(all),
    field("length", u16, { as: "count", derive: counting("points") }),
    field("points", list(element, "length"), { countedBy: "length" }),
    ...(named ? [field("name", countedText(2), { derive: () => "" })] : []),
  ]);
}

function route2011(all: boolean): RecordType {
  return record([
    field("id", u32),
    field("flag", u16, { native: routeFlags(all) }),
    ...times(all),
    field("length", u16, { as: "total", derive: counting("points") }),
    field("count", u8, { derive: counting("points") }),
    field("points", list(point2011(all), "count"), { countedBy: "count" }),
  ]);
}

/** One route of 2019, as the answer to a query has it, too. */
export const route2019 = route(point(false, true), false, true);

export const routeMessage = versionedMessage(0x8606, "down", "set_route", {
  2011: forms(route2011(false), { all_fields: route2011(true) }),
  2013: forms(route(point(false, false), false, false), { all_fields: route(point(true, false), true, false) }),
  2019: forms(route2019, { all_fields: route(point(true, true), true, true) }),
});
