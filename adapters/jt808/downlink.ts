// Commands on their way to one terminal: from JSON to a frame, sent, sent again, answered, given up. What cannot be sent
// or is not answered is reported where the application listens.

import type { BodyVersion, Jt808Body, Jt808Frame } from "jt808-parser";
import { Outcome } from "../../core/index.ts";
import type { Message, QoS, Session, TimerTarget } from "../../core/index.ts";
import type { Flushable } from "../../net/turn.ts";
import type { AnswerWriter } from "./answers.ts";
import { CommandWindow } from "./commands.ts";
import { CommandFault } from "./faults.ts";
import type { Link } from "./link.ts";
import { MessageId, isAnswered, problemJson } from "./mapping.ts";
import { CommandProblem } from "./profile.ts";

/** Reports of commands that failed, waiting for the end of the turn; further ones are not published. */
const PROBLEMS_MAX = 64;
const PROBLEM_MESSAGE = "command_failed";

/** The terminal that the commands are for. */
export interface Receiver {
  readonly phone: string;
  readonly session: Session | null;
  readonly version: BodyVersion;
  /** For what nobody waits for. */
  publish(message: string, json: string): void;
}

export class Downlink implements TimerTarget, Flushable {
  readonly #receiver: Receiver;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #commands: CommandWindow;
  #problems: CommandProblem[];

  constructor(receiver: Receiver, link: Link, answers: AnswerWriter) {
    const { gateway, options } = link.context;
    this.#receiver = receiver;
    this.#link = link;
    this.#answers = answers;
    this.#commands = new CommandWindow(gateway.clock, this, options.answerTimeoutMs, options.retransmissionsMax);
    this.#problems = [];
  }

  /** False: the link's output is full. */
  deliver(id: number, message: Message, qos: QoS): boolean {
    const { bodies, profile } = this.#link.context;
    const command = profile.fromJson(message.payload, bodies, this.#receiver.version);
    if (command instanceof CommandProblem) {
      if (qos > 0) this.#receiver.session?.onAcknowledged(id, Outcome.Rejected);
      this.#report(command);
      return true;
    }
    while (this.#commands.has(this.#answers.nextSerial)) this.#answers.skipSerial();
    const frame = this.#answers.frame(command.id, command.body);
    const isFree = this.#link.send(frame);
    if (qos > 0 && isAnswered(command.id)) this.#commands.add(id, frame, command.reference);
    else if (qos > 0) this.#receiver.session?.onAcknowledged(id, Outcome.Completed);
    return isFree;
  }

  /** Ends the command that this frame answers, if there is one; gives its mark. */
  onAnswer(frame: Jt808Frame, body: Jt808Body | null): string | null {
    const { seq, id } = body?.fields ?? {};
    const isGeneral = frame.id === MessageId.Ack && typeof seq === "number" && typeof id === "number";
    const command = isGeneral ? this.#commands.takeAnswered(seq, id) : this.#commands.takeByOwnAnswer(frame.id);
    if (command === null) return null;
    this.#receiver.session?.onAcknowledged(command.deliveryId, Outcome.Completed);
    return command.reference;
  }

  /** An answer is late. */
  onTimer(serial: number): void {
    const late = this.#commands.late(serial);
    if (late === null) return;
    const { command, isGivenUp } = late;
    if (!isGivenUp) {
      this.#link.send(command.frame);
      return;
    }
    this.#report(new CommandProblem(CommandFault.Unanswered, "", command.frame.id, command.reference));
    this.#receiver.session?.onAcknowledged(command.deliveryId, Outcome.Rejected);
  }

  /** The end of a turn in which commands failed. Not before: the core may be in the middle of a delivery to us. */
  flush(): void {
    const problems = this.#problems;
    const { phone } = this.#receiver;
    this.#problems = [];
    const now = this.#link.context.gateway.clock.now();
    for (const problem of problems) this.#receiver.publish(PROBLEM_MESSAGE, problemJson(problem, phone, now));
  }

  /** The session has ended: the core knows what was not acknowledged. */
  clear(): void {
    this.#commands.clear();
  }

  #report(problem: CommandProblem): void {
    if (this.#problems.length >= PROBLEMS_MAX) return;
    if (this.#problems.push(problem) === 1) this.#link.context.turn.add(this);
  }
}
