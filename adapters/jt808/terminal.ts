// hot path
// One terminal on a link: its session, what it has to be answered, what it has to answer. Its frames are worked off in
// order; while an authentication or the opening of a session is under way they wait, and when too many wait the link
// stops reading. It is answered only after the core's verdict.
//
//   without session ──allowed to speak, or its code is right──▶ session
//        ▲  └──refused too often──▶ the link is closed             │
//        └──goodbye; or, on a link of many, taken over, kicked─────┘        (the link's end ends both)

import { shownVersion, versionsFor } from "jt808-parser";
import type { BodyVersion, Jt808Body, Jt808Frame } from "jt808-parser";
import {
  CloseReason,
  FrameMark,
  Message,
  Refusal,
  RepeatWindow,
  SinglePublish,
  Unsettled,
  Verdict,
  isAccepted,
  jsonProperties,
  refusalReasonNames,
} from "../../core/index.ts";
import type { Device, Peer, Principal, QoS, Session } from "../../core/index.ts";
import { FrameQueue } from "../../net/frame-queue.ts";
import type { FrameWorker } from "../../net/frame-queue.ts";
import { maySpeakFirst } from "./admission.ts";
import { isResendRequest } from "./answer-kinds.ts";
import { AnswerWriter } from "./answers.ts";
import type { ListenerContext } from "./context.ts";
import { Downlink } from "./downlink.ts";
import type { Receiver } from "./downlink.ts";
import { LinkFault } from "./faults.ts";
import type { Holder } from "./holders.ts";
import type { Link } from "./link.ts";
import { MessageId, RegisterResult, Result, resultOf } from "./mapping.ts";
import { Registered, admit, authCodeIn, openTerminalSession, register } from "./opening.ts";
import type { Applicant } from "./opening.ts";
import type { Uplink } from "./profile.ts";

/** Frames of one terminal that wait for its session. */
const QUEUE_MAX = 64;
/** Frames of one terminal whose verdict is still to come. */
const PENDING_MAX = 256;
const RECEIPT_MASK = 0x3fffffff;
/** Accepted frames of one terminal that are remembered, so that a retransmission is published once. */
const REPEATS_MAX = 32;
/** As long as the standard's retransmissions last with its usual times (10 + 20 + 60 + 240 s), and some more. */
const REPEATS_MS = 400_000;

/** A frame that has to be answered. */
class Unanswered extends FrameMark {
  /** What the terminal is told when the core takes it. */
  result: Result;
  constructor(frame: Jt808Frame) {
    super(frame.id, frame.serial, frame.body);
    this.result = Result.Ok;
  }
}

export class Terminal implements Device, Applicant, Receiver, Holder, FrameWorker<Jt808Frame> {
  readonly context: ListenerContext;
  readonly peer: Peer;
  readonly phone: string;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #repeats: RepeatWindow;
  readonly #downlink: Downlink;
  readonly #pending: Unsettled<Unanswered>;
  readonly #queue: FrameQueue<Jt808Frame>;
  #session: Session | null;
  #registration: SinglePublish | null;
  /** JSON of a registration that waits for the terminal's authentication. */
  #heldRegistration: string | null;
  #isClosed: boolean;
  #isWritable: boolean;
  #receipt: number;
  #refused: number;
  /** How often the core ended a session of ours: one that is being opened may be over before we have it. */
  #evictions: number;
  #learned: BodyVersion | null;

  constructor(link: Link, phone: string) {
    const { context } = link;
    this.context = context;
    this.peer = link.peer;
    this.phone = phone;
    this.#link = link;
    this.#answers = new AnswerWriter(context.bodies, phone);
    this.#repeats = new RepeatWindow(REPEATS_MAX, REPEATS_MS);
    this.#downlink = new Downlink(this, link, this.#answers);
    this.#pending = new Unsettled();
    this.#queue = new FrameQueue(this, QUEUE_MAX);
    this.#session = null;
    this.#registration = null;
    this.#heldRegistration = null;
    this.#isClosed = false;
    this.#isWritable = false;
    this.#receipt = 0;
    this.#refused = 0;
    this.#evictions = 0;
    this.#learned = null;
  }

  /** From the link. The frame's body is the decoder's: who keeps it, copies it. */
  onFrame(frame: Jt808Frame): void {
    this.#queue.offer(frame);
  }

  onWritable(): void {
    if (this.#isWritable && !this.#downlink.isFull) this.#session?.onWritable();
  }

  /** The link ends. */
  close(reason: CloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.close();
    this.#registration?.cancel();
    this.#dropSession(reason);
  }

  deliver(id: number, message: Message, qos: QoS): boolean {
    return this.#downlink.deliver(id, message, qos);
  }

  /** Commands are subscribed at QoS 1: no delivery has a second half. */
  release(): void {}

  onSettled(receipt: number, verdict: Verdict): void {
    const unanswered = this.#pending.take(receipt);
    if (unanswered === null) return;
    this.#settle(unanswered, verdict);
    this.#queue.resume();
  }

  disconnect(reason: CloseReason): void {
    this.#evictions++;
    // Closed already: there is nobody to whom anything could be told.
    const session = this.#session;
    this.#session = null;
    this.#dropSession(reason);
    session?.close(reason);
    if (!this.context.options.allowMultipleTerminals) this.#link.close(reason);
    // On a link of many, what waited for verdicts that will not come goes on.
    else this.#queue.resume();
  }

  get session(): Session | null {
    return this.#session;
  }

  get isSaturated(): boolean {
    return this.#pending.size >= PENDING_MAX;
  }

  onCrowded(isCrowded: boolean): void {
    if (isCrowded) this.#link.hold();
    else this.#link.release();
  }

  get version(): BodyVersion {
    return this.context.options.version ?? (this.#answers.isVersioned ? 2019 : (this.#learned ?? 2013));
  }

  work(frame: Jt808Frame): void {
    this.#answers.follow(frame);
    if (frame.id === MessageId.Register) this.#learned = shownVersion(frame) ?? this.#learned;
    if (frame.id === MessageId.Authenticate) this.#queue.step(this.#authenticate(frame.detached()));
    else if (this.#session !== null) this.#process(this.#session, frame);
    else if (frame.id === MessageId.Register) this.#queue.step(this.#register(frame.detached()));
    else if (
      !this.#isTiresome &&
      !this.#isElsewhere &&
      maySpeakFirst(this.phone, this.context.options, this.context.known)
    ) {
      this.#queue.step(this.#speakFirst(frame.detached()));
    } else {
      this.#refuse(frame, LinkFault.NotAuthenticated);
    }
  }

  /** Another link holds this terminal, and this one may be forged: it takes a code to come here. */
  get #isElsewhere(): boolean {
    return this.context.options.isDatagram && this.context.holders.isHeldByOther(this.#name, this);
  }

  /** Its place among the holders. */
  get #name(): string {
    return `${this.context.options.tenant}/${this.phone}`;
  }

  get isHolding(): boolean {
    return this.#session !== null;
  }

  async #speakFirst(frame: Jt808Frame): Promise<void> {
    if (this.context.options.isDatagram) this.context.holders.claim(this.#name, this);
    const principal = await admit(this, null, false);
    await this.#enter(principal, frame);
  }

  async #authenticate(frame: Jt808Frame): Promise<void> {
    const needsProof = this.context.options.authentication !== "accept-any" || this.#isElsewhere;
    const code = authCodeIn(this.#bodyOf(frame), this.context.text);
    if (code === null) {
      this.#link.send(this.#answers.general(frame.serial, frame.id, Result.BadMessage));
      return;
    }
    const principal = await admit(this, code, needsProof);
    if (!(principal instanceof Refusal) && needsProof) this.context.known.remember(this.phone);
    await this.#enter(principal, frame);
  }

  /** Opens the session where there is none, or one of another user; then the frame that asked for it is worked off. */
  async #enter(principal: Principal | Refusal, frame: Jt808Frame): Promise<void> {
    if (this.#isClosed) return;
    if (principal instanceof Refusal) {
      this.#onRefusal(principal, frame);
      return;
    }
    if (!this.#isSessionOf(principal)) {
      this.#dropSession(CloseReason.Normal);
      const evictions = this.#evictions;
      const previous = this.context.holders.claim(this.#name, this);
      const session = await openTerminalSession(this, principal, this, String(this.version));
      if (session instanceof Refusal) {
        if (!this.#isClosed) this.#onRefusal(session, frame);
        this.context.holders.giveBack(this.#name, this, previous);
        return;
      }
      if (this.#isClosed || this.#evictions !== evictions) {
        session.close(CloseReason.ConnectionLost);
        this.context.holders.release(this.#name, this);
        return;
      }
      this.#session = session;
      this.#onOpened();
    }
    this.#refused = 0;
    if (this.#session !== null) this.#process(this.#session, frame);
  }

  #onOpened(): void {
    this.#link.prove();
    this.context.gateway.log.debug({ device: this.phone, listener: this.peer.listener }, "terminal connected");
    const held = this.#heldRegistration;
    this.#heldRegistration = null;
    if (held !== null) this.publish(this.context.bodies.row(MessageId.Register)!.name, held);
  }

  #isSessionOf(principal: Principal): boolean {
    const origin = this.#session?.origin;
    return origin?.tenant === principal.tenant && origin.user === principal.user;
  }

  #onRefusal(refusal: Refusal, frame: Jt808Frame): void {
    const { log } = this.context.gateway;
    log.debug({ device: this.phone, reason: refusalReasonNames[refusal.reason] }, "terminal refused");
    this.#dropSession(CloseReason.Protocol);
    this.#refuse(frame, LinkFault.NotAuthenticated);
  }

  #refuse(frame: Jt808Frame, code: LinkFault): void {
    this.#link.onFault(code);
    if (frame.id !== MessageId.Ack) this.#link.send(this.#answers.general(frame.serial, frame.id, Result.Failed));
    this.#refused++;
    if (this.#isTiresome && !this.context.options.allowMultipleTerminals) this.#link.close(CloseReason.Protocol);
  }

  /** Refused so often that its link is closed; on a link of many, nobody is asked for it any more unless it has a code. */
  get #isTiresome(): boolean {
    return this.#refused >= this.context.options.unauthenticatedFramesMax;
  }

  /** Without a session: a short one is opened for the registration, so that nobody is taken over by it. */
  async #register(frame: Jt808Frame): Promise<void> {
    // A code would be all it takes to take over.
    if (this.#isElsewhere) {
      this.#link.send(this.#answers.registration(frame.serial, RegisterResult.RegisteredAlready, null));
      return;
    }
    const registration = new SinglePublish();
    this.#registration = registration;
    const isConsumed = this.context.profile.isConsumed(frame.id);
    const json = isConsumed ? null : this.#uplinkOf(frame, this.#bodyOf(frame), null).json;
    const registered = await register(this, registration, json, String(this.version));
    this.#registration = null;
    // A code opens nothing by itself. What the terminal said of itself is published once it has proved who it is.
    if (registered === Registered.Unproved) this.#heldRegistration = json;
    const result = registered === Registered.Refused ? Result.Failed : Result.Ok;
    if (!this.#isClosed) this.#answer(frame.id, frame.serial, result);
  }

  #bodyOf(frame: Jt808Frame): Jt808Body | null {
    const { version } = this.context.options;
    return this.context.bodies.read(frame, version === null ? versionsFor(frame, this.#learned) : [version]);
  }

  #uplinkOf(frame: Jt808Frame, body: Jt808Body | null, reference: string | null): Uplink {
    return this.context.profile.toJson(frame, body, {
      device: this.phone,
      version: this.version,
      receivedAt: this.context.gateway.clock.now(),
      reference,
      unknownAreUnsupported: this.context.options.unknownAreUnsupported,
    });
  }

  #process(session: Session, frame: Jt808Frame): void {
    const unanswered = new Unanswered(frame);
    const known = this.#repeats.resultOf(unanswered, this.context.gateway.clock.now());
    if (known >= 0) {
      this.#answer(frame.id, frame.serial, known);
      return;
    }
    if (this.#pending.has(unanswered)) return;
    const body = this.#bodyOf(frame);
    const reference = this.#downlink.onAnswer(frame, body);
    const uplink = this.#uplinkOf(frame, body, reference);
    // What it misses is the answer.
    const isMissed = isResendRequest(frame.id) && !this.#downlink.onResendRequest(frame.body);
    unanswered.result = isMissed ? Result.Failed : uplink.result;
    if (this.context.profile.isConsumed(frame.id)) {
      this.#settle(unanswered, Verdict.Accepted);
      return;
    }
    const receipt = this.#nextReceipt();
    const verdict = session.publish(this.#messageOf(session, uplink.message, uplink.json), receipt);
    if (verdict === Verdict.Pending) this.#pending.add(receipt, unanswered);
    else this.#settle(unanswered, verdict);
  }

  #messageOf(session: Session, name: string, json: string): Message {
    const topic = this.context.profile.upTopic(this.phone, name);
    return Message.of(session.origin, topic, Buffer.from(json), 1, false, 0, jsonProperties);
  }

  /** For what nobody waits for. */
  publish(name: string, json: string): void {
    const session = this.#session;
    if (session !== null) session.publish(this.#messageOf(session, name, json), this.#nextReceipt());
  }

  #nextReceipt(): number {
    this.#receipt = (this.#receipt + 1) & RECEIPT_MASK;
    return this.#receipt;
  }

  #settle(unanswered: Unanswered, verdict: Verdict): void {
    if (this.#isClosed) return;
    const { kind: id, serial, result } = unanswered;
    if (isAccepted(verdict)) this.#repeats.remember(unanswered, result, this.context.gateway.clock.now());
    this.#answer(id, serial, isAccepted(verdict) ? result : resultOf(verdict));
    if (id === MessageId.Deregister && isAccepted(verdict)) this.#dropSession(CloseReason.Normal);
    // Commands come after the first answer.
    if (this.#session !== null && !this.#isWritable) {
      this.#isWritable = true;
      this.#session.onWritable();
    }
  }

  #answer(id: number, serial: number, result: number): void {
    const answers = this.#answers;
    if (id === MessageId.Ack || (isResendRequest(id) && result === Result.Ok)) return;
    if (id === MessageId.Register) {
      const code = result === Result.Ok ? this.context.codes.codeOf(this.phone) : null;
      const told = code === null ? RegisterResult.NoSuchTerminal : RegisterResult.Ok;
      this.#link.send(answers.registration(serial, told, code));
    } else if (id === MessageId.TimeRequest && result === Result.Ok) {
      this.#link.send(answers.time(this.context.gateway.clock.now()));
    } else {
      this.#link.send(answers.general(serial, id, result));
    }
  }

  #dropSession(reason: CloseReason): void {
    this.context.holders.release(this.#name, this);
    this.#downlink.end(this.context.options.sessionExpiryMs > 0);
    const session = this.#session;
    this.#session = null;
    this.#isWritable = false;
    this.#pending.clear();
    session?.close(reason);
  }
}
