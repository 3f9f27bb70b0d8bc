// Runs a fleet of simulated devices: spreads their reports evenly over the interval, or keeps so many of each in flight;
// says every second what happened, and in the end what it came to.

import { setTimeout as sleep } from "node:timers/promises";
import { lineOf, summaryOf, type SimCounts, type SimSummary } from "./sim-counts.ts";
import type { SimLink } from "./sim-link.ts";

/** One device of a fleet. */
export interface SimDevice {
  readonly link: SimLink;
  /** It is logged in, and its turn has come. */
  report(now: number): void;
  /** With an interval of 0: the load begins. Who is not logged in yet begins when it is. */
  onStart(now: number): void;
  /** Once a second: heartbeats, and answers that are late. */
  onSecond(now: number): void;
}

export interface SimulationOptions {
  readonly devices: readonly SimDevice[];
  readonly links: readonly SimLink[];
  readonly counts: SimCounts;
  /** Between two reports of one device, ms; 0: the next when one is answered. */
  readonly intervalMs: number;
  /** Infinity: until it is told to stop. */
  readonly durationMs: number;
  readonly stop: AbortSignal;
  /** A line for each second; null: none. */
  readonly onLine: ((line: string) => void) | null;
  /** Links opened per second, so that a gateway's accept rate is not the first thing that is tested. */
  readonly connectsPerSecond: number;
}

const TICK_MS = 20;
const LOGIN_MAX_SECONDS = 30;

/** Resolves when it is over and every link is closed. The time counts from the first report that is due. */
export async function runSimulation(options: SimulationOptions): Promise<SimSummary> {
  const { links, counts } = options;
  try {
    await openLinks(options);
    if (options.intervalMs === 0) await startTogether(options);
    const before = summaryOf(counts, 0);
    const start = performance.now();
    await pace(options, start);
    return summaryOf(counts, (performance.now() - start) / 1000, before);
  } finally {
    await Promise.all(links.map((link) => link.end()));
  }
}

/** A gateway that is at its limit lets nobody in: all log in first, as far as they come in that time. */
async function startTogether({ devices, counts, stop }: SimulationOptions): Promise<void> {
  const start = performance.now();
  for (let seconds = 0; counts.online < devices.length && seconds < LOGIN_MAX_SECONDS && !stop.aborted;) {
    await wait(TICK_MS, stop);
    const now = performance.now();
    if (now - start < (seconds + 1) * 1000) continue;
    seconds++;
    for (const device of devices) device.onSecond(now);
  }
  for (const device of devices) device.onStart(performance.now());
}

async function openLinks({ links, connectsPerSecond, stop }: SimulationOptions): Promise<void> {
  const start = performance.now();
  for (let opened = 0; opened < links.length && !stop.aborted;) {
    const due = Math.min(links.length, Math.ceil(((performance.now() - start + TICK_MS) / 1000) * connectsPerSecond));
    for (; opened < due; opened++) links[opened]!.open();
    if (opened < links.length) await wait(TICK_MS, stop);
  }
}

/** Each tick, the devices whose turn has come since the last one: the n-th of them at n / count of the interval. */
async function pace(options: SimulationOptions, start: number): Promise<void> {
  const { devices, intervalMs, durationMs, counts, stop, onLine } = options;
  let sent = 0;
  let seconds = 0;
  let last: SimSummary = summaryOf(counts, 0);
  for (let now = start; now - start < durationMs && !stop.aborted; now = performance.now()) {
    if (intervalMs > 0) {
      const due = Math.floor(((now - start) / intervalMs) * devices.length);
      for (; sent < due; sent++) devices[sent % devices.length]!.report(now);
    }
    if (now - start >= (seconds + 1) * 1000) {
      seconds++;
      for (const device of devices) device.onSecond(now);
      onLine?.(lineOf(counts, last, seconds));
      last = summaryOf(counts, seconds);
    }
    for (const link of options.links) link.flush();
    await wait(Math.min(TICK_MS, start + durationMs - now), stop);
  }
}

async function wait(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal: stop });
  } catch {
    // Told to stop: whoever waits looks.
  }
}
