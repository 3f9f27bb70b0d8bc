// hot path
// One principal's session for plain requests: what the core sees as the device while a publisher posts. Many requests
// share it, so that a publisher with keep-alive does not authenticate for each of them; who keeps it, and for how long,
// is session-cache.ts's concern.

import { CloseReason, Outcome, Refusal, Verdict } from "../../core/index.ts";
import type { Clock, Device, Gateway, Message, Principal, Session, SessionOptions, Timer } from "../../core/index.ts";

/** Requests carry no session of their own: they share the name with whoever holds it and leave nothing behind. */
export const requestOptions: SessionOptions = Object.freeze({
  device: null,
  via: Object.freeze([]),
  protocolVersion: "1.1",
  exclusive: false,
  clean: true,
  expiryMs: 0,
  inflightMax: 1,
  will: null,
});

type Settle = (verdict: Verdict) => void;

class Waiting {
  readonly settle: Settle;
  readonly timer: Timer;
  constructor(settle: Settle, timer: Timer) {
    this.settle = settle;
    this.timer = timer;
  }
}

const NO_RECEIPT = -1;

// OPEN ──session closed by us or by the core──▶ CLOSED
export class RequestConnection implements Device {
  readonly principal: Principal;
  /** Whose remembered requests and event streams these are: the same before and after the session is renewed. */
  readonly scope: string;
  readonly openedAt: number;
  /** Moved on by the cache. */
  usedAt: number;
  readonly #clock: Clock;
  readonly #settleTimeoutMs: number;
  /** Publishes that the core has not settled yet, by receipt. Bounded by the listener's limit of running requests. */
  readonly #waiting = new Map<number, Waiting>();
  #session: Session | null = null;
  #receipt = 0;
  #isRetired = false;
  /** The receipt that `session.publish` was just called with, and the verdict if it came before that call returned. */
  #current = NO_RECEIPT;
  #early: Verdict = Verdict.Pending;

  private constructor(principal: Principal, scope: string, clock: Clock, settleTimeoutMs: number) {
    this.principal = principal;
    this.scope = scope;
    this.openedAt = clock.now();
    this.usedAt = this.openedAt;
    this.#clock = clock;
    this.#settleTimeoutMs = settleTimeoutMs;
  }

  static async open(
    gateway: Gateway,
    principal: Principal,
    scope: string,
    settleTimeoutMs: number,
  ): Promise<RequestConnection | Refusal> {
    const connection = new RequestConnection(principal, scope, gateway.clock, settleTimeoutMs);
    const session = await gateway.openSession(principal, requestOptions, connection);
    if (session instanceof Refusal) return session;
    connection.#session = session;
    return connection;
  }

  get isOpen(): boolean {
    return this.#session !== null;
  }

  /** Nobody is to find it any more: closes it, once the last running publish has its verdict. */
  closeWhenIdle(): void {
    this.#isRetired = true;
    if (this.#waiting.size === 0) this.close();
  }

  /** null once it is closed. */
  get session(): Session | null {
    return this.#session;
  }

  /** The verdict, or a promise of it where the core takes longer. Pending at its end: not settled in time. */
  publish(message: Message): Verdict | Promise<Verdict> {
    const session = this.#session;
    if (session === null) return Verdict.Closed;
    const receipt = ++this.#receipt;
    this.#current = receipt;
    this.#early = Verdict.Pending;
    const verdict = session.publish(message, receipt);
    this.#current = NO_RECEIPT;
    if (verdict !== Verdict.Pending) return verdict;
    return this.#early === Verdict.Pending ? this.#settled(receipt) : this.#early;
  }

  #settled(receipt: number): Promise<Verdict> {
    return new Promise<Verdict>((settle) => {
      const timer = this.#clock.arm(this, receipt, this.#settleTimeoutMs);
      this.#waiting.set(receipt, new Waiting(settle, timer));
    });
  }

  onSettled(receipt: number, verdict: Verdict): void {
    if (receipt === this.#current) this.#early = verdict;
    else this.#settle(receipt, verdict);
  }

  /** A publish was not settled within the time that a request waits. */
  onTimer(receipt: number): void {
    this.#settle(receipt, Verdict.Pending);
  }

  #settle(receipt: number, verdict: Verdict): void {
    const waiting = this.#waiting.get(receipt);
    if (waiting === undefined) return;
    this.#waiting.delete(receipt);
    this.#clock.disarm(waiting.timer);
    waiting.settle(verdict);
    if (this.#isRetired && this.#waiting.size === 0) this.close();
  }

  /** It subscribes to nothing: a delivery to it can only be the core's mistake, and is given back. */
  deliver(id: number): boolean {
    if (id !== 0) this.#session?.onAcknowledged(id, Outcome.Rejected);
    return true;
  }

  release(): void {
    // QoS 2 is never delivered to a session without subscriptions.
  }

  disconnect(): void {
    this.#end();
  }

  /** Safe twice. */
  close(reason: CloseReason = CloseReason.Normal): void {
    this.#session?.close(reason);
    this.#end();
  }

  #end(): void {
    this.#session = null;
    for (const receipt of this.#waiting.keys()) this.#settle(receipt, Verdict.Closed);
  }
}
