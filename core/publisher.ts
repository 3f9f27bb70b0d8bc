// hot path
// The way of a message into the core: everything that is asked of it before it is routed, in one place and one order:
// well formed, allowed, not too large, within rate and quota. Whoever publishes (a session, a will) comes through here.

import type { Clock } from "./clock.ts";
import type { CoreLimits } from "./limits.ts";
import { Message } from "./message.ts";
import type { Origin } from "./message.ts";
import type { Outbox } from "./outbox.ts";
import type { AccessRules } from "./ports.ts";
import type { Route } from "./subscription-index.ts";
import type { Tenant } from "./tenant.ts";
import { UNLIMITED } from "./rate-book.ts";
import type { ClientRates } from "./rate-book.ts";
import type { TopicEntry } from "./topic-table.ts";
import { isTopicName } from "./topic.ts";
import { Verdict } from "./verdict.ts";

/** Topics whose answer from the access rules one session remembers. */
const GRANTS_MAX = 256;

export class Publisher {
  readonly origin: Origin;
  readonly #tenant: Tenant;
  readonly #rules: AccessRules;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #limits: CoreLimits;
  readonly #rates: ClientRates;
  readonly #isLimited: boolean;
  #grants: Map<string, boolean> | null = null;
  /** The topic published to last, and its entry: most devices publish to one topic again and again. */
  #topic: string | null = null;
  #entry: TopicEntry | null = null;
  #sequence: number;

  constructor(
    origin: Origin,
    tenant: Tenant,
    rules: AccessRules,
    outbox: Outbox,
    clock: Clock,
    limits: CoreLimits,
    rates: ClientRates,
    sequence: number,
  ) {
    this.origin = origin;
    this.#tenant = tenant;
    this.#rules = rules;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#limits = limits;
    this.#sequence = sequence;
    this.#rates = rates;
    this.#isLimited =
      rates.messages !== null || rates.bytes !== null || tenant.messageBucket !== null || tenant.byteBucket !== null;
  }

  /** Messages taken so far. */
  get sequence(): number {
    return this.#sequence;
  }

  publish(message: Message): Verdict {
    let entry = this.#entry;
    const topic = message.topic;
    const isOther = topic !== this.#topic || entry === null || entry.gone;
    if (isOther) {
      const isKnown = this.#tenant.topics.find(topic) !== null;
      if (!isKnown && !isTopicName(topic, this.#limits)) return Verdict.InvalidTopic;
      if (!this.mayPublish(topic)) return Verdict.Denied;
    }
    const bytes = message.payloadBytes;
    if (bytes > this.#limits.messageMaxBytes) return Verdict.TooLarge;
    const now = this.#clock.now();
    if (this.#isLimited && !this.#takeTokens(this.#rates, bytes, now)) return Verdict.RateLimited;
    if (isOther || entry === null) {
      // Not before the message is within its rate: what is refused pushes no other topic out.
      entry = this.#tenant.topics.entry(topic);
      this.#topic = topic;
      this.#entry = entry;
    }
    return this.#take(message, entry, now);
  }

  /**
   * As publish, without the session's own rate: a will is one message that was announced when it was within it. The
   * tenant's rate holds: sessions could die for their wills.
   */
  publishWill(message: Message): Verdict {
    if (!isTopicName(message.topic, this.#limits)) return Verdict.InvalidTopic;
    if (!this.mayPublish(message.topic)) return Verdict.Denied;
    const bytes = message.payloadBytes;
    if (bytes > this.#limits.messageMaxBytes) return Verdict.TooLarge;
    const now = this.#clock.now();
    if (!this.#takeTokens(UNLIMITED, bytes, now)) return Verdict.RateLimited;
    return this.#take(message, this.#tenant.topics.entry(message.topic), now);
  }

  mayPublish(topic: string): boolean {
    const known = this.#grants?.get(topic);
    if (known !== undefined) return known;
    const answer = this.#rules.mayPublish(topic);
    if (this.#grants === null || this.#grants.size >= GRANTS_MAX) this.#grants = new Map();
    this.#grants.set(topic, answer);
    return answer;
  }

  maySubscribe(filter: string): boolean {
    return this.#rules.maySubscribe(filter);
  }

  #take(message: Message, entry: TopicEntry, now: number): Verdict {
    const tenant = this.#tenant;
    if (message.retain) {
      const verdict = tenant.retained.admits(message);
      if (verdict !== Verdict.Accepted) return verdict;
    }
    if (!Message.stamp(message, this.#sequence + 1, now)) return Verdict.InvalidMessage;
    this.#sequence++;
    if (message.retain) tenant.retained.set(message);
    const route = tenant.topics.route(entry);
    tenant.topics.setLast(entry, message);
    return handOver(route, message, this.#outbox);
  }

  /** From the buckets of `rates` and of the tenant: from all of them or from none. */
  #takeTokens(rates: ClientRates, bytes: number, now: number): boolean {
    const tenant = this.#tenant;
    const ofMessages = rates.messages;
    const ofBytes = rates.bytes;
    if (ofMessages !== null && !ofMessages.holds(1, now)) return false;
    if (ofBytes !== null && !ofBytes.holds(bytes, now)) return false;
    if (tenant.messageBucket !== null && !tenant.messageBucket.holds(1, now)) return false;
    if (tenant.byteBucket !== null && !tenant.byteBucket.holds(bytes, now)) return false;
    ofMessages?.take(1);
    ofBytes?.take(bytes);
    tenant.messageBucket?.take(1);
    tenant.byteBucket?.take(bytes);
    return true;
  }
}

/** Gives the message to everybody on its route. A receiver's full queue is its own loss, not the publisher's. */
function handOver(route: Route, message: Message, publisher: Outbox): Verdict {
  const targets = route.targets;
  const groups = route.groups;
  let matched = groups.length;
  for (let i = 0; i < targets.length; i++) {
    let target = targets[i]!;
    const outbox = target.outbox;
    if (outbox === null) continue;
    if (outbox === publisher) {
      // [MQTT-3.8.3-3] No local.
      const local = target.local;
      if (local === null) continue;
      target = local;
    }
    matched++;
    outbox.offer(message, target);
  }
  for (let i = 0; i < groups.length; i++) groups[i]!.offer(message);
  return matched === 0 ? Verdict.NoSubscriber : Verdict.Accepted;
}
