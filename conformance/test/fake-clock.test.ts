import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { TimerTarget } from "../../core/index.ts";
import { FakeClock } from "../fake-clock.ts";

class Recorder implements TimerTarget {
  readonly fired: [tag: number, at: number][] = [];
  readonly #clock: FakeClock;
  constructor(clock: FakeClock) {
    this.#clock = clock;
  }
  onTimer(tag: number): void {
    this.fired.push([tag, this.#clock.now()]);
  }
}

test("time stands still until it is moved", () => {
  const clock = new FakeClock(1000);
  assert.equal(clock.now(), 1000);
  clock.advance(5);
  assert.equal(clock.now(), 1005);
});

test("timers fire at their due time, in order, and equal ones in order of arming", () => {
  const clock = new FakeClock(0);
  const target = new Recorder(clock);
  clock.arm(target, 1, 30);
  clock.arm(target, 2, 10);
  clock.arm(target, 3, 10);
  clock.advance(9);
  assert.deepEqual(target.fired, []);
  clock.advance(21);
  assert.deepEqual(target.fired, [
    [2, 10],
    [3, 10],
    [1, 30],
  ]);
  assert.equal(clock.armed, 0);
});

test("a timer that re-arms itself fires as often as it fits", () => {
  const clock = new FakeClock(0);
  const at: number[] = [];
  const target: TimerTarget = {
    onTimer(tag) {
      at.push(clock.now());
      clock.arm(target, tag, 10);
    },
  };
  clock.arm(target, 1, 10);
  clock.advance(35);
  assert.deepEqual(at, [10, 20, 30]);
  assert.equal(clock.armed, 1);
  assert.equal(clock.nextDue, 40);
});

test("a disarmed timer does not fire, also when another one's firing disarms it; disarm is safe twice", () => {
  const clock = new FakeClock(0);
  const target = new Recorder(clock);
  const second = clock.arm(target, 2, 20);
  const first: TimerTarget = { onTimer: () => clock.disarm(second) };
  clock.arm(first, 1, 10);
  clock.advance(100);
  clock.disarm(second);
  assert.deepEqual(target.fired, []);
  assert.equal(clock.armed, 0);
  assert.equal(clock.nextDue, Infinity);
});

test("a delay that is not a finite number is our bug", () => {
  const clock = new FakeClock(0);
  for (const delay of [Infinity, Number.NaN, -1]) {
    assert.throws(() => clock.arm(new Recorder(clock), 1, delay), RangeError);
  }
});

test("timers that are disarmed are forgotten, and the others still fire in order", () => {
  const clock = new FakeClock(0);
  const target = new Recorder(clock);
  clock.arm(target, -1, 500);
  for (let tag = 0; tag < 10_000; tag++) {
    const timer = clock.arm(target, tag, 1_000 - (tag % 1_000));
    if (tag % 2_500 !== 0) clock.disarm(timer);
  }
  assert.equal(clock.armed, 5);
  clock.advance(1_000);
  assert.deepEqual(
    target.fired.map(([tag, at]) => [tag, at]),
    [
      [-1, 500],
      [2500, 500],
      [7500, 500],
      [0, 1_000],
      [5000, 1_000],
    ],
  );
});

test("any set of timers fires sorted by due time", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 60 }), (delays) => {
      const clock = new FakeClock(0);
      const target = new Recorder(clock);
      delays.forEach((delay, index) => clock.arm(target, index, delay));
      clock.advance(1000);
      const expected = delays.map((delay, index) => [index, delay]).toSorted((a, b) => a[1]! - b[1]! || a[0]! - b[0]!);
      assert.deepEqual(target.fired, expected);
    }),
  );
});
