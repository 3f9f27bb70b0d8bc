import assert from "node:assert/strict";
import { test } from "node:test";

import { Fault, faults } from "../faults.ts";
import { KnownTopic, REMEMBERED_TOPIC_MAX_BYTES, TOPIC_SLOTS, TopicCache } from "../topic-cache.ts";

function find(cache: TopicCache, topic: string | Uint8Array): KnownTopic | Fault {
  const bytes = Buffer.concat([Buffer.from("before"), Buffer.from(topic), Buffer.from("behind")]);
  return cache.find(bytes, 6, bytes.length - 12);
}

test("the same bytes give the identical string object", () => {
  const cache = new TopicCache();
  const first = find(cache, "site/ü/1");
  assert.ok(first instanceof KnownTopic);
  assert.equal(first.text, "site/ü/1");
  assert.equal(find(cache, "site/ü/1"), first);
});

test("a topic keeps no chunk alive, and knows itself", () => {
  const known = find(new TopicCache(), "abc");
  assert.ok(known instanceof KnownTopic);
  assert.equal(known.bytes.buffer.byteLength, 3);
  const chunk = Buffer.from("xabcx");
  assert.equal(known.is(chunk, 1, 3), true);
  assert.equal(known.is(chunk, 0, 3), false);
  assert.equal(known.is(chunk, 1, 2), false);
});

test("topics that no message may have", () => {
  const cache = new TopicCache();
  assert.equal(find(cache, "a/+/b"), faults.topicWildcard);
  assert.equal(find(cache, "a/#"), faults.topicWildcard);
  assert.equal(find(cache, "a\0"), faults.utf8);
  assert.equal(find(cache, Uint8Array.of(0xff)), faults.utf8);
  assert.equal(find(cache, `${"x".repeat(REMEMBERED_TOPIC_MAX_BYTES)}+`), faults.topicWildcard);
  assert.equal(find(cache, "a/+/b"), faults.topicWildcard, "nor is it remembered");
});

test("more topics than slots, and longer ones than are remembered, are all right", () => {
  const cache = new TopicCache();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < TOPIC_SLOTS * 2; i++) {
      const known = find(cache, `t/${i}`);
      assert.ok(known instanceof KnownTopic);
      assert.equal(known.text, `t/${i}`);
    }
  }
  const long = "y".repeat(REMEMBERED_TOPIC_MAX_BYTES + 1);
  const first = find(cache, long);
  assert.ok(first instanceof KnownTopic);
  assert.equal(first.text, long);
  assert.notEqual(find(cache, long), first);
});
