// A clock that stands still until a test moves it. Everything above the core takes its time from one injected Clock, so
// a test that waits an hour takes no time, and a test that ends can count what was left armed. Not a wheel on purpose:
// it fires exactly at `due`, in the order of due times and, for equal ones, of arming, so that a failure can be replayed.

import type { Clock, Timer, TimerTarget } from "../core/index.ts";

/** 2026-01-01T00:00:00Z: any instant would do, as long as it is the same in every run. */
const START = Date.UTC(2026, 0, 1);
/** A timer that re-arms itself without delay would never let `advance` return: this many firings are our bug. */
const FIRINGS_MAX = 10_000_000;
/** So many timers may hang in the heap without being armed. */
const DISARMED_KEPT = 1_024;

class FakeTimer implements Timer {
  readonly due: number;
  readonly order: number;
  readonly target: TimerTarget;
  readonly tag: number;
  constructor(due: number, order: number, target: TimerTarget, tag: number) {
    this.due = due;
    this.order = order;
    this.target = target;
    this.tag = tag;
  }
}

export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  /** A binary heap by (due, order); timers that were disarmed stay in it until they are more than the others. */
  #heap: FakeTimer[] = [];
  readonly #armed = new Set<FakeTimer>();

  /** @param start ms since the epoch */
  constructor(start: number = START) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** How many timers wait. 0 after a stop: nothing was left running. */
  get armed(): number {
    return this.#armed.size;
  }

  /** When the next timer is due, ms since the epoch; Infinity when none is armed. */
  get nextDue(): number {
    this.#dropDisarmed();
    return this.#heap[0]?.due ?? Infinity;
  }

  arm(target: TimerTarget, tag: number, delayMs: number): Timer {
    if (!(delayMs >= 0) || delayMs === Infinity) throw new RangeError(`a timer needs a finite delay, not ${delayMs}`);
    const timer = new FakeTimer(this.#now + delayMs, this.#order++, target, tag);
    this.#armed.add(timer);
    this.#push(timer);
    return timer;
  }

  disarm(timer: Timer): void {
    if (!(timer instanceof FakeTimer) || !this.#armed.delete(timer)) return;
    if (this.#heap.length < DISARMED_KEPT || this.#heap.length < 2 * this.#armed.size) return;
    // A sorted array is a heap.
    this.#heap = [...this.#armed].toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Moves time on and fires, in order, what becomes due on the way; also what is armed meanwhile. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let fired = 0; this.nextDue <= end; fired++) {
      if (fired === FIRINGS_MAX) throw new Error(`more than ${FIRINGS_MAX} timers in one advance: one re-arms itself`);
      const timer = this.#pop();
      this.#armed.delete(timer);
      this.#now = timer.due;
      timer.target.onTimer(timer.tag);
    }
    this.#now = end;
  }

  #dropDisarmed(): void {
    while (this.#heap.length > 0 && !this.#armed.has(this.#heap[0]!)) this.#pop();
  }

  #push(timer: FakeTimer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): FakeTimer {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: FakeTimer, b: FakeTimer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
