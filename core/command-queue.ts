// Commands on their way to one device: a command is more than a delivery, since the device answers it in its own words
// and has only so long to do so. What an answer looks like is the adapter's; here is what all of them need: one
// outstanding command per lane (a kind of answer), sent again on schedule, given up, expired, in a bounded queue.
//
//   QUEUED ──lane is free──▶ SENT ──device has it──▶ ACKNOWLEDGED ──its answer──▶ DONE
//      │                      ├──answered, or nothing to wait for──────────────────▲
//      │                      └──refused, or sent as often as the schedule says──▶ FAILED   (and from ACKNOWLEDGED)
//      └──────────── life time over, from each of the three ────────────────────▶ EXPIRED

import type { Clock, Timer, TimerTarget } from "./clock.ts";

export const CommandState = Object.freeze({
  Queued: 1,
  Sent: 2,
  /** The device has it, and a result is still to come. It is not sent again. */
  Acknowledged: 3,
  Done: 4,
  Failed: 5,
  Expired: 6,
} as const);
export type CommandState = (typeof CommandState)[keyof typeof CommandState];

/** Stable lower-case names of the states, indexed by the state (0 is unused). */
export const commandStateNames: readonly string[] = Object.freeze([
  "none",
  "queued",
  "sent",
  "acknowledged",
  "done",
  "failed",
  "expired",
]);

/** What ends a command. */
export const CommandEnd = Object.freeze({
  /** Nothing comes back: it is done when it is written. */
  Written: 1,
  /** The device says that it has it. */
  Acknowledgement: 2,
  /** An answer of its own kind; an acknowledgement may come before it. */
  Answer: 3,
} as const);
export type CommandEnd = (typeof CommandEnd)[keyof typeof CommandEnd];

/** Cause of a failure that the queue itself finds: sent as often as the schedule says, and no answer. */
export const UNANSWERED = "unanswered";

/** One command in a queue, as its adapter sees it. */
export interface Command<Content> {
  /** The adapter's own. */
  readonly content: Content;
  /** Commands of the same lane are sent one after the other; those that end when written need none. */
  readonly lane: number;
  readonly end: CommandEnd;
  /** ms since the epoch. */
  readonly expiresAt: number;
  readonly state: CommandState;
  /** How often it was sent. */
  readonly attempts: number;
}

/** Whoever has the device. Must not throw; may call the queue from within. */
export interface CommandSender<Content> {
  /** Writes it, for the `command.attempts`-th time. May call `fail` for what cannot be written. */
  send(command: Command<Content>): void;
  /** It has come to another state. `cause` is a code that says why it failed, and "" otherwise. */
  onState(command: Command<Content>, cause: string): void;
}

export interface CommandQueueOptions {
  /** Commands in the queue, sent ones included. */
  readonly commandsMax: number;
  /** How long an answer is waited for after each sending, ms: as many sendings as there are entries, at least one. */
  readonly answerWaitsMs: readonly number[];
}

class Entry<Content> implements Command<Content> {
  readonly content: Content;
  readonly lane: number;
  readonly end: CommandEnd;
  readonly expiresAt: number;
  state: CommandState;
  attempts: number;
  /** When it is late, ms since the epoch; Infinity when it is not to be sent (again). */
  lateAt: number;
  constructor(content: Content, lane: number, end: CommandEnd, expiresAt: number) {
    this.content = content;
    this.lane = lane;
    this.end = end;
    this.expiresAt = expiresAt;
    this.state = CommandState.Queued;
    this.attempts = 0;
    this.lateAt = Infinity;
  }

  get due(): number {
    return Math.min(this.lateAt, this.expiresAt);
  }
}

export class CommandQueue<Content> implements TimerTarget {
  readonly #clock: Clock;
  readonly #sender: CommandSender<Content>;
  readonly #commandsMax: number;
  readonly #answerWaitsMs: readonly number[];
  #waiting: Entry<Content>[];
  /** Sent or acknowledged; at most one of a lane. */
  #outstanding: Entry<Content>[];
  #timer: Timer | null;
  #timerDue: number;
  #isPumping: boolean;

  constructor(clock: Clock, sender: CommandSender<Content>, options: CommandQueueOptions) {
    if (options.answerWaitsMs.length === 0) throw new RangeError("a command is sent at least once");
    this.#clock = clock;
    this.#sender = sender;
    this.#commandsMax = options.commandsMax;
    this.#answerWaitsMs = options.answerWaitsMs;
    this.#waiting = [];
    this.#outstanding = [];
    this.#timer = null;
    this.#timerDue = Infinity;
    this.#isPumping = false;
  }

  get size(): number {
    return this.#waiting.length + this.#outstanding.length;
  }

  get isFull(): boolean {
    return this.size >= this.#commandsMax;
  }

  /** Sent or acknowledged commands, oldest first: those that an answer can be for. */
  get outstanding(): readonly Command<Content>[] {
    return this.#outstanding;
  }

  /**
   * Takes a command, and sends it when its lane is free. False: the queue is full, and nothing was taken or told.
   * @param expiresAt ms since the epoch, finite; a command whose time is over expires without being sent
   */
  offer(content: Content, lane: number, end: CommandEnd, expiresAt: number): boolean {
    if (!Number.isFinite(expiresAt)) throw new RangeError("a command has a life time");
    if (this.isFull) return false;
    const command = new Entry(content, lane, end, expiresAt);
    this.#waiting.push(command);
    this.#sender.onState(command, "");
    this.#pump();
    return true;
  }

  /** The device has it: the end of it, or its answer is still to come. Does nothing when it is not outstanding. */
  acknowledge(command: Command<Content>): void {
    const found = this.#outstanding.find((one) => one === command);
    if (found?.state !== CommandState.Sent) return;
    if (found.end !== CommandEnd.Answer) {
      this.#finish(found, CommandState.Done, "");
      return;
    }
    found.state = CommandState.Acknowledged;
    found.lateAt = Infinity;
    this.#sender.onState(found, "");
    this.#arm();
  }

  /** Its answer has come. Does nothing when it has ended already. */
  finish(command: Command<Content>): void {
    this.#end(command, CommandState.Done, "");
  }

  /** The device refused it, or it cannot be sent. Does nothing when it has ended already. */
  fail(command: Command<Content>, cause: string): void {
    this.#end(command, CommandState.Failed, cause);
  }

  /** The device is gone: forgets all commands and gives them back, those that were sent first, without telling the sender. */
  clear(): readonly Command<Content>[] {
    const all = [...this.#outstanding, ...this.#waiting];
    this.#waiting = [];
    this.#outstanding = [];
    this.#arm();
    return all;
  }

  onTimer(): void {
    this.#timer = null;
    this.#timerDue = Infinity;
    const now = this.#clock.now();
    for (const command of [...this.#outstanding, ...this.#waiting]) {
      if (command.due > now) continue;
      if (command.expiresAt <= now) this.#finish(command, CommandState.Expired, "");
      else if (command.attempts >= this.#answerWaitsMs.length) this.#finish(command, CommandState.Failed, UNANSWERED);
      // Whoever was told of an earlier one may have ended this one.
      else if (this.#outstanding.includes(command)) this.#send(command);
    }
    this.#pump();
  }

  #end(command: Command<Content>, state: CommandState, cause: string): void {
    const found = this.#outstanding.find((one) => one === command) ?? this.#waiting.find((one) => one === command);
    if (found !== undefined) this.#finish(found, state, cause);
  }

  /** What it was and where it stood is settled before anybody is told, who may call back. */
  #finish(command: Entry<Content>, state: CommandState, cause: string): void {
    if (!remove(this.#outstanding, command) && !remove(this.#waiting, command)) return;
    command.state = state;
    command.lateAt = Infinity;
    this.#sender.onState(command, cause);
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let at = 0; at < this.#waiting.length;) {
      const command = this.#waiting[at]!;
      if (this.#isBusy(command)) {
        at++;
        continue;
      }
      if (command.expiresAt <= this.#clock.now()) {
        this.#finish(command, CommandState.Expired, "");
      } else {
        this.#waiting.splice(at, 1);
        this.#outstanding.push(command);
        this.#send(command);
      }
      // Whoever was called may have ended commands, or brought new ones.
      at = 0;
    }
    this.#isPumping = false;
    this.#arm();
  }

  #isBusy(command: Entry<Content>): boolean {
    return command.end !== CommandEnd.Written && this.#outstanding.some((one) => one.lane === command.lane);
  }

  #send(command: Entry<Content>): void {
    const isFirst = command.attempts === 0;
    command.lateAt = this.#clock.now() + this.#answerWaitsMs[command.attempts++]!;
    command.state = CommandState.Sent;
    this.#sender.send(command);
    if (!isFirst || command.state !== CommandState.Sent || !this.#outstanding.includes(command)) return;
    this.#sender.onState(command, "");
    if (command.end === CommandEnd.Written) this.#finish(command, CommandState.Done, "");
  }

  /** One timer for all: for the one that is due next. */
  #arm(): void {
    let due = Infinity;
    for (const command of this.#outstanding) due = Math.min(due, command.due);
    for (const command of this.#waiting) due = Math.min(due, command.due);
    if (due === this.#timerDue) return;
    if (this.#timer !== null) this.#clock.disarm(this.#timer);
    this.#timer = due === Infinity ? null : this.#clock.arm(this, 0, Math.max(0, due - this.#clock.now()));
    this.#timerDue = due;
  }
}
Object.freeze(CommandQueue.prototype);
Object.freeze(CommandQueue);

function remove<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
