import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameQueue } from "../frame-queue.ts";

class Numbered {
  readonly n: number;
  readonly isCopy: boolean;
  constructor(n: number, isCopy = false) {
    this.n = n;
    this.isCopy = isCopy;
  }
  detached(): Numbered {
    return new Numbered(this.n, true);
  }
}

function bench(framesMax = 3) {
  const worked: Numbered[] = [];
  const crowded: boolean[] = [];
  const worker = {
    isSaturated: false,
    onWork: ((): void => undefined) as (frame: Numbered) => void,
    work(frame: Numbered): void {
      worked.push(frame);
      worker.onWork(frame);
    },
    onCrowded: (is: boolean) => void crowded.push(is),
  };
  const queue = new FrameQueue<Numbered>(worker, framesMax);
  return { worker, queue, worked, crowded, order: () => worked.map(({ n }) => n) };
}

test("frames are worked off at once, as they came", () => {
  const { queue, worked } = bench();
  queue.offer(new Numbered(1));
  queue.offer(new Numbered(2));
  assert.deepEqual(worked, [new Numbered(1), new Numbered(2)]);
});

test("during a step copies wait; too many hold the link; afterwards all go in order", async () => {
  const { queue, worked, crowded, order } = bench();
  const { promise, resolve } = Promise.withResolvers<void>();
  queue.step(promise);
  for (let n = 1; n <= 3; n++) queue.offer(new Numbered(n));
  queue.resume();
  assert.deepEqual([order(), crowded], [[], [true]]);
  resolve();
  await promise;
  await Promise.resolve();
  assert.deepEqual(
    [order(), crowded],
    [
      [1, 2, 3],
      [true, false],
    ],
  );
  assert.ok(worked.every(({ isCopy }) => isCopy));
});

test("a step that begins while waiting frames are worked off stops them again", async () => {
  const { worker, queue, order } = bench();
  const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  queue.step(steps[0]!.promise);
  for (let n = 1; n <= 3; n++) queue.offer(new Numbered(n));
  worker.onWork = ({ n }) => {
    if (n === 1) queue.step(steps[1]!.promise);
  };
  steps[0]!.resolve();
  await steps[0]!.promise;
  await Promise.resolve();
  assert.deepEqual(order(), [1]);
  steps[1]!.resolve();
  await steps[1]!.promise;
  await Promise.resolve();
  assert.deepEqual(order(), [1, 2, 3]);
});

test("saturation holds frames until resume; resume from within a frame keeps the order", () => {
  const { worker, queue, order } = bench();
  worker.isSaturated = true;
  for (let n = 1; n <= 3; n++) queue.offer(new Numbered(n));
  assert.deepEqual(order(), []);
  worker.isSaturated = false;
  worker.onWork = ({ n }) => {
    if (n === 1) queue.offer(new Numbered(4));
    queue.resume();
  };
  queue.resume();
  assert.deepEqual(order(), [1, 2, 3, 4]);
});

test("closed: what waits is dropped, the link is let go, nothing more is taken", async () => {
  const { queue, crowded, order } = bench();
  const { promise, resolve } = Promise.withResolvers<void>();
  queue.step(promise);
  for (let n = 1; n <= 4; n++) queue.offer(new Numbered(n));
  queue.close();
  queue.offer(new Numbered(5));
  resolve();
  await promise;
  await Promise.resolve();
  assert.deepEqual([order(), crowded], [[], [true, false]]);
});

test("a step that begins within a step: frames wait for both", async () => {
  const { queue, order } = bench();
  const outer = Promise.withResolvers<void>();
  const inner = Promise.withResolvers<void>();
  queue.step(outer.promise);
  queue.step(inner.promise);
  queue.offer(new Numbered(1));
  outer.resolve();
  await outer.promise;
  await Promise.resolve();
  assert.deepEqual(order(), []);
  inner.resolve();
  await inner.promise;
  await Promise.resolve();
  assert.deepEqual(order(), [1]);
});
