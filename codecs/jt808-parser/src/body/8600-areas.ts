// A table. Circles (0x8600), rectangles (0x8602), polygons (0x8604), and their deletion (0x8601, 0x8603, 0x8605; routes
// 0x8607). Bits of the attribute say which of the optional fields are there, and on which side of the equator and of
// Greenwich the area lies; in native records both follow from the fields when they are not given. Some platforms write
// fields that the bits do not announce: that is the form `all_fields`.

import { degrees, signedDegrees, unsignedDegrees } from "../coordinates.ts";
import type { Field, NativeRule, NativeValue, RawRecord } from "../field.ts";
import { isRecord } from "../field.ts";
import { forms } from "../forms.ts";
import { bcd, countedText, counting, field, list, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { bitNames, choice, mapped, spreading } from "../native.ts";
import { windowTime } from "../time.ts";

export const TIMES = 1 << 0;
export const SPEED = 1 << 1;
const SOUTH = 1 << 6;
const WEST = 1 << 7;

/** How much of an area a message has. */
export interface AreaForm {
  /** 2019: a speed limit at night, and a name. */
  readonly named: boolean;
  /** Optional fields are there whatever the bits say. */
  readonly all: boolean;
}

const flagNames = bitNames(
  [
    "times",
    "speed",
    "enter_alarm_driver",
    "enter_alarm_platform",
    "leave_alarm_driver",
    "leave_alarm_platform",
    "south",
    "west",
    "doors_forbidden",
    null,
    null,
    null,
    null,
    null,
    "modem_off",
    "collect_gnss",
  ],
  16,
);

type Native = Readonly<Record<string, unknown>>;

function hasNegative(from: Native, keys: readonly string[]): boolean {
  return keys.some((key) => typeof from[key] === "number" && from[key] < 0);
}

function pointsOf(from: Native): readonly Native[] {
  return Array.isArray(from["points"]) ? from["points"].filter(isRecord) : [];
}

/** Names of the bits; to write, those that the other fields of the area imply are added. */
function flagRule(latitudes: readonly string[], longitudes: readonly string[], form: AreaForm): NativeRule {
  return spreading(
    (out, raw, own, marks) => {
      out["flags"] = flagNames.value(raw, own, marks, "flags");
    },
    (from) => {
      const bits = flagNames.parse(from["flags"] ?? []);
      if (typeof bits !== "number") return bits;
      const all = [from, ...pointsOf(from)];
      let implied = 0;
      if (!form.all && from["startTime"] !== undefined) implied |= TIMES;
      if (!form.all && from["maxSpeed"] !== undefined) implied |= SPEED;
      if (all.some((one) => hasNegative(one, latitudes))) implied |= SOUTH;
      if (all.some((one) => hasNegative(one, longitudes))) implied |= WEST;
      return bits | implied;
    },
  );
}

function hasBit(bit: number): (own: RawRecord) => boolean {
  return (own) => ((own["flag"] as number) & bit) !== 0;
}

export function times(all: boolean): readonly Field[] {
  const when = all ? {} : { when: hasBit(TIMES) };
  return [
    field("start_time", bcd(6), { native: windowTime, ...when }),
    field("end_time", bcd(6), { native: windowTime, ...when }),
  ];
}

function speed(all: boolean): readonly Field[] {
  const when = all ? {} : { when: hasBit(SPEED) };
  return [field("max_speed", u16, { unit: "km/h", ...when }), field("overspeed_duration", u8, { unit: "s", ...when })];
}

function name(form: AreaForm): readonly Field[] {
  if (!form.named) return [];
  const when = form.all ? {} : { when: hasBit(SPEED) };
  return [
    field("night_max_speed", u16, { unit: "km/h", ...when }),
    field("name", countedText(2), { derive: () => "" }),
  ];
}

const latitude = degrees("flag", SOUTH, 90);
const longitude = degrees("flag", WEST, 180);

export function circle(form: AreaForm): RecordType {
  return record([
    field("id", u32),
    field("flag", u16, { native: flagRule(["centerLatitude"], ["centerLongitude"], form) }),
    field("center_latitude", u32, { native: latitude, unit: "°" }),
    field("center_longitude", u32, { native: longitude, unit: "°" }),
    field("radius", u32, { unit: "m" }),
    ...times(form.all),
    ...speed(form.all),
    ...name(form),
  ]);
}

export function rectangle(form: AreaForm): RecordType {
  return record([
    field("id", u32),
    field("flag", u16, {
      native: flagRule(["topLatitude", "bottomLatitude"], ["leftLongitude", "rightLongitude"], form),
    }),
    field("lt_lat", u32, { as: "topLatitude", native: latitude, unit: "°" }),
    field("lt_lng", u32, { as: "leftLongitude", native: longitude, unit: "°" }),
    field("rb_lat", u32, { as: "bottomLatitude", native: latitude, unit: "°" }),
    field("rb_lng", u32, { as: "rightLongitude", native: longitude, unit: "°" }),
    ...times(form.all),
    ...speed(form.all),
    ...name(form),
  ]);
}

const vertex = record([field("lat", u32), field("lng", u32)]);

/** The signs of the vertices are bits of the area. */
const vertices: NativeRule = mapped(
  (raw, own) => {
    if (!Array.isArray(raw)) return null;
    return raw.map((point): NativeValue => {
      if (!isRecord(point)) return null;
      return {
        latitude: signedDegrees(Number(point["lat"]), own, "flag", SOUTH),
        longitude: signedDegrees(Number(point["lng"]), own, "flag", WEST),
      };
    });
  },
  (native) => {
    if (!Array.isArray(native)) return native;
    return native.map((point: unknown) =>
      isRecord(point) ? { lat: unsignedDegrees(point["latitude"]), lng: unsignedDegrees(point["longitude"]) } : point,
    );
  },
);

export function polygon(form: AreaForm, split: boolean): RecordType {
  return record([
    field("id", u32),
    field("flag", u16, { native: flagRule(["latitude"], ["longitude"], form) }),
    ...times(form.all),
    ...speed(form.all),
    field("length", u16, { as: split ? "total" : "count", derive: counting("points") }),
    ...(split ? [field("count", u8, { derive: counting("points") })] : []),
    field("points", list(vertex, split ? "count" : "length"), {
      native: vertices,
      countedBy: split ? "count" : "length",
    }),
    ...name(form),
  ]);
}

const change = choice({ 0: "update", 1: "append", 2: "modify" });

function areas(area: RecordType, split: boolean): RecordType {
  return record([
    field("type", u8, { as: "change", native: change }),
    field("length", u8, { as: split ? "total" : "count", derive: counting("areas") }),
    ...(split ? [field("count", u8, { derive: counting("areas") })] : []),
    field("areas", listToEnd(area), { countedBy: split ? "count" : "length" }),
  ]);
}

type AreaOf = (form: AreaForm) => RecordType;

function setAreas(area: AreaOf, named: boolean, split: boolean): RecordType {
  return forms(areas(area({ named, all: false }), split), { all_fields: areas(area({ named, all: true }), split) });
}

function setPolygon(named: boolean, split: boolean): RecordType {
  return forms(polygon({ named, all: false }, split), { all_fields: polygon({ named, all: true }, split) });
}

/** No ids: all of them. */
const deletion = record([
  field("length", u8, { as: "count", derive: counting("ids") }),
  field("ids", listToEnd(u32), { countedBy: "length" }),
]);

export const areaMessages = [
  versionedMessage(0x8600, "down", "set_circles", {
    2011: setAreas(circle, false, true),
    2013: setAreas(circle, false, false),
    2019: setAreas(circle, true, false),
  }),
  message(0x8601, "down", "delete_circles", deletion),
  versionedMessage(0x8602, "down", "set_rectangles", {
    2011: setAreas(rectangle, false, true),
    2013: setAreas(rectangle, false, false),
    2019: setAreas(rectangle, true, false),
  }),
  message(0x8603, "down", "delete_rectangles", deletion),
  versionedMessage(0x8604, "down", "set_polygon", {
    2011: setPolygon(false, true),
    2013: setPolygon(false, false),
    2019: setPolygon(true, false),
  }),
  message(0x8605, "down", "delete_polygons", deletion),
  message(0x8607, "down", "delete_routes", deletion),
] as const;
