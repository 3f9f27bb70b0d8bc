// hot path
// The clock of a running gateway: one native timer for any number of ours. Timers hang in the slots of a hierarchical
// wheel (4 levels of 256 slots), so that arming and disarming are a few assignments, whatever is armed; a timer whose
// time is far off moves down a level a few times before it fires. Ticks are counted on the monotonic clock.

import type { Clock, Timer, TimerTarget } from "../core/index.ts";
import type { Turn } from "./turn.ts";

export interface WheelClockOptions {
  /** How late a timer may be, ms; also how often the process wakes up when many are armed. */
  readonly grainMs?: number;
  /** Lets `now()` read the host's clock once in a busy turn instead of once a message. */
  readonly turn?: Turn | null;
  /** A target threw: our bug. The other timers go on. */
  onBroken?(error: unknown): void;
  /** Monotonic, ms, from any origin. */
  monotonic?(): number;
  /** ms since the epoch, as the host has it; may be set back and forth. */
  wall?(): number;
}

const GRAIN_MS = 10;
const LEVELS = 4;
const SLOT_BITS = 8;
const SLOTS = 1 << SLOT_BITS;
const SLOT_MASK = SLOTS - 1;
/** When the host's clock is ahead of ours by more than this (set forward, or the host slept), we follow it. */
const WALL_STEP_MS = 1_000;
const WALL_CHECK_MS = 1_000;
/** Native timers take no more than 2^31 - 1 ms. */
const NATIVE_MAX_MS = 2_000_000_000;

/**
 * In the list of a slot, or (both links null) in none. A slot's head is one, too, so that no link of an armed timer is
 * null. Whoever holds a timer holds nothing else: neither its links nor the class that follows them can be reached from it.
 */
class WheelTimer implements Timer {
  /** In ticks of its clock. */
  readonly #due: number;
  readonly #tag: number;
  #target: TimerTarget | null;
  #next: WheelTimer | null;
  #previous: WheelTimer | null;

  constructor(due: number, target: TimerTarget | null, tag: number) {
    this.#due = due;
    this.#tag = tag;
    this.#target = target;
    this.#next = null;
    this.#previous = null;
  }

  get due(): number {
    return this.#due;
  }

  static {
    Reflect.deleteProperty(WheelTimer.prototype, "constructor");
    Object.freeze(WheelTimer.prototype);
  }

  static emptyList(): WheelTimer {
    const head = new WheelTimer(0, null, 0);
    head.#next = head;
    head.#previous = head;
    return head;
  }

  static isArmed(timer: Timer): timer is WheelTimer {
    return #next in timer && timer.#next !== null;
  }

  static isEmpty(head: WheelTimer): boolean {
    return head.#next === head;
  }

  static append(head: WheelTimer, timer: WheelTimer): void {
    const last = head.#previous!;
    timer.#next = head;
    timer.#previous = last;
    last.#next = timer;
    head.#previous = timer;
  }

  static take(timer: WheelTimer): void {
    timer.#previous!.#next = timer.#next;
    timer.#next!.#previous = timer.#previous;
    timer.#next = null;
    timer.#previous = null;
    timer.#target = null;
  }

  /** The list moves out first: what is still too far off may come back to this very slot. */
  static spread(head: WheelTimer, place: (timer: WheelTimer) => void): void {
    if (WheelTimer.isEmpty(head)) return;
    let timer = head.#next!;
    head.#previous!.#next = null;
    head.#next = head;
    head.#previous = head;
    for (;;) {
      const next = timer.#next;
      place(timer);
      if (next === null) return;
      timer = next;
    }
  }

  /** Takes the list's first timer out and calls its target. */
  static fireFirst(head: WheelTimer): void {
    const timer = head.#next!;
    const target = timer.#target!;
    WheelTimer.take(timer);
    target.onTimer(timer.#tag);
  }
}

export class WheelClock implements Clock {
  readonly #grainMs: number;
  readonly #turn: Turn | null;
  readonly #onBroken: (error: unknown) => void;
  readonly #monotonic: () => number;
  readonly #wall: () => number;
  /** Monotonic time of tick 0. */
  readonly #startedAt: number;
  /** What monotonic time lacks to the epoch. Only grows, so that `now` grows by no less than time passes. */
  #epoch: number;
  #wallCheckedAt: number;
  /** All slots of all levels; `#heads[level * SLOTS + slot]`. */
  readonly #heads: readonly WheelTimer[];
  /** The last tick whose slot was emptied. */
  #tick = 0;
  #armed = 0;
  #native: NodeJS.Timeout | null = null;
  /** The tick that the native timer waits for. */
  #wakeTick = 0;
  #known = 0;
  #knownTurn = -1;
  readonly #onNative = (): void => this.#wake();
  readonly #move = (timer: WheelTimer): void => void this.#place(timer);

  constructor(options: WheelClockOptions = {}) {
    this.#grainMs = options.grainMs ?? GRAIN_MS;
    this.#turn = options.turn ?? null;
    this.#onBroken = options.onBroken?.bind(options) ?? rethrowLater;
    this.#monotonic = options.monotonic?.bind(options) ?? (() => performance.now());
    this.#wall = options.wall?.bind(options) ?? (() => Date.now());
    this.#startedAt = this.#monotonic();
    this.#epoch = this.#wall() - this.#startedAt;
    this.#wallCheckedAt = this.#startedAt;
    this.#heads = Array.from({ length: LEVELS * SLOTS }, () => WheelTimer.emptyList());
    // Adapters hold it: nobody moves the time of the others.
    Object.freeze(this);
  }

  /** How many timers wait. */
  get armed(): number {
    return this.#armed;
  }

  now(): number {
    const turn = this.#turn;
    if (turn === null || !turn.isPending) return Math.floor(this.#epoch + this.#monotonic());
    if (turn.count !== this.#knownTurn) {
      this.#knownTurn = turn.count;
      this.#known = Math.floor(this.#epoch + this.#monotonic());
    }
    return this.#known;
  }

  arm(target: TimerTarget, tag: number, delayMs: number): Timer {
    if (!(delayMs >= 0 && delayMs < Infinity)) throw new RangeError(`a timer needs a finite delay, not ${delayMs}`);
    const elapsed = this.#monotonic() - this.#startedAt;
    this.#advanceIdle(Math.floor(elapsed / this.#grainMs));
    const due = Math.max(Math.ceil((elapsed + delayMs) / this.#grainMs), this.#tick + 1);
    const timer = new WheelTimer(due, target, tag);
    this.#armed++;
    const attention = this.#place(timer);
    if (this.#native === null || attention < this.#wakeTick) this.#sleep(elapsed);
    return timer;
  }

  disarm(timer: Timer): void {
    if (!WheelTimer.isArmed(timer)) return;
    WheelTimer.take(timer);
    this.#armed--;
    if (this.#armed === 0) this.#clearNative();
  }

  #wake(): void {
    this.#native = null;
    const monotonic = this.#monotonic();
    this.#followWall(monotonic);
    const reached = Math.floor((monotonic - this.#startedAt) / this.#grainMs);
    while (this.#armed > 0 && this.#tick < reached) {
      const next = this.#nextTick();
      if (next > reached) {
        // Nothing is to be done on the way there.
        this.#tick = reached;
        break;
      }
      this.#tick = next;
      if ((next & SLOT_MASK) === 0) this.#descend(next);
      this.#fire(this.#heads[next & SLOT_MASK]!);
    }
    if (this.#armed > 0 && this.#native === null) this.#sleep(this.#monotonic() - this.#startedAt);
  }

  /** Moves on over ticks at which nothing is to be done, so that what is armed now hangs as low as it can. */
  #advanceIdle(reached: number): void {
    if (this.#armed === 0) this.#tick = Math.max(this.#tick, reached);
    else if (this.#native !== null) this.#tick = Math.max(this.#tick, Math.min(reached, this.#wakeTick - 1));
  }

  /** The next tick at which a timer is due, or a slot of a higher level is to be spread. */
  #nextTick(): number {
    let tick = this.#tick + 1;
    for (let level = 0, step = 1; level < LEVELS; level++, step *= SLOTS) {
      tick = Math.ceil(tick / step) * step;
      for (let slot = 0; slot < SLOTS; slot++, tick += step) if (this.#hasWork(level, tick)) return tick;
    }
    return tick;
  }

  #hasWork(level: number, tick: number): boolean {
    const slot = Math.floor(tick / SLOTS ** level) % SLOTS;
    if (!WheelTimer.isEmpty(this.#heads[level * SLOTS + slot]!)) return true;
    return slot === 0 && level + 1 < LEVELS && this.#hasWork(level + 1, tick);
  }

  /** A level has come full circle: the slot above it that begins now is spread over it. */
  #descend(tick: number): void {
    let unit = tick;
    for (let level = 1; level < LEVELS; level++) {
      unit = Math.floor(unit / SLOTS);
      const slot = unit % SLOTS;
      WheelTimer.spread(this.#heads[level * SLOTS + slot]!, this.#move);
      if (slot !== 0) return;
    }
  }

  #fire(head: WheelTimer): void {
    while (!WheelTimer.isEmpty(head)) {
      this.#armed--;
      try {
        WheelTimer.fireFirst(head);
      } catch (error) {
        this.#onBroken(error);
      }
    }
  }

  /** Returns the tick at which its slot is looked at: when it is due, or has to move down. */
  #place(timer: WheelTimer): number {
    const ahead = timer.due - this.#tick;
    let level = 0;
    let step = 1;
    while (level < LEVELS - 1 && ahead >= step * SLOTS) {
      level++;
      step *= SLOTS;
    }
    // Beyond the wheel's span (497 days) this is a slot that comes by before: the timer hangs itself up again then.
    const unit = Math.floor(timer.due / step);
    const head = this.#heads[level * SLOTS + (unit % SLOTS)]!;
    WheelTimer.append(head, timer);
    return unit * step;
  }

  #sleep(elapsed: number): void {
    const tick = this.#nextTick();
    this.#clearNative();
    this.#wakeTick = tick;
    const delayMs = Math.ceil(tick * this.#grainMs - elapsed);
    this.#native = setTimeout(this.#onNative, Math.min(Math.max(delayMs, 1), NATIVE_MAX_MS));
    this.#native.unref();
  }

  #clearNative(): void {
    if (this.#native === null) return;
    clearTimeout(this.#native);
    this.#native = null;
  }

  #followWall(monotonic: number): void {
    if (monotonic - this.#wallCheckedAt < WALL_CHECK_MS) return;
    this.#wallCheckedAt = monotonic;
    const lack = this.#wall() - monotonic - this.#epoch;
    if (lack > WALL_STEP_MS) this.#epoch += lack;
  }
}

Object.freeze(WheelClock.prototype);

function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
