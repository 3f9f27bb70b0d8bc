// Degrees × 10^6 without a sign on the wire; the sign is a bit of another field.

import type { NativeRule, RawRecord } from "./field.ts";
import { mapped } from "./native.ts";

const SCALE = 1_000_000;

/** `signBit` of the field `signs` in the same record says south or west. */
export function degrees(signs: string, signBit: number, max: number): NativeRule {
  return mapped((raw, own, marks, key) => {
    if (typeof raw !== "number") return null;
    if (raw > max * SCALE) marks.invalid.push(key);
    return signedDegrees(raw, own, signs, signBit);
  }, unsignedDegrees);
}

export function signedDegrees(raw: number, own: RawRecord, signs: string, signBit: number): number {
  const bits = own[signs];
  const negative = typeof bits === "number" && (bits & signBit) !== 0;
  return raw === 0 ? 0 : (negative ? -raw : raw) / SCALE;
}

export function unsignedDegrees(native: unknown): unknown {
  return typeof native === "number" ? Math.round(Math.abs(native) * SCALE) : native;
}
