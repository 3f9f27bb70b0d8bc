// The tables of the README that are made of the layouts themselves, and of what the vectors show of them.

import { commands, parameterRows, unitRows, Quantity } from "../src/index.ts";
import type { Field, Gbt32960Version, Layout, ParameterRow, RawRecord } from "../src/index.ts";
import { bodies, frameOf, hexOf, sound } from "./vectors.ts";
import { samples } from "./samples.ts";

const frames = [...sound.map((vector) => vector.hex), ...samples].map((hex) => frameOf(hex));

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

interface Count {
  read: number;
  written: number;
  fromJson: number;
}

/** How many of the frames of a command are read to their end, written byte for byte, and written so from JSON. */
function counted(version: Gbt32960Version, command: number): Count | null {
  if (bodies.layout(version, command, "command") === null) return null;
  const count: Count = { read: 0, written: 0, fromJson: 0 };
  for (const frame of frames) {
    const body = frame.version === version && frame.command === command ? bodies.read(frame) : null;
    if (body?.isClean !== true) continue;
    const data = hexOf(frame.data);
    const written = bodies.write(body.layout, body.fields, body.tail);
    const native = bodies.writeNative(body.layout, JSON.parse(JSON.stringify(body.toNative().fields)));
    count.read++;
    if (written instanceof Uint8Array && hexOf(written) === data) count.written++;
    if (native instanceof Uint8Array && hexOf(native) === data) count.fromJson++;
  }
  return count;
}

function countCells(version: Gbt32960Version, command: number): string[] {
  const count = counted(version, command);
  return count === null ? ["–", "–", "–"] : [count.read, count.written, count.fromJson].map(String);
}

/** Command × version × (decoded, encoded, round trip). */
export function coverageTable(): string {
  const head = ["command", "name", "direction"];
  for (const version of ["2016", "2025"]) head.push(`${version} decoded`, "encoded", "from JSON");
  return table(
    head,
    commands.map((row) => [
      code(row.command),
      row.name,
      row.direction,
      ...countCells(2016, row.command),
      ...countCells(2025, row.command),
    ]),
  );
}

function unitCount(version: Gbt32960Version, type: number): string {
  let count = 0;
  for (const frame of frames) {
    const units = frame.version === version ? bodies.read(frame)?.fields["units"] : undefined;
    if (Array.isArray(units)) count += units.filter((unit) => (unit as RawRecord)["type"] === type).length;
  }
  return String(count);
}

function unitCells(version: Gbt32960Version, type: number): string[] {
  const row = unitRows(version).find((one) => one.type === type);
  return row === undefined ? ["–", "–", "–"] : [row.title, `\`${row.name}\``, unitCount(version, type)];
}

/** Which types a report has, by version, and how many of them the tests read and write again. */
export function unitTable(): string {
  const types = new Set([...unitRows(2016), ...unitRows(2025)].map((row) => row.type));
  return table(
    ["type", "2016", "key", "seen", "2025", "key", "seen"],
    [...types]
      .toSorted((a, b) => a - b)
      .map((type) => [code(type), ...unitCells(2016, type), ...unitCells(2025, type)]),
  );
}

function fieldRows(fields: readonly Field[], indent: string): string[][] {
  return fields.flatMap((field) => [
    [`${indent}\`${field.name}\``, field.key === null ? "" : `\`${field.key}\``, field.wire, field.meaning],
    ...fieldRows(field.parts, `${indent}… `),
  ]);
}

const FIELD_HEAD = ["raw", "native", "on the wire", "unit, meaning"];

export function unitFields(version: Gbt32960Version): string {
  return unitRows(version)
    .map((row) => `**${code(row.type)} ${row.title}**\n\n${table(FIELD_HEAD, fieldRows(row.layout.fields, ""))}`)
    .join("\n\n");
}

/** Layouts of all commands but the report; those that the versions share once. */
export function commandFields(): string {
  const parts: string[] = [];
  for (const row of commands) {
    const both = [row.versions[2016]?.command, row.versions[2025]?.command];
    const add = (title: string, layout: Layout | undefined): void => {
      if (layout === undefined || layout.fields.length === 0 || row.name === "reissue") return;
      parts.push(`**${code(row.command)} ${row.name}${title}**\n\n${table(FIELD_HEAD, fieldRows(layout.fields, ""))}`);
    };
    const [first, second] = both.map((layout) => layout && table(FIELD_HEAD, fieldRows(layout.fields, "")));
    if (first === second) add("", both[0]);
    else {
      add(first === undefined ? "" : " 2016", both[0]);
      add(first === undefined ? "" : " 2025", both[1]);
    }
  }
  return parts.join("\n\n");
}

function parameterCells(row: ParameterRow): string[] {
  const { form } = row;
  if (form instanceof Quantity) return [form.wire, row.isLength ? "made by itself" : form.description];
  return "width" in form ? [`text ${form.width}`, "read only"] : [`text, as long as ${code(form.lengthOf)} says`, ""];
}

export function parameterTable(): string {
  return table(
    ["id", "native", "2016", "unit", "2025", "unit"],
    parameterRows(2016).map((row, i) => [
      code(row.id),
      row.isLength ? "" : `\`${row.name}\``,
      ...parameterCells(row),
      ...parameterCells(parameterRows(2025)[i]!),
    ]),
  );
}
