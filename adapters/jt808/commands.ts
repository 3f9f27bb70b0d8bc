// Commands of one terminal that wait for its answer: matched by serial and id, sent again as the standard says
// (T(n+1) = T(n) × (n+1)), given up after the last time.

import type { Jt808Frame } from "jt808-parser";
import type { Clock, Timer, TimerTarget } from "../../core/index.ts";
import { ownAnswerOf } from "./mapping.ts";

export class Waiting {
  readonly deliveryId: number;
  readonly frame: Jt808Frame;
  readonly reference: string | null;
  /** How often it was sent. */
  sent: number;
  delayMs: number;
  timer: Timer;
  constructor(deliveryId: number, frame: Jt808Frame, reference: string | null, delayMs: number, timer: Timer) {
    this.deliveryId = deliveryId;
    this.frame = frame;
    this.reference = reference;
    this.sent = 1;
    this.delayMs = delayMs;
    this.timer = timer;
  }
}

/** At most as many as the session's window lets through. */
export class CommandWindow {
  readonly #clock: Clock;
  readonly #target: TimerTarget;
  readonly #retransmissionsMax: number;
  readonly #firstDelayMs: number;
  /** By serial. */
  readonly #waiting = new Map<number, Waiting>();

  /** `target.onTimer(serial)` is called when an answer is late. */
  constructor(clock: Clock, target: TimerTarget, firstDelayMs: number, retransmissionsMax: number) {
    this.#clock = clock;
    this.#target = target;
    this.#firstDelayMs = firstDelayMs;
    this.#retransmissionsMax = retransmissionsMax;
  }

  has(serial: number): boolean {
    return this.#waiting.has(serial);
  }

  add(deliveryId: number, frame: Jt808Frame, reference: string | null): void {
    const timer = this.#clock.arm(this.#target, frame.serial, this.#firstDelayMs);
    this.#waiting.set(frame.serial, new Waiting(deliveryId, frame, reference, this.#firstDelayMs, timer));
  }

  /** The terminal's general answer: the command that it answers, waiting no more; or null. */
  takeAnswered(serial: number, id: number): Waiting | null {
    const found = this.#waiting.get(serial);
    return found?.frame.id === id ? this.#take(serial, found) : null;
  }

  /** A message that answers a command by its own kind: the oldest command that it can answer; or null. */
  takeByOwnAnswer(id: number): Waiting | null {
    for (const [serial, found] of this.#waiting)
      if (ownAnswerOf(found.frame.id) === id) return this.#take(serial, found);
    return null;
  }

  /**
   * An answer is late. Not null: send it again, and the clock runs on; or `isGivenUp`: that was the last time, and it
   * waits no more. null: it was answered meanwhile.
   */
  late(serial: number): { readonly command: Waiting; readonly isGivenUp: boolean } | null {
    const command = this.#waiting.get(serial);
    if (command === undefined) return null;
    if (command.sent > this.#retransmissionsMax) {
      this.#waiting.delete(serial);
      return { command, isGivenUp: true };
    }
    command.sent++;
    command.delayMs *= command.sent;
    command.timer = this.#clock.arm(this.#target, serial, command.delayMs);
    return { command, isGivenUp: false };
  }

  clear(): void {
    for (const command of this.#waiting.values()) this.#clock.disarm(command.timer);
    this.#waiting.clear();
  }

  #take(serial: number, found: Waiting): Waiting {
    this.#waiting.delete(serial);
    this.#clock.disarm(found.timer);
    return found;
  }
}
