// Times on the wire are six binary bytes, year − 2000 to seconds, in Beijing time everywhere. Shown as ISO 8601 with
// the offset.

import type { BodyReader } from "./body-reader.ts";
import type { BodyWriter } from "./body-writer.ts";
import { camelCase, isRecord, own } from "./field.ts";
import type { Field, Given, Marks, NativeRecord, RawRecord } from "./field.ts";

export const TIME_BYTES = 6;
const PARTS = Object.freeze(["year", "month", "day", "hour", "minute", "second"] as const);
const BEIJING_MS = 8 * 3_600_000;

/** The year has two digits, as on the wire. */
export interface RawTime extends RawRecord {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** ISO 8601 at +08:00, or null when the parts are no date and time. */
export function isoTime(at: RawTime): string | null {
  const { year, month, day, hour, minute, second } = at;
  if (year > 99 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  return `20${two(year)}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}+08:00`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The parts of a moment (ms since the epoch), in Beijing; null outside of 2000…2099. */
export function beijingTime(moment: number): RawTime | null {
  const shifted = new Date(moment + BEIJING_MS);
  const year = shifted.getUTCFullYear() - 2000;
  if (!(year >= 0 && year <= 99)) return null;
  return {
    year,
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
  };
}

/** Six bytes of a moment; null outside of 2000…2099. */
export function timeBytes(moment: number): Uint8Array | null {
  const at = beijingTime(moment);
  return at === null ? null : Uint8Array.from(PARTS, (part) => at[part]);
}

export function isRawTime(value: unknown): value is RawTime {
  return isRecord(value) && PARTS.every((part) => typeof value[part] === "number");
}

export function time(name: string, options: { readonly as?: string } = {}): Field {
  const key = options.as ?? camelCase(name);
  return Object.freeze({
    name,
    key,
    wire: "time 6",
    meaning: "ISO 8601, +08:00",
    parts: Object.freeze([]),
    read(reader: BodyReader, into: RawRecord): void {
      if (!reader.has(TIME_BYTES)) return;
      const { at, bytes } = reader;
      reader.at = at + TIME_BYTES;
      into[name] = {
        year: bytes[at]!,
        month: bytes[at + 1]!,
        day: bytes[at + 2]!,
        hour: bytes[at + 3]!,
        minute: bytes[at + 4]!,
        second: bytes[at + 5]!,
      };
    },
    write(writer: BodyWriter, from: Given): void {
      const value = own(from, name);
      if (!isRecord(value)) {
        writer.failType(value);
        return;
      }
      for (const part of PARTS) {
        writer.enter(part);
        writer.unsigned(own(value, part), 1);
        writer.leave();
      }
    },
    show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
      const value = raw[name];
      if (!isRawTime(value)) return;
      const iso = isoTime(value);
      into[key] = iso;
      if (iso !== null) return;
      marks.invalid.push(key);
      marks.inexact = true;
    },
    parse(native: Given, into: Record<string, unknown>): void {
      const value = own(native, key);
      if (typeof value === "string") into[name] = beijingTime(Date.parse(value)) ?? value;
      else if (value !== undefined) into[name] = value;
    },
  });
}
