import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceRate } from "../source-rate.ts";

test("an address has one second's worth at once, earns it again, and does not take another's", () => {
  const rate = new SourceRate(10, 0);
  const taken = (address: string, now: number): number => {
    let count = 0;
    while (count < 100 && rate.take(address, now)) count++;
    return count;
  };
  assert.equal(taken("192.0.2.1", 0), 10);
  assert.equal(taken("192.0.2.1", 0), 0);
  assert.equal(taken("192.0.2.1", 500), 5);
  assert.equal(taken("192.0.2.1", 60_000), 10);
  // One of so many shares its bucket with the first at worst.
  const others = Array.from({ length: 20 }, (_, n) => taken(`2001:db8::${n}`, 60_000));
  assert.ok(others.filter((count) => count === 10).length >= 18, others.join(" "));
});

test("a million addresses take no more memory than one", () => {
  const rate = new SourceRate(1, 0);
  const before = process.memoryUsage().arrayBuffers;
  for (let n = 0; n < 1_000_000; n++) rate.take(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, n);
  assert.ok(process.memoryUsage().arrayBuffers <= before + 65_536);
});
