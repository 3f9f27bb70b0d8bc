// CONNECT, read strictly (3.1). Everything that the standard forbids is a fault; a protocol level that is not served is
// an outcome of its own, because it is answered.

import { type Fault, faults } from "./faults.ts";
import { Level, PacketType } from "./packet.ts";
import { Properties, Property, readProperties, WILL_PROPERTIES } from "./properties.ts";
import { PacketReader } from "./reader.ts";
import type { QoS } from "../../core/index.ts";

const FLAG_RESERVED = 0x01;
const FLAG_CLEAN = 0x02;
const FLAG_WILL = 0x04;
const FLAG_WILL_RETAIN = 0x20;
const FLAG_PASSWORD = 0x40;
const FLAG_USER = 0x80;
const WILL_QOS_MASK = 0x18;
const WILL_QOS_SHIFT = 3;

export interface WillPacket {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
}

export interface ConnectPacket {
  readonly level: Level;
  readonly clean: boolean;
  /** Seconds; 0 = none. */
  readonly keepAlive: number;
  readonly client: string;
  readonly will: WillPacket | null;
  readonly user: string | null;
  readonly password: Uint8Array | null;
  readonly properties: Properties;
}

/** A protocol level that nobody serves here; `answer` is the level whose CONNACK says so best [MQTT-3.1.2-2]. */
export class UnsupportedLevel {
  readonly answer: Level;
  constructor(answer: Level) {
    this.answer = answer;
  }
}

/** A CONNECT that broke the rules after its level was known: MQTT 5 clients are told why in CONNACK. */
export class RefusedConnect {
  readonly level: Level;
  readonly fault: Fault;
  constructor(level: Level, fault: Fault) {
    this.level = level;
    this.fault = fault;
  }
}

/** Reads the CONNECT whose variable header begins at `at`. */
export function readConnect(
  bytes: Uint8Array,
  at: number,
  end: number,
): ConnectPacket | UnsupportedLevel | RefusedConnect | Fault {
  const reader = new PacketReader(bytes, at, end);
  const name = reader.text();
  const level = reader.u8();
  if (reader.fault !== null) return reader.fault;
  if (name !== "MQTT" && name !== "MQIsdp") return faults.protocolName; // [MQTT-3.1.2-1]
  const served = servedLevel(name, level);
  if (served === null) return new UnsupportedLevel(name === "MQTT" && level > Level.V5 ? Level.V5 : Level.V311);
  const packet = readRest(reader, served);
  const fault = reader.finish();
  return fault === null ? packet : new RefusedConnect(served, fault);
}

function servedLevel(name: string, level: number): Level | null {
  if (name === "MQIsdp") return level === Level.V31 ? Level.V31 : null;
  return level === Level.V311 || level === Level.V5 ? level : null;
}

function readRest(reader: PacketReader, level: Level): ConnectPacket {
  const flags = reader.u8();
  checkFlags(reader, flags, level);
  const keepAlive = reader.u16();
  const properties = level === Level.V5 ? readProperties(reader, PacketType.Connect) : new Properties();
  if (properties.has(Property.AuthenticationData) && !properties.has(Property.AuthenticationMethod)) {
    reader.fail(faults.authenticationData);
  }
  const client = reader.text();
  const will = (flags & FLAG_WILL) === 0 ? null : readWill(reader, flags, level);
  const user = (flags & FLAG_USER) === 0 ? null : reader.text();
  const password = (flags & FLAG_PASSWORD) === 0 ? null : reader.binary();
  return { level, clean: (flags & FLAG_CLEAN) !== 0, keepAlive, client, will, user, password, properties };
}

function checkFlags(reader: PacketReader, flags: number, level: Level): void {
  if ((flags & FLAG_RESERVED) !== 0) reader.fail(faults.connectFlags); // [MQTT-3.1.2-3]
  const willQos = (flags & WILL_QOS_MASK) >> WILL_QOS_SHIFT;
  if (willQos === 3) reader.fail(faults.willFlags); // [MQTT-3.1.2-14; 5: 3.1.2-12]
  const willBits = flags & (WILL_QOS_MASK | FLAG_WILL_RETAIN);
  if ((flags & FLAG_WILL) === 0 && willBits !== 0) reader.fail(faults.willFlags); // [MQTT-3.1.2-11, -13, -15]
  const passwordAlone = (flags & FLAG_PASSWORD) !== 0 && (flags & FLAG_USER) === 0;
  if (passwordAlone && level !== Level.V5) reader.fail(faults.passwordAlone); // [3.1.1: MQTT-3.1.2-22]
}

function readWill(reader: PacketReader, flags: number, level: Level): WillPacket {
  const properties = level === Level.V5 ? readProperties(reader, WILL_PROPERTIES) : new Properties();
  const topic = reader.text();
  if (reader.fault === null && (topic === "" || hasWildcard(topic))) reader.fail(faults.willTopic);
  const response = properties.text(Property.ResponseTopic);
  if (response !== null && (response === "" || hasWildcard(response))) reader.fail(faults.responseTopic);
  const payload = reader.binary();
  const qos = ((flags & WILL_QOS_MASK) >> WILL_QOS_SHIFT) as QoS;
  return { topic, payload, qos, retain: (flags & FLAG_WILL_RETAIN) !== 0, properties };
}

export function hasWildcard(topic: string): boolean {
  return topic.includes("+") || topic.includes("#");
}
