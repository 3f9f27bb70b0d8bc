// Commands on their way to one terminal: from JSON to frames, through the queue (one outstanding of each kind of answer,
// sent again, given up, expired), matched with what the terminal answers. Every state of every command is reported where
// the application listens.

import { BODY_MAX_BYTES } from "jt808-parser";
import type { BodyVersion, Jt808Body, Jt808Frame } from "jt808-parser";
import { CommandQueue, CommandState, Outcome, UNANSWERED } from "../../core/index.ts";
import type { Command, CommandSender, Message, QoS, Session } from "../../core/index.ts";
import type { Flushable } from "../../net/turn.ts";
import { endOf, laneOf, ownAnswerOf, replyIn, resendRequestIn } from "./answer-kinds.ts";
import type { Reply } from "./answer-kinds.ts";
import type { AnswerWriter } from "./answers.ts";
import { REPORT_MESSAGE, problemJson, stateJson } from "./command-report.ts";
import { DownMessage } from "./down-message.ts";
import { CommandFault } from "./faults.ts";
import type { Link } from "./link.ts";
import { MessageId, Result } from "./mapping.ts";
import { CommandProblem } from "./profile.ts";

/** Reports that wait for the end of the turn; then no further command is taken. */
const REPORTS_MAX = 256;
/** Longest set of fragments, in bytes, that is kept after its command has ended: the terminal may still miss some. */
const KEPT_SET_MAX_BYTES = 65_536;

/** The terminal that the commands are for. */
export interface Receiver {
  readonly phone: string;
  readonly session: Session | null;
  readonly version: BodyVersion;
  /** For what nobody waits for. */
  publish(message: string, json: string): void;
}

export class Downlink implements CommandSender<DownMessage>, Flushable {
  readonly #receiver: Receiver;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #queue: CommandQueue<DownMessage>;
  #reports: string[];
  /** The last long command that has ended. */
  #lastSet: DownMessage | null;
  /** The core waits to hear that there is room. */
  #isAwaited: boolean;
  #isOutputFree: boolean;

  constructor(receiver: Receiver, link: Link, answers: AnswerWriter) {
    const { gateway, options } = link.context;
    this.#receiver = receiver;
    this.#link = link;
    this.#answers = answers;
    this.#queue = new CommandQueue(gateway.clock, this, {
      commandsMax: options.commands.queueMax,
      answerWaitsMs: options.commands.answerWaitsMs,
    });
    this.#reports = [];
    this.#lastSet = null;
    this.#isAwaited = false;
    this.#isOutputFree = true;
  }

  /** True: the core is told when it may send more. */
  get isFull(): boolean {
    return this.#queue.isFull || this.#reports.length >= REPORTS_MAX;
  }

  /** False: full now; `session.onWritable` follows. */
  deliver(id: number, message: Message, qos: QoS): boolean {
    const { gateway, options, profile, bodies } = this.#link.context;
    const deliveryId = qos > 0 ? id : 0;
    const command = profile.fromJson(message.payload, bodies, this.#receiver.version);
    this.#isOutputFree = true;
    if (command instanceof CommandProblem) {
      this.#reject(command, deliveryId);
    } else {
      const content = new DownMessage(command, deliveryId);
      const start = message.receivedAt > 0 ? message.receivedAt : gateway.clock.now();
      const end = start + (command.ttlMs ?? options.commands.ttlMs);
      const expiresAt = message.expiresAt > 0 ? Math.min(end, message.expiresAt) : end;
      if (!this.#queue.offer(content, laneOf(command.id), endOf(command.id), expiresAt))
        this.#reject(new CommandProblem(CommandFault.QueueFull, "", command.id, command.reference), deliveryId);
    }
    this.#isAwaited = this.isFull;
    return this.#isOutputFree && !this.#isAwaited;
  }

  /** Moves on the command that this frame answers, if there is one; gives its mark. */
  onAnswer(frame: Jt808Frame, body: Jt808Body | null): string | null {
    // A part of an answer says nothing yet.
    const reply = frame.isFragment || this.#queue.size === 0 ? null : replyIn(frame, body);
    if (reply === null) return null;
    const isGeneral = frame.id === MessageId.Ack;
    const command = this.#queue.outstanding.find(({ content }) => isReplyTo(content, frame.id, reply));
    if (command === undefined) return null;
    if (isGeneral || reply.result !== Result.Ok) command.content.result = reply.result;
    if (reply.result !== Result.Ok) this.#queue.fail(command, CommandFault.Refused);
    else if (isGeneral) this.#queue.acknowledge(command);
    else this.#queue.finish(command);
    return command.content.reference;
  }

  /** Sends again the fragments that the terminal misses. False: of no set that is still known. */
  onResendRequest(body: Uint8Array): boolean {
    const request = resendRequestIn(body);
    if (request === null) return false;
    const sets = this.#queue.outstanding.map(({ content }) => content);
    if (this.#lastSet !== null) sets.push(this.#lastSet);
    for (const set of sets) {
      const missing = set.missing(request);
      for (const frame of missing) this.#link.send(frame);
      if (missing.length > 0) return true;
    }
    return false;
  }

  /**
   * The session ends, and with it the waiting. What is the core's still (`isKept`: the session goes on without a link)
   * comes again; of the rest the application hears that it is lost, where it can be told.
   */
  end(isKept: boolean): void {
    for (const command of this.#queue.clear()) {
      if (!isKept || command.content.deliveryId === 0)
        this.#report(this.#stateJson(command, CommandState.Failed, CommandFault.ConnectionLost));
    }
    this.flush();
    this.#lastSet = null;
    this.#isAwaited = false;
  }

  send(command: Command<DownMessage>): void {
    const { content } = command;
    if (content.frames.length === 0) content.frames = this.#framesOf(content);
    for (const frame of content.frames) if (!this.#link.send(frame)) this.#isOutputFree = false;
  }

  onState(command: Command<DownMessage>, cause: string): void {
    const { content, state } = command;
    const code = cause === UNANSWERED ? CommandFault.Unanswered : cause;
    this.#report(this.#stateJson(command, state, code));
    if (state < CommandState.Acknowledged) return;
    if (state > CommandState.Acknowledged) this.#keep(content);
    const { deliveryId } = content;
    content.deliveryId = 0;
    const isTaken = state === CommandState.Acknowledged || state === CommandState.Done;
    if (deliveryId !== 0)
      this.#receiver.session?.onAcknowledged(deliveryId, isTaken ? Outcome.Completed : Outcome.Rejected);
    this.#resume();
  }

  /** The end of a turn in which something was to be told. Not before: the core may be in the middle of a delivery to us. */
  flush(): void {
    const reports = this.#reports;
    this.#reports = [];
    for (const json of reports) this.#receiver.publish(REPORT_MESSAGE, json);
    this.#resume();
  }

  #framesOf(content: DownMessage): readonly Jt808Frame[] {
    const body = content.takeBody();
    const answers = this.#answers;
    if (content.serial !== null) return answers.frames(content.id, body, content.serial);
    const count = Math.max(1, Math.ceil(body.length / BODY_MAX_BYTES));
    // Serials that still stand for something else are passed over; each outstanding command is in the way at most once.
    const others = this.#queue.outstanding.map((one) => one.content);
    for (let tries = 0; tries < others.length; tries++) {
      const inTheWay = others.find((other) => other.overlaps(answers.nextSerial, count));
      if (inTheWay === undefined) break;
      answers.skipTo(inTheWay.serialAfter);
    }
    return answers.frames(content.id, body, null);
  }

  #reject(problem: CommandProblem, deliveryId: number): void {
    this.#report(problemJson(problem, this.#receiver.phone, this.#now));
    if (deliveryId !== 0) this.#receiver.session?.onAcknowledged(deliveryId, Outcome.Rejected);
  }

  #keep(content: DownMessage): void {
    if (content.frames.length > 1 && content.bytes <= KEPT_SET_MAX_BYTES) this.#lastSet = content;
  }

  #resume(): void {
    if (!this.#isAwaited || this.isFull) return;
    this.#isAwaited = false;
    this.#receiver.session?.onWritable();
  }

  #report(json: string): void {
    if (!this.#link.context.options.commands.reports) return;
    if (this.#reports.push(json) === 1) this.#link.context.turn.add(this);
  }

  #stateJson(command: Command<DownMessage>, state: CommandState, code: string): string {
    return stateJson(command, state, code, this.#receiver.phone, this.#now);
  }

  get #now(): number {
    return this.#link.context.gateway.clock.now();
  }
}

function isReplyTo(content: DownMessage, id: number, reply: Reply): boolean {
  const isOfKind = id === MessageId.Ack ? content.id === reply.id : ownAnswerOf(content.id) === id;
  return isOfKind && (reply.serial === null || content.has(reply.serial));
}
