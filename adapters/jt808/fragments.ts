// Fragments of one terminal's messages: joined as they come, asked for when they stop coming, told of when they are given
// up. What is asked with: 0x8003, and for multimedia every other time 0x8800 with a list, since terminals know one or the
// other.

import { HeaderForm, Placement, Reassembly } from "jt808-parser";
import type { BodyVersion, FragmentSet, Jt808Frame } from "jt808-parser";
import type { Timer, TimerTarget } from "../../core/index.ts";
import type { AnswerWriter } from "./answers.ts";
import { LinkFault } from "./faults.ts";
import { JoinedFrame } from "./joined-frame.ts";
import type { Link } from "./link.ts";
import { MessageId, Result } from "./mapping.ts";

/** Numbers in one request: as many as its count says, and as fit a frame. */
const BYTE_MAX = 255;
const WORDS_MAX = 509;

/** The terminal whose fragments they are. */
export interface FragmentUser {
  readonly version: BodyVersion;
  /** A message is whole; `settle` says what became of it. */
  onWhole(frame: JoinedFrame): void;
  /** A message that will not be whole. */
  onLost(set: FragmentSet, code: LinkFault): void;
}

export class Fragments implements TimerTarget {
  readonly #user: FragmentUser;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #reassembly: Reassembly;
  #timer: Timer | null;

  constructor(user: FragmentUser, link: Link, answers: AnswerWriter) {
    const { options, fragmentBudget } = link.context;
    this.#user = user;
    this.#link = link;
    this.#answers = answers;
    this.#reassembly = new Reassembly(options.uplink.reassembly, fragmentBudget);
    this.#timer = null;
  }

  /** Each fragment is answered by itself, but the one that makes its message whole: that one is answered with it. */
  add(frame: Jt808Frame): void {
    const { placement, set, givenUp } = this.#reassembly.add(frame, this.#now);
    const isTooLarge = placement === Placement.TooLarge;
    for (const lost of givenUp)
      this.#user.onLost(lost, isTooLarge ? LinkFault.FragmentsTooLarge : LinkFault.FragmentsTooMany);
    this.#arm();
    if (placement === Placement.Whole && set !== null) this.#user.onWhole(new JoinedFrame(set, frame.serial));
    else if (placement === Placement.Kept || placement === Placement.Duplicate) this.#answer(frame, Result.Ok);
    else if (placement === Placement.Overload) this.#refuse(frame, LinkFault.FragmentsTooMany, Result.Failed);
    else if (placement !== Placement.Unsettled) this.#refuse(frame, LinkFault.FragmentsTooLarge, Result.BadMessage);
  }

  /** Not taken: it can be whole once more, when the fragment that made it so comes again or is asked for. */
  settle(frame: JoinedFrame, isTaken: boolean): void {
    this.#reassembly.settle(frame.set, isTaken, this.#now);
    this.#arm();
  }

  /** The terminal has gone, or its session. */
  end(): void {
    for (const lost of this.#reassembly.clear()) this.#user.onLost(lost, LinkFault.FragmentsMissing);
    this.#arm();
  }

  onTimer(): void {
    this.#timer = null;
    const { ask, givenUp } = this.#reassembly.late(this.#now);
    for (const set of ask) this.#ask(set);
    for (const lost of givenUp) this.#user.onLost(lost, LinkFault.FragmentsMissing);
    this.#arm();
  }

  #refuse(frame: Jt808Frame, code: LinkFault, result: Result): void {
    this.#link.onFault(code);
    this.#answer(frame, result);
  }

  #answer(frame: Jt808Frame, result: Result): void {
    if (frame.id !== MessageId.Ack) this.#link.send(this.#answers.general(frame.serial, frame.id, result));
  }

  #ask(set: FragmentSet): void {
    // 2011 has no 0x8003.
    const isByMedium = set.id === MessageId.Media && (set.asked % 2 === 0 || this.#user.version === 2011);
    const media = isByMedium ? set.firstBody : null;
    const isWide = set.form === HeaderForm.V2019;
    const missing = set.missing(media === null && isWide ? WORDS_MAX : BYTE_MAX);
    const frame =
      media === null || media.length < 4
        ? this.#answers.frame(MessageId.Resend, resendBody(set.firstSerial, missing, isWide))
        : this.#answers.frame(
            MessageId.MediaAnswer,
            mediaAnswerBody(media, set.firstSerial, this.#user.version, missing),
          );
    this.#link.send(frame);
  }

  /** One timer for all sets: it may be early, and then sees that nothing is due. */
  #arm(): void {
    const { clock } = this.#link.context.gateway;
    const due = this.#reassembly.nextDue;
    if (due === Infinity) {
      if (this.#timer !== null) clock.disarm(this.#timer);
      this.#timer = null;
    } else {
      this.#timer ??= clock.arm(this, 0, Math.max(0, due - this.#now));
    }
  }

  get #now(): number {
    return this.#link.context.gateway.clock.now();
  }
}

/** 0x8003: serial of the first fragment, how many (BYTE in 2013, WORD in 2019), their numbers. */
export function resendBody(serial: number, numbers: readonly number[], isWide: boolean): Uint8Array {
  const head = isWide ? 4 : 3;
  const body = Buffer.alloc(head + 2 * numbers.length);
  body.writeUInt16BE(serial);
  if (isWide) body.writeUInt16BE(numbers.length, 2);
  else body.writeUInt8(numbers.length, 2);
  numbers.forEach((number, index) => body.writeUInt16BE(number, head + 2 * index));
  return body;
}

/** 0x8800: the medium's id, and what is missing of it; the latter is left out when nothing is. 2011 has the serial in front. */
export function mediaAnswerBody(
  media: Uint8Array,
  serial: number,
  version: BodyVersion,
  missing: readonly number[] = [],
): Uint8Array {
  const list = Buffer.alloc(missing.length === 0 ? 0 : 1 + 2 * missing.length);
  if (missing.length > 0) list.writeUInt8(missing.length);
  missing.forEach((number, index) => list.writeUInt16BE(number, 1 + 2 * index));
  const head = version === 2011 ? [serial >> 8, serial & 0xff] : [];
  return Uint8Array.of(...head, ...media.subarray(0, 4), ...list);
}
