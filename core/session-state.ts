// What of a session may outlive its connection: subscriptions, what is on its way to the device, QoS 2 identifiers in
// use, the will, and the timers that end it.

import type { Clock, Timer, TimerTarget } from "./clock.ts";
import type { SubscribeRequest, Will } from "./contract.ts";
import type { CoreLimits } from "./limits.ts";
import { Message } from "./message.ts";
import type { Origin } from "./message.ts";
import { count } from "./meter.ts";
import type { ListenerMeter } from "./meter.ts";
import { Outbox } from "./outbox.ts";
import type { Publisher } from "./publisher.ts";
import type { ClientRates } from "./rate-book.ts";
import { Subscription } from "./subscription.ts";
import type { Tenant } from "./tenant.ts";
import type { ParsedFilter } from "./topic.ts";
import { isAccepted } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

const EXPIRY = 1;
const WILL = 2;

/** Whoever holds the session's connection, as seen from the registry. */
export interface Holder {
  /** The session was taken from it. */
  evict(reason: number): void;
}

interface Held {
  readonly parsed: ParsedFilter;
  readonly subscription: Subscription;
}

export class SessionState implements TimerTarget {
  readonly tenant: Tenant;
  /** Under which the tenant finds it; null for a session that holds no name. */
  readonly key: string | null;
  /** Whose session it is, within the tenant. */
  readonly name: string;
  /** Shared with all other sessions of that name. */
  readonly rates: ClientRates;
  readonly outbox: Outbox;
  readonly openedAt: number;
  readonly #clock: Clock;
  readonly #onEnded: (state: SessionState) => void;
  #subscriptions: Map<string, Held> | null = null;
  #inbox: Map<number, Verdict> | null = null;
  #publisher: Publisher | null = null;
  #holder: Holder | null = null;
  #expiryMs = 0;
  #will: Will | null = null;
  #willTimer: Timer | null = null;
  #expiryTimer: Timer | null = null;
  #isEnded = false;

  constructor(
    tenant: Tenant,
    name: string,
    key: string | null,
    rates: ClientRates,
    clock: Clock,
    limits: CoreLimits,
    meter: ListenerMeter,
    onEnded: (state: SessionState) => void,
  ) {
    this.tenant = tenant;
    this.name = name;
    this.key = key;
    this.rates = rates;
    this.#clock = clock;
    this.outbox = new Outbox(clock, limits, meter);
    this.openedAt = clock.now();
    this.#onEnded = onEnded;
  }

  get origin(): Origin | null {
    return this.#publisher?.origin ?? null;
  }
  get holder(): Holder | null {
    return this.#holder;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }
  get expiryMs(): number {
    return this.#expiryMs;
  }
  get sequence(): number {
    return this.#publisher?.sequence ?? 0;
  }
  get subscriptionCount(): number {
    return this.#subscriptions?.size ?? 0;
  }
  get filters(): string[] {
    return this.#subscriptions === null ? [] : [...this.#subscriptions.keys()];
  }

  /** A connection takes the session: what was to happen without one does not. */
  hold(holder: Holder, publisher: Publisher, expiryMs: number, will: Will | null): void {
    this.#cancelTimers();
    this.#holder = holder;
    this.#publisher = publisher;
    this.#expiryMs = expiryMs;
    this.#will = will;
  }

  setExpiry(expiryMs: number): void {
    this.#expiryMs = expiryMs;
  }

  /** The connection is gone. The will is due after its delay, or with the session's end, whichever is first [MQTT-3.1.3-9]. */
  letGo(withWill: boolean): void {
    this.#holder = null;
    this.outbox.detach();
    if (!withWill) this.#will = null;
    if (this.#expiryMs === 0) {
      this.end();
      return;
    }
    if (this.#will !== null) {
      if (this.#will.delayMs === 0) this.#publishWill();
      else if (this.#will.delayMs < this.#expiryMs) {
        this.#willTimer = this.#clock.arm(this, WILL, this.#will.delayMs);
      }
    }
    if (this.#expiryMs !== Infinity) this.#expiryTimer = this.#clock.arm(this, EXPIRY, this.#expiryMs);
  }

  onTimer(tag: number): void {
    if (tag === EXPIRY) this.end();
    else this.#publishWill();
  }

  /** Ends the session for good; a will that still waits is published. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cancelTimers();
    if (this.#subscriptions !== null) {
      for (const { parsed, subscription } of this.#subscriptions.values()) this.#unlink(parsed, subscription);
      this.#subscriptions = null;
    }
    this.outbox.close();
    this.#publishWill();
    this.#inbox = null;
    this.#onEnded(this);
  }

  /** True when the subscription is new, false when it replaced one to the same filter [MQTT-3.8.4-3]. */
  subscribe(request: SubscribeRequest, parsed: ParsedFilter): { readonly subscription: Subscription; isNew: boolean } {
    const index = this.tenant.index;
    const old = this.#subscriptions?.get(request.filter);
    const subscription = new Subscription(
      parsed.filter,
      this.outbox,
      index.groupOf(parsed),
      request.qos,
      request.noLocal,
      request.retainAsPublished,
      request.identifier === 0 ? null : [request.identifier],
    );
    // The new one goes in first: a share group that loses its only member for a moment would be a new group.
    index.add(parsed, subscription);
    if (old !== undefined) index.remove(old.parsed, old.subscription);
    this.#subscriptions ??= new Map();
    this.#subscriptions.set(request.filter, { parsed, subscription });
    this.tenant.topics.changed(parsed.filter, parsed.hasWildcard);
    return { subscription, isNew: old === undefined };
  }

  hasSubscription(filter: string): boolean {
    return this.#subscriptions?.has(filter) === true;
  }

  unsubscribe(filter: string): boolean {
    const held = this.#subscriptions?.get(filter);
    if (held === undefined) return false;
    this.#subscriptions?.delete(filter);
    this.#unlink(held.parsed, held.subscription);
    return true;
  }

  /** QoS 2: the verdict that was given on a receipt which is still in use. */
  inboxVerdict(receipt: number): Verdict | undefined {
    return this.#inbox?.get(receipt);
  }
  get inboxSize(): number {
    return this.#inbox?.size ?? 0;
  }
  putInbox(receipt: number, verdict: Verdict): void {
    this.#inbox ??= new Map();
    this.#inbox.set(receipt, verdict);
  }
  releaseInbox(receipt: number): boolean {
    return this.#inbox?.delete(receipt) === true;
  }

  #unlink(parsed: ParsedFilter, subscription: Subscription): void {
    this.tenant.index.remove(parsed, subscription);
    this.tenant.topics.changed(parsed.filter, parsed.hasWildcard);
  }

  #publishWill(): void {
    const will = this.#will;
    const publisher = this.#publisher;
    this.#will = null;
    this.#willTimer = null;
    if (will === null || publisher === null) return;
    const expiresAt = will.expiryMs === 0 ? 0 : this.#clock.now() + will.expiryMs;
    const { topic, payload, qos, retain, properties } = will;
    const message = Message.of(publisher.origin, topic, payload, qos, retain, expiresAt, properties);
    if (!isAccepted(publisher.publishWill(message))) count(this.outbox.meter.messagesDropped, "will_refused");
  }

  #cancelTimers(): void {
    if (this.#willTimer !== null) this.#clock.disarm(this.#willTimer);
    if (this.#expiryTimer !== null) this.#clock.disarm(this.#expiryTimer);
    this.#willTimer = null;
    this.#expiryTimer = null;
  }
}
