// hot path
// A web page as a device: the sub-protocol tributary.v1.json over one WebSocket. Frames are taken in order; while the
// core is asked something that takes a while (connect, subscribe, unsubscribe), those behind it wait and the socket is
// not read.

import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import {
  CloseReason,
  closeReasonNames,
  count,
  isAccepted,
  Outcome,
  Refusal,
  refusalReasonNames,
  Verdict,
  verdictNames,
} from "../../core/index.ts";
import type {
  Credentials,
  Device,
  Gateway,
  ListenerMeter,
  Message,
  Peer,
  QoS,
  Session,
  SubscribeOutcome,
  Timer,
} from "../../core/index.ts";
import type { Turn } from "../../net/turn.ts";
import type { WebCredentials } from "../../net/web-authorization.ts";
import { toWebMessage } from "../../net/web-message.ts";
import type { JsonSettings } from "./config.ts";
import { CloseCode, closeCodeOf, FrameFault, PeerFault } from "./faults.ts";
import type { FrameId } from "./faults.ts";
import { parseFrame } from "./frames.ts";
import type { ClientFrame, ConnectFrame, PublishFrame, SubscribeFrame, UnsubscribeFrame } from "./frames.ts";
import { errorFrame, messageFrame, publishedFrame, subscribedFrame, toWill, unsubscribedFrame } from "./mapping.ts";

export interface JsonConnectionOptions {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly peer: Peer;
  /** Credentials of the upgrade request, for clients that can set headers; the connect frame's come first. */
  readonly upgradeCredentials: WebCredentials;
  readonly gateway: Gateway;
  readonly turn: Turn;
  readonly meter: ListenerMeter;
  readonly settings: JsonSettings;
  readonly connectTimeoutMs: number;
  readonly highWaterMarkBytes: number;
}

const protocolVersion = "tributary.v1.json";
const CONNECT = 1;
/** Frames that came in one chunk with one that has to wait. The socket is not read meanwhile, so that they are few. */
const HELD_FRAMES_MAX = 16_384;
const TEXT = Object.freeze({ binary: false });
const utf8 = new TextDecoder();

// NEW ──connect──▶ CONNECTING ──session──▶ OPEN ──disconnect / fault / core / socket──▶ CLOSED
const NEW = 0;
const CONNECTING = 1;
const OPEN = 2;
const CLOSED = 3;

export class JsonConnection implements Device {
  readonly #options: JsonConnectionOptions;
  #state = NEW;
  #session: Session | null = null;
  #timer: Timer | null;
  #faults = 0;
  /** Something is asked of the core: frames are held. */
  #isHolding = false;
  readonly #held: Uint8Array[] = [];
  #isGathering = false;
  #isFull = false;
  #receipt = 0;
  /** Receipt to the page's id, of publishes that wait for their verdict. */
  readonly #pending = new Map<number, FrameId | null>();
  /** Ids of QoS 2 deliveries (of a session that another protocol began): they take two steps. */
  readonly #exact = new Set<number>();

  constructor(options: JsonConnectionOptions) {
    this.#options = options;
    this.#timer = options.gateway.clock.arm(this, CONNECT, options.connectTimeoutMs);
  }

  /** A whole message has come. */
  onMessage(data: Uint8Array, isBinary: boolean): void {
    if (this.#state === CLOSED) return;
    if (isBinary) {
      count(this.#options.meter.protocolErrors, PeerFault.FrameType);
      this.#close(CloseReason.Protocol, CloseCode.WrongFrameType, "binary frames are not spoken here");
    } else if (!this.#isHolding) {
      this.#onText(data);
    } else if (this.#held.push(data) > HELD_FRAMES_MAX) {
      this.#close(CloseReason.Protocol, CloseCode.Policy, "too many frames at once");
    }
  }

  /** While it is us who do not read, the page's silence says nothing. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** The socket took what was waiting. */
  onDrain(): void {
    this.#relieve();
  }

  /** The socket is gone. */
  onClosed(): void {
    this.#end(CloseReason.ConnectionLost);
  }

  onStopping(): void {
    this.#close(CloseReason.Stopping, CloseCode.Stopping, "stopping");
  }

  onTimer(): void {
    this.#timer = null;
    this.#close(CloseReason.Protocol, CloseCode.Policy, "no connect frame in time");
  }

  deliver(id: number, message: Message, qos: QoS, flags: number, identifiers: readonly number[] | null): boolean {
    if (this.#state !== OPEN) return true;
    if (qos === 2) this.#exact.add(id);
    this.#send(messageFrame(id, message, qos, flags, identifiers));
    return !this.#isFull;
  }

  release(id: number): void {
    // The page was told once and has said so: there is nothing left that it could forget.
    this.#exact.delete(id);
    this.#session?.onAcknowledged(id, Outcome.Completed);
  }

  onSettled(receipt: number, verdict: Verdict): void {
    const id = this.#pending.get(receipt);
    if (id === undefined) return;
    this.#pending.delete(receipt);
    this.#answerPublish(id, verdict);
  }

  disconnect(reason: CloseReason): void {
    this.#session = null;
    this.#close(reason, closeCodeOf(reason), closeReasonNames[reason] ?? "");
  }

  /** From the turn: what was gathered leaves with one write. */
  flush(): void {
    this.#isGathering = false;
    this.#options.socket.uncork();
    this.#relieve();
  }

  #onText(data: Uint8Array): void {
    const frame = parseFrame(utf8.decode(data));
    if (frame instanceof FrameFault) this.#onFault(frame);
    else if (this.#state === OPEN) this.#onFrame(frame);
    else if (frame.type === "connect") this.#hold(this.#connect(frame));
    else if (frame.type === "ping") this.#send('{"type":"pong"}');
    else this.#onFault(new FrameFault("not_connected", "the first frame is to be `connect`"));
  }

  #onFrame(frame: ClientFrame): void {
    const session = this.#session;
    if (session === null) return;
    switch (frame.type) {
      case "publish":
        this.#publish(session, frame);
        break;
      case "ack":
        this.#acknowledge(session, frame.delivery);
        break;
      case "subscribe":
        this.#hold(this.#subscribe(session, frame));
        break;
      case "unsubscribe":
        this.#hold(this.#unsubscribe(session, frame));
        break;
      case "ping":
        this.#send('{"type":"pong"}');
        break;
      case "disconnect":
        this.#close(frame.will ? CloseReason.NormalWithWill : CloseReason.Normal, CloseCode.Normal, "");
        break;
      case "connect":
        this.#onFault(new FrameFault("already_connected", "a connection is connected once"));
    }
  }

  #publish(session: Session, frame: PublishFrame): void {
    if (this.#pending.size >= this.#options.settings.pendingMax) {
      this.#answerPublish(frame.id, Verdict.Overload);
      return;
    }
    const message = toWebMessage(session.origin, frame, this.#options.gateway.clock.now());
    const receipt = ++this.#receipt;
    // Noted before it is asked: the verdict may come from within the call.
    this.#pending.set(receipt, frame.id);
    const verdict = session.publish(message, receipt);
    if (verdict !== Verdict.Pending) this.onSettled(receipt, verdict);
  }

  /** A publish without an id is answered only when it was not taken. */
  #answerPublish(id: FrameId | null, verdict: Verdict): void {
    if (this.#state !== OPEN) return;
    if (id !== null) this.#send(publishedFrame(id, verdict));
    else if (!isAccepted(verdict)) this.#send(errorFrame(verdictNames[verdict]!, "the message was not taken", null));
  }

  #acknowledge(session: Session, id: number): void {
    const outcome = this.#exact.has(id) ? Outcome.Received : Outcome.Completed;
    if (!session.onAcknowledged(id, outcome)) {
      this.#onFault(new FrameFault("unknown_ack", "no message of this id waits for an acknowledgement", id));
    }
  }

  async #connect(frame: ConnectFrame): Promise<void> {
    this.#state = CONNECTING;
    this.#disarm();
    const { gateway, peer, settings } = this.#options;
    const principal = await gateway.authenticate(peer, this.#credentials(frame));
    if (principal instanceof Refusal) return this.#refuse(principal);
    if (this.#state !== CONNECTING) return;
    const inflightMax = Math.min(settings.inflightMax, frame.inflight || settings.inflightMax);
    const expiryMs = Math.min(frame.expiryS * 1000, gateway.limits.sessionExpiryMaxMs);
    const session = await gateway.openSession(
      principal,
      {
        device: null,
        via: [],
        protocolVersion,
        exclusive: true,
        clean: frame.clean,
        expiryMs,
        inflightMax,
        will: frame.will === null ? null : toWill(frame.will),
      },
      this,
    );
    if (session instanceof Refusal) return this.#refuse(session);
    // Closed meanwhile, by the page or by the core.
    if (this.#state !== CONNECTING) return session.close(CloseReason.ConnectionLost);
    this.#session = session;
    this.#state = OPEN;
    this.#send(
      JSON.stringify({
        type: "connected",
        client: principal.client,
        resumed: session.resumed,
        expiry: expiryMs / 1000,
        inflight: inflightMax,
        payloadMaxBytes: gateway.limits.messageMaxBytes,
      }),
    );
    session.onWritable();
  }

  #credentials(frame: ConnectFrame): Credentials {
    const { client, user, password, token } = frame;
    const isStated = user !== null || password !== null || token !== null;
    if (!isStated) return { client, ...this.#options.upgradeCredentials };
    return { client, user, password: password === null ? null : Buffer.from(password), token };
  }

  #refuse(refusal: Refusal): void {
    if (this.#state !== CONNECTING) return;
    const reason = refusalReasonNames[refusal.reason] ?? "unavailable";
    this.#send(JSON.stringify({ type: "refused", reason, message: refusal.text }));
    this.#close(CloseReason.Normal, CloseCode.Refused, reason);
  }

  async #subscribe(session: Session, frame: SubscribeFrame): Promise<void> {
    let isAnswered = false;
    const answer = (outcomes: readonly SubscribeOutcome[]): void => {
      if (isAnswered || this.#state !== OPEN) return;
      isAnswered = true;
      this.#send(subscribedFrame(frame, outcomes));
    };
    answer(await session.subscribe(frame.requests, answer));
  }

  async #unsubscribe(session: Session, frame: UnsubscribeFrame): Promise<void> {
    const verdicts = await session.unsubscribe(frame.filters);
    if (this.#state === OPEN) this.#send(unsubscribedFrame(frame, verdicts));
  }

  /** Frames behind the one that is being worked on wait until it is done. */
  #hold(work: Promise<void>): void {
    this.#isHolding = true;
    this.#options.webSocket.pause();
    work.then(
      () => this.#resume(),
      (error: unknown) => {
        this.#options.gateway.log.error({ error }, "a connection failed by a defect of this program");
        this.#close(CloseReason.ConnectionLost, CloseCode.Internal, "internal");
      },
    );
  }

  #resume(): void {
    this.#isHolding = false;
    let taken = 0;
    while (taken < this.#held.length && !this.#isHolding && this.#state !== CLOSED) this.#onText(this.#held[taken++]!);
    this.#held.splice(0, this.#state === CLOSED ? this.#held.length : taken);
    if (!this.#isHolding && !this.#isFull) this.#options.webSocket.resume();
  }

  #onFault(fault: FrameFault): void {
    const { meter, settings } = this.#options;
    count(meter.protocolErrors, PeerFault.Json);
    this.#send(errorFrame(fault.code, fault.message, fault.id));
    if (++this.#faults < settings.faultsMax) return;
    this.#close(CloseReason.Protocol, CloseCode.Policy, "too many bad frames");
  }

  /** Frames of one turn leave together. */
  #send(frame: string | Uint8Array): void {
    const { webSocket, socket, turn, highWaterMarkBytes } = this.#options;
    if (!this.#isGathering) {
      this.#isGathering = true;
      socket.cork();
      turn.add(this);
    }
    webSocket.send(frame, TEXT);
    if (this.#isFull || webSocket.bufferedAmount <= highWaterMarkBytes) return;
    // Answers to what the page sends would pile up, too: it is not read until it reads.
    this.#isFull = true;
    webSocket.pause();
  }

  #relieve(): void {
    const { webSocket, highWaterMarkBytes } = this.#options;
    if (!this.#isFull || this.#state === CLOSED || webSocket.bufferedAmount > highWaterMarkBytes) return;
    this.#isFull = false;
    if (!this.#isHolding) webSocket.resume();
    this.#session?.onWritable();
  }

  #close(reason: CloseReason, code: number, text: string): void {
    if (this.#state === CLOSED) return;
    this.#end(reason);
    const { webSocket } = this.#options;
    webSocket.close(code, text);
    // The answer to the closing frame is to be read.
    webSocket.resume();
  }

  #end(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#disarm();
    this.#held.length = 0;
    this.#pending.clear();
    const session = this.#session;
    this.#session = null;
    session?.close(reason);
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.gateway.clock.disarm(this.#timer);
    this.#timer = null;
  }
}
