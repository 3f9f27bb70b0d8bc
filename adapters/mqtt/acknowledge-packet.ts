// PUBACK, PUBREC, PUBREL, PUBCOMP and DISCONNECT as clients send them (3.4–3.7, 3.14): a packet identifier or nothing,
// then in MQTT 5 an optional reason code and optional properties.

import { type Fault, faults } from "./faults.ts";
import { PacketType } from "./packet.ts";
import { Property, readProperties } from "./properties.ts";
import { PacketReader } from "./reader.ts";
import { clientReasons, Reason } from "./reasons.ts";

/** What a client says of a packet identifier. */
export interface AcknowledgePacket {
  readonly id: number;
  readonly reason: number;
}

/** The forms of MQTT 5 that carry more than the identifier; the short one is read where it arrives. */
export function readAcknowledge(bytes: Uint8Array, at: number, end: number, type: number): AcknowledgePacket | Fault {
  const reader = new PacketReader(bytes, at, end);
  const id = reader.packetId();
  const reason = reader.left > 0 ? reader.u8() : Reason.Success;
  if (reader.left > 0) readProperties(reader, type);
  const fault = reader.finish();
  if (fault !== null) return fault;
  const releasing = type === PacketType.Pubrel || type === PacketType.Pubcomp;
  const allowed = releasing ? clientReasons.release : clientReasons.acknowledge;
  return allowed.includes(reason) ? { id, reason } : faults.reasonCode; // [MQTT-3.4.2-1, 3.5.2-1, 3.6.2-1, 3.7.2-1]
}

export interface DisconnectPacket {
  readonly reason: number;
  /** Seconds, or null where the client said nothing. */
  readonly sessionExpiry: number | null;
}

/** DISCONNECT of MQTT 5. (In MQTT 3.x it is empty.) */
export function readDisconnect(bytes: Uint8Array, at: number, end: number): DisconnectPacket | Fault {
  const reader = new PacketReader(bytes, at, end);
  const reason = reader.left > 0 ? reader.u8() : Reason.Success;
  const properties = reader.left > 0 ? readProperties(reader, PacketType.Disconnect) : null;
  const fault = reader.finish();
  if (fault !== null) return fault;
  if (!clientReasons.disconnect.includes(reason)) return faults.reasonCode; // [MQTT-3.14.2-1]
  return { reason, sessionExpiry: properties?.number(Property.SessionExpiry) ?? null };
}
