import assert from "node:assert/strict";
import { test } from "node:test";
import { isTopicName, matches, parseFilter, utf8Length } from "../topic.ts";

const limits = { topicMaxBytes: 65_535, topicMaxLevels: 128 };

test("topic names: well formed, without wildcards, within bounds", () => {
  for (const good of ["a", "/", "a/b", "/a//b/", " ", "a b", "$other/x", "ä/😀", "x".repeat(65_535)]) {
    assert.equal(isTopicName(good, limits), true, good.slice(0, 20));
  }
  for (const bad of ["", "a/+", "#", "a+b", "a\u0000b", "\ud800", "a\udc00b", "x".repeat(65_536), "ä".repeat(32_768)]) {
    assert.equal(isTopicName(bad, limits), false, bad.slice(0, 20));
  }
  for (const own of ["$SYS", "$SYS/a", "$share", "$share/g/a"]) assert.equal(isTopicName(own, limits), false, own);
  assert.equal(isTopicName("$SYSTEM/a", limits), true);
  assert.equal(isTopicName("/".repeat(127), limits), true);
  assert.equal(isTopicName("/".repeat(128), limits), false);
});

test("UTF-8 length counts what TextEncoder writes", () => {
  for (const text of ["", "abc", "ä", "€", "😀", "a😀ä€"]) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length, text);
  }
});

test("[MQTT-4.7.1-2] [MQTT-4.7.1-3] filters: # last and alone, + alone in its level", () => {
  for (const good of ["#", "+", "a/#", "+/a", "a/+/b", "/+", "+/", "+/+/#", "//#"]) {
    assert.equal(parseFilter(good, limits)?.hasWildcard, true, good);
  }
  for (const bad of ["", "a#", "#/a", "a/#/b", "a+", "+a", "a/+b", "a/b+/c", "\u0000", "a/##"]) {
    assert.equal(parseFilter(bad, limits), null, bad);
  }
  assert.deepEqual(parseFilter("a/b", limits), { group: null, filter: "a/b", hasWildcard: false });
});

test("[MQTT-4.8.2-1] [MQTT-4.8.2-2] shared filters: a group without wildcards, and a filter", () => {
  assert.deepEqual(parseFilter("$share/g/a/#", limits), { group: "g", filter: "a/#", hasWildcard: true });
  assert.deepEqual(parseFilter("$share/g//", limits), { group: "g", filter: "/", hasWildcard: false });
  for (const bad of [
    "$share",
    "$share/",
    "$share/g",
    "$share/g/",
    "$share//a",
    "$share/g+/a",
    "$share/#/a",
    "$share/g/a#",
  ]) {
    assert.equal(parseFilter(bad, limits), null, bad);
  }
});

test("[MQTT-4.7.1-2] [MQTT-4.7.2-1] what matches what", () => {
  const table: [filter: string, topic: string, expected: boolean][] = [
    ["sport/#", "sport", true],
    ["sport/#", "sport/tennis/1", true],
    ["sport/tennis/+", "sport/tennis/1", true],
    ["sport/tennis/+", "sport/tennis/1/2", false],
    ["sport/+", "sport", false],
    ["sport/+", "sport/", true],
    ["+/+", "/finance", true],
    ["/+", "/finance", true],
    ["+", "/finance", false],
    ["#", "$SYS/a", false],
    ["+/a", "$SYS/a", false],
    ["$SYS/#", "$SYS/a", true],
    ["$SYS/+", "$SYS/a", true],
    ["a", "A", false],
    ["#", "/", true],
  ];
  for (const [filter, topic, expected] of table) assert.equal(matches(filter, topic), expected, `${filter} ${topic}`);
});
