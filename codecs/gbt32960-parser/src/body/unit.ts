// One row of the unit tables: what a report may hold, by type byte; and the fields that both versions have in common.

import { own } from "../field.ts";
import type { Field, Given, Marks, NativeRecord } from "../field.ts";
import { Layout, special } from "../layout.ts";

export interface UnitRow {
  readonly type: number;
  /** Key of the unit in a report's native record. */
  readonly name: string;
  readonly title: string;
  readonly layout: Layout;
  /** The unit is one list, which stands in the report itself under its own key (which is `name`). */
  readonly isList: boolean;
}

export function unit(type: number, name: string, title: string, fields: readonly Field[]): UnitRow {
  return Object.freeze({ type, name, title, layout: new Layout(fields), isList: false });
}

export function listUnit(type: number, title: string, list: Field): UnitRow {
  if (list.key === null) throw new Error("a unit that is a list is shown under the list's key");
  return Object.freeze({ type, name: list.key, title, layout: new Layout([list]), isList: true });
}

export const onOff = Object.freeze({ 1: "on", 2: "off" });
export const percent = Object.freeze({ unit: "%", max: 100 });
export const celsius = Object.freeze({ unit: "°C", offset: -40 });
export const cellVolts = Object.freeze({ unit: "V", per: 1000, max: 60_000 });

/** The names of the set bits; bits without a name are shown as "bit31". */
export function namesOfBits(names: readonly string[], value: number): string[] {
  const out: string[] = [];
  for (let bit = 0; bit < 32; bit++) if ((value >>> bit) & 1) out.push(names[bit] ?? `bit${bit}`);
  return out;
}

/** undefined when one of them is no name of a bit. */
export function bitsOfNames(names: readonly string[], given: readonly unknown[]): number | undefined {
  let value = 0;
  for (const name of given) {
    if (typeof name !== "string") return undefined;
    const bit = names.includes(name) ? names.indexOf(name) : Number(/^bit(\d+)$/.exec(name)?.[1] ?? 32);
    if (bit > 31) return undefined;
    value |= 1 << bit;
  }
  return value >>> 0;
}

const gears: readonly string[] = Object.freeze("neutral,1,2,3,4,5,6,7,8,9,10,11,12,reverse,drive,park".split(","));
const GEAR_MASK = 0x0f;
const BRAKE_FORCE = 0x10;
const DRIVE_FORCE = 0x20;
const GEAR_INVALID = 0x80;

/** Bits 0–3 the gear, 4 brake force, 5 drive force; with `validity` (2025) 7: the gear is invalid. */
export function gear(validity: boolean): Field {
  return special(
    "gear",
    1,
    "gear",
    `bits 0–3 ${gears.map((name, i) => `${i} ${name}`).join(", ")}; bit 4 brakeForce, bit 5 driveForce${validity ? ", bit 7 gear invalid" : ""}; all as gearBits`,
    (value: number, into: NativeRecord, marks: Marks): void => {
      const isInvalid = validity && (value & GEAR_INVALID) !== 0;
      into["gear"] = isInvalid ? null : gears[value & GEAR_MASK]!;
      into["brakeForce"] = (value & BRAKE_FORCE) !== 0;
      into["driveForce"] = (value & DRIVE_FORCE) !== 0;
      into["gearBits"] = value;
      if (isInvalid) marks.invalid.push("gear");
    },
    (native: Given): unknown => {
      const bits = own(native, "gearBits");
      const name = own(native, "gear");
      if (bits !== undefined || name === undefined) return bits;
      const forces =
        (own(native, "brakeForce") === true ? BRAKE_FORCE : 0) | (own(native, "driveForce") === true ? DRIVE_FORCE : 0);
      if (name === null && validity) return GEAR_INVALID | forces;
      const at = typeof name === "string" ? gears.indexOf(name) : -1;
      return at < 0 ? name : at | forces;
    },
  );
}

const POSITION_INVALID = 1;
const SOUTH = 2;
const WEST = 4;

/** Bit 0: 1 = no valid position; bit 1 south, bit 2 west: signs of the degrees beside it. */
export const positionStatus: Field = special(
  "status",
  1,
  "valid",
  "bit 0: 0 valid; bit 1 south, bit 2 west: the signs; all as statusBits",
  (value: number, into: NativeRecord): void => {
    into["valid"] = (value & POSITION_INVALID) === 0;
    into["statusBits"] = value;
  },
  (native: Given): unknown => {
    const bits = own(native, "statusBits");
    if (bits !== undefined) return bits;
    const isSet = (key: string): boolean => Number(own(native, key)) < 0;
    const invalid = own(native, "valid") === false ? POSITION_INVALID : 0;
    return invalid | (isSet("latitude") ? SOUTH : 0) | (isSet("longitude") ? WEST : 0);
  },
);

const MILLIONTHS = 1_000_000;
const ABNORMAL = 0xff_ff_ff_fe;

/** Degrees × 10⁶, unsigned; the sign is a bit of `status`. */
export function degrees(name: "longitude" | "latitude", max: number): Field {
  const sign = name === "latitude" ? SOUTH : WEST;
  return special(
    name,
    4,
    name,
    "0.000001 °, negative south and west",
    (value, into, marks, raw): void => {
      if (value >= ABNORMAL) {
        (value === ABNORMAL ? marks.abnormal : marks.invalid).push(name);
        into[name] = null;
        return;
      }
      if (value > max * MILLIONTHS) marks.outOfRange.push(name);
      const isNegative = value > 0 && (Number(raw["status"]) & sign) !== 0;
      into[name] = (isNegative ? -value : value) / MILLIONTHS;
    },
    (native: Given): unknown => {
      const value = own(native, name);
      if (typeof value === "number") return Math.round(Math.abs(value) * MILLIONTHS);
      const marks = own(native, "abnormal");
      return value === null ? ABNORMAL + (Array.isArray(marks) && marks.includes(name) ? 0 : 1) : value;
    },
  );
}

/** All alarm flags: those that are set by name, and beside them all 32 bits as a number. */
export function alarmFlags(names: readonly string[]): Field {
  return special(
    "flags",
    4,
    "alarms",
    "names of the bits that are set; all as alarmBits",
    (value: number, into: NativeRecord): void => {
      into["alarms"] = namesOfBits(names, value);
      into["alarmBits"] = value;
    },
    (native: Given): unknown => {
      const given = own(native, "alarms");
      return own(native, "alarmBits") ?? (Array.isArray(given) ? (bitsOfNames(names, given) ?? given) : given);
    },
  );
}
