// The core's own containers, each against a plain model.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { EdgeTable } from "../edge-table.ts";
import { Inflight, Stage } from "../inflight.ts";
import { LevelNames } from "../level-names.ts";
import { defaultLimits } from "../limits.ts";
import { RateBook } from "../rate-book.ts";
import { Ring } from "../ring.ts";
import { TokenBucket } from "../token-bucket.ts";
import { matches } from "../topic.ts";
import { TopicTree } from "../topic-tree.ts";

test("edge table: adds, finds and deletes as a Map does, through growth and wrap-around", () => {
  const step = fc.record({ add: fc.boolean(), node: fc.nat(40), level: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const table = new EdgeTable();
      const model = new Map<string, number>();
      let child = 0;
      for (const { add, node, level } of steps) {
        const key = `${node} ${level}`;
        if (add && !model.has(key)) {
          table.add(node, level, ++child);
          model.set(key, child);
        } else if (!add && model.has(key)) {
          table.delete(node, level);
          model.delete(key);
        }
      }
      assert.equal(table.size, model.size);
      for (let node = 0; node <= 40; node++) {
        for (let level = 0; level <= 40; level++) {
          assert.equal(table.get(node, level), model.get(`${node} ${level}`) ?? -1);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("level names: numbers are given back when the last use goes", () => {
  const names = new LevelNames();
  const a = names.acquire("a");
  assert.equal(names.acquire("a"), a);
  names.release(a);
  assert.equal(names.find("a"), a);
  names.release(a);
  assert.equal(names.find("a"), -1);
  assert.equal(names.acquire("constructor"), a, "the number is used again");
  for (let i = 0; i < 1000; i++) names.acquire(`n${i}`);
  assert.equal(names.size, 1001);
});

test("ring: first in, first out, through growth", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
      const ring = new Ring<number>();
      const model: number[] = [];
      steps.forEach((push, i) => {
        if (push) {
          ring.push(i);
          model.push(i);
        } else assert.equal(ring.shift(), model.shift());
        assert.equal(ring.peek(), model[0]);
        assert.equal(ring.size, model.length);
      });
    }),
  );
});

test("token bucket: a burst, then the rate; never more than burst and rate together", () => {
  let now = 0;
  const bucket = new TokenBucket({ perSecond: 100, burst: 200 }, now);
  let taken = 0;
  for (; now < 10_000; now++) {
    while (bucket.holds(1, now)) {
      bucket.take(1);
      taken++;
    }
  }
  assert.ok(Math.abs(taken - (200 + 1000)) <= 1, `${taken}`);
  assert.equal(TokenBucket.of({ perSecond: 0, burst: 5 }, 0), null);
});

test("token bucket: idle time fills it no further than the burst; one that is larger passes when it is full", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 10 }, 0);
  assert.equal(bucket.holds(1, 3_600_000), true);
  bucket.take(10);
  assert.equal(bucket.holds(1, 3_600_000), false);
  assert.equal(bucket.waitMs(1, 3_600_000), 100);
  assert.equal(bucket.holds(500, 3_601_000), true, "full again: may go into debt");
  bucket.take(500);
  assert.equal(bucket.holds(1, 3_602_000), false);
});

test("in flight: ids are unique while in use, also after the wrap, and keep their order", () => {
  const inflight = new Inflight();
  const used = new Set<number>();
  const order: number[] = [];
  let seed = 1;
  for (let i = 0; i < 200_000; i++) {
    if (used.size < 100 || (seed = (seed * 48_271) % 2_147_483_647) % 2 === 0) {
      if (used.size >= 900) continue;
      const id = inflight.begin(Stage.Sent, null);
      assert.ok(id >= 1 && id <= 65_535 && !used.has(id));
      used.add(id);
      order.push(id);
    } else {
      const id = order.splice(seed % order.length, 1)[0]!;
      assert.equal(inflight.stageOf(id), Stage.Sent);
      inflight.end(id);
      used.delete(id);
      assert.equal(inflight.stageOf(id), Stage.Free);
    }
    assert.equal(inflight.size, used.size);
  }
});

test("topic tree: a filter finds what the definition of matching says, and gives up where it is told to", () => {
  const level = fc.constantFrom("a", "b", "", "$x", "constructor");
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
  const filter = fc
    .array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 })
    .chain((levels) => fc.constantFrom(levels.join("/"), [...levels, "#"].join("/"), "#"));
  fc.assert(
    fc.property(fc.array(topic), fc.array(topic), filter, (add, remove, pattern) => {
      const tree = new TopicTree<string>();
      const model = new Set(add);
      for (const name of add) tree.set(name, name);
      for (const name of remove) {
        tree.delete(name);
        model.delete(name);
      }
      assert.equal(tree.size, model.size);
      const found: string[] = [];
      assert.equal(
        tree.match(pattern, Infinity, (name) => found.push(name)),
        true,
      );
      assert.deepEqual(found.toSorted(), [...model].filter((name) => matches(pattern, name)).toSorted());
    }),
  );
  const wide = new TopicTree<number>();
  for (let i = 0; i < 100; i++) wide.set(`t/${i}`, i);
  assert.equal(
    wide.match("t/+", 50, () => {}),
    false,
  );
});

test("rate book: clients that are gone are forgotten once they could send a full burst again, and not before", () => {
  const book = new RateBook({ ...defaultLimits, sessionMessages: { perSecond: 10, burst: 10 } });
  for (let i = 0; i < 5_000; i++) {
    const rates = book.open(`c${i}`, i);
    rates.messages?.holds(1, i);
    rates.messages?.take(5);
    if (i >= 10) book.close(`c${i}`);
  }
  assert.ok(book.size < 2_100, `${book.size}`);
  const again = book.open("c4999", 5_000);
  assert.equal(again.messages?.holds(6, 5_000), false, "not forgotten while it is owed nothing");
  assert.equal(book.open("c3", 5_000).messages?.holds(1, 5_000), true);
  assert.equal(new RateBook(defaultLimits).open("x", 0).messages, null);
});
