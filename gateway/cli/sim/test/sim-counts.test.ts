import assert from "node:assert/strict";
import { test } from "node:test";
import { Latencies, SimCounts, lineOf, summaryOf } from "../sim-counts.ts";

test("quantiles are right to 12 %, whatever the scale", () => {
  for (const scale of [0.1, 1, 100, 20_000]) {
    const latencies = new Latencies();
    for (let n = 1; n <= 1000; n++) latencies.add((n / 1000) * scale);
    for (const part of [0.5, 0.9, 0.99]) {
      const ratio = latencies.quantile(part) / (part * scale);
      assert.ok(ratio >= 0.999 && ratio <= 1.13 + 0.06 / scale, `${part} of ${scale}: ${ratio}`);
    }
    assert.equal(latencies.maxMs, scale);
  }
});

test("no answer, and one that took an hour", () => {
  const latencies = new Latencies();
  assert.deepEqual([latencies.quantile(0.5), latencies.maxMs], [0, 0]);
  latencies.add(3_600_000);
  assert.deepEqual([latencies.quantile(0.5), latencies.maxMs], [3_600_000, 3_600_000]);
});

test("the rates of a summary leave out what was before; a line tells what is odd", () => {
  const counts = new SimCounts();
  counts.reports = 100;
  const before = summaryOf(counts, 0);
  counts.reports += 500;
  counts.accepted = 490;
  counts.lost = 3;
  counts.online = 7;
  const { reports, reportsPerSecond, acceptedPerSecond, seconds } = summaryOf(counts, 2.004, before);
  assert.deepEqual([reports, reportsPerSecond, acceptedPerSecond, seconds], [600, 250, 245, 2]);
  assert.equal(lineOf(counts, before, 3), "    3 s  7 online  500 reports/s  490 accepted/s  0 commands/s  3 lost");
});
