// `${VAR:default}` in values.
import assert from "node:assert/strict";
import { test } from "node:test";

import { substitute } from "../environment.ts";

const environment = { A: "1", EMPTY: "", constructor: undefined };
const TABLE: readonly (readonly [text: string, result: string, problems: number])[] = [
  ["plain", "plain", 0],
  ["${A}", "1", 0],
  ["x${A}y${A}", "x1y1", 0],
  ["${B:2}", "2", 0],
  ["${B:}", "", 0],
  ["${A:2}", "1", 0],
  ["${EMPTY:2}", "", 0],
  ["${B:a:b}", "a:b", 0],
  ["$${A}", "${A}", 0],
  ["$scrypt$ln=15,r=8$x", "$scrypt$ln=15,r=8$x", 0],
  ["${B}", "", 1],
  ["${constructor}", "", 1],
  ["${", "", 1],
  ["${A", "", 1],
  ["${}", "", 1],
  ["${a-b}", "", 1],
];
for (const [text, result, problems] of TABLE) {
  test(text, () => {
    const substitution = substitute(text, environment);
    assert.equal(substitution.text, result);
    assert.equal(substitution.problems.length, problems, substitution.problems.join());
  });
}
