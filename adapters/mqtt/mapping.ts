// From the words of CONNECT to those of the core, and back to those of CONNACK. Pure: no state, no I/O.

import type { MqttSettings } from "./config.ts";
import type { ConnectPacket, WillPacket } from "./connect-packet.ts";
import { type Fault, faults } from "./faults.ts";
import { Level, PACKET_MAX_BYTES, versionNames } from "./packet.ts";
import { Property } from "./properties.ts";
import { isPayloadText } from "./utf8.ts";
import type { ConnackProperties } from "./wire.ts";
import type { Credentials, MessageProperties, SessionOptions, Will } from "../../core/index.ts";

/** A session expiry of this value never ends (3.1.2.11.2). */
const EXPIRY_NEVER_SECONDS = 0xffff_ffff;
const RECEIVE_MAXIMUM_DEFAULT = 65_535;
/** The connection is given up after this many keep-alive times of silence [MQTT-3.1.2-22; 3.1.1: 3.1.2-24]. */
const KEEP_ALIVE_FACTOR = 1.5;

/** What holds on one connection, once both sides have said what they want. */
export interface Terms {
  readonly level: Level;
  /** Silence after which the connection is given up, ms; 0 = never. */
  readonly silenceMaxMs: number;
  /** Seconds that the client is told to use instead of its own; −1 = it keeps its own [MQTT-3.1.2-21]. */
  readonly serverKeepAlive: number;
  /** How long the session outlives the connection, ms. */
  readonly expiryMs: number;
  /** True when that is less than the client asked for: it is told. */
  readonly isExpiryCut: boolean;
  readonly inflightMax: number;
  /** Largest packet that the client takes, fixed header included. */
  readonly packetMaxBytes: number;
  /** Topic aliases that we may set towards the client. */
  readonly aliasMax: number;
  readonly wantsResponseInformation: boolean;
}

export function toTerms(packet: ConnectPacket, settings: MqttSettings, expiryMaxMs: number): Terms {
  const { level, properties } = packet;
  const isV5 = level === Level.V5;
  const most = settings.keepAliveMaxSeconds;
  const isShortened = isV5 && most > 0 && (packet.keepAlive === 0 || packet.keepAlive > most);
  const keepAlive = isShortened ? most : packet.keepAlive;
  const wantedMs = isV5 ? toExpiryMs(properties.number(Property.SessionExpiry) ?? 0) : packet.clean ? 0 : expiryMaxMs;
  return {
    level,
    silenceMaxMs: keepAlive * 1000 * KEEP_ALIVE_FACTOR,
    serverKeepAlive: isShortened ? most : -1,
    expiryMs: Math.min(wantedMs, expiryMaxMs),
    isExpiryCut: wantedMs > expiryMaxMs,
    inflightMax: Math.min(properties.number(Property.ReceiveMaximum) ?? RECEIVE_MAXIMUM_DEFAULT, settings.inflightMax),
    packetMaxBytes: properties.number(Property.MaximumPacketSize) ?? PACKET_MAX_BYTES,
    aliasMax: Math.min(properties.number(Property.TopicAliasMaximum) ?? 0, settings.topicAliasSendMax),
    wantsResponseInformation: properties.number(Property.RequestResponseInformation) === 1,
  };
}

export function toExpiryMs(seconds: number): number {
  return seconds === EXPIRY_NEVER_SECONDS ? Infinity : seconds * 1000;
}

export function toCredentials(packet: ConnectPacket): Credentials {
  return { client: packet.client, user: packet.user, password: packet.password, token: null };
}

export function toSessionOptions(packet: ConnectPacket, terms: Terms): SessionOptions {
  return {
    device: null,
    via: [],
    protocolVersion: versionNames[packet.level] ?? "",
    exclusive: true,
    clean: packet.clean,
    expiryMs: terms.expiryMs,
    inflightMax: terms.inflightMax,
    will: packet.will === null ? null : toWill(packet.will),
  };
}

function toWill(will: WillPacket): Will {
  const { properties } = will;
  return {
    topic: will.topic,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain,
    delayMs: (properties.number(Property.WillDelay) ?? 0) * 1000,
    expiryMs: toWillExpiryMs(properties.number(Property.MessageExpiry)),
    properties: toWillProperties(will),
  };
}

/** A will that expires at once still has to reach who is there: 0 means "for ever" in the core. */
function toWillExpiryMs(seconds: number | null): number {
  return seconds === null ? 0 : Math.max(1, seconds * 1000);
}

function toWillProperties(will: WillPacket): MessageProperties | null {
  const { properties } = will;
  const contentType = properties.text(Property.ContentType);
  const responseTopic = properties.text(Property.ResponseTopic);
  const correlationData = properties.binary(Property.CorrelationData);
  const payloadIsText = properties.number(Property.PayloadFormat) === 1;
  const isPlain =
    contentType === null &&
    responseTopic === null &&
    correlationData === null &&
    !payloadIsText &&
    properties.user.length === 0;
  return isPlain ? null : { contentType, payloadIsText, responseTopic, correlationData, user: properties.user };
}

/** Why a well-formed CONNECT cannot be served here, before anybody is asked; null when it can. */
export function whyRefused(packet: ConnectPacket, settings: MqttSettings): Fault | null {
  if (packet.properties.has(Property.AuthenticationMethod)) return faults.authenticationMethod; // [MQTT-4.12.0-1]
  const will = packet.will;
  if (will === null) return null;
  if (will.qos > settings.maxQos) return faults.willQos; // [MQTT-3.2.2-12]
  if (will.retain && !settings.retain) return faults.willRetain; // [MQTT-3.2.2-13]
  const isText = will.properties.number(Property.PayloadFormat) === 1;
  return isText && !isPayloadText(will.payload, 0, will.payload.length) ? faults.payloadFormat : null;
}

/** MQTT 3.x: without a client id there is nothing to keep a session under [MQTT-3.1.3-8]; 3.1 knows no empty one. */
export function lacksClientId(packet: ConnectPacket): boolean {
  if (packet.client !== "" || packet.level === Level.V5) return false;
  return packet.level === Level.V31 || !packet.clean;
}

/** What CONNACK tells an MQTT 5 client of this server, where it is not the standard's default (3.2.2.3). */
export function toConnackProperties(
  terms: Terms,
  settings: MqttSettings,
  server: { readonly receiveMaximum: number; readonly packetMaxBytes: number },
  client: { readonly id: string; readonly isAssigned: boolean },
): ConnackProperties {
  const told: ConnackProperties = { maximumPacketSize: server.packetMaxBytes };
  if (terms.isExpiryCut) told.sessionExpiryInterval = Math.floor(terms.expiryMs / 1000);
  if (server.receiveMaximum < RECEIVE_MAXIMUM_DEFAULT) told.receiveMaximum = server.receiveMaximum;
  if (settings.maxQos < 2) told.maximumQoS = settings.maxQos;
  if (!settings.retain) told.retainAvailable = false;
  if (client.isAssigned) told.assignedClientIdentifier = client.id; // [MQTT-3.2.2-16]
  if (settings.topicAliasMax > 0) told.topicAliasMaximum = settings.topicAliasMax;
  if (!settings.wildcardSubscriptions) told.wildcardSubscriptionAvailable = false;
  if (!settings.subscriptionIdentifiers) told.subscriptionIdentifiersAvailable = false;
  if (!settings.sharedSubscriptions) told.sharedSubscriptionAvailable = false;
  if (terms.serverKeepAlive >= 0) told.serverKeepAlive = terms.serverKeepAlive;
  if (terms.wantsResponseInformation && settings.responseInformation !== "") {
    told.responseInformation = settings.responseInformation.replaceAll("%c", () => client.id);
  }
  return told;
}
