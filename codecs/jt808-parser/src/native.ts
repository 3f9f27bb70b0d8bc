// The second layer: how raw values are shown in engineering units, and made again from them. Each rule has both
// directions side by side. A rule that is given something it does not understand hands it on as it is, and the writer
// refuses it with the field's name.

import { digitValue, readDigits } from "./bcd.ts";
import { Marks, isRecord } from "./field.ts";
import type { Field, NativeRecord, NativeRule, NativeValue, RawRecord, RawValue } from "./field.ts";

/** A rule for one value under the field's own key. */
export function mapped(value: NativeRule["value"], parse: NativeRule["parse"]): NativeRule {
  return Object.freeze({ value, parse, spread: null, gather: null });
}

/** A rule that shows one raw value under several keys. */
export function spreading(
  spread: NonNullable<NativeRule["spread"]>,
  gather: NonNullable<NativeRule["gather"]>,
): NativeRule {
  const value: NativeRule["value"] = (raw, record, marks) => {
    const out: NativeRecord = {};
    spread(out, raw, record, marks);
    return out;
  };
  return Object.freeze({ value, parse: (native: unknown) => native, spread, gather });
}

/** Shown as it is. */
export const plain: NativeRule = mapped(
  (raw) => (typeof raw === "number" || typeof raw === "string" ? raw : null),
  (native) => native,
);

/** Without NULs and spaces on both ends: terminals pad on either side, with either. */
export const text: NativeRule = mapped(
  (raw, _, marks) => {
    if (typeof raw !== "string") return null;
    if (raw.includes("\ufffd")) marks.inexact = true;
    return trimmed(raw);
  },
  (native) => native,
);

function trimmed(raw: string): string {
  let start = 0;
  let end = raw.length;
  while (end > start && isPadding(raw.charCodeAt(end - 1))) end--;
  while (start < end && isPadding(raw.charCodeAt(start))) start++;
  return raw.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === 0 || code === 0x20;
}

/** Bytes as lower-case hex. */
export const hex: NativeRule = mapped(
  (raw) => (raw instanceof Uint8Array ? toHex(raw) : null),
  (native) => (typeof native === "string" ? (parseHex(native) ?? native) : native),
);

export function toHex(bytes: Uint8Array): string {
  return readDigits(bytes, 0, bytes.length);
}

/** null: not hex. */
export function parseHex(digits: string): Uint8Array | null {
  if (digits.length % 2 !== 0) return null;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = digitValue(digits.charCodeAt(i * 2));
    const low = digitValue(digits.charCodeAt(i * 2 + 1));
    if (high < 0 || low < 0) return null;
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** raw / divisor, exact in decimal for divisors that are powers of ten. */
export function scaled(divisor: number): NativeRule {
  return mapped(
    (raw) => (typeof raw === "number" ? raw / divisor : null),
    (native) => (typeof native === "number" ? Math.round(native * divisor) : native),
  );
}

/** As `plain`, with a mark when it is greater than `max`. */
export function upTo(max: number): NativeRule {
  return mapped(
    (raw, _, marks, key) => {
      if (typeof raw !== "number") return null;
      if (raw > max) marks.invalid.push(key);
      return raw;
    },
    (native) => native,
  );
}

/**
 * A signed number in a 16-bit field for which terminals use both two's complement and sign and magnitude. The two do not
 * meet as long as the true value lies within ±16,383.
 */
export const eitherSign: NativeRule = mapped(
  (raw) => {
    if (typeof raw !== "number") return null;
    if (raw >= 0xc000) return raw - 0x10000;
    return raw > 0x8000 ? 0x8000 - raw : raw;
  },
  (native) => (typeof native === "number" && native < 0 ? native + 0x10000 : native),
);

/** A number that stands for a name; one without a name is shown as it is. */
export function choice(names: Readonly<Record<number, string>>): NativeRule {
  const numbers = new Map(Object.entries(names).map(([number, name]) => [name, Number(number)]));
  return mapped(
    (raw) => (typeof raw === "number" ? (names[raw] ?? raw) : null),
    (native) => (typeof native === "string" ? (numbers.get(native) ?? native) : native),
  );
}

/** The names of the bits that are set; bits without a name are shown as "bit17". */
export function bitNames(names: readonly (string | null)[], bits: number): NativeRule {
  const full = Array.from({ length: bits }, (_, bit) => names[bit] ?? `bit${bit}`);
  return mapped(
    (raw) => {
      if (typeof raw !== "number") return null;
      const out: string[] = [];
      for (let rest = raw | 0; rest !== 0; rest &= rest - 1) {
        const bit = 31 - Math.clz32(rest & -rest);
        if (bit < bits) out.push(full[bit]!);
      }
      return out;
    },
    (native) => {
      if (!Array.isArray(native)) return native;
      let raw = 0;
      for (const name of native) {
        const bit = full.indexOf(name);
        if (bit < 0) return native;
        raw |= 1 << bit;
      }
      return raw >>> 0;
    },
  );
}

/** The numbers of the bits that are set, from 1. */
export function bitNumbers(bits: number): NativeRule {
  return mapped(
    (raw) => {
      const out: number[] = [];
      if (typeof raw === "number") for (let bit = 0; bit < bits; bit++) if ((raw >>> bit) & 1) out.push(bit + 1);
      return out;
    },
    (native) => {
      if (!Array.isArray(native)) return native;
      let raw = 0;
      for (const number of native) {
        if (!Number.isInteger(number) || number < 1 || number > bits) return native;
        raw |= 1 << (number - 1);
      }
      return raw >>> 0;
    },
  );
}

/** A message id as "0x0200"; a number is understood too. */
export const messageId: NativeRule = mapped(
  (raw) => (typeof raw === "number" ? formatId(raw) : null),
  (native) => (typeof native === "string" && /^0x[0-9a-f]{1,4}$/i.test(native) ? Number(native) : native),
);

export function formatId(id: number): string {
  return `0x${id.toString(16).padStart(4, "0")}`;
}

/** The fields of a record under their native names, with `invalid` beside them where one of them is not valid. */
export function nested(fields: readonly Field[]): NativeRule {
  return mapped(
    (raw, _, marks) => (isRecord(raw) ? showFields(fields, raw, marks) : null),
    (native) => (isRecord(native) ? parseFields(fields, native) : native),
  );
}

function showFields(fields: readonly Field[], raw: RawRecord, marks: Marks): NativeRecord {
  const out: NativeRecord = {};
  const own = new Marks();
  for (const one of fields) {
    const value: RawValue | undefined = raw[one.name];
    if (value === undefined) continue;
    if (one.native.spread === null) out[one.key] = one.native.value(value, raw, own, one.key);
    else one.native.spread(out, value, raw, own);
  }
  if (own.invalid.length > 0) out["invalid"] = own.invalid;
  if (own.inexact || own.invalid.length > 0) marks.inexact = true;
  return out;
}

function parseFields(fields: readonly Field[], native: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const one of fields) {
    const rule = one.native;
    if (rule.gather !== null) {
      const value = rule.gather(native);
      if (value !== undefined) out[one.name] = value;
    } else if (Object.hasOwn(native, one.key)) {
      out[one.name] = rule.parse(native[one.key]);
    }
  }
  return out;
}

/** A number for each byte; `none` stands for "no value" and is shown as null. */
export function byteList(none: number): NativeRule {
  return mapped(
    (raw) => (raw instanceof Uint8Array ? Array.from(raw, (byte): NativeValue => (byte === none ? null : byte)) : null),
    (native) => {
      if (!Array.isArray(native)) return native;
      const bytes = native.map((value) => (value === null ? none : value));
      return bytes.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)
        ? Uint8Array.from(bytes)
        : native;
    },
  );
}
