// Times on the wire are BCD, YY-MM-DD-hh-mm-ss, in China's time (GMT+8) everywhere but in the answer to the time
// request, which is UTC. Shown as ISO 8601 with the offset. All zeros mean "no time".

import { mapped } from "./native.ts";
import type { NativeRule } from "./field.ts";

const NO_TIME = "000000000000";
const CENTURY = "20";

/** ISO 8601, or null when the digits are no date and time. */
export function isoTime(digits: string, offset: "+08:00" | "Z"): string | null {
  if (digits.length !== 12) return null;
  for (let i = 0; i < 12; i++) if (digits.charCodeAt(i) > 0x39) return null;
  const year = 2000 + two(digits, 0);
  const month = two(digits, 2);
  const day = two(digits, 4);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (two(digits, 6) > 23 || two(digits, 8) > 59 || two(digits, 10) > 59) return null;
  const date = `${CENTURY}${digits.slice(0, 2)}-${digits.slice(2, 4)}-${digits.slice(4, 6)}`;
  return `${date}T${digits.slice(6, 8)}:${digits.slice(8, 10)}:${digits.slice(10, 12)}${offset}`;
}

function two(digits: string, at: number): number {
  return (digits.charCodeAt(at) - 0x30) * 10 + digits.charCodeAt(at + 1) - 0x30;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Digits of a moment (ms since the epoch) at an offset from UTC; null outside of 2000…2099. */
export function timeDigits(moment: number, offsetMs: number): string | null {
  const shifted = moment + offsetMs;
  if (!(Math.abs(shifted) < 8.64e15)) return null;
  const iso = new Date(shifted).toISOString();
  if (!iso.startsWith(CENTURY)) return null;
  return iso.slice(2, 19).replace(/[-T:]/g, "");
}

function timeRule(offset: "+08:00" | "Z", offsetMs: number): NativeRule {
  return mapped(
    (raw, _, marks, key) => {
      if (raw === NO_TIME || typeof raw !== "string") return null;
      const iso = isoTime(raw, offset);
      if (iso === null) marks.invalid.push(key);
      return iso;
    },
    (native) => {
      if (native === null) return NO_TIME;
      return typeof native === "string" ? (timeDigits(Date.parse(native), offsetMs) ?? native) : native;
    },
  );
}

export const chinaTime: NativeRule = timeRule("+08:00", 8 * 3_600_000);
export const utcTime: NativeRule = timeRule("Z", 0);

const DAILY = "000000";

/** The bound of a window of time: a moment, or with zeros for the date a time of each day, "hh:mm:ss". */
export const windowTime: NativeRule = mapped(
  (raw, own, marks, key) => {
    if (typeof raw !== "string" || !raw.startsWith(DAILY)) return chinaTime.value(raw, own, marks, key);
    return `${raw.slice(6, 8)}:${raw.slice(8, 10)}:${raw.slice(10, 12)}`;
  },
  (native) =>
    typeof native === "string" && /^\d\d:\d\d:\d\d$/.test(native)
      ? DAILY + native.replaceAll(":", "")
      : chinaTime.parse(native),
);
