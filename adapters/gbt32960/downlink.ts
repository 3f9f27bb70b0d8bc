// Commands on their way to one vehicle: JSON to frames, the desk that queues them, the vehicle's answers. An answer
// names its command and nothing else, so one command of a kind is outstanding at a time.

import { Command as Code, Encryption, Gbt32960Frame, Response } from "gbt32960-parser";
import type { Gbt32960Version } from "gbt32960-parser";
import { CommandEnd, CommandState, UNANSWERED, commandStateNames } from "../../core/index.ts";
import type { Message, QoS, Session } from "../../core/index.ts";
import { CommandDesk, DeskCause } from "../../net/command-desk.ts";
import type { CommandDeskOwner, Order } from "../../net/command-desk.ts";
import { CommandFault } from "./faults.ts";
import type { Link } from "./link.ts";
import { CommandProblem } from "./profile.ts";
import type { DownCommand } from "./profile.ts";
import { flagName, formatCode } from "./profile-native.ts";

/** The vehicle that the commands are for. */
export interface Receiver {
  /** As the vehicle's frames show it, padding included. */
  readonly id: string;
  readonly vin: string;
  readonly version: Gbt32960Version;
  readonly session: Session | null;
  /** For what nobody waits for. */
  report(json: string): void;
}

/** A command that was given, and what came back. */
class Given {
  readonly command: DownCommand;
  /** The answer's flag; -1: none. */
  flag: number;
  constructor(command: DownCommand) {
    this.command = command;
    this.flag = -1;
  }
}

const faultByCause: ReadonlyMap<string, CommandFault> = Object.freeze(
  new Map<string, CommandFault>([
    [UNANSWERED, CommandFault.Unanswered],
    [DeskCause.QueueFull, CommandFault.QueueFull],
    [DeskCause.ConnectionLost, CommandFault.ConnectionLost],
  ]),
);

export class Downlink implements CommandDeskOwner<Given> {
  readonly #receiver: Receiver;
  readonly #link: Link;
  readonly #desk: CommandDesk<Given>;

  constructor(receiver: Receiver, link: Link) {
    const { gateway, turn, options } = link.context;
    this.#receiver = receiver;
    this.#link = link;
    this.#desk = new CommandDesk(gateway.clock, turn, this, options.commands);
  }

  get session(): Session | null {
    return this.#receiver.session;
  }

  get isFull(): boolean {
    return this.#desk.isFull;
  }

  /** False: full now; `session.onWritable` follows. */
  deliver(id: number, message: Message, qos: QoS): boolean {
    return this.#desk.deliver(id, message, qos);
  }

  /** The vehicle has answered: ends the command of that kind, if there is one, and gives its mark. */
  onAnswer(frame: Gbt32960Frame): string | null {
    const found = this.#desk.outstanding.find(({ content }) => content.content.command.command === frame.command);
    if (found === undefined) return null;
    const given = found.content.content;
    // A terminal that leaves the flag as it came has answered all the same.
    const isRefused = !frame.isCommand && frame.response !== Response.Ok;
    given.flag = frame.response;
    if (isRefused) this.#desk.fail(found, CommandFault.Refused);
    else this.#desk.finish(found);
    return given.command.reference;
  }

  /** The session ends; what is kept (`isKept`) comes again when the vehicle does. */
  end(isKept: boolean): void {
    this.#desk.end(isKept);
  }

  toOrder(payload: Uint8Array): Order<Given> | string {
    const { profile, bodies, gateway } = this.#link.context;
    const target = { version: this.#receiver.version, now: gateway.clock.now() };
    const command = profile.fromJson(payload, bodies, target);
    if (command instanceof CommandProblem) return this.#problemJson(command);
    const end = command.command === Code.ActivationResult ? CommandEnd.Written : CommandEnd.Answer;
    return { content: new Given(command), lane: command.command, end, ttlMs: command.ttlMs };
  }

  write({ command }: Given): boolean {
    const { id, version } = this.#receiver;
    return this.#link.send(
      new Gbt32960Frame(version, command.command, Response.Command, id, Encryption.None, command.data),
    );
  }

  reportOf({ command, flag }: Given, state: CommandState, attempts: number, cause: string): string {
    return this.#reportJson(command.command, command.reference, {
      state: commandStateNames[state],
      ...(attempts === 0 ? {} : { attempts }),
      ...(cause === "" ? {} : { code: faultByCause.get(cause) ?? cause }),
      ...(flag === -1 || flag === Response.Command ? {} : { response: flagName(flag) }),
    });
  }

  publishReport(json: string): void {
    this.#receiver.report(json);
  }

  #problemJson({ code, field, command, reference }: CommandProblem): string {
    const state = commandStateNames[CommandState.Failed];
    return this.#reportJson(command, reference, { state, code, ...(field === "" ? {} : { field }) });
  }

  #reportJson(command: number | null, reference: string | null, rest: object): string {
    return JSON.stringify({
      vin: this.#receiver.vin,
      ...(command === null ? {} : { command: formatCode(command) }),
      ...(reference === null ? {} : { reference }),
      ...rest,
      at: new Date(this.#link.context.gateway.clock.now()).toISOString(),
    });
  }
}
