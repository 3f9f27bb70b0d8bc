// hot path
// A frame that has come: opened where there is a key, read where there is a layout, and what its sender is to be told.

import { Command, Encryption, Gbt32960Frame, Response, TIME_BYTES, answerTo } from "gbt32960-parser";
import type { AnswerForm, Gbt32960Body } from "gbt32960-parser";
import { FrameMark } from "../../core/index.ts";
import type { ListenerContext } from "./context.ts";
import { LinkFault } from "./faults.ts";
import type { DataFault } from "./faults.ts";
import { faultFlag, faultIn, isAnswer } from "./mapping.ts";
import type { Keys } from "./keys.ts";
import type { SignatureCheck } from "./sm2-signature.ts";

const NOTHING = new Uint8Array(0);
const ACTIVATED = 1;
const NOT_ACTIVATED = 2;
const NO_REASON = 0;

export class Arrival extends FrameMark {
  /** Opened, where there was a key. Its data is a view until `keep`. */
  frame: Gbt32960Frame;
  /** What the data unit says; null: there is no layout, or it is not needed any more. */
  body: Gbt32960Body | null;
  /** Whether its signature is right; null: there is none, or no key to check it with. */
  signature: SignatureCheck["result"] | null;
  /** The encryption that it came with. */
  readonly encryption: number;
  readonly form: AnswerForm;
  /** Why the data unit cannot be used, or null: a code. */
  fault: DataFault | null;
  /** What the sender is told when the core takes the message. */
  flag: number;

  /**
   * Frames have no serial: what comes again is the same data unit (which has a time in it) under the same command.
   * @param isBehindPlatform it came over a platform's link
   */
  constructor(came: Gbt32960Frame, context: ListenerContext, isBehindPlatform: boolean) {
    super((came.command << 8) | came.response, came.data.length & 0xffff, came.data);
    const opened = context.keys.opened(came);
    this.frame = opened ?? came;
    this.body = opened === null ? null : context.bodies.read(opened);
    this.signature = null;
    this.encryption = came.encryption;
    this.form = !isBehindPlatform && came.version === 2016 ? context.options.terminalAnswers : "time";
    this.fault = opened === null ? LinkFault.Decryption : faultIn(this.body);
    this.flag = this.fault === null ? Response.Ok : faultFlag(this.fault, came.version);
  }

  get command(): number {
    return this.frame.command;
  }

  /** Whether it is that, and not the answer to it. */
  is(command: number): boolean {
    return this.frame.command === command && this.frame.isCommand;
  }

  /** Costs milliseconds where there is a key: for those who have been let in. True: there is a signature, and it is wrong. */
  isForged(keys: Keys): boolean {
    this.signature = keys.check(this.frame, this.body);
    if (this.signature !== "invalid") return false;
    this.fault = LinkFault.Signature;
    this.flag = faultFlag(LinkFault.Signature, this.frame.version);
    return true;
  }

  /** It is answered later: in memory of its own, and only as much as the answer needs. */
  keep(): void {
    const { frame } = this;
    const end = this.form === "echo" ? frame.data.length : TIME_BYTES;
    this.frame = frame.withData(frame.encryption, frame.data.slice(0, end));
    this.body = null;
  }

  /** null: such a frame is not answered. `now`: ms since the epoch. */
  answer(flag: number, now: number, options: { readonly answersActivation: boolean }): Gbt32960Frame | null {
    const { frame } = this;
    if (isAnswer(frame)) return null;
    if (frame.command === Command.Activation && frame.version === 2025) {
      return options.answersActivation ? activationResult(frame, flag) : null;
    }
    // What could not be opened hides its time, and an exchange of keys has none: nothing is repeated of them.
    const hasTime = frame.isPlain && frame.command !== Command.KeyExchange;
    return answerTo(hasTime ? frame : frame.withData(Encryption.None, NOTHING), flag, this.form, now);
  }
}

/** An activation is answered by a command of its own. */
function activationResult({ version, id }: Gbt32960Frame, flag: number): Gbt32960Frame {
  const data = Uint8Array.of(flag === Response.Ok ? ACTIVATED : NOT_ACTIVATED, NO_REASON);
  return new Gbt32960Frame(version, Command.ActivationResult, Response.Command, id, Encryption.None, data);
}
