// Subscriptions at size: memory per filter, and the time of a cached and an uncached match, from 10,000 to 1,000,000
// filters of which one in five has wildcards. Run: npm run bench -- subscriptions

import { ListenerMeter } from "../core/index.ts";
import { defaultLimits } from "../core/limits.ts";
import { Outbox } from "../core/outbox.ts";
import { SubscriptionIndex } from "../core/subscription-index.ts";
import { Subscription } from "../core/subscription.ts";
import { TopicTable } from "../core/topic-table.ts";
import { parseFilter } from "../core/topic.ts";
import { WheelClock } from "../net/timer-wheel.ts";

const SIZES = [10_000, 100_000, 1_000_000];
const MATCHES = 20_000;
const ROUNDS = 15;

/** Filters of a fleet: most name one device's topic, one in five has wildcards of three kinds. */
function filterOf(i: number): string {
  const site = i % 100;
  if (i % 5 !== 0) return `fleet/site-${site}/device-${i}/down`;
  const kind = (i / 5) % 3;
  if (kind === 0) return `fleet/+/device-${i}/up/#`;
  if (kind === 1) return `fleet/site-${site}/device-${i}/+`;
  return `fleet/site-${site}/device-${i}/#`;
}

function topicOf(i: number): string {
  return `fleet/site-${i % 100}/device-${i}/${i % 2 === 0 ? "up/position" : "down"}`;
}

interface Row {
  readonly filters: number;
  readonly bytesPerFilter: number;
  readonly addMicroseconds: number;
  readonly uncachedMedian: number;
  readonly uncachedP99: number;
  readonly cached: number;
  readonly receiversPerMatch: number;
}

function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function measure(filters: number): Row {
  const clock = new WheelClock();
  const outbox = new Outbox(clock, defaultLimits, new ListenerMeter("bench", "bench"));
  const before = memory();
  const index = new SubscriptionIndex("round-robin");
  const start = process.hrtime.bigint();
  for (let i = 0; i < filters; i++) {
    const parsed = parseFilter(filterOf(i), defaultLimits)!;
    index.add(parsed, new Subscription(parsed.filter, outbox, null, 0, false, false, null));
  }
  const addMicroseconds = Number(process.hrtime.bigint() - start) / 1000 / filters;
  const bytesPerFilter = (memory() - before) / filters;

  const topics = Array.from({ length: MATCHES }, (_, i) => topicOf((i * 7919) % filters));
  let receivers = 0;
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    receivers = 0;
    for (const topic of topics) {
      const from = process.hrtime.bigint();
      receivers += index.route(topic).targets.length;
      // The first rounds warm the compiler.
      if (round >= 5) samples.push(Number(process.hrtime.bigint() - from));
    }
  }
  samples.sort((a, b) => a - b);

  const table = new TopicTable(index, { ...defaultLimits, topicsMax: MATCHES });
  for (let round = 0; round < 3; round++) for (const topic of topics) table.route(table.entry(topic));
  const from = process.hrtime.bigint();
  for (let round = 0; round < ROUNDS; round++) for (const topic of topics) table.route(table.entry(topic));
  const cached = Number(process.hrtime.bigint() - from) / ROUNDS / MATCHES / 1000;
  return {
    filters,
    bytesPerFilter: Math.round(bytesPerFilter),
    addMicroseconds: round2(addMicroseconds),
    uncachedMedian: round2(samples[samples.length >> 1]! / 1000),
    uncachedP99: round2(samples[Math.floor(samples.length * 0.99)]! / 1000),
    cached: round2(cached),
    receiversPerMatch: round2(receivers / MATCHES),
  };
}

const round2 = (value: number): number => Math.round(value * 100) / 100;

/** What a clock reading costs: contained once in each uncached sample. */
function clockMicroseconds(): number {
  const from = process.hrtime.bigint();
  for (let i = 0; i < 100_000; i++) process.hrtime.bigint();
  return round2(Number(process.hrtime.bigint() - from) / 100_000 / 1000);
}

console.log(`clock reading ${clockMicroseconds()} µs (contained in the uncached figures)`);
console.log("| filters | bytes a filter | add µs | uncached µs median | p99 | cached µs | receivers a match |");
console.log("|---|---|---|---|---|---|---|");
for (const filters of SIZES) {
  const row = measure(filters);
  console.log(
    `| ${row.filters} | ${row.bytesPerFilter} | ${row.addMicroseconds} | ${row.uncachedMedian} | ${row.uncachedP99} | ${row.cached} | ${row.receiversPerMatch} |`,
  );
}
