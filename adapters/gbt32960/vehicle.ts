// hot path
// One vehicle on a link: its session, what it has to be answered, what it has to answer. Its frames are worked off in
// order; while its login or the opening of its session is under way they wait. It is answered only after the core's
// verdict.
//
//   without session ──its login, or a message that needs none──▶ session ──goodbye, refused login──▶ without session
//                                                                   │   (on a platform's link also: taken over, kicked)
//                                                                   └──the link's end──▶ closed

import { Command, Response } from "gbt32960-parser";
import type { Gbt32960Frame, Gbt32960Version } from "gbt32960-parser";
import {
  CloseReason,
  Message,
  Refusal,
  RepeatWindow,
  SinglePublish,
  Unsettled,
  Verdict,
  closeReasonNames,
  isAccepted,
  jsonProperties,
  refusalReasonNames,
} from "../../core/index.ts";
import type { Device, Principal, QoS, Session } from "../../core/index.ts";
import { FrameQueue } from "../../net/frame-queue.ts";
import type { FrameWorker } from "../../net/frame-queue.ts";
import { authenticateVehicle, iccidIn } from "./admission.ts";
import { Arrival } from "./arrival.ts";
import { Downlink } from "./downlink.ts";
import type { Receiver } from "./downlink.ts";
import { LinkFault } from "./faults.ts";
import type { Link } from "./link.ts";
import {
  flagOf,
  isAnswer,
  isReport,
  isSessionMessage,
  messageNameOf,
  refusalFlag,
  serialFaultOf,
  serialIn,
} from "./mapping.ts";
import { openVehicleSession, publishOnce } from "./opening.ts";
import type { MessageName } from "./profile.ts";

/** Frames of one vehicle that wait for its session. */
const QUEUE_MAX = 64;
/** Frames of one vehicle whose verdict is still to come. */
const PENDING_MAX = 256;
/** Accepted frames of one vehicle that are remembered, so that what comes again is published once. */
const REPEATS_MAX = 16;
/** Data that was not answered comes again each minute, three times; and some more. */
const REPEATS_MS = 300_000;
const RECEIPT_MASK = 0x3fffffff;

export class Vehicle implements Device, Receiver, FrameWorker<Gbt32960Frame> {
  readonly id: string;
  readonly vin: string;
  readonly #link: Link;
  readonly #repeats: RepeatWindow;
  readonly #pending: Unsettled<Arrival>;
  readonly #queue: FrameQueue<Gbt32960Frame>;
  readonly #downlink: Downlink;
  #version: Gbt32960Version;
  #session: Session | null;
  /** The one message of a vehicle that has no session yet. */
  #activation: SinglePublish | null;
  #isClosed: boolean;
  #isWritable: boolean;
  /** Its login was taken, or it needed none. */
  #isPresent: boolean;
  #loginSerial: number | null;
  #receipt: number;
  /** How often the core ended a session of ours: one that is being opened may be over before we have it. */
  #evictions: number;

  constructor(link: Link, frame: Gbt32960Frame) {
    this.id = frame.id;
    this.vin = frame.vin;
    this.#link = link;
    this.#repeats = new RepeatWindow(REPEATS_MAX, REPEATS_MS);
    this.#pending = new Unsettled();
    this.#queue = new FrameQueue(this, QUEUE_MAX);
    this.#downlink = new Downlink(this, link);
    this.#version = frame.version;
    this.#session = null;
    this.#activation = null;
    this.#isClosed = false;
    this.#isWritable = false;
    this.#isPresent = false;
    this.#loginSerial = null;
    this.#receipt = 0;
    this.#evictions = 0;
  }

  get session(): Session | null {
    return this.#session;
  }

  get version(): Gbt32960Version {
    return this.#version;
  }

  /** It has no session, and none is under way. */
  get isGone(): boolean {
    return this.#session === null && this.#queue.isIdle;
  }

  get isSaturated(): boolean {
    return this.#pending.size >= PENDING_MAX;
  }

  onCrowded(isCrowded: boolean): void {
    if (isCrowded) this.#link.hold();
    else this.#link.release();
  }

  /** From the link. The frame's data is the decoder's: who keeps it, copies it. */
  onFrame(frame: Gbt32960Frame): void {
    this.#queue.offer(frame);
  }

  onWritable(): void {
    if (this.#isWritable && !this.#downlink.isFull) this.#session?.onWritable();
  }

  /** The link ends, or its platform says goodbye. */
  close(reason: CloseReason): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.close();
    this.#activation?.cancel();
    this.#leave(reason);
  }

  deliver(id: number, message: Message, qos: QoS): boolean {
    return this.#downlink.deliver(id, message, qos);
  }

  /** Commands are subscribed at QoS 1: no delivery has a second half. */
  release(): void {}

  onSettled(receipt: number, verdict: Verdict): void {
    const arrival = this.#pending.take(receipt);
    if (arrival === null) return;
    this.#settle(arrival, verdict);
    this.#queue.resume();
  }

  disconnect(reason: CloseReason): void {
    this.#evictions++;
    // Closed already: there is nobody to whom anything could be told.
    const session = this.#session;
    this.#session = null;
    session?.close(reason);
    this.#leave(reason);
    if (this.#link.platform === null) this.#link.close(reason);
    // On a platform's link, what waited for verdicts that will not come goes on.
    else this.#queue.resume();
  }

  /** A report of the down-link. */
  report(json: string): void {
    this.#tell("command", json);
  }

  work(came: Gbt32960Frame): void {
    this.#version = came.version;
    const isLogin = came.command === Command.VehicleLogin && came.isCommand;
    const takesTime = isLogin || this.#session === null;
    const arrival = new Arrival(takesTime ? came.detached() : came, this.#link.context, this.#link.platform !== null);
    if (this.#isRepeated(arrival)) return;
    if (arrival.fault !== null) this.#link.onFault(arrival.fault);
    if (isLogin) this.#login(arrival);
    else if (this.#session !== null) this.#process(this.#session, arrival);
    else if (arrival.is(Command.Activation)) this.#queue.step(this.#activate(arrival));
    else if (this.#mayComeUnannounced) this.#queue.step(this.#enter(arrival, null));
    else this.#refuse(arrival, LinkFault.NotLoggedIn, Response.Error);
  }

  /** What was answered not long ago is answered again; what waits for its verdict will be. */
  #isRepeated(arrival: Arrival): boolean {
    // Without a session a login is a new one, whatever was answered to the last.
    const isKnown = this.#session !== null || arrival.command === Command.VehicleLogout;
    const flag = isKnown ? this.#repeats.resultOf(arrival, this.#now) : -1;
    if (flag >= 0) this.#answer(arrival, flag);
    return flag >= 0 || this.#pending.has(arrival);
  }

  get #mayComeUnannounced(): boolean {
    const { dataBeforeLogin } = this.#link.context.options;
    return dataBeforeLogin === "accept" || (dataBeforeLogin === "platforms" && this.#link.platform !== null);
  }

  #login(arrival: Arrival): void {
    if (arrival.fault !== null && this.#session === null) {
      this.#refuse(arrival, LinkFault.LoginRefused, arrival.flag);
    } else {
      this.#queue.step(this.#enter(arrival, iccidIn(arrival.body)));
    }
  }

  /** Whoever the gateway says the vehicle is; behind a platform, that is the platform. */
  #admit(iccid: string | null): Promise<Principal | Refusal> {
    const { peer, platform, context } = this.#link;
    if (platform !== null) return Promise.resolve(platform.principal);
    return authenticateVehicle(context.gateway, peer, this.vin, iccid, context.options);
  }

  /** Opens the session where there is none, or one of another user; then the frame that asked for it is worked off. */
  async #enter(arrival: Arrival, iccid: string | null): Promise<void> {
    const principal = await this.#admit(iccid);
    if (this.#isClosed) return;
    if (principal instanceof Refusal) {
      this.#onRefusal(principal, arrival);
      return;
    }
    if (!this.#isSessionOf(principal)) {
      this.#leave(CloseReason.Normal);
      const evictions = this.#evictions;
      const session = await openVehicleSession(this.#link, this, principal, this.vin, this.#version);
      if (session instanceof Refusal) {
        if (!this.#isClosed) this.#onRefusal(session, arrival);
        return;
      }
      if (this.#isClosed || this.#evictions !== evictions) {
        session.close(CloseReason.ConnectionLost);
        return;
      }
      this.#session = session;
      this.#isPresent = !arrival.is(Command.VehicleLogin);
      this.#link.context.gateway.log.debug({ vin: this.vin, listener: this.#link.peer.listener }, "vehicle connected");
    }
    if (this.#session !== null) this.#process(this.#session, arrival);
  }

  #isSessionOf(principal: Principal): boolean {
    const origin = this.#session?.origin;
    return origin?.tenant === principal.tenant && origin.user === principal.user && origin.client === principal.client;
  }

  #onRefusal(refusal: Refusal, arrival: Arrival): void {
    const { log } = this.#link.context.gateway;
    log.debug({ vin: this.vin, reason: refusalReasonNames[refusal.reason] }, "vehicle refused");
    this.#leave(CloseReason.Protocol);
    this.#refuse(arrival, LinkFault.LoginRefused, refusalFlag(refusal.reason, this.#version));
  }

  #refuse(arrival: Arrival, code: LinkFault, flag: number): void {
    this.#answer(arrival, flag);
    if (this.#session !== null) {
      this.#link.onFault(code);
      return;
    }
    this.#link.onRefused(code);
    this.#link.onGone(this.vin);
  }

  /** A vehicle asks for activation before it can log in: published for it, and no session stays. */
  async #activate(arrival: Arrival): Promise<void> {
    const { context } = this.#link;
    const principal = await this.#admit(null);
    if (this.#isClosed) return;
    if (principal instanceof Refusal) {
      this.#onRefusal(principal, arrival);
      return;
    }
    if (arrival.isForged(context.keys)) this.#link.onFault(LinkFault.Signature);
    const publishing = new SinglePublish();
    this.#activation = publishing;
    const name = messageNameOf(arrival.frame, arrival.fault);
    const topic = context.profile.upTopic(this.vin, name);
    const json = this.#json(arrival, name, null);
    const verdict = await publishOnce(this.#link, publishing, principal, this.#version, topic, json);
    this.#activation = null;
    if (this.#isClosed) return;
    this.#answer(arrival, isAccepted(verdict) ? arrival.flag : flagOf(verdict));
    this.#link.onUnannounced();
  }

  #process(session: Session, arrival: Arrival): void {
    const { options, profile, keys } = this.#link.context;
    if (arrival.isForged(keys)) this.#link.onFault(LinkFault.Signature);
    const { frame, body, fault } = arrival;
    if (options.enforcesSerials && this.#serialFaultOf(arrival) !== null) {
      this.#refuse(arrival, LinkFault.Serial, Response.Error);
      if (!this.#isPresent) this.#leave(CloseReason.Protocol);
      return;
    }
    const reference = isAnswer(frame) ? this.#downlink.onAnswer(frame) : null;
    const name = messageNameOf(frame, fault);
    const topic = profile.upTopic(this.vin, name);
    const isConsumed = fault === null && !options.publishesSessions && isSessionMessage(frame.command);
    const payload = topic === null || isConsumed ? null : Buffer.from(this.#json(arrival, name, reference));
    if (arrival.is(Command.VehicleLogin)) this.#loginSerial = serialIn(body);
    if (topic === null || payload === null) {
      this.#settle(arrival, Verdict.Accepted);
      return;
    }
    const receipt = this.#nextReceipt();
    const verdict = session.publish(Message.of(session.origin, topic, payload, 1, false, 0, jsonProperties), receipt);
    if (verdict !== Verdict.Pending) {
      this.#settle(arrival, verdict);
      return;
    }
    arrival.keep();
    this.#pending.add(receipt, arrival);
  }

  #settle(arrival: Arrival, verdict: Verdict): void {
    if (this.#isClosed) return;
    const isTaken = isAccepted(verdict);
    if (isTaken) this.#repeats.remember(arrival, arrival.flag, this.#now);
    this.#answer(arrival, isTaken ? arrival.flag : flagOf(verdict));
    if (arrival.is(Command.VehicleLogin)) {
      if (isTaken) this.#isPresent = true;
      else if (!this.#isPresent) this.#leave(CloseReason.Protocol);
    } else if (arrival.is(Command.VehicleLogout) && isTaken) this.#leave(CloseReason.Normal);
    // Commands come after the first answer.
    if (this.#session !== null && !this.#isWritable) {
      this.#isWritable = true;
      this.#session.onWritable();
    }
  }

  #answer(arrival: Arrival, flag: number): void {
    const { options } = this.#link.context;
    if (flag === Response.Ok && !options.answersReports && isReport(arrival.command)) return;
    const answer = arrival.answer(flag, this.#now, options);
    if (answer !== null) this.#link.send(answer);
  }

  #serialFaultOf({ frame, body }: Arrival): ReturnType<typeof serialFaultOf> {
    return frame.isCommand ? serialFaultOf(frame, body, this.#loginSerial) : null;
  }

  #json(arrival: Arrival, message: MessageName, reference: string | null): string {
    const { platform, context } = this.#link;
    return context.profile.toJson(arrival.frame, arrival.body, {
      vin: this.vin,
      message,
      platform: platform?.code ?? null,
      encryption: arrival.encryption,
      receivedAt: this.#now,
      reference,
      fault: arrival.fault,
      signature: arrival.signature,
      serialFault: this.#serialFaultOf(arrival),
    });
  }

  /** For what nobody waits for. */
  #tell(message: MessageName, json: string): void {
    const session = this.#session;
    const topic = this.#link.context.profile.upTopic(this.vin, message);
    if (session === null || topic === null) return;
    const payload = Buffer.from(json);
    session.publish(Message.of(session.origin, topic, payload, 1, false, 0, jsonProperties), this.#nextReceipt());
  }

  /** The session ends, and what waited for it. A vehicle that did not say goodbye is told to be gone. */
  #leave(reason: CloseReason): void {
    const { options } = this.#link.context;
    this.#downlink.end(options.sessionExpiryMs > 0 && reason !== CloseReason.Normal);
    if (this.#isPresent && reason !== CloseReason.Normal && options.publishesSessions) {
      const receivedAt = new Date(this.#now).toISOString();
      const said = { message: "offline", vin: this.vin, reason: closeReasonNames[reason], receivedAt };
      this.#tell("offline", JSON.stringify(said));
    }
    const session = this.#session;
    this.#session = null;
    this.#isPresent = false;
    this.#isWritable = false;
    this.#pending.clear();
    session?.close(reason);
    if (!this.#isClosed) this.#link.onGone(this.vin);
  }

  #nextReceipt(): number {
    this.#receipt = (this.#receipt + 1) & RECEIPT_MASK;
    return this.#receipt;
  }

  get #now(): number {
    return this.#link.context.gateway.clock.now();
  }
}
