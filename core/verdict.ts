// What the core says of one message, one filter or one release. An int-valued const object, so that a verdict costs
// nothing to return and each adapter can hold one table from verdict to the words of its own protocol.

/** What became of a message (or of a subscription). */
export const Verdict = Object.freeze({
  /** Not settled yet: `device.onSettled(receipt, verdict)` follows, exactly once. */
  Pending: 0,
  /** Taken, and handed to every matching session (or, for a subscription, in force). */
  Accepted: 1,
  /** Taken; nobody's filter matched (or, for an unsubscribe, there was no such subscription). */
  NoSubscriber: 2,
  /** The access rules say no. */
  Denied: 3,
  /** The topic (or filter) is not well formed, or is one that nobody may publish to. */
  InvalidTopic: 4,
  /** The message breaks the contract: already published once, or not this session's own. */
  InvalidMessage: 5,
  /** The payload is larger than `limits.messageMaxBytes`. */
  TooLarge: 6,
  /** More messages or bytes a second than the session or its tenant may send. Later may work. */
  RateLimited: 7,
  /** A count that does not come back by waiting: subscriptions, retained messages, QoS 2 messages in flight. */
  QuotaExceeded: 8,
  /** The core cannot take it now (store down, memory budget used up). Later may work. */
  Overload: 9,
  /** The session is closed. */
  Closed: 10,
  /** The feature is switched off here (retained messages, wildcard or shared subscriptions). */
  NotSupported: 11,
} as const);
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** True when the message is the core's now, so that the device may be told "taken". */
export function isAccepted(verdict: Verdict): boolean {
  return verdict === Verdict.Accepted || verdict === Verdict.NoSubscriber;
}

/** Stable lower-case names of the verdicts, for logs, metrics labels and JSON answers; indexed by the verdict. */
export const verdictNames: readonly string[] = Object.freeze([
  "pending",
  "accepted",
  "no_subscriber",
  "denied",
  "invalid_topic",
  "invalid_message",
  "too_large",
  "rate_limited",
  "quota_exceeded",
  "overload",
  "closed",
  "not_supported",
]);

/** What the device did with a delivery (QoS 1 and 2). */
export const Outcome = Object.freeze({
  /** It has it: ends a QoS 1 delivery, or a QoS 2 delivery after its release. */
  Completed: 1,
  /** QoS 2, first half: the device owns the message now; the core answers with `device.release(id)`. */
  Received: 2,
  /** It refuses it, or it is too large for it: the delivery ends, the message counts as dropped for this session. */
  Rejected: 3,
} as const);
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Why a session, or the connection under it, ends. */
export const CloseReason = Object.freeze({
  /** The device said goodbye: its will is discarded. */
  Normal: 1,
  /** The device said goodbye and asks for its will all the same. */
  NormalWithWill: 2,
  /** The connection was lost. */
  ConnectionLost: 3,
  /** Nothing was heard within the keep-alive time. */
  KeepAlive: 4,
  /** The peer broke its protocol. */
  Protocol: 5,
  /** A newer connection holds the client id. */
  TakenOver: 6,
  /** An operator ended it. */
  Kicked: 7,
  /** The gateway is stopping. */
  Stopping: 8,
  /** It does not read what it is sent. */
  SlowConsumer: 9,
  /** It was banned while connected. */
  Banned: 10,
  /** It sent more than its quota allows. */
  QuotaExceeded: 11,
} as const);
export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason];

/** Stable lower-case names of the close reasons, indexed by the reason (0 is unused). */
export const closeReasonNames: readonly string[] = Object.freeze([
  "none",
  "normal",
  "normal_with_will",
  "connection_lost",
  "keep_alive",
  "protocol",
  "taken_over",
  "kicked",
  "stopping",
  "slow_consumer",
  "banned",
  "quota_exceeded",
]);

/** Why there is no session. */
export const RefusalReason = Object.freeze({
  /** No such user, wrong password or token, or anonymous where that is not allowed. */
  BadCredentials: 1,
  /** Known, but may not connect (here, or under this client id). */
  NotAuthorized: 2,
  Banned: 3,
  /** The client id is not acceptable (empty where one is needed, too long, ill-formed). */
  InvalidClient: 4,
  /** A connection or session limit is reached. */
  QuotaExceeded: 5,
  /** Connecting too fast. */
  RateLimited: 6,
  /** The gateway is stopping, or the authentication back end cannot be asked. */
  Unavailable: 7,
} as const);
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason];

/** Stable lower-case names of the refusal reasons, indexed by the reason (0 is unused). */
export const refusalReasonNames: readonly string[] = Object.freeze([
  "none",
  "bad_credentials",
  "not_authorized",
  "banned",
  "invalid_client",
  "quota_exceeded",
  "rate_limited",
  "unavailable",
]);

/** "No" before there is a session. A value, never thrown. */
export class Refusal {
  readonly reason: RefusalReason;
  /** For logs and operators; says nothing that helps an attacker, so that it may be told to the peer. */
  readonly text: string;
  constructor(reason: RefusalReason, text: string) {
    this.reason = reason;
    this.text = text;
  }
}
Object.freeze(Refusal.prototype);
Object.freeze(Refusal);
