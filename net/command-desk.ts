// Commands on their way to one device, as an adapter has them: published somewhere, delivered here, put in a queue (one
// outstanding of each kind of answer, sent again, given up, expired), acknowledged to the core by what became of them, and
// reported state by state where the application listens. What a command is and how it is written is the owner's.

import { CommandQueue, CommandState, Outcome } from "../core/index.ts";
import type { Clock, Command, CommandEnd, CommandSender, Message, QoS, Session } from "../core/index.ts";
import type { Flushable, Turn } from "./turn.ts";

/** Reports that wait for the end of the turn; then no further command is taken. */
const REPORTS_MAX = 256;

/** A command that somebody gave, understood. */
export interface Order<Content> {
  readonly content: Content;
  readonly lane: number;
  readonly end: CommandEnd;
  /** How long it lives from its publication on; null: as configured. */
  readonly ttlMs: number | null;
}

/** An order in the queue. */
export class Ordered<Content> {
  readonly content: Content;
  /** What the core waits for; 0: nothing, or it knows already. */
  deliveryId: number;
  constructor(content: Content, deliveryId: number) {
    this.content = content;
    this.deliveryId = deliveryId;
  }
}

/** Causes of failure that the desk finds; the queue's own is UNANSWERED. */
export const DeskCause = Object.freeze({
  QueueFull: "queue_full",
  ConnectionLost: "connection_lost",
} as const);

/** Whoever has the device. Must not throw. */
export interface CommandDeskOwner<Content> {
  readonly session: Session | null;
  /** Text: why it is no command, as the report that the application gets. */
  toOrder(payload: Uint8Array): Order<Content> | string;
  /** False: the output is full; it has taken the bytes all the same. */
  write(content: Content, attempt: number): boolean;
  /** JSON. `cause` is a code that says why it failed, and "" otherwise. */
  reportOf(content: Content, state: CommandState, attempts: number, cause: string): string;
  publishReport(json: string): void;
}

export interface CommandDeskOptions {
  readonly queueMax: number;
  /** After each sending, ms. */
  readonly answerWaitsMs: readonly number[];
  readonly ttlMs: number;
  readonly reports: boolean;
}

export class CommandDesk<Content> implements CommandSender<Ordered<Content>>, Flushable {
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #owner: CommandDeskOwner<Content>;
  readonly #options: CommandDeskOptions;
  readonly #queue: CommandQueue<Ordered<Content>>;
  #reports: string[];
  /** The core waits to hear that there is room. */
  #isAwaited: boolean;
  #isOutputFree: boolean;

  constructor(clock: Clock, turn: Turn, owner: CommandDeskOwner<Content>, options: CommandDeskOptions) {
    this.#clock = clock;
    this.#turn = turn;
    this.#owner = owner;
    this.#options = options;
    this.#queue = new CommandQueue(clock, this, {
      commandsMax: options.queueMax,
      answerWaitsMs: options.answerWaitsMs,
    });
    this.#reports = [];
    this.#isAwaited = false;
    this.#isOutputFree = true;
  }

  /** True: the core is told when it may send more. */
  get isFull(): boolean {
    return this.#queue.isFull || this.#reports.length >= REPORTS_MAX;
  }

  /** Commands that an answer can be for, oldest first. */
  get outstanding(): readonly Command<Ordered<Content>>[] {
    return this.#queue.outstanding;
  }

  /** False: full now; `session.onWritable` follows. */
  deliver(id: number, message: Message, qos: QoS): boolean {
    const deliveryId = qos > 0 ? id : 0;
    const order = this.#owner.toOrder(message.payload);
    this.#isOutputFree = true;
    if (typeof order === "string") {
      this.#reject(order, deliveryId);
    } else {
      const ordered = new Ordered(order.content, deliveryId);
      if (!this.#queue.offer(ordered, order.lane, order.end, this.#endOf(message, order.ttlMs))) {
        this.#reject(this.#owner.reportOf(order.content, CommandState.Failed, 0, DeskCause.QueueFull), deliveryId);
      }
    }
    this.#isAwaited = this.isFull;
    return this.#isOutputFree && !this.#isAwaited;
  }

  /** The device has it, and its answer is still to come. */
  acknowledge(command: Command<Ordered<Content>>): void {
    this.#queue.acknowledge(command);
  }

  finish(command: Command<Ordered<Content>>): void {
    this.#queue.finish(command);
  }

  fail(command: Command<Ordered<Content>>, cause: string): void {
    this.#queue.fail(command, cause);
  }

  /**
   * The session ends, and with it the waiting. What is the core's still (`isKept`: the session goes on without a link)
   * comes again; of the rest the application hears that it is lost, where it can be told.
   */
  end(isKept: boolean): void {
    for (const { content: ordered, attempts } of this.#queue.clear()) {
      if (isKept && ordered.deliveryId !== 0) continue;
      this.#report(this.#owner.reportOf(ordered.content, CommandState.Failed, attempts, DeskCause.ConnectionLost));
    }
    this.flush();
    this.#isAwaited = false;
  }

  send(command: Command<Ordered<Content>>): void {
    if (!this.#owner.write(command.content.content, command.attempts)) this.#isOutputFree = false;
  }

  onState(command: Command<Ordered<Content>>, cause: string): void {
    const { content: ordered, state, attempts } = command;
    this.#report(this.#owner.reportOf(ordered.content, state, attempts, cause));
    if (state < CommandState.Acknowledged) return;
    const { deliveryId } = ordered;
    ordered.deliveryId = 0;
    const isTaken = state === CommandState.Acknowledged || state === CommandState.Done;
    if (deliveryId !== 0)
      this.#owner.session?.onAcknowledged(deliveryId, isTaken ? Outcome.Completed : Outcome.Rejected);
    this.#resume();
  }

  /** The end of a turn in which something was to be told. Not before: the core may be in the middle of a delivery to us. */
  flush(): void {
    const reports = this.#reports;
    this.#reports = [];
    for (const json of reports) this.#owner.publishReport(json);
    this.#resume();
  }

  #endOf(message: Message, ttlMs: number | null): number {
    const start = message.receivedAt > 0 ? message.receivedAt : this.#clock.now();
    const end = start + (ttlMs ?? this.#options.ttlMs);
    return message.expiresAt > 0 ? Math.min(end, message.expiresAt) : end;
  }

  #reject(report: string, deliveryId: number): void {
    this.#report(report);
    if (deliveryId !== 0) this.#owner.session?.onAcknowledged(deliveryId, Outcome.Rejected);
  }

  #resume(): void {
    if (!this.#isAwaited || this.isFull) return;
    this.#isAwaited = false;
    this.#owner.session?.onWritable();
  }

  #report(json: string): void {
    if (!this.#options.reports) return;
    if (this.#reports.push(json) === 1) this.#turn.add(this);
  }
}
