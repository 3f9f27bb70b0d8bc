// 0x80 query and 0x81 set parameters. Values stand behind their ids without lengths: their widths are in the table, and
// that of a host name in the parameter before it. A parameter of a width that nobody tells takes the rest.

import type { BodyReader } from "../body-reader.ts";
import type { BodyWriter } from "../body-writer.ts";
import { BodyFaultCode } from "../faults.ts";
import { isRecord, own } from "../field.ts";
import type { Field, Given, Marks, NativeRecord, NativeValue, RawRecord, RawValue } from "../field.ts";
import type { Gbt32960Version } from "../frame.ts";
import { parseHex, toHex } from "../hex.ts";
import { Layout, NO_PARTS, readText } from "../layout.ts";
import { Quantity } from "../quantity.ts";
import { time } from "../time.ts";

export interface ParameterRow {
  readonly id: number;
  /** Key in the native record. */
  readonly name: string;
  /** A number, a text of fixed width, or a text whose length is the value of the parameter with that id. */
  readonly form: Quantity | { readonly width: number } | { readonly lengthOf: number };
  /** The terminal's own; it cannot be set. */
  readonly isReadOnly: boolean;
  /** The length of another one: not shown, and made when the other is written. */
  readonly isLength: boolean;
}

const NAME = "params";
const IDS = "ids";

function row(
  id: number,
  name: string,
  form: ParameterRow["form"],
  kind: "set" | "read" | "length" = "set",
): ParameterRow {
  return Object.freeze({ id, name, form, isReadOnly: kind === "read", isLength: kind === "length" });
}

function seconds(width: 1 | 2, max = Infinity): Quantity {
  return new Quantity(width, { unit: "s", max });
}

function rows(version: Gbt32960Version): readonly ParameterRow[] {
  const is2016 = version === 2016;
  return Object.freeze([
    row(0x01, "storePeriod", new Quantity(2, { unit: "ms", max: 60_000 })),
    row(0x02, "reportPeriod", is2016 ? seconds(2, 600) : seconds(1, 30)),
    row(0x03, "alarmReportPeriod", is2016 ? new Quantity(2, { unit: "ms", max: 60_000 }) : seconds(1)),
    row(0x04, "platformHostLength", new Quantity(1), "length"),
    row(0x05, "platformHost", { lengthOf: 0x04 }),
    row(0x06, "platformPort", new Quantity(2, { max: 65_531 })),
    row(0x07, "hardwareVersion", { width: 5 }, "read"),
    row(0x08, "firmwareVersion", { width: 5 }, "read"),
    row(0x09, "heartbeatPeriod", seconds(1, 240)),
    row(0x0a, "terminalTimeout", seconds(2, 600)),
    row(0x0b, "platformTimeout", seconds(2, 600)),
    row(0x0c, "loginPause", new Quantity(1, { unit: "min", max: 240 })),
    row(0x0d, "publicHostLength", new Quantity(1), "length"),
    row(0x0e, "publicHost", { lengthOf: 0x0d }),
    row(0x0f, "publicPort", new Quantity(2, { max: 65_531 })),
    row(0x10, "sampling", new Quantity(1, { names: { 1: "yes", 2: "no" } })),
  ]);
}

export const parameters2016 = rows(2016);
export const parameters2025 = rows(2025);

export function parameterRows(version: Gbt32960Version): readonly ParameterRow[] {
  return version === 2016 ? parameters2016 : parameters2025;
}

/** Raw: `params`, a list of `{ id, value }`, or `{ id, data }` for what the table does not have. */
class Parameters implements Field {
  readonly name = NAME;
  readonly key = "parameters";
  readonly wire = "u8 count, {u8 id, value}";
  readonly meaning = "by name; unknown ones as custom";
  readonly parts = NO_PARTS;
  readonly #byId: ReadonlyMap<unknown, ParameterRow>;
  readonly #byName: ReadonlyMap<string, ParameterRow>;

  /** `isAnswer`: the terminal speaks, and may say what cannot be set. */
  constructor(all: readonly ParameterRow[], isAnswer: boolean) {
    this.#byId = new Map(all.map((one) => [one.id, one]));
    const named = all.filter((one) => !one.isLength && (isAnswer || !one.isReadOnly));
    this.#byName = new Map(named.map((one) => [one.name, one]));
  }

  read(reader: BodyReader, into: RawRecord): void {
    const count = reader.unsigned(1);
    const params: RawRecord[] = [];
    if (reader.fault !== null) return;
    while (params.length < count && (reader.at < reader.end || params.length === 0)) {
      params.push(this.#readOne(reader, params));
      if (reader.failedIn(`[${params.length - 1}]`)) return;
    }
    if (params.length !== count) reader.noteOddity(BodyFaultCode.Count, "count");
    into["count"] = count;
    into[NAME] = params;
  }

  #readOne(reader: BodyReader, before: readonly RawRecord[]): RawRecord {
    const id = reader.unsigned(1);
    const known = this.#byId.get(id);
    if (known === undefined) return { id, data: reader.view(reader.remaining) };
    if (known.form instanceof Quantity) return { id, value: reader.unsigned(known.form.width) };
    const width = widthOf(known.form, before, () => undefined);
    if (width === null) return { id, data: reader.view(reader.remaining) };
    const out: RawRecord = { id };
    const value = readText(reader, reader.view(width), out, "value_hex");
    out["value"] = value;
    return out;
  }

  write(writer: BodyWriter, from: Given): void {
    const params = own(from, NAME);
    if (!Array.isArray(params)) {
      writer.failType(params);
      return;
    }
    writer.unsigned(own(from, "count") ?? params.length, 1);
    for (let i = 0; i < params.length && writer.fault === null; i++) {
      writer.enter(`[${i}]`);
      const one: unknown = params[i];
      if (isRecord(one)) this.#writeOne(writer, one, params, i);
      else writer.failType(one);
      writer.leave();
    }
  }

  #writeOne(writer: BodyWriter, one: Given, params: readonly unknown[], index: number): void {
    const id = own(one, "id");
    writer.unsigned(id, 1);
    const known = this.#byId.get(id);
    const data = own(one, "data");
    writer.enter("value");
    if (data !== undefined || known === undefined) writer.raw(data);
    else if (known.form instanceof Quantity) {
      const value = own(one, "value");
      const isMade = known.isLength && value === undefined;
      writer.unsigned(isMade ? lengthOf(writer, params[index + 1]) : value, known.form.width);
    } else {
      const width = widthOf(known.form, params.slice(0, index), (made) => lengthOf(writer, params[made + 1]));
      const bytes = writer.encoded(own(one, "value_hex") ?? own(one, "value"));
      if (width === null) writer.fail(BodyFaultCode.Count);
      else if (bytes !== null) writer.padded(bytes, width, 0);
    }
    writer.leave();
  }

  show(raw: RawRecord, into: NativeRecord, marks: Marks): void {
    const params: RawValue = raw[NAME] ?? [];
    if (!Array.isArray(params)) return;
    const shown: NativeRecord = {};
    const custom: NativeValue[] = [];
    for (const one of params) {
      if (!isRecord(one)) continue;
      const known = this.#byId.get(one["id"]);
      const value = one["value"];
      if (known?.isLength === true) continue;
      if (known === undefined || value === undefined) {
        custom.push({ id: Number(one["id"]), hex: one["data"] instanceof Uint8Array ? toHex(one["data"]) : "" });
        continue;
      }
      // What the terminal alone may say is shown where the platform says it, and refused when it is given back.
      const isGivenBack = this.#byName.has(known.name) && !Object.hasOwn(shown, known.name);
      if (!isGivenBack || one["value_hex"] !== undefined) marks.inexact = true;
      if (known.form instanceof Quantity) shown[known.name] = known.form.show(Number(value), known.name, marks);
      else if (typeof value === "string") shown[known.name] = value;
    }
    into[this.key] = shown;
    if (custom.length > 0) into["custom"] = custom;
  }

  /** A host's length goes before it by itself. A name that is none is handed on, to be refused. */
  parse(native: Given, into: Record<string, unknown>): void {
    const given = own(native, this.key);
    if (!isRecord(given)) {
      if (given !== undefined) into[NAME] = given;
      else if (own(native, "custom") !== undefined) into[NAME] = [];
    } else {
      into[NAME] = Object.keys(given).flatMap((name) => this.#parsed(name, given[name], native));
    }
    const custom = own(native, "custom");
    if (!Array.isArray(custom) || !Array.isArray(into[NAME])) return;
    for (const one of custom) {
      const hex = isRecord(one) ? own(one, "hex") : undefined;
      into[NAME].push(
        isRecord(one) ? { id: own(one, "id"), data: typeof hex === "string" ? (parseHex(hex) ?? hex) : hex } : one,
      );
    }
  }

  #parsed(name: string, value: unknown, native: Given): unknown[] {
    const known = this.#byName.get(name);
    if (known === undefined) return [{ id: name, value }];
    const { form, id } = known;
    if (form instanceof Quantity) return [{ id, value: form.parse(value, name, native) }];
    if (!("lengthOf" in form)) return [{ id, value }];
    // A length without a value is made from the text behind it.
    return [{ id: form.lengthOf }, { id, value }];
  }
}

/** How many bytes the text of a parameter takes; undefined: it is none. */
function lengthOf(writer: BodyWriter, param: unknown): number | undefined {
  const value = isRecord(param) ? own(param, "value") : undefined;
  return typeof value === "string" ? writer.text.encode(value).length : undefined;
}

/** How wide a text is; null: its length was not told. `made`: the length at that place, where it has no value yet. */
function widthOf(
  form: Exclude<ParameterRow["form"], Quantity>,
  before: readonly unknown[],
  made: (at: number) => number | undefined,
): number | null {
  if ("width" in form) return form.width;
  const at = before.findLastIndex((one) => isRecord(one) && own(one, "id") === form.lengthOf);
  const one = before[at];
  if (!isRecord(one)) return null;
  const value = own(one, "value") ?? made(at);
  return typeof value === "number" ? value : null;
}

/** The ids that are asked for: a count, and ids to the end of the data unit. */
class Ids implements Field {
  readonly name = IDS;
  readonly key = "parameters";
  readonly wire = "u8 count, {u8 id}";
  readonly meaning = "names; unknown ones as numbers";
  readonly parts = NO_PARTS;
  readonly #rows: readonly ParameterRow[];

  constructor(all: readonly ParameterRow[]) {
    this.#rows = all;
  }

  read(reader: BodyReader, into: RawRecord): void {
    const count = reader.unsigned(1);
    if (reader.fault !== null) return;
    const ids = Array.from(reader.view(reader.remaining));
    if (ids.length !== count) reader.noteOddity(BodyFaultCode.Count, "count");
    into["count"] = count;
    into[IDS] = ids;
  }

  write(writer: BodyWriter, from: Given): void {
    const ids = own(from, IDS);
    if (!Array.isArray(ids)) {
      writer.failType(ids);
      return;
    }
    writer.unsigned(own(from, "count") ?? ids.length, 1);
    for (const [i, id] of ids.entries()) {
      writer.enter(`[${i}]`);
      writer.unsigned(id, 1);
      writer.leave();
    }
  }

  show(raw: RawRecord, into: NativeRecord): void {
    const ids = raw[IDS];
    if (Array.isArray(ids)) {
      into[this.key] = ids.map((id) => this.#rows.find((one) => one.id === id)?.name ?? Number(id));
    }
  }

  /** The length of a host comes with its name asked for. */
  parse(native: Given, into: Record<string, unknown>): void {
    const given = own(native, this.key);
    if (given === undefined) return;
    into[IDS] = Array.isArray(given) ? given.flatMap((name) => this.#idsOf(name)) : given;
  }

  #idsOf(name: unknown): unknown[] {
    const known = this.#rows.find((one) => one.name === name);
    if (known === undefined) return [name];
    return "lengthOf" in known.form ? [known.form.lengthOf, known.id] : [known.id];
  }
}

export function queryLayout(version: Gbt32960Version): Layout {
  return new Layout([time("time"), new Ids(parameterRows(version))]);
}

export function parametersLayout(version: Gbt32960Version, form: "set" | "answer"): Layout {
  return new Layout([time("time"), new Parameters(parameterRows(version), form === "answer")]);
}
