// hot path
// What one terminal says, from a whole frame to the answer: known again when it was repeated, read, published (with what
// it holds beside itself), and answered when the core has spoken on all of it.

import { canonicalPhone } from "jt808-parser";
import type { BodyVersion, FragmentSet, Jt808Body, Jt808Frame } from "jt808-parser";
import { FrameMark, Message, RepeatWindow, Unsettled, Verdict, isAccepted, jsonProperties } from "../../core/index.ts";
import type { Session } from "../../core/index.ts";
import { isResendRequest } from "./answer-kinds.ts";
import type { AnswerWriter } from "./answers.ts";
import { fileAnswerBody } from "./attachments.ts";
import type { Attachment, Attachments } from "./attachments.ts";
import { keyIn } from "./ciphers.ts";
import type { ListenerContext } from "./context.ts";
import type { Downlink } from "./downlink.ts";
import { inflated, withFile, withInflated } from "./expansion.ts";
import { LinkFault } from "./faults.ts";
import { mediaAnswerBody } from "./fragments.ts";
import { JoinedFrame, answerSerialOf } from "./joined-frame.ts";
import type { Link } from "./link.ts";
import { MessageId, RegisterResult, Result, resultOf } from "./mapping.ts";
import { Media } from "./media.ts";
import type { MediaPlace } from "./media.ts";
import type { Part, Uplink, UplinkContext } from "./profile.ts";
import { UNDECODED, lostSetJson } from "./undecoded.ts";

/** Publications of one terminal whose verdict is still to come. */
const PENDING_MAX = 256;
const RECEIPT_MASK = 0x3fffffff;
/** Accepted frames of one terminal that are remembered, so that a retransmission is published once. */
const REPEATS_MAX = 32;
/** As long as the standard's retransmissions last with its usual times (10 + 20 + 60 + 240 s), and some more. */
const REPEATS_MS = 400_000;

const MEDIA_ID_BYTES = 4;

/** Verdicts after which the same message will not be taken another time either. */
const finalRefusals: ReadonlySet<Verdict> = Object.freeze(
  new Set([Verdict.Denied, Verdict.TooLarge, Verdict.InvalidTopic, Verdict.InvalidMessage, Verdict.NotSupported]),
);

/** A frame that has to be answered. */
class Unanswered extends FrameMark {
  readonly frame: Jt808Frame | null;
  readonly answerSerial: number;
  /** What the terminal is told when the core takes it. */
  result: Result;
  /** Publications whose verdict is still to come. */
  left: number;
  /** The first that was no acceptance, or the last. */
  verdict: Verdict;
  /** 0x0801: the first bytes of its body, with the medium's id; null otherwise. */
  readonly media: Uint8Array | null;
  /** A file that was written for it; null: none. */
  file: WrittenFile | null;
  /** The file whose end it is (0x1212); null: none. */
  attachment: Attachment | null;

  constructor(frame: Jt808Frame) {
    super(frame.id, frame.serial, frame.body);
    this.frame = frame instanceof JoinedFrame ? frame : null;
    this.answerSerial = answerSerialOf(frame);
    this.result = Result.Ok;
    this.left = 1;
    this.verdict = Verdict.Accepted;
    this.media = mediaIdIn(frame);
    this.file = null;
    this.attachment = null;
  }
}

interface WrittenFile {
  readonly path: string;
  readonly size: number;
}

/** The terminal that speaks. */
export interface Speaker {
  readonly context: ListenerContext;
  readonly phone: string;
  readonly version: BodyVersion;
  readonly session: Session | null;
  readonly isClosed: boolean;
  bodyOf(frame: Jt808Frame): Jt808Body | null;
  /** Something that takes its time; the frames behind it wait. */
  step(step: Promise<void>): void;
  /** A frame of this id has been answered. */
  onAnswered(id: number, verdict: Verdict): void;
  onJoined(frame: JoinedFrame, isTaken: boolean): void;
}

export class Intake {
  readonly #speaker: Speaker;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #downlink: Downlink;
  readonly #repeats: RepeatWindow;
  readonly #pending: Unsettled<Unanswered>;
  #receipt: number;
  /** The platform's key went out on this link. */
  #isKeySent: boolean;

  constructor(speaker: Speaker, link: Link, answers: AnswerWriter, downlink: Downlink) {
    this.#speaker = speaker;
    this.#link = link;
    this.#answers = answers;
    this.#downlink = downlink;
    this.#repeats = new RepeatWindow(REPEATS_MAX, REPEATS_MS);
    this.#pending = new Unsettled();
    this.#receipt = 0;
    this.#isKeySent = false;
  }

  get isSaturated(): boolean {
    return this.#pending.size >= PENDING_MAX;
  }

  /** A frame of a terminal that has its session. */
  process(session: Session, frame: Jt808Frame): void {
    const unanswered = new Unanswered(frame);
    const { attachments } = this.#link;
    if (attachments !== null && frame.id === MessageId.FileDone) {
      this.#speaker.step(this.#finishFile(attachments, frame.detached(), unanswered));
      return;
    }
    const known = this.#repeats.resultOf(unanswered, this.#now);
    if (known >= 0) {
      this.#answerWhole(unanswered, known, Verdict.Accepted);
      return;
    }
    if (this.#pending.has(unanswered)) return;
    const { context } = this.#speaker;
    if (this.#takeMedia(frame, unanswered)) return;
    const body = this.#speaker.bodyOf(frame);
    const reference = this.#downlink.onAnswer(frame, body);
    const uplink = this.uplinkOf(frame, body, reference);
    if (frame.id === MessageId.Key) this.#onKey(frame, reference !== null);
    // What it misses is the answer.
    const isMissed = isResendRequest(frame.id) && !this.#downlink.onResendRequest(frame.body);
    const isUnwanted =
      frame.id === MessageId.FileInfo && attachments?.announce(this.#speaker.phone, frame.body) === false;
    unanswered.result = isMissed || isUnwanted ? Result.Failed : uplink.result;
    if (context.profile.isConsumed(frame.id)) this.#settle(unanswered, Verdict.Accepted);
    else if (mayHoldMore(frame.id))
      this.#publishAll(session, unanswered, this.#partsOf(frame, body, uplink, reference));
    else this.#publishOne(session, unanswered, uplink.message, uplink.json);
  }

  /** False: not one of ours. */
  onSettled(receipt: number, verdict: Verdict): boolean {
    const unanswered = this.#pending.take(receipt);
    if (unanswered === null) return false;
    this.#count(unanswered, verdict);
    return true;
  }

  /** For what nobody waits for. */
  publish(name: string, json: string): void {
    const { session } = this.#speaker;
    if (session !== null) session.publish(this.#messageOf(session, name, json), this.#nextReceipt());
  }

  /** A message that will not be whole. */
  tellLost(set: FragmentSet, code: LinkFault): void {
    this.#link.onFault(code);
    const { context, phone } = this.#speaker;
    if (!context.options.uplink.undecoded) return;
    for (const json of lostSetJson(set, code, phone, this.#now)) this.publish(UNDECODED, json);
  }

  /** What the profile makes of a frame. */
  uplinkOf(frame: Jt808Frame, body: Jt808Body | null, reference: string | null): Uplink {
    return this.#speaker.context.profile.toJson(frame, body, this.#contextOf(reference));
  }

  /** Says `result` to a frame of this id, in the words that are for it. */
  answer(id: number, serial: number, result: number): void {
    const { context, phone } = this.#speaker;
    const answers = this.#answers;
    if (id === MessageId.Ack || (isResendRequest(id) && result === Result.Ok)) return;
    if (id === MessageId.Register) {
      const code = result === Result.Ok ? context.codes.codeOf(phone) : null;
      const told = code === null ? RegisterResult.NoSuchTerminal : RegisterResult.Ok;
      this.#link.send(answers.registration(serial, told, code));
    } else if (id === MessageId.TimeRequest && result === Result.Ok) {
      this.#link.send(answers.time(this.#now));
    } else {
      this.#link.send(answers.general(serial, id, result));
    }
  }

  /** The session has ended: no more verdicts come. */
  clear(): void {
    this.#pending.clear();
  }

  /** False: it is published as any other message. */
  #takeMedia(frame: Jt808Frame, unanswered: Unanswered): boolean {
    const { options } = this.#speaker.context;
    if (unanswered.media === null || !options.uplink.isNative) return false;
    const media = Media.in(this.#speaker.bodyOf(frame));
    if (media === null) return false;
    if (options.uplink.multimedia === null) this.#publishMedia(frame, media, unanswered, { data: base64(media.bytes) });
    else this.#speaker.step(this.#keepMedia(frame.detached(), unanswered));
    return true;
  }

  async #keepMedia(frame: Jt808Frame, unanswered: Unanswered): Promise<void> {
    const { context, phone } = this.#speaker;
    const media = Media.in(this.#speaker.bodyOf(frame));
    if (media === null) return;
    const path = (await context.files?.write(phone, media.fileName, media.bytes)) ?? null;
    if (path !== null) {
      unanswered.file = { path, size: media.bytes.length };
      if (this.#speaker.session === null) this.#discardFile(unanswered);
      else this.#publishMedia(frame, media, unanswered, { file: path });
      return;
    }
    this.#link.onFault(LinkFault.File);
    this.#settle(unanswered, Verdict.Overload);
  }

  #publishMedia(frame: Jt808Frame, media: Media, unanswered: Unanswered, place: MediaPlace): void {
    const { session } = this.#speaker;
    const json = media.json(frame, this.#contextOf(null), place);
    if (session !== null) this.#publishOne(session, unanswered, media.message, json);
  }

  /** What is missing is asked for; a file that is whole is told of, and then the terminal that it is. */
  async #finishFile(attachments: Attachments, frame: Jt808Frame, unanswered: Unanswered): Promise<void> {
    const attachment = await attachments.finish(frame.body);
    const { session } = this.#speaker;
    if (attachment === null || session === null) {
      this.#link.onFault(LinkFault.File);
      this.#settle(unanswered, Verdict.Overload);
      return;
    }
    unanswered.attachment = attachment;
    if (attachment.path === null || attachment.isPublished) {
      this.#settle(unanswered, Verdict.Accepted);
      return;
    }
    const { message, json } = this.uplinkOf(frame, this.#speaker.bodyOf(frame), null);
    this.#publishOne(session, unanswered, message, withFile(json, attachment.path));
  }

  /** The message itself first. */
  #partsOf(frame: Jt808Frame, body: Jt808Body | null, uplink: Uplink, reference: string | null): Part[] {
    const { context } = this.#speaker;
    const { uplink: options } = context.options;
    if (frame.id === MessageId.LocationBatch && body !== null && options.batchPositions)
      return [uplink, ...context.profile.positionsOf(frame, body, this.#contextOf(reference))];
    if (frame.id !== MessageId.Compressed || !options.isNative) return [uplink];
    const content = inflated(frame, options.inflatedMaxBytes);
    if (content === null) return [uplink];
    if (content instanceof Uint8Array) return [{ message: uplink.message, json: withInflated(uplink.json, content) }];
    const published = content.filter(({ id }) => !context.profile.isConsumed(id));
    return [uplink, ...published.map((inner) => this.uplinkOf(inner, this.#speaker.bodyOf(inner), null))];
  }

  #onKey(frame: Jt808Frame, isReply: boolean): void {
    const { context, phone } = this.#speaker;
    const key = keyIn(frame.body);
    if (key === null) return;
    context.memory.learnKey(canonicalPhone(phone), key);
    const { publicKeyBody } = context.ciphers;
    if (publicKeyBody === null || isReply || this.#isKeySent) return;
    this.#isKeySent = true;
    this.#link.send(this.#answers.frame(MessageId.PlatformKey, publicKeyBody));
  }

  #publishAll(session: Session, unanswered: Unanswered, parts: readonly Part[]): void {
    unanswered.left = parts.length;
    for (const { message, json } of parts) this.#publishOne(session, unanswered, message, json);
  }

  #publishOne(session: Session, unanswered: Unanswered, name: string, json: string): void {
    const receipt = this.#nextReceipt();
    const verdict = session.publish(this.#messageOf(session, name, json), receipt);
    if (verdict === Verdict.Pending) this.#pending.add(receipt, unanswered);
    else this.#count(unanswered, verdict);
  }

  /** All of it has to be taken for the frame to be. */
  #count(unanswered: Unanswered, verdict: Verdict): void {
    if (isAccepted(unanswered.verdict)) unanswered.verdict = verdict;
    if (--unanswered.left === 0) this.#settle(unanswered, unanswered.verdict);
  }

  #settle(unanswered: Unanswered, verdict: Verdict): void {
    if (this.#speaker.isClosed) return;
    const isTaken = isAccepted(verdict);
    if (isTaken && unanswered.attachment === null) this.#repeats.remember(unanswered, unanswered.result, this.#now);
    if (!isTaken) this.#discardFile(unanswered);
    this.#answerWhole(unanswered, isTaken ? unanswered.result : resultOf(verdict), verdict);
  }

  #answerWhole(unanswered: Unanswered, result: number, verdict: Verdict): void {
    if (unanswered.attachment !== null && isAccepted(verdict)) this.#answerFile(unanswered.attachment);
    else this.#answerMessage(unanswered, result, verdict);
    this.#speaker.onAnswered(unanswered.kind, verdict);
  }

  #answerFile(attachment: Attachment): void {
    const { name, type, path, missing } = attachment;
    attachment.isPublished = path !== null;
    this.#link.send(
      this.#answers.frame(MessageId.FileAnswer, fileAnswerBody(name, type, path === null ? missing : [])),
    );
  }

  #answerMessage(unanswered: Unanswered, result: number, verdict: Verdict): void {
    const { kind: id, answerSerial, media, frame } = unanswered;
    const isMediaTaken = media !== null && result === Result.Ok && isAccepted(verdict);
    // Fragments wait for a general answer each; the medium as a whole for its own.
    if (!isMediaTaken || frame !== null) this.answer(id, answerSerial, result);
    if (isMediaTaken)
      this.#link.send(
        this.#answers.frame(MessageId.MediaAnswer, mediaAnswerBody(media, answerSerial, this.#speaker.version)),
      );
    if (frame instanceof JoinedFrame) {
      const isOver = isAccepted(verdict) || finalRefusals.has(verdict);
      if (!isAccepted(verdict) && isOver) this.tellLost(frame.set, LinkFault.FragmentsRefused);
      this.#speaker.onJoined(frame, isOver);
    }
  }

  #discardFile(unanswered: Unanswered): void {
    const { file } = unanswered;
    unanswered.file = null;
    if (file !== null) void this.#speaker.context.files?.remove(file.path, file.size);
  }

  #messageOf(session: Session, name: string, json: string): Message {
    const topic = this.#speaker.context.profile.upTopic(this.#speaker.phone, name);
    return Message.of(session.origin, topic, Buffer.from(json), 1, false, 0, jsonProperties);
  }

  #contextOf(reference: string | null): UplinkContext {
    const { context, phone, version } = this.#speaker;
    return {
      device: phone,
      version,
      receivedAt: this.#now,
      reference,
      unknownAreUnsupported: context.options.unknownAreUnsupported,
    };
  }

  #nextReceipt(): number {
    this.#receipt = (this.#receipt + 1) & RECEIPT_MASK;
    return this.#receipt;
  }

  get #now(): number {
    return this.#speaker.context.gateway.clock.now();
  }
}

/** Messages of which more than one thing is published, or that concern the link itself. */
function mayHoldMore(id: number): boolean {
  return id === MessageId.LocationBatch || id === MessageId.Compressed;
}

/** Which medium a whole 0x0801 brings; null: another message, or one that cannot be read. */
function mediaIdIn(frame: Jt808Frame): Uint8Array | null {
  const isMedia = frame.id === MessageId.Media && frame.encryption === 0 && !frame.isFragment;
  return isMedia && frame.body.length >= MEDIA_ID_BYTES ? frame.body.slice(0, MEDIA_ID_BYTES) : null;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
