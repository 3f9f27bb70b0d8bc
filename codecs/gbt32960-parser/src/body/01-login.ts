// 0x01 and 0x04, login and logout of a vehicle; 0x05 and 0x06, those of a platform. The codes of the battery systems
// stand in a block whose shape the versions tell in different ways: 2016 n codes of m bytes, 2025 24 bytes for each
// pack of each battery management system.

import type { BodyReader } from "../body-reader.ts";
import type { BodyWriter } from "../body-writer.ts";
import { BodyFaultCode } from "../faults.ts";
import { own } from "../field.ts";
import type { Field, Given, Marks, NativeRecord, RawRecord, RawValue } from "../field.ts";
import { Layout, NO_PARTS, number, readText, text, trimmed } from "../layout.ts";
import { time } from "../time.ts";

const PACK_CODE_BYTES = 24;
const CODES = "codes";
/** The block of codes as bytes, where texts do not say it exactly. */
const CODES_HEX = "codes_hex";
const plain = { hasSentinels: false } as const;

function readCodes(reader: BodyReader, count: number, width: number, into: RawRecord): RawValue[] {
  const start = reader.at;
  const codes: RawValue[] = [];
  const exact: RawRecord = {};
  if (!reader.has(count * width)) return codes;
  for (let i = 0; i < count; i++) codes.push(readText(reader, reader.view(width), exact, CODES_HEX));
  if (exact[CODES_HEX] !== undefined) into[CODES_HEX] = reader.bytes.subarray(start, reader.at);
  return codes;
}

function writeCodes(writer: BodyWriter, from: Given, codes: readonly unknown[], width: number): void {
  const exact = own(from, CODES_HEX);
  if (exact instanceof Uint8Array) {
    if (exact.length === codes.length * width) writer.raw(exact);
    else writer.fail(BodyFaultCode.Count);
    return;
  }
  for (let i = 0; i < codes.length && writer.fault === null; i++) {
    writer.enter(`[${i}]`);
    const bytes = writer.encoded(codes[i]);
    if (bytes !== null) writer.padded(bytes, width, 0);
    writer.leave();
  }
}

function showCodes(raw: RawRecord, into: NativeRecord, marks: Marks): void {
  const codes = raw[CODES];
  if (!Array.isArray(codes)) return;
  if (raw[CODES_HEX] !== undefined) marks.inexact = true;
  into[CODES] = codes.map((code) => (typeof code === "string" ? trimmed(code) : null));
}

/** n, m, and n codes of m bytes. With m = 0 there is a number of batteries but no code. */
const codes2016: Field = Object.freeze({
  name: CODES,
  key: CODES,
  wire: "u8 n, u8 m, n × text m",
  meaning: "codes of the battery systems; n also as batteries",
  parts: NO_PARTS,
  read(reader: BodyReader, into: RawRecord): void {
    const count = reader.unsigned(1);
    const width = reader.unsigned(1);
    const codes = reader.fault === null && width > 0 ? readCodes(reader, count, width, into) : [];
    if (reader.fault !== null) return;
    into["count"] = count;
    into["code_len"] = width;
    into[CODES] = codes;
  },
  write(writer: BodyWriter, from: Given): void {
    const codes = own(from, CODES);
    if (!Array.isArray(codes)) {
      writer.failType(codes);
      return;
    }
    const longest = codes.reduce((most: number, code) => Math.max(most, writer.encoded(code)?.length ?? 0), 0);
    const width = own(from, "code_len") ?? longest;
    const count = own(from, "count") ?? codes.length;
    if (width !== 0 && count !== codes.length) writer.fail(BodyFaultCode.Count);
    writer.unsigned(count, 1);
    writer.unsigned(width, 1);
    if (width !== 0) writeCodes(writer, from, codes, Number(width));
  },
  show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
    if (typeof raw["count"] === "number") into["batteries"] = raw["count"];
    showCodes(raw, into, marks);
  },
  parse(native: Given, into: Record<string, unknown>): void {
    const codes = own(native, CODES);
    const count = own(native, "batteries");
    if (codes !== undefined) into[CODES] = codes;
    if (count !== undefined) into["count"] = count;
  },
});

/** n, how many packs each of n systems has, and 24 bytes for each pack. */
const codes2025: Field = Object.freeze({
  name: CODES,
  key: CODES,
  wire: "u8 n, n × u8, Σ × text 24",
  meaning: "codes of the packs; packs of each system as packs",
  parts: NO_PARTS,
  read(reader: BodyReader, into: RawRecord): void {
    const count = reader.unsigned(1);
    const packs = reader.view(count);
    let total = 0;
    for (const one of packs) total += one;
    const codes = reader.fault === null ? readCodes(reader, total, PACK_CODE_BYTES, into) : [];
    if (reader.fault !== null) return;
    into["bms_count"] = count;
    into["pack_counts"] = Array.from(packs);
    into[CODES] = codes;
  },
  write(writer: BodyWriter, from: Given): void {
    const codes = own(from, CODES);
    const packs = own(from, "pack_counts");
    if (!Array.isArray(codes) || !Array.isArray(packs)) {
      writer.failType(Array.isArray(codes) ? packs : codes);
      return;
    }
    const total = packs.reduce((sum: number, one) => sum + Number(one), 0);
    const count = own(from, "bms_count") ?? packs.length;
    if (count !== packs.length || total !== codes.length) writer.fail(BodyFaultCode.Count);
    writer.unsigned(count, 1);
    for (const one of packs) writer.unsigned(one, 1);
    writeCodes(writer, from, codes, PACK_CODE_BYTES);
  },
  show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
    const packs = raw["pack_counts"];
    if (Array.isArray(packs)) into["packs"] = packs.map(Number);
    showCodes(raw, into, marks);
  },
  parse(native: Given, into: Record<string, unknown>): void {
    const codes = own(native, CODES);
    const packs = own(native, "packs");
    if (codes !== undefined) into[CODES] = codes;
    if (packs !== undefined) into["pack_counts"] = packs;
  },
});

const serial = number("serial", 2, plain);

export const login2016 = new Layout([time("time"), serial, text("iccid", 20), codes2016]);
export const login2025 = new Layout([time("time"), serial, text("iccid", 20), codes2025]);
export const logout = new Layout([time("time"), serial]);

const cipher = { as: "encryption", names: { 1: "none", 2: "RSA", 3: "AES-128" } };
const cipher2025 = { as: "encryption", names: { ...cipher.names, 4: "SM2", 5: "SM4" } };
const credentials = [time("time"), serial, text("username", 12), text("password", 20)];

export const platformLogin2016 = new Layout([...credentials, number("encrypt", 1, cipher)]);
export const platformLogin2025 = new Layout([...credentials, number("encrypt", 1, cipher2025)]);
