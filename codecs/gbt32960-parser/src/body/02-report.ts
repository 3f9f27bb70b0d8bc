// hot path
// 0x02 and 0x03, a vehicle's report: a time, and behind it units of any kind in any order, each behind its type byte.
// Only units that vendors define tell their length, so a type that the version does not have ends the reading: what was
// read stays, and the rest is handed out as it is.

import type { BodyReader } from "../body-reader.ts";
import type { BodyWriter } from "../body-writer.ts";
import { BodyFaultCode } from "../faults.ts";
import { Marks, isRecord, own } from "../field.ts";
import type { Field, Given, NativeRecord, NativeValue, RawRecord, RawValue } from "../field.ts";
import type { Gbt32960Version } from "../frame.ts";
import { Layout, NO_PARTS, binary } from "../layout.ts";
import { time } from "../time.ts";
import type { UnitRow } from "./unit.ts";
import { units2016 } from "./units-2016.ts";
import { units2025 } from "./units-2025.ts";

export const CUSTOM_FIRST = 0x80;
export const CUSTOM_LAST = 0xfe;
export const SIGNATURE = 0xff;
const NAME = "units";
/** Units of vendors, and units that came more than once. */
const CUSTOM = "custom";
const MORE = "more";
const customLayout = new Layout([binary("data", 2, { as: "hex" })]);

export function unitRows(version: Gbt32960Version): readonly UnitRow[] {
  return version === 2016 ? units2016 : units2025;
}

class Units implements Field {
  readonly name = NAME;
  readonly key = null;
  readonly wire = "{u8 type, unit}";
  readonly meaning = "";
  readonly parts = NO_PARTS;
  readonly #byType: readonly (UnitRow | undefined)[];
  readonly #byName: ReadonlyMap<string, UnitRow>;

  constructor(rows: readonly UnitRow[]) {
    const byType: (UnitRow | undefined)[] = Array.from({ length: 256 });
    for (const row of rows) byType[row.type] = row;
    this.#byType = byType;
    this.#byName = new Map(rows.map((row) => [row.name, row]));
  }

  #layoutOf(type: number): Layout | null {
    const row = this.#byType[type];
    if (row !== undefined) return row.layout;
    return type >= CUSTOM_FIRST && type <= CUSTOM_LAST ? customLayout : null;
  }

  /** Never fails as a whole: the units that are there stay, and the reader stands at the first that could not be read. */
  read(reader: BodyReader, into: RawRecord): void {
    const units: RawRecord[] = [];
    into[NAME] = units;
    while (reader.at < reader.end) {
      const start = reader.at;
      const type = reader.bytes[start]!;
      const layout = this.#layoutOf(type);
      if (layout === null) {
        reader.noteOddity(BodyFaultCode.Unit, `${NAME}[${units.length}]`);
        return;
      }
      reader.at = start + 1;
      const unit: RawRecord = { type };
      layout.readInto(reader, unit);
      if (reader.fault !== null) {
        reader.note ??= reader.fault.within(`${NAME}[${units.length}]`);
        reader.fault = null;
        reader.at = start;
        return;
      }
      units.push(unit);
    }
  }

  write(writer: BodyWriter, from: Given): void {
    const units = own(from, NAME);
    if (!Array.isArray(units)) {
      writer.failType(units);
      return;
    }
    for (let i = 0; i < units.length && writer.fault === null; i++) {
      writer.enter(`[${i}]`);
      this.#writeUnit(writer, units[i]);
      writer.leave();
    }
  }

  #writeUnit(writer: BodyWriter, unit: unknown): void {
    if (!isRecord(unit)) {
      writer.failType(unit);
      return;
    }
    const type = own(unit, "type");
    const layout = typeof type === "number" ? this.#layoutOf(type) : null;
    writer.enter("type");
    writer.unsigned(type, 1);
    if (writer.fault === null && layout === null) writer.fail(BodyFaultCode.FieldRange);
    writer.leave();
    layout?.write(writer, unit);
  }

  /** Each under its name; what comes a second time stands under `more`, vendors' units under `custom`, in order. */
  show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
    const units: RawValue = raw[NAME] ?? [];
    if (!Array.isArray(units)) return;
    const custom: NativeValue[] = [];
    const more: NativeValue[] = [];
    for (const unit of units) {
      if (!isRecord(unit)) continue;
      const row = this.#byType[Number(unit["type"])];
      if (row === undefined) custom.push({ type: Number(unit["type"]), ...customLayout.show(unit, marks) });
      else if (Object.hasOwn(into, row.name)) more.push({ unit: row.name, ...row.layout.show(unit, marks) });
      else if (row.isList) row.layout.fields[0]!.show(unit, into, marks);
      else into[row.name] = row.layout.show(unit, marks);
    }
    if (custom.length > 0) into[CUSTOM] = custom;
    if (more.length > 0) into[MORE] = more;
  }

  parse(native: Given, into: Record<string, unknown>): void {
    const units: unknown[] = [];
    let signature: unknown;
    for (const name of Object.keys(native)) {
      const row = this.#byName.get(name);
      if (row === undefined) continue;
      const unit = parseUnit(row, row.isList ? native : native[name]);
      if (row.type === SIGNATURE) signature = unit;
      else units.push(unit);
    }
    for (const unit of listOf(own(native, MORE))) {
      const row = isRecord(unit) ? this.#byName.get(String(own(unit, "unit"))) : undefined;
      units.push(row === undefined ? unit : parseUnit(row, unit));
    }
    for (const unit of listOf(own(native, CUSTOM))) {
      const fields = customLayout.parse(unit);
      units.push(isRecord(unit) && isRecord(fields) ? { type: own(unit, "type"), ...fields } : unit);
    }
    // It signs what stands before it.
    if (signature !== undefined) units.push(signature);
    into[NAME] = units;
  }
}

function parseUnit(row: UnitRow, native: unknown): unknown {
  const fields = row.layout.parse(native);
  return isRecord(fields) ? { type: row.type, ...fields } : fields;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A vendor's unit as it stood on the wire, type and length included. */
export function customBytes(type: number, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(3 + data.length);
  out[0] = type;
  out[1] = data.length >> 8;
  out[2] = data.length;
  out.set(data, 3);
  return out;
}

export const report2016 = new Layout([time("time"), new Units(units2016)]);
export const report2025 = new Layout([time("time"), new Units(units2025)]);
