import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";

import { FakeClock } from "../../conformance/fake-clock.ts";
import { drainQueues } from "../queue-drain.ts";

const LIMIT_MS = 5_000;
const STEP_MS = 10;
const STEPS_MAX = 1_000;

interface Drained {
  readonly left: number;
  readonly afterMs: number;
}

/** @param waitingAfter how many messages wait, by the time in ms */
async function drain(waitingAfter: (ms: number) => number, deadline: AbortSignal | null = null): Promise<Drained> {
  const clock = new FakeClock();
  const from = clock.now();
  const core = { waitingMessages: () => waitingAfter(clock.now() - from) };
  const drained: Drained[] = [];
  const signal = deadline ?? new AbortController().signal;
  void drainQueues(core, clock, LIMIT_MS, signal).then((left) => {
    drained.push({ left, afterMs: clock.now() - from });
  });
  await turn();
  for (let step = 0; step < STEPS_MAX && drained.length === 0; step++) {
    clock.advance(STEP_MS);
    await turn();
  }
  assert.equal(drained.length, 1, "it ends");
  return drained[0]!;
}

test("nothing waits: it is over at once", async () => {
  assert.deepEqual(await drain(() => 0), { left: 0, afterMs: 0 });
});

test("what waits goes out: it is over when the last one has", async () => {
  const { left, afterMs } = await drain((ms) => Math.max(0, 30 - ms / 10));
  assert.equal(left, 0);
  assert.ok(afterMs >= 300 && afterMs < 350, `${afterMs} ms`);
});

test("a device that takes nothing keeps nobody waiting for more than a second", async () => {
  const { left, afterMs } = await drain((ms) => (ms < 200 ? 9 : 7));
  assert.equal(left, 7);
  assert.ok(afterMs >= 1_200 && afterMs < 1_300, `${afterMs} ms`);
});

test("a device that is slow is waited for no longer than the limit", async () => {
  const { left, afterMs } = await drain((ms) => 1_000 - Math.floor(ms / 100));
  assert.ok(left > 900);
  assert.ok(afterMs >= LIMIT_MS && afterMs < LIMIT_MS + 50, `${afterMs} ms`);
});

test("the deadline ends it", async () => {
  assert.deepEqual(await drain(() => 5, AbortSignal.abort()), { left: 5, afterMs: 0 });
});

test("a deadline that comes meanwhile ends it, and no timer is left", async () => {
  const clock = new FakeClock();
  const deadline = new AbortController();
  const drained = drainQueues({ waitingMessages: () => 5 }, clock, LIMIT_MS, deadline.signal);
  await turn();
  assert.equal(clock.armed, 1);
  deadline.abort();
  assert.equal(await drained, 5);
  assert.equal(clock.armed, 0);
});
