// The algebra against its definition: all topics over a small alphabet, matched by the core's plain matcher.
import assert from "node:assert/strict";
import { test } from "node:test";

import { array, assert as check, constantFrom, property, tuple } from "fast-check";

import { matches } from "../../../core/topic.ts";
import { contains, levelsOf, overlaps } from "../filter-algebra.ts";

const DEPTH = 4;
/** The empty topic, which nobody can publish to, is a member like any other here. `x` occurs in no filter: it stands for every name that no filter mentions; `$x` for every such `$`-name. */
const NAMES = ["a", "b", "$a", "", "x", "$x"];
const topics = allTopics();

function allTopics(): string[] {
  const found: string[] = [];
  let level = [...NAMES];
  for (let depth = 1; depth <= DEPTH; depth++) {
    found.push(...level);
    level = level.flatMap((topic) => NAMES.map((name) => `${topic}/${name}`));
  }
  return found;
}

const filter = tuple(
  array(constantFrom("a", "b", "$a", "", "+"), { minLength: 1, maxLength: DEPTH - 1 }),
  constantFrom("", "/#"),
)
  .map(([levels, tail]) => levels.join("/") + tail)
  .filter((text) => text !== "");
const filterOrAll = constantFrom("#", "plain").chain((kind) => (kind === "#" ? constantFrom("#") : filter));

test("contains() is set inclusion", () => {
  check(
    property(filterOrAll, filterOrAll, (outer, inner) => {
      const expected = topics.every((topic) => !matches(inner, topic) || matches(outer, topic));
      assert.equal(contains(levelsOf(outer), levelsOf(inner)), expected, `${outer} contains ${inner}`);
    }),
    { numRuns: 1_500 },
  );
});

test("overlaps() is a non-empty intersection, and symmetric", () => {
  check(
    property(filterOrAll, filterOrAll, (one, other) => {
      const expected = topics.some((topic) => matches(one, topic) && matches(other, topic));
      assert.equal(overlaps(levelsOf(one), levelsOf(other)), expected, `${one} overlaps ${other}`);
      assert.equal(overlaps(levelsOf(other), levelsOf(one)), expected, `${other} overlaps ${one}`);
    }),
    { numRuns: 1_500 },
  );
});

const TABLE: readonly (readonly [outer: string, inner: string, contained: boolean, overlapping: boolean])[] = [
  ["#", "a/b", true, true],
  ["#", "$SYS/#", false, false],
  ["+/b", "$a/b", false, false],
  ["a/#", "a", true, true],
  ["a/#", "a/#", true, true],
  ["a/+", "a/#", false, true],
  ["a/+", "a", false, false],
  ["a/b", "a/+", false, true],
  ["+/#", "#", true, true],
  ["+/+", "/", true, true],
  ["$SYS/#", "#", false, false],
];
for (const [outer, inner, contained, overlapping] of TABLE) {
  test(`${outer} and ${inner}`, () => {
    assert.equal(contains(levelsOf(outer), levelsOf(inner)), contained);
    assert.equal(overlaps(levelsOf(outer), levelsOf(inner)), overlapping);
  });
}
