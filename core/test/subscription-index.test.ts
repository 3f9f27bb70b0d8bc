// The index and the route cache above it against the plain definition of matching, under random change.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { defaultLimits } from "../limits.ts";
import { ListenerMeter } from "../meter.ts";
import { Outbox } from "../outbox.ts";
import { SubscriptionIndex } from "../subscription-index.ts";
import { Subscription } from "../subscription.ts";
import type { Receiver } from "../subscription.ts";
import { TopicTable } from "../topic-table.ts";
import { matches, parseFilter } from "../topic.ts";

const clock = new FakeClock();
const meter = new ListenerMeter("test", "test");
const outboxes = Array.from({ length: 6 }, () => new Outbox(clock, defaultLimits, meter));
const level = fc.constantFrom("a", "b", "", "$x", "__proto__");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const plainFilter = fc
  .array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 })
  .chain((levels) => fc.constantFrom(levels.join("/"), [...levels, "#"].join("/"), "#"))
  .filter((filter) => filter !== "");
const filter = fc.oneof(
  plainFilter,
  plainFilter.map((text) => `$share/g/${text}`),
);

interface Held {
  readonly text: string;
  readonly receiver: number;
  readonly subscription: Subscription;
}

test("routes are those of the definition, cached or not, whatever comes and goes", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), text: filter, receiver: fc.nat(5) }),
    fc.record({ kind: fc.constant("remove" as const), at: fc.nat(50) }),
    fc.record({ kind: fc.constant("publish" as const), topic: topic.filter((name) => name !== "") }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(3, 1000), (steps, topicsMax) => {
      const index = new SubscriptionIndex("round-robin");
      const table = new TopicTable(index, { ...defaultLimits, topicsMax });
      const held: Held[] = [];
      for (const one of steps) {
        if (one.kind === "publish") check(table, held, one.topic);
        else if (one.kind === "add") {
          const parsed = parseFilter(one.text, defaultLimits);
          if (parsed === null) continue;
          if (held.some(({ text, receiver }) => text === one.text && receiver === one.receiver)) continue;
          const subscription = new Subscription(
            parsed.filter,
            outboxes[one.receiver]!,
            index.groupOf(parsed),
            1,
            false,
            false,
            [held.length + 1],
          );
          index.add(parsed, subscription);
          table.changed(parsed.filter, parsed.hasWildcard);
          held.push({ text: one.text, receiver: one.receiver, subscription });
        } else if (held.length > 0) {
          const [gone] = held.splice(one.at % held.length, 1);
          const parsed = parseFilter(gone!.text, defaultLimits)!;
          index.remove(parsed, gone!.subscription);
          table.changed(parsed.filter, parsed.hasWildcard);
        }
        assert.equal(index.size, held.length);
        assert.ok(table.size <= topicsMax);
      }
    }),
    { numRuns: 300 },
  );
});

function check(table: TopicTable, held: readonly Held[], name: string): void {
  const matching = held.filter(({ subscription }) => matches(subscription.filter, name));
  const direct = matching.filter(({ text }) => !text.startsWith("$share/"));
  const groups = new Set(matching.filter(({ text }) => text.startsWith("$share/")).map(({ text }) => text));
  const expected = new Map<Receiver, number[]>();
  for (const { receiver, subscription } of direct) {
    const outbox = outboxes[receiver]!;
    expected.set(outbox, [...(expected.get(outbox) ?? []), ...(subscription.identifiers ?? [])]);
  }
  // Three times: not cached, cached now, from the cache.
  for (let i = 0; i < 3; i++) {
    const route = table.route(table.entry(name));
    assert.equal(route.targets.length, expected.size, name);
    assert.equal(route.groups.length, groups.size, name);
    for (const target of route.targets) {
      const identifiers = (target.identifiers ?? []).toSorted((a, b) => a - b);
      assert.deepEqual(
        identifiers,
        expected.get(target.outbox!)!.toSorted((a, b) => a - b),
      );
    }
  }
}

test("the trie gives back all it took", () => {
  const index = new SubscriptionIndex("round-robin");
  const table = new TopicTable(index, defaultLimits);
  const all: [string, Subscription][] = [];
  for (let i = 0; i < 2000; i++) {
    const text = i % 3 === 0 ? `a/${i}/+` : i % 3 === 1 ? `a/+/${i}/#` : `a/${i % 100}/b`;
    const parsed = parseFilter(text, defaultLimits)!;
    const subscription = new Subscription(parsed.filter, outboxes[i % 6]!, null, 0, false, false, null);
    index.add(parsed, subscription);
    all.push([text, subscription]);
  }
  for (const [text, subscription] of all) index.remove(parseFilter(text, defaultLimits)!, subscription);
  assert.equal(index.size, 0);
  assert.equal(table.route(table.entry("a/3/x")).targets.length, 0);
});

test("a wildcard that would touch too many cached routes makes all of them stale instead", () => {
  const index = new SubscriptionIndex("round-robin");
  const table = new TopicTable(index, defaultLimits);
  for (let i = 0; i < 5000; i++) {
    const entry = table.entry(`t/${i}`);
    table.route(entry);
    table.route(entry);
  }
  const parsed = parseFilter("t/+", defaultLimits)!;
  index.add(parsed, new Subscription("t/+", outboxes[0]!, null, 0, false, false, null));
  table.changed("t/+", true);
  for (let i = 0; i < 5000; i++) assert.equal(table.route(table.entry(`t/${i}`)).targets.length, 1);
});
