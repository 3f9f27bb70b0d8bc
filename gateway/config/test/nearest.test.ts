// Edit distance and suggestions.
import assert from "node:assert/strict";
import { test } from "node:test";

import { editDistance, nearest } from "../nearest.ts";

const TABLE: readonly (readonly [string, string, number])[] = [
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "ab", 1],
  ["abc", "acb", 1],
  ["kitten", "sitting", 3],
  ["", "xyz", 3],
];
for (const [one, other, distance] of TABLE) {
  test(`${one} to ${other}: ${distance}`, () => {
    assert.equal(editDistance(one, other), distance);
    assert.equal(editDistance(other, one), distance);
  });
}

test("the nearest name, or all of them", () => {
  const names = ["listeners", "idleTimeoutMs"];
  assert.equal(nearest("listener", names), "listeners");
  assert.equal(nearest("IDLETIMEOUTMS", names), "idleTimeoutMs");
  assert.equal(nearest("zzz", names), "one of listeners, idleTimeoutMs");
  assert.equal(nearest("zzz", []), "no key here");
});
