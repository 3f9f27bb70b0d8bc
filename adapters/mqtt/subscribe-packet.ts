// SUBSCRIBE and UNSUBSCRIBE, read strictly (3.8, 3.10). What is wrong with the packet is a fault and costs the
// connection; what is wrong with a filter's form is left to the core and costs that filter only.

import { type Fault, faults } from "./faults.ts";
import { Level, PacketType } from "./packet.ts";
import { Property, readProperties } from "./properties.ts";
import { PacketReader } from "./reader.ts";
import type { QoS, SubscribeRequest } from "../../core/index.ts";

/** Filters that one packet may hold. */
export const FILTERS_PER_PACKET_MAX = 4096;

export interface SubscribePacket {
  readonly id: number;
  readonly requests: readonly SubscribeRequest[];
}

export interface UnsubscribePacket {
  readonly id: number;
  readonly filters: readonly string[];
}

const QOS_MASK = 0x03;
const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAIN_HANDLING_MASK = 0x30;
const RETAIN_HANDLING_SHIFT = 4;
const RESERVED_5 = 0xc0;
const RESERVED_3 = 0xfc;

const SHARED = "$share/";

export function isShared(filter: string): boolean {
  return filter.startsWith(SHARED);
}

export function readSubscribe(bytes: Uint8Array, at: number, end: number, level: Level): SubscribePacket | Fault {
  const reader = new PacketReader(bytes, at, end);
  const id = reader.packetId();
  let identifier = 0;
  if (level === Level.V5 && reader.fault === null) {
    identifier = readProperties(reader, PacketType.Subscribe).number(Property.SubscriptionIdentifier) ?? 0;
  }
  if (reader.fault === null && reader.left === 0) return faults.noFilter; // [MQTT-3.8.3-2; 3.1.1: 3.8.3-3]
  const requests: SubscribeRequest[] = [];
  while (reader.left > 0) {
    if (requests.length === FILTERS_PER_PACKET_MAX) return faults.tooManyFilters;
    const filter = reader.text();
    const options = reader.u8();
    if (reader.fault !== null) break;
    if (filter === "") return faults.filterEmpty; // [MQTT-4.7.3-1]
    const fault = wrongOptions(filter, options, level);
    if (fault !== null) return fault;
    requests.push(toRequest(filter, options, level, identifier));
  }
  return reader.finish() ?? { id, requests };
}

function wrongOptions(filter: string, options: number, level: Level): Fault | null {
  if ((options & QOS_MASK) === 3) return faults.subscribeOptions; // [3.1.1: MQTT-3-8.3-4]
  if ((options & (level === Level.V5 ? RESERVED_5 : RESERVED_3)) !== 0) return faults.subscribeOptions; // [MQTT-3.8.3-5]
  if ((options & RETAIN_HANDLING_MASK) === RETAIN_HANDLING_MASK) return faults.retainHandling;
  if ((options & NO_LOCAL) !== 0 && isShared(filter)) return faults.noLocalShared; // [MQTT-3.8.3-4]
  return null;
}

function toRequest(filter: string, options: number, level: Level, identifier: number): SubscribeRequest {
  return {
    filter,
    qos: (options & QOS_MASK) as QoS,
    noLocal: (options & NO_LOCAL) !== 0,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    // MQTT 3.x has no choice: retained messages are sent at each SUBSCRIBE [3.1.1: MQTT-3.8.4-3].
    retainHandling: level === Level.V5 ? (((options & RETAIN_HANDLING_MASK) >> RETAIN_HANDLING_SHIFT) as 0 | 1 | 2) : 0,
    identifier,
  };
}

export function readUnsubscribe(bytes: Uint8Array, at: number, end: number, level: Level): UnsubscribePacket | Fault {
  const reader = new PacketReader(bytes, at, end);
  const id = reader.packetId();
  if (level === Level.V5 && reader.fault === null) readProperties(reader, PacketType.Unsubscribe);
  if (reader.fault === null && reader.left === 0) return faults.noFilter; // [MQTT-3.10.3-2]
  const filters: string[] = [];
  while (reader.left > 0) {
    if (filters.length === FILTERS_PER_PACKET_MAX) return faults.tooManyFilters;
    const filter = reader.text();
    if (reader.fault !== null) break;
    if (filter === "") return faults.filterEmpty; // [MQTT-4.7.3-1]
    filters.push(filter);
  }
  return reader.finish() ?? { id, filters };
}
