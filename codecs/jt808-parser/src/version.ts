// Which layout a body has. The header tells 2019 from the earlier two; 2011 and 2013 share a header, and only a
// registration shows which of them the terminal speaks. Vendors mix, so there is an order of candidates, and the first
// layout that fits a body to its end is taken.

import { HeaderForm } from "./frame.ts";
import type { Jt808Frame } from "./frame.ts";
import type { BodyVersion } from "./message.ts";

const REGISTER = 0x0100;
/** Bytes of a registration before the plate: 2011 and 2013. */
const FIXED_2011 = 25;
const FIXED_2013 = 37;
/** Behind province, city and manufacturer. */
const MODEL_AT = 9;

const ORDER_2011: readonly BodyVersion[] = Object.freeze([2011, 2013, 2019] as const);
const ORDER_2013: readonly BodyVersion[] = Object.freeze([2013, 2019, 2011] as const);
const ORDER_2019: readonly BodyVersion[] = Object.freeze([2019, 2013, 2011] as const);

/** What the frame itself shows: the header's form, or what its registration looks like. null: it could be 2011 or 2013. */
export function shownVersion(frame: Jt808Frame): BodyVersion | null {
  if (frame.form === HeaderForm.V2019) return 2019;
  if (frame.id !== REGISTER || frame.isFragment || frame.encryption !== 0) return null;
  return registrationVersion(frame.body);
}

/**
 * Layouts to try, in order. `learned` is what an earlier registration of the same terminal showed, or null. A terminal
 * with the 2019 header is tried as 2019 first whatever was learned.
 */
export function versionsFor(frame: Jt808Frame, learned: BodyVersion | null): readonly BodyVersion[] {
  const version = shownVersion(frame) ?? learned;
  return version === 2019 ? ORDER_2019 : version === 2011 ? ORDER_2011 : ORDER_2013;
}

/**
 * Under 37 bytes it can only be 2011. Above, a 2011 body with a long plate (a 17-character VIN) has the length of a 2013
 * one: then the padded texts decide, since what one version pads, the other one's text runs through.
 */
function registrationVersion(body: Uint8Array): BodyVersion {
  if (body.length < FIXED_2013) return 2011;
  if (isPaddedText(body, MODEL_AT, MODEL_AT + 20) && isPaddedText(body, MODEL_AT + 20, FIXED_2013 - 1)) return 2013;
  const old = isPaddedText(body, MODEL_AT, MODEL_AT + 8) && isPaddedText(body, MODEL_AT + 8, FIXED_2011 - 1);
  return old ? 2011 : 2013;
}

/** Printable text, with padding (NUL or space) on either side of it but not inside. */
function isPaddedText(body: Uint8Array, start: number, end: number): boolean {
  let first = start;
  let last = end;
  while (first < last && isPadding(body[first]!)) first++;
  while (last > first && isPadding(body[last - 1]!)) last--;
  for (let i = first; i < last; i++) if (body[i]! < 0x20 || body[i] === 0x7f) return false;
  return true;
}

function isPadding(byte: number): boolean {
  return byte === 0 || byte === 0x20;
}
