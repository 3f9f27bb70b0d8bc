// hot path
// One subscription as a stream of server-sent events. The stream outlives its connection for a bounded time and goes
// on where `Last-Event-ID` says; what it keeps for that, the window, is bounded in number, bytes and time.
//
// Events are numbered without gaps from 1. A delivery of QoS 1 is acknowledged when its event was handed to the host's
// network, or when a reader that resumes says that it has it.

import type { ServerResponse } from "node:http";
import { CloseReason, closeReasonNames, DeliveryFlag, Outcome } from "../../core/index.ts";
import type { Clock, Device, Message, QoS, Session, Timer } from "../../core/index.ts";
import type { Turn } from "../../net/turn.ts";
import { controlEvent, eventId, headText, sharedBytes, tailText } from "./event.ts";

export interface StreamLimits {
  readonly heartbeatMs: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
  readonly windowMs: number;
  /** Bytes that wait for a reader before the core is asked to hold back. */
  readonly unsentMaxBytes: number;
  /** A reader that takes nothing for this long is cut off. */
  readonly stalledMs: number;
}

/** Whoever keeps the streams by their tokens. */
export interface StreamOwner {
  onStreamClosed(stream: EventStream): void;
}

class WindowEvent {
  readonly deliveryId: number;
  readonly shared: Uint8Array;
  readonly tail: string;
  constructor(deliveryId: number, shared: Uint8Array, tail: string) {
    this.deliveryId = deliveryId;
    this.shared = shared;
    this.tail = tail;
  }
}

/** What an event takes beside the bytes that it shares with other streams: its id line, its tail and the objects. */
const EVENT_OVERHEAD_BYTES = 200;
const HEARTBEAT = 1;
const WINDOW = 2;
const RETRY_MS = 2000;

// NEW ──attach──▶ ATTACHED ⇄ DETACHED ──window over / disconnect / stop──▶ CLOSED
const NEW = 0;
const ATTACHED = 1;
const DETACHED = 2;
const CLOSED = 3;

export class EventStream implements Device {
  readonly token: string;
  /** Who may resume it. */
  readonly scope: string;
  /** What it is subscribed to: a reader that asks for something else gets a stream of its own. */
  readonly request: string;
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #limits: StreamLimits;
  readonly #owner: StreamOwner;
  #state = NEW;
  #session: Session | null = null;
  #response: ServerResponse | null = null;
  #timer: Timer | null = null;
  /** Events first…last, `#events[0]` being number `#first`. */
  readonly #events: WindowEvent[] = [];
  #first = 1;
  #bytes = 0;
  /** Handed to the network and known to have left; handed to the network. */
  #confirmed = 0;
  #sent = 0;
  #unconfirmedBytes = 0;
  #isFlushing = false;
  #isFull = false;
  /** When the write that is under way began, ms; 0 = none is. */
  #writingSince = 0;
  #isQuiet = true;

  constructor(
    token: string,
    scope: string,
    request: string,
    clock: Clock,
    turn: Turn,
    limits: StreamLimits,
    owner: StreamOwner,
  ) {
    this.token = token;
    this.scope = scope;
    this.request = request;
    this.#clock = clock;
    this.#turn = turn;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** The number of the newest event. */
  get last(): number {
    return this.#first + this.#events.length - 1;
  }
  get isClosed(): boolean {
    return this.#state === CLOSED;
  }
  get isAttached(): boolean {
    return this.#state === ATTACHED;
  }

  /** Once, before the first attach. */
  hold(session: Session): void {
    this.#session = session;
  }

  /**
   * Goes on at `response`, whose head was not written yet, after event number `after`. Tells the reader how many
   * events it has missed for good.
   */
  attach(response: ServerResponse, after: number, start: object): void {
    const isResumed = this.#state !== NEW;
    this.#leave("resumed_elsewhere");
    this.#disarm();
    this.#state = ATTACHED;
    this.#response = response;
    this.#confirm(after);
    this.#sent = Math.max(after, this.#first - 1);
    const missed = this.#sent - after;
    const head = controlEvent("start", eventId(this.token, this.#sent), { resumed: isResumed, missed, ...start });
    response.on("close", () => this.#onResponseClosed(response));
    // A write to a connection that has just been lost: its close follows.
    response.on("error", ignore);
    response.write(`retry: ${RETRY_MS}\n${head}`);
    this.#arm(HEARTBEAT, this.#limits.heartbeatMs);
    this.#write();
    this.#isFull = this.#mustHoldBack();
    if (!this.#isFull) this.#session?.onWritable();
  }

  deliver(id: number, message: Message, qos: QoS, flags: number): boolean {
    if (this.#state === CLOSED) return true;
    const isRetained = (flags & DeliveryFlag.Retain) !== 0;
    const event = new WindowEvent(
      id,
      sharedBytes(message),
      tailText(qos, isRetained, (flags & DeliveryFlag.Redelivered) !== 0),
    );
    this.#events.push(event);
    const bytes = event.shared.length + EVENT_OVERHEAD_BYTES;
    this.#bytes += bytes;
    this.#unconfirmedBytes += bytes;
    this.#trim();
    if (this.#state === ATTACHED && !this.#isFlushing && this.#writingSince === 0) {
      this.#isFlushing = true;
      this.#turn.add(this);
    }
    this.#isFull = this.#mustHoldBack();
    return !this.#isFull;
  }

  flush(): void {
    this.#isFlushing = false;
    this.#write();
  }

  release(): void {
    // Subscriptions of streams are of QoS 0 or 1: there is nothing to release.
  }

  onSettled(): void {
    // It publishes nothing.
  }

  disconnect(reason: CloseReason): void {
    this.#end(closeReasonNames[reason] ?? "closed");
  }

  /** Ends the stream and its session. Safe twice. */
  close(reason: CloseReason): void {
    this.#session?.close(reason);
    this.#end(closeReasonNames[reason] ?? "closed");
  }

  onTimer(tag: number): void {
    this.#timer = null;
    if (tag === WINDOW) {
      this.close(CloseReason.ConnectionLost);
      return;
    }
    if (this.#writingSince !== 0 && this.#clock.now() - this.#writingSince >= this.#limits.stalledMs) {
      this.#response?.destroy();
      return;
    }
    if (this.#isQuiet && this.#writingSince === 0) this.#response?.write(":\n\n");
    this.#isQuiet = true;
    this.#arm(HEARTBEAT, this.#limits.heartbeatMs);
  }

  /** Everything that waits, in one write. The next one is made when this one has left: what comes meanwhile is gathered. */
  #write(): void {
    const response = this.#response;
    const last = this.last;
    if (response === null || this.#writingSince !== 0 || this.#sent === last) return;
    const bytes = this.#encode(this.#sent + 1, last);
    this.#sent = last;
    this.#isQuiet = false;
    this.#writingSince = this.#clock.now();
    response.write(bytes, (error) => {
      if (this.#response === response && (error === null || error === undefined)) this.#onWritten(last);
    });
  }

  #encode(from: number, to: number): Buffer {
    const heads: string[] = [];
    let length = 0;
    for (let number = from; number <= to; number++) {
      const event = this.#events[number - this.#first]!;
      const head = headText(this.token, number);
      heads.push(head);
      length += head.length + event.shared.length + event.tail.length;
    }
    const bytes = Buffer.allocUnsafe(length);
    let at = 0;
    for (let number = from; number <= to; number++) {
      const event = this.#events[number - this.#first]!;
      at += bytes.write(heads[number - from]!, at, "latin1");
      bytes.set(event.shared, at);
      at += event.shared.length;
      at += bytes.write(event.tail, at, "latin1");
    }
    return bytes;
  }

  #onWritten(upTo: number): void {
    this.#writingSince = 0;
    this.#confirm(upTo);
    this.#relieve();
    this.#write();
  }

  /** The reader has all events up to this number: their deliveries end, and they may leave the window. */
  #confirm(upTo: number): void {
    while (this.#confirmed < upTo) {
      const event = this.#events[++this.#confirmed - this.#first];
      if (event === undefined) continue;
      this.#unconfirmedBytes -= event.shared.length + EVENT_OVERHEAD_BYTES;
      if (event.deliveryId !== 0) this.#session?.onAcknowledged(event.deliveryId, Outcome.Completed);
    }
    this.#trim();
  }

  /** What is confirmed leaves the window, oldest first, while the window is too large. */
  #trim(): void {
    let count = 0;
    while (this.#first + count <= this.#confirmed && this.#isOver(this.#events.length - count)) {
      this.#bytes -= this.#events[count++]!.shared.length + EVENT_OVERHEAD_BYTES;
    }
    if (count === 0) return;
    this.#events.splice(0, count);
    this.#first += count;
  }

  #isOver(count: number): boolean {
    return count > this.#limits.windowMessages || this.#bytes > this.#limits.windowBytes;
  }

  /** What nobody has confirmed may fill the window, and no more than a share of it while a reader is there to take it. */
  #mustHoldBack(): boolean {
    const bytesMax = this.#state === ATTACHED ? this.#limits.unsentMaxBytes : this.#limits.windowBytes;
    return this.last - this.#confirmed >= this.#limits.windowMessages || this.#unconfirmedBytes >= bytesMax;
  }
  #relieve(): void {
    if (!this.#isFull || this.#mustHoldBack()) return;
    this.#isFull = false;
    this.#session?.onWritable();
  }

  #onResponseClosed(response: ServerResponse): void {
    if (this.#response !== response) return;
    this.#response = null;
    this.#writingSince = 0;
    if (this.#state !== ATTACHED) return;
    this.#state = DETACHED;
    this.#disarm();
    if (this.#limits.windowMs === 0) this.close(CloseReason.ConnectionLost);
    else this.#arm(WINDOW, this.#limits.windowMs);
    this.#relieve();
  }

  /** Says goodbye to the reader that it has, if any. */
  #leave(reason: string): void {
    const response = this.#response;
    this.#response = null;
    this.#writingSince = 0;
    if (response === null) return;
    // Whoever does not read its last event either is cut off by the host's own timer.
    response.setTimeout(this.#limits.stalledMs);
    response.end(controlEvent("end", null, { reason }));
  }

  #end(reason: string): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#session = null;
    this.#disarm();
    this.#leave(reason);
    this.#events.length = 0;
    this.#owner.onStreamClosed(this);
  }

  #arm(tag: number, delayMs: number): void {
    this.#timer = this.#clock.arm(this, tag, delayMs);
  }
  #disarm(): void {
    if (this.#timer !== null) this.#clock.disarm(this.#timer);
    this.#timer = null;
  }
}

function ignore(): void {
  // The event that matters is "close".
}
