// The tables of the README that are made from the layouts: messages with their fields, and parameters.

import { BODY_VERSIONS, formatId, messages } from "../src/index.ts";
import type { MessageRow } from "../src/index.ts";
import { parameters2011, parameters2019 } from "../src/body/parameter-table.ts";
import { describe } from "../src/layout.ts";
import type { RecordType } from "../src/layout.ts";

/** A layout, and the other forms in which it occurs. */
function shownLayout(layout: RecordType): string {
  const others = "others" in layout ? (layout.others as Readonly<Record<string, RecordType>>) : {};
  const names = Object.keys(others).map((name) => `\`${name}\``);
  const fields = layout.fields.length === 0 ? "–" : describe(layout.fields);
  return names.length === 0 ? fields : `${fields}; forms: ${names.join(", ")}`;
}

/** One line for each body that differs: the versions that have it, and its fields. */
function linesOf(row: MessageRow): string[] {
  const versions = new Map<string, string[]>();
  for (const version of BODY_VERSIONS) {
    const layout = row.layouts[version];
    if (layout === null) continue;
    const text = shownLayout(layout);
    versions.set(text, [...(versions.get(text) ?? []), String(version)]);
  }
  const arrow = row.direction === "up" ? "↑" : "↓";
  return [...versions].map(
    ([text, all], i) =>
      `| ${i === 0 ? `${formatId(row.id)} ${arrow} ${row.name}` : ""} | ${all.length === BODY_VERSIONS.length ? "all" : all.join(", ")} | ${text} |`,
  );
}

export function messageTable(): string {
  return ["| message | version | fields |", "|---|---|---|", ...messages.flatMap(linesOf)].join("\n");
}

const CAN_SECOND = 0x0111;
const CAN_LAST = 0x01ff;

export function parameterTable(): string {
  const lines = parameters2019.rows
    .filter((row) => row.id < CAN_SECOND || row.id > CAN_LAST)
    .toSorted((a, b) => a.id - b.id)
    .map((row) => {
      const type = row.type === "number" ? `u${row.width * 8}` : row.type;
      const old = parameters2011.row(row.id);
      const since = old === null ? "2013" : old.width === row.width ? "2011" : `2011 (u${old.width * 8})`;
      const name = row.id === CAN_SECOND - 1 ? "can_id_1 … can_id_240 (to 0x01ff)" : row.name;
      return `| ${formatId(row.id)} | ${name} | ${type} | ${row.unit ?? ""} | ${since} |`;
    });
  return ["| id | name | value | unit | since |", "|---|---|---|---|---|", ...lines].join("\n");
}
