// The README says what the code does: its tables are made of the layouts and of the vectors, and must be what stands
// there. TRIBUTARY_WRITE_README=1 puts them there.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { BodyFaultCode, FrameFaultCode, commands, unitRows } from "../src/index.ts";
import { bodies, bodyOf, encoder, frameOf, hexOf } from "./vectors.ts";
import { samples } from "./samples.ts";
import { commandFields, coverageTable, parameterTable, unitFields, unitTable } from "./tables.ts";

const file = new URL("../README.md", import.meta.url);
const tables: Readonly<Record<string, () => string>> = {
  coverage: coverageTable,
  units: unitTable,
  "units-2016": () => unitFields(2016),
  "units-2025": () => unitFields(2025),
  commands: commandFields,
  parameters: parameterTable,
};

/** The formatter of the repository may widen cells. */
function normal(text: string): string {
  return text
    .split("\n")
    .map((line) =>
      line
        .replaceAll(/ +/g, " ")
        .replaceAll(/\| :?-+:? (?=\|)/g, "| --- ")
        .trim(),
    )
    .filter((line) => line !== "")
    .join("\n");
}

function between(readme: string, name: string): { start: number; end: number } {
  const open = `<!-- ${name} -->\n`;
  const start = readme.indexOf(open);
  const end = readme.indexOf(`<!-- /${name} -->`);
  assert.ok(start >= 0 && end > start, `README has no place for ${name}`);
  return { start: start + open.length, end };
}

if (process.env["TRIBUTARY_WRITE_README"] === "1") {
  let readme = readFileSync(file, "utf8");
  for (const [name, make] of Object.entries(tables)) {
    const { start, end } = between(readme, name);
    readme = `${readme.slice(0, start)}\n${make()}\n\n${readme.slice(end)}`;
  }
  writeFileSync(file, readme);
}

const readme = readFileSync(file, "utf8");

for (const [name, make] of Object.entries(tables)) {
  test(`table: ${name}`, () => {
    const { start, end } = between(readme, name);
    assert.equal(normal(readme.slice(start, end)), normal(make()));
  });
}

test("every command of both versions is shown by a frame, both ways; every unit is seen", () => {
  const rows = coverageTable().split("\n").slice(2);
  assert.equal(rows.length, commands.length);
  for (const row of rows) {
    const [read2016, written2016, json2016, read2025, written2025, json2025] = row
      .split("|")
      .slice(4, 10)
      .map((cell) => cell.trim());
    for (const cell of [read2016, written2016, json2016, read2025, written2025, json2025])
      assert.notEqual(cell, "0", row);
    assert.deepEqual([written2016, json2016], [read2016, read2016], row);
    assert.deepEqual([written2025, json2025], [read2025, read2025], row);
  }
  for (const line of unitTable().split("\n").slice(2)) assert.ok(!/\| 0 /.test(line), line);
  assert.ok(unitRows(2016).length === 9 && unitRows(2025).length === 12);
});

test("samples are sound, and read to their end", () => {
  for (const sample of samples) {
    const frame = frameOf(sample);
    assert.equal(hexOf(encoder.encode(frame)), sample);
    const body = bodies.read(frame);
    assert.ok(body?.isClean === true, sample);
    assert.equal(body.toNative().exact, true, sample);
  }
});

test("faults: the README and the code name the same", () => {
  const named = [...readme.matchAll(/^\| `(GBT32960_\w+)`/gm)].map((match) => match[1]!);
  assert.deepEqual(named.toSorted(), [...Object.values(FrameFaultCode), ...Object.values(BodyFaultCode)].toSorted());
});

test("the worked example is a sound frame, and comes out as it is printed", () => {
  const printed = /```\n((?:23 23|24 24)[^`]*)```[^`]*```json\n([^`]*)```/.exec(readme);
  assert.ok(printed !== null);
  const hex = printed[1]!.replaceAll(/\s|[^0-9a-f]/g, "");
  // Written again, a misprint would not survive its BCC.
  assert.equal(hexOf(encoder.encode(frameOf(hex))), hex);
  assert.deepEqual(JSON.parse(printed[2]!), bodyOf(hex).toNative().fields);
});
