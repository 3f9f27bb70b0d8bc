// The tables of the README are those of the code. TRIBUTARY_UPDATE=1 writes them.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { messageTable, parameterTable } from "./wire-tables.ts";

const file = new URL("../README.md", import.meta.url);

for (const [name, table] of [
  ["messages", messageTable()],
  ["parameters", parameterTable()],
] as const) {
  test(`README: the table of ${name}`, () => {
    const readme = readFileSync(file, "utf8");
    const parts = new RegExp(`^([^]*<!-- ${name} -->\n)([^]*)(\n<!-- end of ${name} -->[^]*)$`).exec(readme);
    assert.ok(parts !== null, "the marks of the table are there");
    if (process.env["TRIBUTARY_UPDATE"] === "1") writeFileSync(file, parts[1]! + table + parts[3]!);
    else assert.equal(parts[2], table);
  });
}
