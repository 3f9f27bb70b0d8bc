// SUBSCRIBE and UNSUBSCRIBE of one client: what this listener does not offer is answered here, the rest by the session.
// SUBACK goes out when the filters are in force and ahead of the retained messages that they bring.

import type { Context } from "./context.ts";
import { Fault, faults } from "./faults.ts";
import { Level } from "./packet.ts";
import { Reason, SUBSCRIBE_FAILURE, subscribeReason, unsubscribeReason } from "./reasons.ts";
import { isShared, type SubscribePacket, type UnsubscribePacket } from "./subscribe-packet.ts";
import { hasWildcard } from "./connect-packet.ts";
import { suback, unsuback } from "./wire.ts";
import type { MqttSettings } from "./config.ts";
import { type Session, type SubscribeOutcome, type SubscribeRequest, Verdict } from "../../core/index.ts";

/** Sends a packet; false when the client does not take one so large. */
export type SendPacket = (bytes: Uint8Array) => boolean;

/** Resolves to null, or to why the connection must end, when everything that the packet brings is on its way. */
export async function subscribe(
  packet: SubscribePacket,
  session: Session,
  level: Level,
  context: Context,
  send: SendPacket,
): Promise<Fault | null> {
  const { settings } = context;
  if (packet.requests.some((request) => request.identifier !== 0) && !settings.subscriptionIdentifiers) {
    return faults.subscriptionIdentifiers;
  }
  const codes = packet.requests.map((request) => notOffered(request, settings));
  const asked = packet.requests.filter((_, i) => codes[i] === OFFERED).map((request) => capped(request, settings));
  let isSent = true;
  const answer = (outcomes: readonly SubscribeOutcome[]): void => {
    let next = 0;
    const granted = codes.map((code, i) =>
      code === OFFERED ? grantedCode(outcomes[next++]!, packet.requests[i]!) : code,
    );
    isSent = send(suback(level, packet.id, level === Level.V5 ? granted : granted.map(plainCode)));
  };
  if (asked.length === 0) answer([]);
  else await session.subscribe(asked, answer);
  return isSent ? null : faults.answerTooLarge;
}

const OFFERED = -1;

function notOffered(request: SubscribeRequest, settings: MqttSettings): number {
  if (!settings.sharedSubscriptions && isShared(request.filter)) return Reason.SharedSubscriptionsNotSupported;
  if (!settings.wildcardSubscriptions && hasWildcard(request.filter)) return Reason.WildcardSubscriptionsNotSupported;
  return OFFERED;
}

function capped(request: SubscribeRequest, settings: MqttSettings): SubscribeRequest {
  return request.qos <= settings.maxQos ? request : { ...request, qos: settings.maxQos };
}

function grantedCode(outcome: SubscribeOutcome, request: SubscribeRequest): number {
  if (outcome.verdict === Verdict.Accepted) return outcome.qos;
  if (outcome.verdict !== Verdict.NotSupported) return subscribeReason(outcome.verdict);
  if (isShared(request.filter)) return Reason.SharedSubscriptionsNotSupported;
  return hasWildcard(request.filter) ? Reason.WildcardSubscriptionsNotSupported : subscribeReason(outcome.verdict);
}

/** MQTT 3.x knows one way to say no. (3.1 has none at all, and is told the same.) */
function plainCode(code: number): number {
  return code > 2 ? SUBSCRIBE_FAILURE : code;
}

/** As `subscribe`. */
export async function unsubscribe(
  packet: UnsubscribePacket,
  session: Session,
  level: Level,
  send: SendPacket,
): Promise<Fault | null> {
  const verdicts = await session.unsubscribe(packet.filters);
  // [MQTT-3.10.4-5, MQTT-3.11.3-1] Answered also for what was not subscribed, one code a filter.
  return send(unsuback(level, packet.id, verdicts.map(unsubscribeReason))) ? null : faults.answerTooLarge;
}
