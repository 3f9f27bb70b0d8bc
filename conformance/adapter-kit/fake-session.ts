// One device's session as a test scripts it: it answers what the script says, sends the deliveries that the test asks
// for under the rules of the contract (nothing before the first onWritable, nothing after a false), writes down
// everything that the adapter did with it, and notes in `violations` what an adapter must never do.

import {
  CloseReason,
  DeliveryFlag,
  Message,
  Outcome,
  Verdict,
  type Clock,
  type Device,
  type EdgeLimits,
  type MessageProperties,
  type Origin,
  type Principal,
  type QoS,
  type Reading,
  type Session,
  type SessionOptions,
  type SubscribeOutcome,
  type SubscribeRequest,
} from "../../core/index.ts";

/** One call of publish, with a copy of the message that outlives the turn. */
export interface Publication {
  readonly message: Message;
  readonly receipt: number;
  /** As it was answered; Pending stays Pending here. */
  readonly verdict: Verdict;
}

export interface Acknowledgement {
  readonly id: number;
  readonly outcome: Outcome;
  readonly known: boolean;
}

/** What a test sends to the device. */
export interface Sending {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos?: QoS;
  readonly flags?: number;
  readonly identifiers?: readonly number[] | null;
  readonly properties?: MessageProperties | null;
  /** Where the message comes from; the session itself when left out. */
  readonly origin?: Origin;
}

/** What a session needs of the gateway that opened it: the script's answers, and somebody who is told. */
export interface SessionHost {
  readonly protocol: string;
  readonly clock: Clock;
  readonly limits: EdgeLimits;
  readonly violations: string[];
  answerPublish(session: FakeSession, message: Message, receipt: number): Verdict;
  answerSubscribe(session: FakeSession, request: SubscribeRequest): Verdict;
  answerRead(session: FakeSession, topic: string): Reading;
  /** Resolves when the test does not hold the verb back. */
  passGate(verb: "subscribe" | "read"): Promise<void>;
  /** Something happened: whoever waits looks again. */
  changed(): void;
  forget(session: FakeSession): void;
}

interface Queued {
  readonly message: Message;
  readonly qos: QoS;
  readonly flags: number;
  readonly identifiers: readonly number[] | null;
}

const RELEASING = -1;
const ID_MAX = 65_535;

export class FakeSession implements Session {
  readonly origin: Origin;
  readonly resumed: boolean;
  readonly principal: Principal;
  readonly options: SessionOptions;
  readonly device: Device;
  /** Messages that were published, in order, whatever the verdict. */
  readonly publications: Publication[] = [];
  /** Receipts answered with Pending and not settled yet, in order. */
  readonly pending: number[] = [];
  readonly released: number[] = [];
  readonly acknowledgements: Acknowledgement[] = [];
  readonly subscriptions = new Map<string, SubscribeRequest>();
  readonly reads: string[] = [];
  expiryMs: number;
  /** Why it was closed, or null while it is open. */
  closed: CloseReason | null = null;
  /** True when the close came from the core (take-over, kick), not from the adapter. */
  disconnected = false;
  writable = false;
  writableCalls = 0;
  /** How many times deliver answered false. */
  refusals = 0;
  /** How many deliveries reached the device. */
  delivered = 0;
  readonly #gateway: SessionHost;
  readonly #queue: Queued[] = [];
  /** Deliveries in flight: id to QoS, or RELEASING between the halves of QoS 2. */
  readonly #inFlight = new Map<number, number>();
  readonly #inbound = new Map<number, Verdict>();
  #lastId = 0;
  #sequence = 0;

  constructor(gateway: SessionHost, principal: Principal, options: SessionOptions, device: Device, resumed: boolean) {
    this.#gateway = gateway;
    this.principal = principal;
    this.options = options;
    this.device = device;
    this.resumed = resumed;
    this.expiryMs = options.expiryMs;
    this.origin = Object.freeze({
      tenant: principal.tenant,
      device: options.device ?? principal.client,
      client: principal.client,
      user: principal.user,
      via: options.via,
      protocol: gateway.protocol,
      protocolVersion: options.protocolVersion,
      listener: principal.peer.listener,
      node: "fake",
      peer: principal.peer,
    });
  }

  publish(message: Message, receipt: number): Verdict {
    if (this.closed !== null) return Verdict.Closed;
    if (message.origin !== this.origin) {
      this.#gateway.violations.push(`publish of a message of another origin: ${message.topic}`);
      return Verdict.InvalidMessage;
    }
    if (message.qos === 2 && this.#inbound.has(receipt)) return this.#inbound.get(receipt)!;
    const tooLarge = message.payloadBytes > this.#gateway.limits.messageMaxBytes;
    const verdict = tooLarge ? Verdict.TooLarge : this.#gateway.answerPublish(this, message, receipt);
    const taken = verdict === Verdict.Accepted || verdict === Verdict.NoSubscriber || verdict === Verdict.Pending;
    if (taken && !Message.stamp(message, ++this.#sequence, this.#gateway.clock.now())) {
      this.#gateway.violations.push(`the same message published twice: ${message.topic}`);
      return Verdict.InvalidMessage;
    }
    if (message.qos === 2 && taken) this.#inbound.set(receipt, verdict);
    if (verdict === Verdict.Pending) this.pending.push(receipt);
    this.publications.push({ message: message.detached(), receipt, verdict });
    this.#gateway.changed();
    return verdict;
  }

  onReleased(receipt: number): boolean {
    this.released.push(receipt);
    this.#gateway.changed();
    return this.#inbound.delete(receipt);
  }

  onAcknowledged(deliveryId: number, outcome: Outcome): boolean {
    const state = this.#inFlight.get(deliveryId);
    let known = state !== undefined;
    if (state === 2 && outcome === Outcome.Completed) known = false;
    if (state !== 2 && outcome === Outcome.Received) known = false;
    this.acknowledgements.push({ id: deliveryId, outcome, known });
    if (known && outcome === Outcome.Received) {
      this.#inFlight.set(deliveryId, RELEASING);
      this.device.release(deliveryId);
    } else if (known) this.#inFlight.delete(deliveryId);
    this.#flush();
    this.#gateway.changed();
    return known;
  }

  onWritable(): void {
    this.writableCalls++;
    this.writable = true;
    this.#flush();
    this.#gateway.changed();
  }

  async subscribe(
    requests: readonly SubscribeRequest[],
    granted?: (outcomes: readonly SubscribeOutcome[]) => void,
  ): Promise<readonly SubscribeOutcome[]> {
    await this.#gateway.passGate("subscribe");
    const closed = this.closed !== null;
    const outcomes = requests.map((request): SubscribeOutcome => {
      const verdict = closed ? Verdict.Closed : this.#gateway.answerSubscribe(this, request);
      if (verdict === Verdict.Accepted) this.subscriptions.set(request.filter, request);
      return { verdict, qos: request.qos };
    });
    if (!closed) granted?.(outcomes);
    this.#gateway.changed();
    return outcomes;
  }

  async unsubscribe(filters: readonly string[]): Promise<readonly Verdict[]> {
    await this.#gateway.passGate("subscribe");
    const verdicts = filters.map((filter) => {
      if (this.closed !== null) return Verdict.Closed;
      return this.subscriptions.delete(filter) ? Verdict.Accepted : Verdict.NoSubscriber;
    });
    this.#gateway.changed();
    return verdicts;
  }

  async read(topic: string): Promise<Reading> {
    this.reads.push(topic);
    await this.#gateway.passGate("read");
    if (this.closed !== null) return { verdict: Verdict.Closed, message: null };
    return this.#gateway.answerRead(this, topic);
  }

  setExpiry(expiryMs: number): void {
    this.expiryMs = expiryMs;
  }

  close(reason: CloseReason): void {
    if (this.closed !== null) return;
    this.closed = reason;
    this.#queue.length = 0;
    this.#gateway.forget(this);
  }

  /** The core settles a publish that was answered with Pending. */
  settle(receipt: number, verdict: Verdict): void {
    const at = this.pending.indexOf(receipt);
    if (at === -1) throw new Error(`receipt ${receipt} is not pending`);
    this.pending.splice(at, 1);
    if (this.#inbound.has(receipt)) this.#inbound.set(receipt, verdict);
    if (this.closed === null) this.#guard("onSettled", () => this.device.onSettled(receipt, verdict));
    this.#gateway.changed();
  }

  /** The core ends the session: the device has to tell its peer and hang up. */
  disconnect(reason: CloseReason): void {
    if (this.closed !== null) return;
    this.disconnected = true;
    this.close(reason);
    this.#guard("disconnect", () => this.device.disconnect(reason));
  }

  /** Queues a delivery and hands over what the device can take now. */
  send(sending: Sending): void {
    const payload = typeof sending.payload === "string" ? new TextEncoder().encode(sending.payload) : sending.payload;
    const qos = sending.qos ?? 0;
    const flags = sending.flags ?? 0;
    const retain = (flags & DeliveryFlag.Retain) !== 0;
    const origin = sending.origin ?? this.origin;
    const message = Message.of(origin, sending.topic, payload, qos, retain, 0, sending.properties ?? null);
    Message.stamp(message, ++this.#sequence, this.#gateway.clock.now());
    this.#queue.push({ message, qos, flags, identifiers: sending.identifiers ?? null });
    this.#flush();
  }

  /** Deliveries that wait: the device was full, or its window was. */
  get queued(): number {
    return this.#queue.length;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  #flush(): void {
    while (this.writable && this.closed === null && this.#queue.length > 0) {
      const next = this.#queue[0]!;
      if (next.qos > 0 && this.#inFlight.size >= this.options.inflightMax) return;
      this.#queue.shift();
      const id = next.qos > 0 ? this.#takeId(next.qos) : 0;
      this.delivered++;
      this.#guard("deliver", () => {
        if (this.device.deliver(id, next.message, next.qos, next.flags, next.identifiers)) return;
        this.refusals++;
        this.writable = false;
      });
    }
  }

  #takeId(qos: QoS): number {
    do this.#lastId = (this.#lastId % ID_MAX) + 1;
    while (this.#inFlight.has(this.#lastId));
    this.#inFlight.set(this.#lastId, qos);
    return this.#lastId;
  }

  /** A device must not throw: the core could not know whose fault it was. */
  #guard(verb: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#gateway.violations.push(`device.${verb} threw: ${String(error)}`);
    }
  }
}
