// hot path
// One session's interest in one filter, linked into the index by itself so that a filter with one subscriber, the
// common case among millions, costs no list object.

import type { Message, QoS } from "./message.ts";

/** Who a subscription brings messages to. */
export interface Receiver {
  /** A connection holds it. */
  readonly isAttached: boolean;
  /** A message would go out at once. */
  readonly hasRoom: boolean;
  /** True when the message was sent or queued, false when it was dropped. */
  offer(message: Message, by: Subscription): boolean;
}

/** Several who share what one subscription brings: each message goes to one of them. */
export interface Sharing {
  /** False when there is nobody to take it. */
  offer(message: Message): boolean;
}

export class Subscription {
  /** Without `$share/{group}/`. */
  readonly filter: string;
  /** Who receives; null for the entry that stands for a share group. */
  readonly outbox: Receiver | null;
  /** The group of members that share the messages, for the entry that stands for it and for its members. */
  readonly group: Sharing | null;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  /** The receiver's subscription identifiers for a message that comes this way; null = none. */
  readonly identifiers: readonly number[] | null;
  /** What applies to the receiver's own messages: this subscription, or null with "no local". */
  readonly local: Subscription | null;
  /** Neighbours among the subscriptions of the same filter. Written by the index alone. */
  next: Subscription | null;
  previous: Subscription | null;

  constructor(
    filter: string,
    outbox: Receiver | null,
    group: Sharing | null,
    qos: QoS,
    noLocal: boolean,
    retainAsPublished: boolean,
    identifiers: readonly number[] | null,
  ) {
    this.filter = filter;
    this.outbox = outbox;
    this.group = group;
    this.qos = qos;
    this.retainAsPublished = retainAsPublished;
    this.identifiers = identifiers;
    this.local = noLocal ? null : this;
    this.next = null;
    this.previous = null;
  }

  /**
   * The one subscription that two overlapping ones of the same receiver make: it gets one copy, at the higher QoS, with
   * the identifiers of both [MQTT-3.3.4-3…5]. (Its own messages follow those of the two that want them.)
   */
  merged(other: Subscription): Subscription {
    const merged = new Subscription(
      this.filter,
      this.outbox,
      null,
      this.qos > other.qos ? this.qos : other.qos,
      false,
      this.retainAsPublished || other.retainAsPublished,
      joined(this.identifiers, other.identifiers),
    );
    if (this.local === this && other.local === other) return merged;
    const mine = this.local;
    const others = other.local;
    const local = mine === null ? others : others === null ? mine : mine.merged(others);
    (merged as { local: Subscription | null }).local = local;
    return merged;
  }
}

function joined(a: readonly number[] | null, b: readonly number[] | null): readonly number[] | null {
  if (a === null) return b;
  return b === null ? a : [...a, ...b];
}
