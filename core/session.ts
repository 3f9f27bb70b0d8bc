// hot path
// The door: one connected device's hold of its session, and the only way into the core. It has no field that an adapter
// could reach past it.

import type { Clock } from "./clock.ts";
import type { Device, Reading, Session, SubscribeOutcome, SubscribeRequest } from "./contract.ts";
import type { CoreLimits } from "./limits.ts";
import { Message } from "./message.ts";
import type { Origin } from "./message.ts";
import { count } from "./meter.ts";
import type { ListenerMeter } from "./meter.ts";
import type { Publisher } from "./publisher.ts";
import type { Holder, SessionState } from "./session-state.ts";
import { isTopicName, parseFilter } from "./topic.ts";
import { CloseReason, Verdict, isAccepted, verdictNames } from "./verdict.ts";
import type { Outcome } from "./verdict.ts";

const CLOSED: Reading = Object.freeze({ verdict: Verdict.Closed, message: null });

/** What a session door is made of; put together by the registry. */
export interface SessionParts {
  readonly state: SessionState;
  readonly publisher: Publisher;
  readonly device: Device;
  readonly meter: ListenerMeter;
  readonly clock: Clock;
  readonly limits: CoreLimits;
  readonly resumed: boolean;
}

// OPEN ──close, evict──▶ closed
export class SessionDoor implements Session, Holder {
  readonly #state: SessionState;
  readonly #publisher: Publisher;
  readonly #device: Device;
  readonly #meter: ListenerMeter;
  readonly #clock: Clock;
  readonly #limits: CoreLimits;
  readonly #resumed: boolean;
  #isOpen = true;

  constructor(parts: SessionParts) {
    this.#state = parts.state;
    this.#publisher = parts.publisher;
    this.#device = parts.device;
    this.#meter = parts.meter;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#resumed = parts.resumed;
    Object.freeze(this);
  }

  get origin(): Origin {
    return this.#publisher.origin;
  }
  get resumed(): boolean {
    return this.#resumed;
  }

  publish(message: Message, receipt: number): Verdict {
    if (!this.#isOpen) return Verdict.Closed;
    if (!Message.isSound(message)) return this.#refused(Verdict.InvalidMessage);
    const qos = message.qos;
    if (qos === 2) return this.#publishOnce(message, receipt);
    this.#meter.messagesReceived[qos]++;
    return this.#judge(message);
  }

  onReleased(receipt: number): boolean {
    return this.#isOpen && this.#state.releaseInbox(receipt);
  }

  onAcknowledged(deliveryId: number, outcome: Outcome): boolean {
    return this.#isOpen && this.#state.outbox.onAcknowledged(deliveryId, outcome);
  }

  onWritable(): void {
    if (this.#isOpen) this.#state.outbox.onWritable();
  }

  subscribe(
    requests: readonly SubscribeRequest[],
    granted?: (outcomes: readonly SubscribeOutcome[]) => void,
  ): Promise<readonly SubscribeOutcome[]> {
    const outbox = this.#state.outbox;
    outbox.hold();
    // Copied, so that what is judged is what is put in force.
    const outcomes = Array.from(requests, (request) => this.#subscribeOne({ ...request }));
    granted?.(outcomes);
    outbox.unhold();
    return Promise.resolve(outcomes);
  }

  unsubscribe(filters: readonly string[]): Promise<readonly Verdict[]> {
    return Promise.resolve(filters.map((filter) => this.#unsubscribeOne(filter)));
  }

  read(topic: string): Promise<Reading> {
    if (!this.#isOpen) return Promise.resolve(CLOSED);
    if (!isTopicName(topic, this.#limits)) return Promise.resolve({ verdict: Verdict.InvalidTopic, message: null });
    if (!this.#publisher.maySubscribe(topic)) return Promise.resolve({ verdict: Verdict.Denied, message: null });
    const now = this.#clock.now();
    const { topics, retained } = this.#state.tenant;
    return Promise.resolve({ verdict: Verdict.Accepted, message: topics.last(topic, now) ?? retained.get(topic, now) });
  }

  setExpiry(expiryMs: number): void {
    if (!this.#isOpen || this.#state.key === null) return;
    // What did not keep its deliveries from the start cannot begin to [MQTT-3.14.2-2].
    if (this.#state.expiryMs === 0) return;
    this.#state.setExpiry(clampExpiry(expiryMs, this.#limits));
  }

  close(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#state.letGo(reason !== CloseReason.Normal);
  }

  /** The core ends it: closed first, so that nothing the device does meanwhile counts. */
  evict(reason: CloseReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      this.#device.disconnect(reason);
    } catch {
      // It must not; its session ends all the same.
      count(this.#meter.protocolErrors, "DEVICE_FAILED");
    }
    this.#state.letGo(true);
  }

  #publishOnce(message: Message, receipt: number): Verdict {
    const known = this.#state.inboxVerdict(receipt);
    // [MQTT-4.3.3-10] The same message again: answered again, not published again.
    if (known !== undefined) return known;
    this.#meter.messagesReceived[2]++;
    if (this.#state.inboxSize >= this.#limits.inboundInflightMax) return this.#refused(Verdict.QuotaExceeded);
    const verdict = this.#judge(message);
    if (isAccepted(verdict)) this.#state.putInbox(receipt, verdict);
    return verdict;
  }

  #judge(message: Message): Verdict {
    if (message.origin !== this.#publisher.origin || message.sequence !== 0) {
      return this.#refused(Verdict.InvalidMessage);
    }
    const verdict = this.#publisher.publish(message);
    if (!isAccepted(verdict)) return this.#refused(verdict);
    this.#meter.verdicts[verdict] = this.#meter.verdicts[verdict]! + 1;
    return verdict;
  }

  #refused(verdict: Verdict): Verdict {
    this.#meter.verdicts[verdict] = this.#meter.verdicts[verdict]! + 1;
    count(this.#meter.messagesDropped, verdictNames[verdict] ?? "unknown");
    return verdict;
  }

  #subscribeOne(request: SubscribeRequest): SubscribeOutcome {
    const state = this.#state;
    if (!this.#isOpen) return refusal(Verdict.Closed);
    const parsed = parseFilter(request.filter, this.#limits);
    if (parsed === null) return refusal(Verdict.InvalidTopic);
    // [MQTT-3.8.3-4] No local has no meaning for a shared subscription.
    if (parsed.group !== null && request.noLocal) return refusal(Verdict.InvalidTopic);
    if (!this.#publisher.maySubscribe(parsed.filter)) return refusal(Verdict.Denied);
    const isKnown = state.hasSubscription(request.filter);
    if (!isKnown && state.subscriptionCount >= this.#limits.subscriptionsPerSessionMax) {
      return refusal(Verdict.QuotaExceeded);
    }
    const { subscription, isNew } = state.subscribe(request, parsed);
    if (parsed.group === null && (request.retainHandling === 0 || (request.retainHandling === 1 && isNew))) {
      const { retained } = state.tenant;
      const now = this.#clock.now();
      if (parsed.hasWildcard) {
        for (const message of retained.match(parsed.filter, now)) state.outbox.offerRetained(message, subscription);
      } else {
        const message = retained.get(parsed.filter, now);
        if (message !== null) state.outbox.offerRetained(message, subscription);
      }
    }
    return { verdict: Verdict.Accepted, qos: request.qos };
  }

  #unsubscribeOne(filter: string): Verdict {
    if (!this.#isOpen) return Verdict.Closed;
    if (this.#state.unsubscribe(filter)) return Verdict.Accepted;
    return parseFilter(filter, this.#limits) === null ? Verdict.InvalidTopic : Verdict.NoSubscriber;
  }
}
// What the adapters of one process share of a door is its class: nobody may put another verb in.
Object.freeze(SessionDoor.prototype);

function refusal(verdict: Verdict): SubscribeOutcome {
  return { verdict, qos: 0 };
}

/** A session's life after its connection, within what the gateway allows. Infinity stays, where it is allowed. */
export function clampExpiry(expiryMs: number, limits: CoreLimits): number {
  return expiryMs > 0 ? Math.min(expiryMs, limits.sessionExpiryMaxMs) : 0;
}
