import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as fc from "fast-check";
import type { Timer } from "../../core/index.ts";
import { WheelClock } from "../timer-wheel.ts";
import { Turn } from "../turn.ts";

const DAY_MS = 86_400_000;

/** A wheel on a time that only `pass` moves; native timers run on the same time. */
class Stand {
  readonly clock: WheelClock;
  readonly fired: { tag: number; at: number }[] = [];
  readonly broken: unknown[] = [];
  readonly #test: TestContext;
  #held = 0;
  monotonic = 5_000.25;
  wallOffset = 1_700_000_000_000;
  onFired: (tag: number) => void = () => undefined;

  constructor(t: TestContext, turn: Turn | null = null) {
    this.#test = t;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    this.clock = new WheelClock({
      turn,
      monotonic: () => this.monotonic,
      wall: () => this.monotonic + this.wallOffset,
      onBroken: (error) => void this.broken.push(error),
    });
  }
  onTimer(tag: number): void {
    this.fired.push({ tag, at: this.monotonic });
    this.onFired(tag);
  }
  arm(tag: number, delayMs: number): Timer {
    return this.clock.arm(this, tag, delayMs);
  }
  /** Time goes by, and native timers that became due run with the next `pass`. */
  holdUp(ms: number): void {
    this.monotonic += ms;
    this.#held += ms;
  }
  /** In steps, so that native timers that are set meanwhile run in time. */
  pass(ms: number, stepMs = 10): void {
    this.#test.mock.timers.tick(this.#held);
    this.#held = 0;
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(stepMs, left);
      this.monotonic += step;
      this.#test.mock.timers.tick(step);
    }
  }
  get tags(): number[] {
    return this.fired.map(({ tag }) => tag);
  }
}

test("a timer fires once, not early, and late by no more than the grain", (t) => {
  const stand = new Stand(t);
  const start = stand.monotonic;
  stand.arm(7, 1_000);
  stand.pass(999);
  assert.deepEqual(stand.tags, []);
  stand.pass(12, 1);
  assert.deepEqual(stand.tags, [7]);
  const took = stand.fired[0]!.at - start;
  assert.ok(took >= 1_000 && took <= 1_011, `after ${took} ms`);
  stand.pass(5_000);
  assert.deepEqual(stand.tags, [7]);
  assert.equal(stand.clock.armed, 0);
});

for (const [name, delayMs, stepMs] of [
  ["no delay", 0, 1],
  ["one turn of the first level", 2_560, 10],
  ["a minute", 60_000, 10],
  ["beyond the second level", 700_000, 100],
  ["two days", 2 * DAY_MS, 2_000],
] as const) {
  test(`delays of every level are kept: ${name}`, (t) => {
    const stand = new Stand(t);
    // Not from a slot's beginning.
    stand.arm(0, 123_450);
    stand.pass(123_470);
    stand.fired.length = 0;
    const start = stand.monotonic;
    stand.arm(1, delayMs);
    stand.pass(delayMs + stepMs + 20, stepMs);
    assert.deepEqual(stand.tags, [1]);
    const late = stand.fired[0]!.at - start - delayMs;
    assert.ok(late >= 0 && late <= stepMs + 11, `late by ${late} ms`);
  });
}

test("a delay beyond the span of the wheel is kept, too", (t) => {
  const stand = new Stand(t);
  const start = stand.monotonic;
  stand.arm(1, 600 * DAY_MS);
  stand.pass(599 * DAY_MS, DAY_MS / 2);
  assert.deepEqual(stand.tags, []);
  stand.pass(2 * DAY_MS, DAY_MS / 2);
  assert.deepEqual(stand.tags, [1]);
  assert.ok(stand.fired[0]!.at - start >= 600 * DAY_MS);
});

test("no delay, a negative one and none at all are refused", (t) => {
  const stand = new Stand(t);
  for (const delayMs of [Infinity, -1, Number.NaN]) assert.throws(() => stand.arm(1, delayMs), RangeError);
  assert.equal(stand.clock.armed, 0);
});

test("a disarmed timer does not fire; disarming twice, or after it fired, does nothing", (t) => {
  const stand = new Stand(t);
  const first = stand.arm(1, 100);
  const second = stand.arm(2, 100);
  stand.clock.disarm(first);
  stand.clock.disarm(first);
  assert.equal(stand.clock.armed, 1);
  stand.pass(200);
  assert.deepEqual(stand.tags, [2]);
  stand.clock.disarm(second);
  assert.equal(stand.clock.armed, 0);
});

test("a target may arm itself again and disarm its neighbour in the same slot", (t) => {
  const stand = new Stand(t);
  const neighbours = [stand.arm(1, 50), stand.arm(2, 50), stand.arm(3, 50)];
  stand.onFired = (tag) => {
    if (tag !== 1) return;
    stand.clock.disarm(neighbours[1]!);
    if (stand.fired.length < 5) stand.arm(1, 0);
  };
  stand.pass(500);
  assert.deepEqual(stand.tags, [1, 3, 1, 1, 1]);
  assert.equal(stand.clock.armed, 0);
});

test("a target that throws is reported, and the others fire", (t) => {
  const stand = new Stand(t);
  stand.onFired = (tag) => {
    if (tag === 1) throw new Error("a defect");
  };
  stand.arm(1, 50);
  stand.arm(2, 50);
  stand.arm(3, 5_000);
  stand.pass(6_000);
  assert.deepEqual(stand.tags, [1, 2, 3]);
  assert.equal(stand.broken.length, 1);
});

test("after the process was held up, everything that became due fires, in order", (t) => {
  const stand = new Stand(t);
  stand.arm(3, 30_000);
  stand.arm(1, 1_000);
  stand.arm(2, 3_000);
  stand.arm(4, 50_000);
  stand.pass(40_000, 40_000);
  assert.deepEqual(stand.tags, [1, 2, 3]);
  stand.pass(11_000);
  assert.deepEqual(stand.tags, [1, 2, 3, 4]);
});

test("the wheel sleeps while nothing is armed", (t) => {
  const stand = new Stand(t);
  const native = t.mock.method(globalThis, "setTimeout");
  stand.pass(10_000);
  assert.equal(native.mock.callCount(), 0);
  stand.clock.disarm(stand.arm(1, 60_000));
  const before = native.mock.callCount();
  stand.pass(100_000);
  assert.equal(native.mock.callCount(), before);
  stand.arm(2, 100);
  stand.pass(200);
  assert.deepEqual(stand.tags, [2]);
});

test("a lone timer that is far off wakes the process a few times, not at each slot", (t) => {
  const stand = new Stand(t);
  const native = t.mock.method(globalThis, "setTimeout");
  stand.arm(1, 2 * DAY_MS);
  stand.pass(3 * DAY_MS, 10_000);
  assert.deepEqual(stand.tags, [1]);
  assert.ok(native.mock.callCount() <= 6, `${native.mock.callCount()} times`);
});

test("what is armed while the process is held up does not make the wheel pass over what is due", (t) => {
  const stand = new Stand(t);
  stand.arm(1, 700_000);
  stand.holdUp(699_000);
  stand.arm(2, 300_000);
  stand.holdUp(500);
  stand.arm(3, 1_000);
  stand.pass(600);
  assert.deepEqual(stand.tags, [1]);
  stand.pass(500);
  assert.deepEqual(stand.tags, [1, 3]);
  stand.pass(300_000);
  assert.deepEqual(stand.tags, [1, 3, 2]);
});

test("any timers, armed and disarmed in any order, fire when a sorted list says", (t) => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("arm" as const), ms: fc.integer({ min: 0, max: 3_000_000 }) }),
    fc.record({ kind: fc.constant("disarm" as const), ms: fc.nat() }),
    fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 200_000 }) }),
    fc.record({ kind: fc.constant("hold up" as const), ms: fc.integer({ min: 1, max: 1_000_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      t.mock.timers.reset();
      const stand = new Stand(t);
      const expected = new Map<number, { due: number; timer: Timer }>();
      let tag = 0;
      const settle = (): void => {
        for (const fired of stand.fired.splice(0)) {
          const { due } = expected.get(fired.tag)!;
          assert.ok(fired.at >= due, "early");
          expected.delete(fired.tag);
        }
        for (const { due } of expected.values()) assert.ok(due + 11 > stand.monotonic, "overdue");
        assert.equal(stand.clock.armed, expected.size);
      };
      for (const { kind, ms } of actions) {
        if (kind === "arm") {
          tag++;
          expected.set(tag, { due: stand.monotonic + ms, timer: stand.arm(tag, ms) });
        } else if (kind === "disarm") {
          const known = [...expected.keys()];
          const chosen = known[ms % Math.max(1, known.length)];
          if (chosen !== undefined) stand.clock.disarm(expected.get(chosen)!.timer);
          if (chosen !== undefined) expected.delete(chosen);
        } else if (kind === "pass") {
          stand.pass(ms, Math.max(10, ms / 50));
        } else {
          stand.holdUp(ms);
        }
        if (kind === "pass") settle();
      }
      stand.pass(3_100_000, 50_000);
      settle();
      assert.equal(expected.size, 0);
    }),
    { numRuns: 200 },
  );
});

test("now is the host's time, and grows when that is set back", (t) => {
  const stand = new Stand(t);
  assert.equal(stand.clock.now(), Math.floor(1_700_000_000_000 + 5_000.25));
  const before = stand.clock.now();
  stand.wallOffset -= DAY_MS;
  stand.arm(1, 5_000);
  stand.pass(6_000);
  assert.equal(stand.clock.now(), before + 6_000);
});

test("now follows when the host's time is set forward", (t) => {
  const stand = new Stand(t);
  stand.wallOffset += DAY_MS;
  const before = stand.clock.now();
  stand.arm(1, 5_000);
  stand.pass(6_000);
  assert.equal(stand.clock.now(), before + DAY_MS + 6_000);
});

test("while a turn gathers output, now is read once in it", (t) => {
  const turn = new Turn();
  const stand = new Stand(t, turn);
  const before = stand.clock.now();
  stand.monotonic += 5;
  assert.equal(stand.clock.now(), before + 5);
  let inFlush = 0;
  turn.add({ flush: () => void (inFlush = stand.clock.now()) });
  stand.monotonic += 5;
  assert.equal(stand.clock.now(), before + 10);
  stand.monotonic += 5;
  assert.equal(stand.clock.now(), before + 10);
  turn.flush();
  assert.equal(inFlush, before + 15);
  turn.add({ flush: () => undefined });
  stand.monotonic += 5;
  assert.equal(stand.clock.now(), before + 20);
  turn.flush();
});

test("on the host's own clocks", async () => {
  const clock = new WheelClock();
  const drift = Math.abs(clock.now() - Date.now());
  assert.ok(drift <= 5, `${drift} ms apart`);
  const start = performance.now();
  // The clock's native timer does not keep a process alive: here the test runner's does.
  await new Promise<void>((resolve) => void clock.arm({ onTimer: () => resolve() }, 0, 30));
  assert.ok(performance.now() - start >= 30);
  assert.equal(clock.armed, 0);
});
