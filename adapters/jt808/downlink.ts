// Commands on their way to one terminal: what is JT/T 808 about them. They become frames with serials of their own, and
// fragments where they are long; what the terminal answers is matched with them by serial and id. Waiting, sending again,
// giving up and telling is the desk's.

import { BODY_MAX_BYTES } from "jt808-parser";
import type { BodyVersion, Jt808Body, Jt808Frame } from "jt808-parser";
import { UNANSWERED } from "../../core/index.ts";
import type { CommandState, Message, QoS, Session } from "../../core/index.ts";
import { CommandDesk, DeskCause } from "../../net/command-desk.ts";
import type { CommandDeskOwner, Order } from "../../net/command-desk.ts";
import { endOf, laneOf, ownAnswerOf, replyIn, resendRequestIn } from "./answer-kinds.ts";
import type { Reply } from "./answer-kinds.ts";
import type { AnswerWriter } from "./answers.ts";
import { REPORT_MESSAGE, problemJson, stateJson } from "./command-report.ts";
import { DownMessage } from "./down-message.ts";
import { CommandFault } from "./faults.ts";
import type { Link } from "./link.ts";
import { MessageId, Result } from "./mapping.ts";
import { CommandProblem } from "./profile.ts";

/** Longest set of fragments, in bytes, that is kept after its command has ended: the terminal may still miss some. */
const KEPT_SET_MAX_BYTES = 65_536;

const codeByCause: ReadonlyMap<string, CommandFault> = Object.freeze(
  new Map([
    [UNANSWERED, CommandFault.Unanswered],
    [DeskCause.QueueFull, CommandFault.QueueFull],
    [DeskCause.ConnectionLost, CommandFault.ConnectionLost],
  ]),
);

/** The terminal that the commands are for. */
export interface Receiver {
  readonly phone: string;
  readonly session: Session | null;
  readonly version: BodyVersion;
  /** For what nobody waits for. */
  publish(message: string, json: string): void;
}

export class Downlink implements CommandDeskOwner<DownMessage> {
  readonly #receiver: Receiver;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #desk: CommandDesk<DownMessage>;
  /** The last long command that was sent. */
  #lastSet: DownMessage | null;

  constructor(receiver: Receiver, link: Link, answers: AnswerWriter) {
    const { gateway, turn, options } = link.context;
    this.#receiver = receiver;
    this.#link = link;
    this.#answers = answers;
    this.#desk = new CommandDesk(gateway.clock, turn, this, options.commands);
    this.#lastSet = null;
  }

  get session(): Session | null {
    return this.#receiver.session;
  }

  /** True: the core is told when it may send more. */
  get isFull(): boolean {
    return this.#desk.isFull;
  }

  /** False: full now; `session.onWritable` follows. */
  deliver(id: number, message: Message, qos: QoS): boolean {
    return this.#desk.deliver(id, message, qos);
  }

  /** Moves on the command that this frame answers, if there is one; gives its mark. */
  onAnswer(frame: Jt808Frame, body: Jt808Body | null): string | null {
    // A part of an answer says nothing yet.
    const reply = frame.isFragment || this.#desk.outstanding.length === 0 ? null : replyIn(frame, body);
    if (reply === null) return null;
    const isGeneral = frame.id === MessageId.Ack;
    const command = this.#desk.outstanding.find(({ content }) => isReplyTo(content.content, frame.id, reply));
    if (command === undefined) return null;
    const down = command.content.content;
    if (isGeneral || reply.result !== Result.Ok) down.result = reply.result;
    if (reply.result !== Result.Ok) this.#desk.fail(command, CommandFault.Refused);
    else if (isGeneral) this.#desk.acknowledge(command);
    else this.#desk.finish(command);
    return down.reference;
  }

  /** Sends again the fragments that the terminal misses. False: of no set that is still known. */
  onResendRequest(body: Uint8Array): boolean {
    const request = resendRequestIn(body);
    if (request === null) return false;
    const sets = this.#outstanding;
    if (this.#lastSet !== null) sets.push(this.#lastSet);
    for (const set of sets) {
      const missing = set.missing(request);
      for (const frame of missing) this.#link.send(frame);
      if (missing.length > 0) return true;
    }
    return false;
  }

  /** The session ends. `isKept`: it goes on without a link, and what was not acknowledged comes again. */
  end(isKept: boolean): void {
    this.#desk.end(isKept);
    this.#lastSet = null;
  }

  toOrder(payload: Uint8Array): Order<DownMessage> | string {
    const { profile, bodies } = this.#link.context;
    const command = profile.fromJson(payload, bodies, this.#receiver.version);
    if (command instanceof CommandProblem) return problemJson(command, this.#receiver.phone, this.#now);
    const { id, ttlMs } = command;
    return { content: new DownMessage(command), lane: laneOf(id), end: endOf(id), ttlMs };
  }

  write(down: DownMessage): boolean {
    if (down.frames.length === 0) down.frames = this.#framesOf(down);
    if (down.frames.length > 1 && down.bytes <= KEPT_SET_MAX_BYTES) this.#lastSet = down;
    let isFree = true;
    for (const frame of down.frames) isFree = this.#link.send(frame) && isFree;
    return isFree;
  }

  reportOf(down: DownMessage, state: CommandState, attempts: number, cause: string): string {
    return stateJson(down, state, attempts, codeByCause.get(cause) ?? cause, this.#receiver.phone, this.#now);
  }

  publishReport(json: string): void {
    this.#receiver.publish(REPORT_MESSAGE, json);
  }

  #framesOf(down: DownMessage): readonly Jt808Frame[] {
    const answers = this.#answers;
    const body = down.takeBody();
    if (down.serial !== null) return answers.frames(down.id, body, down.serial);
    const count = Math.max(1, Math.ceil(body.length / BODY_MAX_BYTES));
    // Serials that still stand for something else are passed over; each outstanding command is in the way at most once.
    const others = this.#outstanding;
    for (let tries = 0; tries < others.length; tries++) {
      const inTheWay = others.find((other) => other.overlaps(answers.nextSerial, count));
      if (inTheWay === undefined) break;
      answers.skipTo(inTheWay.serialAfter);
    }
    return answers.frames(down.id, body, null);
  }

  get #outstanding(): DownMessage[] {
    return this.#desk.outstanding.map(({ content }) => content.content);
  }

  get #now(): number {
    return this.#link.context.gateway.clock.now();
  }
}

function isReplyTo(down: DownMessage, id: number, reply: Reply): boolean {
  const isOfKind = id === MessageId.Ack ? down.id === reply.id : ownAnswerOf(down.id) === id;
  return isOfKind && (reply.serial === null || down.has(reply.serial));
}
