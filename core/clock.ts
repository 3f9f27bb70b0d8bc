// Time, as the core and everything above it sees it. Injected: a fake one drives whole gateways in tests.

/** Whoever waits. Target and tag instead of a callback: arming a timer allocates one small object and no closure. */
export interface TimerTarget {
  onTimer(tag: number): void;
}

/** A timer that is armed (or was). Opaque outside the clock. */
export interface Timer {
  readonly due: number;
}

export interface Clock {
  /** ms since the epoch; grows, also when the host's wall clock is set back. */
  now(): number;
  /** Calls `target.onTimer(tag)` once, not before `delayMs` has passed; late by up to the clock's grain. */
  arm(target: TimerTarget, tag: number, delayMs: number): Timer;
  /** Safe when it has fired, or was disarmed before. */
  disarm(timer: Timer): void;
}
