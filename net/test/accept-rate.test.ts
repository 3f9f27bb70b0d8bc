import assert from "node:assert/strict";
import { test } from "node:test";
import { AcceptRate } from "../accept-rate.ts";

const takeAll = (rate: AcceptRate, now: number): number => {
  let taken = 0;
  while (rate.take(now) && taken < 1_000) taken++;
  return taken;
};

test("one second's worth at once, then as many as time brings", () => {
  const rate = new AcceptRate(50, 1_000);
  assert.equal(takeAll(rate, 1_000), 50);
  assert.equal(takeAll(rate, 1_019), 0);
  assert.equal(takeAll(rate, 1_020), 1);
  assert.equal(takeAll(rate, 1_120), 5);
  assert.equal(takeAll(rate, 100_000), 50);
});

test("fractions are not lost", () => {
  const rate = new AcceptRate(3, 0);
  assert.equal(takeAll(rate, 0), 3);
  let taken = 0;
  for (let now = 1; now <= 10_000; now++) taken += takeAll(rate, now);
  assert.ok(taken === 30 || taken === 29, String(taken));
});
