// Reason codes of MQTT 5 and return codes of MQTT 3.x, and the tables from the core's words to them. The only place
// where a verdict, a refusal or a close reason becomes a number on the wire.

import { CloseReason, type QoS, RefusalReason, Verdict } from "../../core/index.ts";

/** Reason codes of MQTT 5 (2.4) that this server says or hears. */
export const Reason = {
  Success: 0x00,
  DisconnectWithWill: 0x04,
  NoMatchingSubscribers: 0x10,
  NoSubscriptionExisted: 0x11,
  Unspecified: 0x80,
  MalformedPacket: 0x81,
  ProtocolError: 0x82,
  ImplementationSpecific: 0x83,
  UnsupportedProtocolVersion: 0x84,
  ClientIdentifierNotValid: 0x85,
  BadUserNameOrPassword: 0x86,
  NotAuthorized: 0x87,
  ServerUnavailable: 0x88,
  ServerBusy: 0x89,
  Banned: 0x8a,
  ServerShuttingDown: 0x8b,
  BadAuthenticationMethod: 0x8c,
  KeepAliveTimeout: 0x8d,
  SessionTakenOver: 0x8e,
  TopicFilterInvalid: 0x8f,
  TopicNameInvalid: 0x90,
  PacketIdentifierInUse: 0x91,
  PacketIdentifierNotFound: 0x92,
  ReceiveMaximumExceeded: 0x93,
  TopicAliasInvalid: 0x94,
  PacketTooLarge: 0x95,
  MessageRateTooHigh: 0x96,
  QuotaExceeded: 0x97,
  AdministrativeAction: 0x98,
  PayloadFormatInvalid: 0x99,
  RetainNotSupported: 0x9a,
  QosNotSupported: 0x9b,
  SharedSubscriptionsNotSupported: 0x9e,
  ConnectionRateExceeded: 0x9f,
  SubscriptionIdentifiersNotSupported: 0xa1,
  WildcardSubscriptionsNotSupported: 0xa2,
} as const;

/** Return codes of CONNACK in MQTT 3.x (3.2.2.3). */
export const ConnectReturn = {
  Accepted: 0,
  UnacceptableVersion: 1,
  IdentifierRejected: 2,
  ServerUnavailable: 3,
  BadUserNameOrPassword: 4,
  NotAuthorized: 5,
} as const;

/** SUBACK's failure in MQTT 3.x (3.9.3). */
export const SUBSCRIBE_FAILURE = 0x80;

/** Codes from here on mean failure. */
export const FAILURE_FROM = 0x80;

function table(fallback: number, entries: readonly (readonly [number, number])[]): readonly number[] {
  const size = Math.max(...entries.map(([key]) => key)) + 1;
  const codes = Array.from({ length: size }, () => fallback);
  for (const [key, code] of entries) codes[key] = code;
  return Object.freeze(codes);
}

const publishCodes = table(Reason.Unspecified, [
  [Verdict.Accepted, Reason.Success],
  [Verdict.NoSubscriber, Reason.NoMatchingSubscribers],
  [Verdict.Denied, Reason.NotAuthorized],
  [Verdict.InvalidTopic, Reason.TopicNameInvalid],
  [Verdict.InvalidMessage, Reason.ImplementationSpecific],
  [Verdict.TooLarge, Reason.ImplementationSpecific],
  [Verdict.RateLimited, Reason.QuotaExceeded],
  [Verdict.QuotaExceeded, Reason.QuotaExceeded],
  [Verdict.NotSupported, Reason.ImplementationSpecific],
]);

/** PUBACK's or PUBREC's reason code in MQTT 5. */
export function publishReason(verdict: Verdict): number {
  return publishCodes[verdict] ?? Reason.Unspecified;
}

/**
 * MQTT 3.x has no word for "no" in PUBACK. What will not become right by sending it again is acknowledged and dropped,
 * as [MQTT-3.3.5-2] allows and clients expect; what may be accepted later must not be acknowledged, and the connection
 * is closed, so that the client sends it again. (At QoS 2 a used-up quota may be that of messages under way.)
 */
export function isWorthRepeating(verdict: Verdict, qos: QoS): boolean {
  if (verdict === Verdict.QuotaExceeded) return qos === 2;
  return verdict === Verdict.RateLimited || verdict === Verdict.Overload || verdict === Verdict.Closed;
}

const subscribeCodes = table(Reason.Unspecified, [
  [Verdict.Denied, Reason.NotAuthorized],
  [Verdict.InvalidTopic, Reason.TopicFilterInvalid],
  [Verdict.RateLimited, Reason.QuotaExceeded],
  [Verdict.QuotaExceeded, Reason.QuotaExceeded],
  [Verdict.NotSupported, Reason.ImplementationSpecific],
]);

/** SUBACK's reason code in MQTT 5 for a filter that was not accepted. */
export function subscribeReason(verdict: Verdict): number {
  return subscribeCodes[verdict] ?? Reason.Unspecified;
}

const unsubscribeCodes = table(Reason.Unspecified, [
  [Verdict.Accepted, Reason.Success],
  [Verdict.NoSubscriber, Reason.NoSubscriptionExisted],
  [Verdict.Denied, Reason.NotAuthorized],
  [Verdict.InvalidTopic, Reason.TopicFilterInvalid],
]);

/** UNSUBACK's reason code in MQTT 5. */
export function unsubscribeReason(verdict: Verdict): number {
  return unsubscribeCodes[verdict] ?? Reason.Unspecified;
}

const refusalCodes = table(Reason.Unspecified, [
  [RefusalReason.BadCredentials, Reason.BadUserNameOrPassword],
  [RefusalReason.NotAuthorized, Reason.NotAuthorized],
  [RefusalReason.Banned, Reason.Banned],
  [RefusalReason.InvalidClient, Reason.ClientIdentifierNotValid],
  [RefusalReason.QuotaExceeded, Reason.QuotaExceeded],
  [RefusalReason.RateLimited, Reason.ConnectionRateExceeded],
  [RefusalReason.Unavailable, Reason.ServerUnavailable],
]);

/** CONNACK's reason code in MQTT 5. */
export function refusalReason(reason: RefusalReason): number {
  return refusalCodes[reason] ?? Reason.Unspecified;
}

const refusalReturns = table(ConnectReturn.ServerUnavailable, [
  [RefusalReason.BadCredentials, ConnectReturn.BadUserNameOrPassword],
  [RefusalReason.NotAuthorized, ConnectReturn.NotAuthorized],
  [RefusalReason.Banned, ConnectReturn.NotAuthorized],
  [RefusalReason.InvalidClient, ConnectReturn.IdentifierRejected],
]);

/** CONNACK's return code in MQTT 3.x. */
export function refusalReturn(reason: RefusalReason): number {
  return refusalReturns[reason] ?? ConnectReturn.ServerUnavailable;
}

const closeCodes = table(Reason.Unspecified, [
  [CloseReason.KeepAlive, Reason.KeepAliveTimeout],
  [CloseReason.Protocol, Reason.ProtocolError],
  [CloseReason.TakenOver, Reason.SessionTakenOver],
  [CloseReason.Kicked, Reason.AdministrativeAction],
  [CloseReason.Stopping, Reason.ServerShuttingDown],
  [CloseReason.SlowConsumer, Reason.QuotaExceeded],
  [CloseReason.Banned, Reason.NotAuthorized],
  [CloseReason.QuotaExceeded, Reason.QuotaExceeded],
]);

/** DISCONNECT's reason code in MQTT 5 when the gateway ends the connection. */
export function closeReasonCode(reason: CloseReason): number {
  return closeCodes[reason] ?? Reason.Unspecified;
}

/** Reason codes that a client may put into each of its packets [MQTT-3.4.2-1, 3.6.2-1, 3.14.2-1]. */
export const clientReasons = Object.freeze({
  acknowledge: Object.freeze([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]),
  release: Object.freeze([0x00, 0x92]),
  disconnect: Object.freeze([0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]),
});
