// Placeholders in topics: found, replaced, refused.
import assert from "node:assert/strict";
import { test } from "node:test";

import { mapPlaceholders, unknownPlaceholder } from "../placeholder.ts";

test("every placeholder is handed over, `%%` as `%`", () => {
  assert.equal(
    mapPlaceholders("%c/x-%u%%/%%c", (letter) => (letter === "%" ? "%" : `<${letter}>`)),
    "<c>/x-<u>%/%c",
  );
});

const TABLE: readonly (readonly [text: string, unknown: string | null])[] = [
  ["", null],
  ["a/%c/%u/%t/%d/%%", null],
  ["a/%q/%z", "%q"],
  ["%C", "%C"],
  ["a/%", "%"],
  ["a/%%", null],
  ["a/%%%", "%"],
  ["%/a", "%/"],
  ["%😀", "%😀"],
];
for (const [text, unknown] of TABLE) {
  test(`unknown in "${text}": ${unknown}`, () => assert.equal(unknownPlaceholder(text), unknown));
}
