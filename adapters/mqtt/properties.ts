// The properties of MQTT 5: one table of what each is and which packet may carry it [MQTT-2.2.2.2], and the reader of
// the rare packets' property blocks. (PUBLISH's block is read in publish-packet.ts: it is common there.)

import { type Fault, faults } from "./faults.ts";
import { PacketType } from "./packet.ts";
import type { PacketReader } from "./reader.ts";

export const Property = {
  PayloadFormat: 0x01,
  MessageExpiry: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  SessionExpiry: 0x11,
  AssignedClientIdentifier: 0x12,
  ServerKeepAlive: 0x13,
  AuthenticationMethod: 0x15,
  AuthenticationData: 0x16,
  RequestProblemInformation: 0x17,
  WillDelay: 0x18,
  RequestResponseInformation: 0x19,
  ResponseInformation: 0x1a,
  ServerReference: 0x1c,
  ReasonString: 0x1f,
  ReceiveMaximum: 0x21,
  TopicAliasMaximum: 0x22,
  TopicAlias: 0x23,
  MaximumQos: 0x24,
  RetainAvailable: 0x25,
  User: 0x26,
  MaximumPacketSize: 0x27,
  WildcardSubscriptionAvailable: 0x28,
  SubscriptionIdentifierAvailable: 0x29,
  SharedSubscriptionAvailable: 0x2a,
} as const;

/** Where a property block stands: a packet type, or the will's block inside CONNECT. */
export const WILL_PROPERTIES = 0;

type Kind = "flag" | "byte" | "u16" | "u32" | "varint" | "text" | "binary" | "pair";

interface Rule {
  readonly kind: Kind;
  /** Blocks that a client may put it into. */
  readonly from: readonly number[];
  /** The value 0 is a protocol error. */
  readonly notZero: boolean;
}

function rule(kind: Kind, from: readonly number[], notZero = false): Rule {
  return Object.freeze({ kind, from: Object.freeze(from), notZero });
}

const { Connect, Publish, Puback, Pubrec, Pubrel, Pubcomp, Subscribe, Unsubscribe, Disconnect, Auth } = PacketType;
const anywhere = [WILL_PROPERTIES, Connect, Publish, Puback, Pubrec, Pubrel, Pubcomp];
const acknowledging = [Puback, Pubrec, Pubrel, Pubcomp, Disconnect, Auth];

/** Indexed by the property's identifier. What only servers send has no block: from a client it is misplaced. */
const rules: readonly (Rule | undefined)[] = Object.freeze(
  ((): (Rule | undefined)[] => {
    const table: (Rule | undefined)[] = [];
    table[Property.PayloadFormat] = rule("flag", [Publish, WILL_PROPERTIES]);
    table[Property.MessageExpiry] = rule("u32", [Publish, WILL_PROPERTIES]);
    table[Property.ContentType] = rule("text", [Publish, WILL_PROPERTIES]);
    table[Property.ResponseTopic] = rule("text", [Publish, WILL_PROPERTIES]);
    table[Property.CorrelationData] = rule("binary", [Publish, WILL_PROPERTIES]);
    table[Property.SubscriptionIdentifier] = rule("varint", [Subscribe], true);
    table[Property.SessionExpiry] = rule("u32", [Connect, Disconnect]);
    table[Property.AssignedClientIdentifier] = rule("text", []);
    table[Property.ServerKeepAlive] = rule("u16", []);
    table[Property.AuthenticationMethod] = rule("text", [Connect, Auth]);
    table[Property.AuthenticationData] = rule("binary", [Connect, Auth]);
    table[Property.RequestProblemInformation] = rule("flag", [Connect]);
    table[Property.WillDelay] = rule("u32", [WILL_PROPERTIES]);
    table[Property.RequestResponseInformation] = rule("flag", [Connect]);
    table[Property.ResponseInformation] = rule("text", []);
    table[Property.ServerReference] = rule("text", []);
    table[Property.ReasonString] = rule("text", acknowledging);
    table[Property.ReceiveMaximum] = rule("u16", [Connect], true);
    table[Property.TopicAliasMaximum] = rule("u16", [Connect]);
    table[Property.TopicAlias] = rule("u16", [Publish]);
    table[Property.MaximumQos] = rule("byte", []);
    table[Property.RetainAvailable] = rule("byte", []);
    table[Property.User] = rule("pair", [...anywhere, Subscribe, Unsubscribe, Disconnect, Auth]);
    table[Property.MaximumPacketSize] = rule("u32", [Connect], true);
    table[Property.WildcardSubscriptionAvailable] = rule("byte", []);
    table[Property.SubscriptionIdentifierAvailable] = rule("byte", []);
    table[Property.SharedSubscriptionAvailable] = rule("byte", []);
    return table;
  })(),
);

/** Why a property may not stand in a block, or null when it may. */
export function misplaced(identifier: number, block: number): Fault | null {
  const known = rules[identifier];
  if (known === undefined) return faults.propertyUnknown;
  return known.from.includes(block) ? null : faults.propertyMisplaced;
}

type UserProperty = readonly [name: string, value: string];
const NO_USER_PROPERTIES: readonly UserProperty[] = Object.freeze([]);

/** One block's properties. */
export class Properties {
  #values: Map<number, number | string | Uint8Array> | null = null;
  #user: UserProperty[] | null = null;

  /** User properties in the sender's order [MQTT-3.3.2-18]. */
  get user(): readonly UserProperty[] {
    return this.#user ?? NO_USER_PROPERTIES;
  }
  number(identifier: number): number | null {
    const value = this.#values?.get(identifier);
    return typeof value === "number" ? value : null;
  }
  text(identifier: number): string | null {
    const value = this.#values?.get(identifier);
    return typeof value === "string" ? value : null;
  }
  binary(identifier: number): Uint8Array | null {
    const value = this.#values?.get(identifier);
    return value instanceof Uint8Array ? value : null;
  }
  has(identifier: number): boolean {
    return this.#values?.has(identifier) ?? false;
  }
  /** Null, or a fault when it stood there before. */
  put(identifier: number, value: number | string | Uint8Array): Fault | null {
    this.#values ??= new Map();
    if (this.#values.has(identifier)) return faults.propertyTwice;
    this.#values.set(identifier, value);
    return null;
  }
  putUser(name: string, value: string): void {
    this.#user ??= [];
    this.#user.push([name, value]);
  }
}

/** Reads a property block, length first. What is wrong stays in `reader.fault`. */
export function readProperties(reader: PacketReader, block: number): Properties {
  const properties = new Properties();
  const length = reader.varint();
  if (reader.fault !== null) return properties;
  const packetEnd = reader.end;
  if (length > reader.left) {
    reader.fail(faults.truncated);
    return properties;
  }
  reader.end = reader.at + length;
  while (reader.left > 0) readOne(reader, block, properties);
  reader.end = packetEnd;
  // A fault inside moved the reader to the end of the block only.
  if (reader.fault !== null) reader.at = packetEnd;
  return properties;
}

function readOne(reader: PacketReader, block: number, properties: Properties): void {
  const identifier = reader.varint();
  if (reader.fault !== null) return;
  const wrong = misplaced(identifier, block);
  const known = rules[identifier];
  if (wrong !== null || known === undefined) {
    reader.fail(wrong ?? faults.propertyUnknown);
    return;
  }
  if (known.kind === "pair") {
    properties.putUser(reader.text(), reader.text());
    return;
  }
  const value = readValue(reader, known.kind);
  if (reader.fault !== null) return;
  if ((known.notZero && value === 0) || (known.kind === "flag" && Number(value) > 1)) {
    reader.fail(faults.propertyValue);
    return;
  }
  const twice = properties.put(identifier, value);
  if (twice !== null) reader.fail(twice);
}

function readValue(reader: PacketReader, kind: Kind): number | string | Uint8Array {
  switch (kind) {
    case "flag":
    case "byte":
      return reader.u8();
    case "u16":
      return reader.u16();
    case "u32":
      return reader.u32();
    case "varint":
      return reader.varint();
    case "text":
      return reader.text();
    default:
      return reader.binary();
  }
}
