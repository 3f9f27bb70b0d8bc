// hot path
// One terminal on a link: its session, what it has to be answered, what it has to answer. Its frames are worked off in
// order; while an authentication or the opening of a session is under way they wait, and when too many wait the link
// stops reading. It is answered only after the core's verdict.
//
//   without session ──allowed to speak, or its code is right──▶ session
//        ▲  └──refused too often──▶ the link is closed             │
//        └──goodbye; or, on a link of many, taken over, kicked─────┘        (the link's end ends both)

import { canonicalPhone, decrypted, shownVersion, versionsFor } from "jt808-parser";
import type { BodyVersion, DecodeFault, FragmentSet, Jt808Body, Jt808Frame } from "jt808-parser";
import { CloseReason, Refusal, SinglePublish, isAccepted, refusalReasonNames } from "../../core/index.ts";
import type { Device, Message, Peer, Principal, QoS, Session, Verdict } from "../../core/index.ts";
import { FrameQueue } from "../../net/frame-queue.ts";
import type { FrameWorker } from "../../net/frame-queue.ts";
import { maySpeakFirst } from "./admission.ts";
import { AnswerWriter } from "./answers.ts";
import type { ListenerContext } from "./context.ts";
import { Downlink } from "./downlink.ts";
import type { Receiver } from "./downlink.ts";
import { LinkFault } from "./faults.ts";
import { Fragments } from "./fragments.ts";
import type { FragmentUser } from "./fragments.ts";
import type { Holder } from "./holders.ts";
import { Intake } from "./intake.ts";
import type { Speaker } from "./intake.ts";
import { JoinedFrame, answerSerialOf } from "./joined-frame.ts";
import type { Link } from "./link.ts";
import { MessageId, RegisterResult, Result } from "./mapping.ts";
import { Registered, admit, authCodeIn, openTerminalSession, register } from "./opening.ts";
import type { Applicant } from "./opening.ts";
import { UNDECODED, badFrameJson } from "./undecoded.ts";

/** Frames of one terminal that wait for its session. */
const QUEUE_MAX = 64;
export class Terminal implements Device, Applicant, Receiver, Holder, Speaker, FragmentUser, FrameWorker<Jt808Frame> {
  readonly context: ListenerContext;
  readonly peer: Peer;
  readonly phone: string;
  readonly #link: Link;
  readonly #answers: AnswerWriter;
  readonly #downlink: Downlink;
  readonly #intake: Intake;
  readonly #fragments: Fragments;
  readonly #queue: FrameQueue<Jt808Frame>;
  #session: Session | null;
  #registration: SinglePublish | null;
  /** JSON of a registration that waits for the terminal's authentication. */
  #heldRegistration: string | null;
  #isClosed: boolean;
  #isWritable: boolean;
  #refused: number;
  /** How often the core ended a session of ours: one that is being opened may be over before we have it. */
  #evictions: number;
  /** What an operator says of this terminal, or of all of them; null: see for itself. */
  readonly #fixedVersion: BodyVersion | null;
  #learned: BodyVersion | null;

  constructor(link: Link, phone: string) {
    const { context } = link;
    this.context = context;
    this.peer = link.peer;
    this.phone = phone;
    this.#link = link;
    this.#answers = new AnswerWriter(context.bodies, phone);
    this.#downlink = new Downlink(this, link, this.#answers);
    this.#intake = new Intake(this, link, this.#answers, this.#downlink);
    this.#fragments = new Fragments(this, link, this.#answers);
    this.#queue = new FrameQueue(this, QUEUE_MAX);
    this.#session = null;
    this.#registration = null;
    this.#heldRegistration = null;
    this.#isClosed = false;
    this.#isWritable = false;
    this.#refused = 0;
    this.#evictions = 0;
    const { options, memory } = context;
    this.#fixedVersion = options.uplink.terminalVersions.get(canonicalPhone(phone)) ?? options.version;
    this.#learned = memory.versionOf(canonicalPhone(phone));
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
    if (this.#intake.onSettled(receipt, verdict)) this.#queue.resume();
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
    return this.#intake.isSaturated;
  }

  onCrowded(isCrowded: boolean): void {
    if (isCrowded) this.#link.hold();
    else this.#link.release();
  }

  get version(): BodyVersion {
    return this.#fixedVersion ?? (this.#answers.isVersioned ? 2019 : (this.#learned ?? 2013));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  step(step: Promise<void>): void {
    this.#queue.step(step);
  }

  work(arrived: Jt808Frame): void {
    this.#answers.follow(arrived);
    const frame = arrived.encryption === 0 ? arrived : (decrypted(arrived, this.context.ciphers.of) ?? arrived);
    if (this.#isToJoin(frame) && this.#mayJoin(frame.id)) this.#fragments.add(frame);
    else this.#workWhole(frame);
  }

  onWhole(frame: JoinedFrame): void {
    this.#workWhole(frame);
  }

  onLost(set: FragmentSet, code: LinkFault): void {
    this.#intake.tellLost(set, code);
  }

  onJoined(frame: JoinedFrame, isTaken: boolean): void {
    this.#fragments.settle(frame, isTaken);
  }

  /** A frame that is none, on this terminal's link. Of one that was too long nothing is left that could be shown. */
  onBadFrame(fault: DecodeFault): void {
    if (this.context.options.uplink.undecoded && fault.raw.length > 0)
      this.publish(UNDECODED, badFrameJson(fault, this.phone, this.context.gateway.clock.now()));
  }

  #isToJoin(frame: Jt808Frame): boolean {
    return frame.isFragment && this.context.options.uplink.joinFragments;
  }

  /** Without a session nothing is kept but what may open one. */
  #mayJoin(id: number): boolean {
    return this.#session !== null || id === MessageId.Register || id === MessageId.Authenticate;
  }

  #workWhole(frame: Jt808Frame): void {
    if (frame.id === MessageId.Register) this.#learn(frame);
    // What opens a session is not asked for again: whatever it is answered, that was all.
    if (frame instanceof JoinedFrame && (frame.id === MessageId.Register || frame.id === MessageId.Authenticate))
      this.#fragments.settle(frame, true);
    if (frame.id === MessageId.Authenticate) this.#queue.step(this.#authenticate(frame.detached()));
    else if (this.#session !== null) this.#intake.process(this.#session, frame);
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

  #learn(registration: Jt808Frame): void {
    const shown = shownVersion(registration);
    if (shown === null) return;
    this.#learned = shown;
    this.context.memory.learnVersion(canonicalPhone(this.phone), shown);
  }

  async #speakFirst(frame: Jt808Frame): Promise<void> {
    if (this.context.options.isDatagram) this.context.holders.claim(this.#name, this);
    const principal = await admit(this, null, false);
    await this.#enter(principal, frame);
  }

  async #authenticate(frame: Jt808Frame): Promise<void> {
    const needsProof = this.context.options.authentication !== "accept-any" || this.#isElsewhere;
    const code = authCodeIn(this.bodyOf(frame), this.context.text);
    if (code === null) {
      this.#intake.answer(frame.id, answerSerialOf(frame), Result.BadMessage);
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
      const isVisit = this.context.options.uplink.attachments && frame.id === MessageId.AttachmentList;
      const previous = isVisit ? null : this.context.holders.claim(this.#name, this);
      const session = await openTerminalSession(this, principal, this, String(this.version), isVisit);
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
    if (this.#session === null) return;
    if (this.#isToJoin(frame)) this.#fragments.add(frame);
    else this.#intake.process(this.#session, frame);
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
    if (frame.id !== MessageId.Ack)
      this.#link.send(this.#answers.general(answerSerialOf(frame), frame.id, Result.Failed));
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
      this.#link.send(this.#answers.registration(answerSerialOf(frame), RegisterResult.RegisteredAlready, null));
      return;
    }
    const registration = new SinglePublish();
    this.#registration = registration;
    const isConsumed = this.context.profile.isConsumed(frame.id);
    const json = isConsumed ? null : this.#intake.uplinkOf(frame, this.bodyOf(frame), null).json;
    const registered = await register(this, registration, json, String(this.version));
    this.#registration = null;
    // A code opens nothing by itself. What the terminal said of itself is published once it has proved who it is.
    if (registered === Registered.Unproved) this.#heldRegistration = json;
    const result = registered === Registered.Refused ? Result.Failed : Result.Ok;
    if (!this.#isClosed) this.#intake.answer(frame.id, answerSerialOf(frame), result);
  }

  bodyOf(frame: Jt808Frame): Jt808Body | null {
    const version = this.#fixedVersion;
    return this.context.bodies.read(frame, version === null ? versionsFor(frame, this.#learned) : [version]);
  }

  /** For what nobody waits for. */
  publish(name: string, json: string): void {
    this.#intake.publish(name, json);
  }

  onAnswered(id: number, verdict: Verdict): void {
    if (id === MessageId.Deregister && isAccepted(verdict)) this.#dropSession(CloseReason.Normal);
    // Commands come after the first answer.
    if (this.#session !== null && !this.#isWritable) {
      this.#isWritable = true;
      this.#session.onWritable();
    }
  }

  #dropSession(reason: CloseReason): void {
    this.#fragments.end();
    this.context.holders.release(this.#name, this);
    this.#downlink.end(this.context.options.sessionExpiryMs > 0);
    const session = this.#session;
    this.#session = null;
    this.#isWritable = false;
    this.#intake.clear();
    session?.close(reason);
  }
}
