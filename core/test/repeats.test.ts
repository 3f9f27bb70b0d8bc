import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameMark, RepeatWindow, Unsettled, hashOf } from "../repeats.ts";

const mark = (kind: number, serial: number, ...body: number[]): FrameMark =>
  new FrameMark(kind, serial, Uint8Array.from(body));

test("a repetition is known by kind, serial and body; the last ones only; not for ever", () => {
  const window = new RepeatWindow(32, 400_000);
  const one = mark(0x0200, 1, 1, 2, 3);
  assert.equal(window.resultOf(one, 1000), -1, "an empty window knows nothing");
  assert.equal(window.resultOf(Object.assign(mark(0, 0), { hash: 0 }), 0), -1, "not even zeros");
  window.remember(one, 2, 1000);
  assert.equal(window.resultOf(mark(0x0200, 1, 1, 2, 3), 2000), 2);
  assert.equal(window.resultOf(mark(0x0200, 1, 1, 3, 2), 2000), -1, "the same XOR, another body");
  assert.equal(window.resultOf(mark(0x0201, 1, 1, 2, 3), 2000), -1);
  assert.equal(window.resultOf(mark(0x0200, 2, 1, 2, 3), 2000), -1);
  assert.equal(window.resultOf(one, 401_001), -1);
  for (let n = 0; n < 31; n++) window.remember(mark(1, n), 0, 1000);
  assert.equal(window.resultOf(one, 2000), 2, "the oldest of 32");
  window.remember(mark(1, 31), 0, 1000);
  assert.equal(window.resultOf(one, 2000), -1);
});

test("the newest of two answers to the same frame counts once the older one is too old", () => {
  const window = new RepeatWindow(4, 100);
  window.remember(mark(1, 1), 5, 0);
  window.remember(mark(1, 1), 6, 90);
  assert.equal(window.resultOf(mark(1, 1), 150), 6);
});

test("FNV-1a as published", () => {
  assert.equal(hashOf(new Uint8Array(0)) >>> 0, 0x811c9dc5);
  assert.equal(hashOf(Buffer.from("a")) >>> 0, 0xe40c292c);
  assert.equal(hashOf(Buffer.from("foobar")) >>> 0, 0xbf9cf968);
});

test("unsettled frames: by receipt once, and by what they are", () => {
  const unsettled = new Unsettled<FrameMark>();
  const one = mark(2, 7, 9);
  assert.equal(unsettled.has(one), false);
  unsettled.add(100, one);
  assert.equal(unsettled.size, 1);
  assert.ok(unsettled.has(mark(2, 7, 9)));
  assert.ok(!unsettled.has(mark(2, 7, 8)) && !unsettled.has(mark(2, 8, 9)) && !unsettled.has(mark(3, 7, 9)));
  assert.equal(unsettled.take(101), null);
  assert.equal(unsettled.take(100), one);
  assert.equal(unsettled.take(100), null);
  unsettled.add(1, one);
  unsettled.clear();
  assert.equal(unsettled.size, 0);
});
