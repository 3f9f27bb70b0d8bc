// hot path
// The body of a terminal's message in the EMQX-compatible JSON: raw integers, BCD as digits, bytes in base64, under the
// names of the raw record. One rule for all messages; what differs stands in the table.

import { BodyFaultCode, HeaderForm, itemData } from "jt808-parser";
import type { Jt808Body, Jt808Frame, NativeRecord, NativeValue, RawRecord, RawValue, TextCoder } from "jt808-parser";
import {
  CUSTOM_ITEMS_FROM,
  CUSTOM_ITEMS_KEY,
  DRIVER,
  FORM_KEY,
  IO_BITS,
  ItemForm,
  SIGNAL_BITS,
  digitKeys,
  ioKeys,
  keptPadding,
  parametersAsBytes,
  shownIds,
  shownItems,
  signalKeys,
} from "./profile-emqx-tables.ts";
import type { ShownItem } from "./profile-emqx-tables.ts";

const EXACT_TEXT_SUFFIX = "_hex";
const LETTER = /[a-f]/;
const LETTERS = /[a-f]/g;
/** From "a" to the character behind "9". */
const TO_BEHIND_9 = 0x27;
/** Count and type; behind them each position stands behind a WORD with its length. */
const BATCH_HEAD_BYTES = 3;
const SIGN_BIT = 0x8000;
const SIGN_RANGE = 0x10000;

/** How bodies are shown, on one listener. */
export interface EmqxShape {
  /** Signals and inputs from the highest bit down, as older consumers may expect. */
  readonly legacyBitOrder: boolean;
  readonly text: TextCoder;
}

/** `body` is null where there is no layout: an unknown id, a fragment, an encrypted body. */
export function upBody(frame: Jt808Frame, body: Jt808Body | null, shape: EmqxShape): NativeRecord {
  if (body === null || !shownIds.has(frame.id)) return opaque(frame);
  const { fault } = body;
  if (fault?.code === BodyFaultCode.Short) return { decode_error: fault.code, raw: base64(frame.body) };
  // A body that is longer than its layout is unknown there.
  if (body.tail.length > 0) return opaque(frame);
  const out = shownRecord(body.fields, frame, shape);
  // A count that does not agree with its list is shown as it came, beside the list.
  if (fault !== null && fault.code !== BodyFaultCode.Count) {
    out["decode_error"] = fault.code;
    out["raw"] = base64(frame.body);
  }
  return out;
}

/** A position of a batch. */
export interface UpPosition {
  /** Of its bytes. */
  readonly length: number;
  readonly position: NativeRecord;
}

/** The positions of a batch that can be read. */
export function upPositions(frame: Jt808Frame, body: Jt808Body, shape: EmqxShape): UpPosition[] {
  const { location } = body.fields;
  const out: UpPosition[] = [];
  let at = BATCH_HEAD_BYTES;
  for (const one of Array.isArray(location) ? (location as readonly RawRecord[]) : []) {
    const length = ((frame.body[at] ?? 0) << 8) | (frame.body[at + 1] ?? 0);
    at += 2 + length;
    if (one["undecoded"] === undefined) out.push({ length, position: shownRecord(one, frame, shape) });
  }
  return out;
}

function opaque(frame: Jt808Frame): NativeRecord {
  return { unknown_id: true, data: base64(frame.body) };
}

function shownRecord(fields: RawRecord, frame: Jt808Frame, shape: EmqxShape): NativeRecord {
  const out: NativeRecord = {};
  const isOldForm = frame.form === HeaderForm.V2013;
  const padding = keptPadding.get(frame.id);
  const padded = padding !== undefined && (isOldForm || !padding.oldFormOnly) ? padding : null;
  for (const name of namesIn(fields, frame.id)) {
    const value = fields[name];
    if (value === undefined || name === FORM_KEY || isExactText(fields, name, value)) continue;
    if (name === "extra" && Array.isArray(value)) addItems(out, value, isOldForm, shape);
    else if (name === "params" && Array.isArray(value)) out[name] = value.map((one) => shownParameter(one, shape));
    else if (name === padded?.name && typeof value === "string")
      out[name] = withPadding(value, padded.width, shape.text);
    else if (typeof value === "string" && digitKeys.has(name)) out[name] = shownDigits(value);
    else out[name] = shownValue(value, frame, shape);
  }
  return out;
}

function namesIn(fields: RawRecord, id: number): readonly string[] {
  const isCut = id === DRIVER.id && fields["status"] !== undefined && fields["status"] !== DRIVER.inserted;
  return isCut ? DRIVER.shownOtherwise : Object.keys(fields);
}

/** Digits above 9 as the characters behind "9". */
export function shownDigits(digits: string): string {
  return LETTER.test(digits)
    ? digits.replace(LETTERS, (digit) => String.fromCharCode(digit.charCodeAt(0) - TO_BEHIND_9))
    : digits;
}

function shownValue(value: RawValue, frame: Jt808Frame, shape: EmqxShape): NativeValue {
  if (typeof value === "number" || typeof value === "string") return value;
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map((one) => shownValue(one, frame, shape));
  const { undecoded } = value;
  if (undecoded instanceof Uint8Array) return { decode_error: BodyFaultCode.Element, raw: base64(undecoded) };
  return shownRecord(value, frame, shape);
}

function shownParameter(one: RawValue, shape: EmqxShape): NativeValue {
  const { id, value, value_hex: exact } = one as RawRecord;
  if (typeof id !== "number" || value === undefined) return {};
  const width = parametersAsBytes.get(id);
  if (value instanceof Uint8Array) return { id, value: base64(value) };
  if (typeof value === "number") return { id, value: width === undefined ? value : base64(bigEndian(value, width)) };
  if (typeof value !== "string") return { id };
  const bytes = exact instanceof Uint8Array ? exact : shape.text.encode(value);
  return { id, value: width === undefined ? value : base64(bytes) };
}

function bigEndian(value: number, width: number): Uint8Array {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}

/** The bytes of a text that its characters do not say: not shown there. */
function isExactText(fields: RawRecord, name: string, value: RawValue): boolean {
  return (
    value instanceof Uint8Array &&
    name.endsWith(EXACT_TEXT_SUFFIX) &&
    Object.hasOwn(fields, name.slice(0, -EXACT_TEXT_SUFFIX.length))
  );
}

function withPadding(value: string, width: number, text: TextCoder): string {
  return value + "\0".repeat(Math.max(0, width - text.encode(value).length));
}

/** An item that comes twice is shown as it came last: there is one key for it. */
function addItems(out: NativeRecord, items: readonly RawValue[], isOldForm: boolean, shape: EmqxShape): void {
  const extra: NativeRecord = {};
  const custom: NativeRecord = {};
  let hasCustom = false;
  for (const one of items as readonly RawRecord[]) {
    const { id, name, value } = one;
    if (typeof id !== "number") continue;
    const shown = shownItems.get(id);
    if (shown !== undefined && name !== undefined && value !== undefined && !(isOldForm && shown.since2019)) {
      extra[shown.key] = itemValue(value, shown, shape);
      continue;
    }
    const data = base64(itemData(one, shape.text) ?? new Uint8Array(0));
    if (id >= CUSTOM_ITEMS_FROM) {
      custom[String(id)] = data;
      hasCustom = true;
    } else {
      extra[String(id)] = data;
    }
  }
  if (hasCustom) extra[CUSTOM_ITEMS_KEY] = custom;
  if (items.length > 0) out["extra"] = extra;
}

function itemValue(value: RawValue, shown: ShownItem, shape: EmqxShape): NativeValue {
  if (value instanceof Uint8Array) return base64(value);
  if (typeof value !== "number") return { ...(value as Readonly<Record<string, number>>) };
  if (shown.form === ItemForm.Signals) return bitsByKey(value, signalKeys, SIGNAL_BITS, shape.legacyBitOrder);
  if (shown.form === ItemForm.Io) return bitsByKey(value, ioKeys, IO_BITS, shape.legacyBitOrder);
  return shown.form === ItemForm.Signed && value >= SIGN_BIT ? value - SIGN_RANGE : value;
}

function bitsByKey(value: number, keys: readonly string[], width: number, fromHighest: boolean): NativeRecord {
  const out: NativeRecord = {};
  keys.forEach((key, bit) => {
    out[key] = (value >>> (fromHighest ? width - 1 - bit : bit)) & 1;
  });
  return out;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
