// From CONNECT to CONNACK: whom to ask, in which order, and what the client is told. Cold; one call a connection.

import { type ConnectPacket, readConnect, RefusedConnect, UnsupportedLevel } from "./connect-packet.ts";
import type { Context } from "./context.ts";
import { Fault, faults } from "./faults.ts";
import {
  lacksClientId,
  type Terms,
  toConnackProperties,
  toCredentials,
  toSessionOptions,
  toTerms,
  whyRefused,
} from "./mapping.ts";
import { Level, PACKET_MAX_BYTES } from "./packet.ts";
import { Property } from "./properties.ts";
import { ConnectReturn, Reason, refusalReason, refusalReturn } from "./reasons.ts";
import { connack } from "./wire.ts";
import { CloseReason, type Device, type Peer, Refusal, type Session } from "../../core/index.ts";

/** No session: what to send, if anything, before the connection is closed. */
export class Rejection {
  readonly packet: Uint8Array | null;
  /** What is counted and logged. */
  readonly code: string;
  readonly text: string;
  constructor(packet: Uint8Array | null, code: string, text: string) {
    this.packet = packet;
    this.code = code;
    this.text = text;
  }
}

/** A client that is let in. */
export interface Admission {
  readonly session: Session;
  readonly terms: Terms;
  readonly connack: Uint8Array;
}

/** Reads CONNECT; a packet, or why there is nobody to ask about it. */
export function readHandshake(bytes: Uint8Array, at: number, end: number, context: Context): ConnectPacket | Rejection {
  const packet = readConnect(bytes, at, end);
  if (packet instanceof Fault) return new Rejection(null, packet.code, packet.text);
  if (packet instanceof UnsupportedLevel) return unsupported(packet.answer);
  if (packet instanceof RefusedConnect) return refused(packet.level, packet.fault, PACKET_MAX_BYTES);
  const fault = whyRefused(packet, context.settings);
  if (fault !== null) return refused(packet.level, fault, packetMaxOf(packet));
  if (!lacksClientId(packet)) return packet;
  const answer = connack(packet.level, ConnectReturn.IdentifierRejected, false, null);
  return new Rejection(answer, faults.noClientId.code, faults.noClientId.text);
}

/** Asks the core. The session that comes back delivers nothing yet. */
export async function admit(
  packet: ConnectPacket,
  peer: Peer,
  device: Device,
  context: Context,
): Promise<Admission | Rejection> {
  const { gateway, settings } = context;
  const principal = await gateway.authenticate(peer, toCredentials(packet));
  if (principal instanceof Refusal) return refusedByCore(packet, principal);
  const terms = toTerms(packet, settings, gateway.limits.sessionExpiryMaxMs);
  const session = await gateway.openSession(principal, toSessionOptions(packet, terms), device);
  if (session instanceof Refusal) return refusedByCore(packet, session);
  const client = { id: principal.client, isAssigned: packet.client === "" };
  const told = packet.level === Level.V5 ? toConnackProperties(terms, settings, context, client) : null;
  // [MQTT-3.2.2-1 … 3.2.2-3] 3.1 has no session present flag: the byte is reserved there.
  const isPresent = session.resumed && packet.level !== Level.V31;
  const answer = connack(packet.level, Reason.Success, isPresent, told);
  if (answer.length <= terms.packetMaxBytes) return { session, terms, connack: answer };
  // [MQTT-3.14.0-1] Nothing else may be said before CONNACK.
  session.close(CloseReason.Protocol);
  return new Rejection(null, faults.answerTooLarge.code, faults.answerTooLarge.text);
}

function unsupported(answer: Level): Rejection {
  const code = answer === Level.V5 ? Reason.UnsupportedProtocolVersion : ConnectReturn.UnacceptableVersion;
  const { code: counted, text } = faults.protocolLevel;
  return new Rejection(connack(answer, code, false, null), counted, text);
}

/** MQTT 3.x has return codes for refusals alone: what breaks the rules is closed without an answer [MQTT-3.1.4-1]. */
function refused(level: Level, fault: Fault, packetMaxBytes: number): Rejection {
  const answer = level === Level.V5 ? refusal5(fault.reason, fault.text, packetMaxBytes) : null;
  return new Rejection(answer, fault.code, fault.text);
}

function refusedByCore(packet: ConnectPacket, refusal: Refusal): Rejection {
  const answer =
    packet.level === Level.V5
      ? refusal5(refusalReason(refusal.reason), refusal.text, packetMaxOf(packet))
      : connack(packet.level, refusalReturn(refusal.reason), false, null);
  return new Rejection(answer, "", refusal.text);
}

/** With its text if that fits the client's maximum packet size [MQTT-3.2.2-19]. */
function refusal5(code: number, text: string, packetMaxBytes: number): Uint8Array | null {
  const whole = connack(Level.V5, code, false, { reasonString: text });
  const answer = whole.length <= packetMaxBytes ? whole : connack(Level.V5, code, false, null);
  return answer.length <= packetMaxBytes ? answer : null;
}

function packetMaxOf(packet: ConnectPacket): number {
  return packet.properties.number(Property.MaximumPacketSize) ?? PACKET_MAX_BYTES;
}

/** The first packet was something else [MQTT-3.1.0-1]. */
export const notConnect = Object.freeze(new Rejection(null, faults.notConnect.code, faults.notConnect.text));
