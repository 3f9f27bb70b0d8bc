// A table. A position that was asked for (0x0201, asked by 0x8201), tracking for a while (0x8202), an alarm confirmed by
// hand (0x8203), and the control of the vehicle (0x8500) with its answer (0x0500), which is a position as well.

import type { BodyReader } from "../body-reader.ts";
import type { BodyWriter } from "../body-writer.ts";
import type { FieldType, RawRecord, RawValue } from "../field.ts";
import { counting, field, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { bitNames, choice, hex, mapped } from "../native.ts";
import { location2011, location2013, location2019 } from "./0200-location.ts";

function answer(name: string, location: RecordType): RecordType {
  return record([field("seq", u16, { as: "serial" }), field(name, location, { as: "location" })]);
}

const tracking = record([
  field("period", u16, { unit: "s" }),
  // A period of 0 ends the tracking, and nothing follows.
  field("expiry", u32, { unit: "s", trailing: (own) => own["period"] === 0 }),
]);

const confirmable: readonly (string | null)[] = Array.from(
  { length: 29 },
  (_, bit) =>
    new Map([
      [0, "emergency"],
      [3, "danger"],
      [20, "area"],
      [21, "route"],
      [22, "section_time"],
      [27, "illegal_ignition"],
      [28, "illegal_move"],
    ]).get(bit) ?? null,
);
const confirmation = record([
  field("seq", u16, { as: "serial" }),
  field("type", u32, { as: "alarms", native: bitNames(confirmable, 32) }),
]);

const flags = record([field("flag", u8, { as: "flags", native: bitNames(["lock_doors"], 8) })]);

const DOORS = 1;
const doors = choice({ 0: "lock", 1: "open" });

/** Only the doors are of the standard (0 locks, 1 opens: the reverse of the older versions); others have any width. */
const controlParam: FieldType = Object.freeze({
  wire: "u8 of id 1, else bytes…",
  read: (reader: BodyReader, own: RawRecord): RawValue =>
    own["id"] === DOORS ? reader.u8() : reader.view(reader.remaining),
  write(writer: BodyWriter, value: unknown, own: RawRecord): void {
    if (own["id"] === DOORS || typeof value === "number") writer.unsigned(value, 1);
    else writer.raw(value);
  },
  native: mapped(
    (raw, own, marks, key) => (typeof raw === "number" ? doors : hex).value(raw, own, marks, key),
    (native) => (native === "lock" || native === "open" ? doors : hex).parse(native),
  ),
});

const controls = record([
  field("count", u16, { derive: counting("controls") }),
  field("controls", listToEnd(record([field("id", u16), field("param", controlParam)])), { countedBy: "count" }),
]);

export const locationQueries = [
  versionedMessage(0x0201, "up", "queried_location", {
    // Without the serial.
    2011: record([field("params", location2011, { as: "location" })]),
    2013: answer("params", location2013),
    2019: answer("params", location2019),
  }),
  message(0x8202, "down", "track_location", tracking),
  message(0x8203, "down", "confirm_alarm", confirmation, [2013, 2019]),
  versionedMessage(0x8500, "down", "control_vehicle", { 2011: flags, 2013: flags, 2019: controls }),
  versionedMessage(0x0500, "up", "vehicle_control", {
    2011: answer("location", location2011),
    2013: answer("location", location2013),
    2019: answer("location", location2019),
  }),
] as const;
