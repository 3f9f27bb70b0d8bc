// hot path
// The property block of PUBLISH (3.3.2.3), read by hand into one object that is used again for the next message: MQTT 5
// clients send the block with every message, most often empty.

import { type Fault, faults } from "./faults.ts";
import { PacketType } from "./packet.ts";
import { misplaced, Property } from "./properties.ts";
import { PacketReader } from "./reader.ts";
import type { MessageProperties } from "../../core/index.ts";
import { hasWildcard } from "./connect-packet.ts";

const ABSENT = -1;
const NO_USER_PROPERTIES: readonly (readonly [string, string])[] = Object.freeze([]);

export class PublishProperties {
  /** Seconds, or −1. */
  expiry = ABSENT;
  /** 0 = none. */
  alias = 0;
  #format = ABSENT;
  #contentType: string | null = null;
  #responseTopic: string | null = null;
  #correlation: Uint8Array | null = null;
  #user: [string, string][] | null = null;

  /** Reads bytes[at…end), the block without its length. Null, or what is wrong with it. */
  read(bytes: Uint8Array, at: number, end: number): Fault | null {
    this.expiry = ABSENT;
    this.alias = 0;
    this.#format = ABSENT;
    this.#contentType = null;
    this.#responseTopic = null;
    this.#correlation = null;
    this.#user = null;
    if (at === end) return null;
    const reader = new PacketReader(bytes, at, end);
    while (reader.left > 0) this.#readOne(reader);
    return reader.fault;
  }

  /** The publisher says that the payload is UTF-8 text. */
  get payloadIsText(): boolean {
    return this.#format === 1;
  }

  /** What the message carries beside its payload; null in the common case. */
  toMessageProperties(): MessageProperties | null {
    const isPlain =
      this.#format !== 1 &&
      this.#contentType === null &&
      this.#responseTopic === null &&
      this.#correlation === null &&
      this.#user === null;
    if (isPlain) return null;
    return {
      contentType: this.#contentType,
      payloadIsText: this.#format === 1,
      responseTopic: this.#responseTopic,
      correlationData: this.#correlation,
      user: this.#user ?? NO_USER_PROPERTIES,
    };
  }

  #readOne(reader: PacketReader): void {
    const identifier = reader.u8();
    switch (identifier) {
      case Property.PayloadFormat: {
        if (this.#format !== ABSENT) return reader.fail(faults.propertyTwice);
        this.#format = reader.u8();
        if (this.#format > 1) reader.fail(faults.propertyValue);
        return;
      }
      case Property.MessageExpiry: {
        if (this.expiry !== ABSENT) return reader.fail(faults.propertyTwice);
        this.expiry = reader.u32();
        return;
      }
      case Property.TopicAlias: {
        if (this.alias !== 0) return reader.fail(faults.propertyTwice);
        this.alias = reader.u16();
        if (this.alias === 0) reader.fail(faults.topicAlias); // [MQTT-3.3.2-8]
        return;
      }
      case Property.ContentType: {
        if (this.#contentType !== null) return reader.fail(faults.propertyTwice);
        this.#contentType = reader.text();
        return;
      }
      case Property.ResponseTopic:
        return this.#readResponseTopic(reader);
      case Property.CorrelationData: {
        if (this.#correlation !== null) return reader.fail(faults.propertyTwice);
        this.#correlation = reader.binary();
        return;
      }
      case Property.User: {
        this.#user ??= [];
        this.#user.push([reader.text(), reader.text()]);
        return;
      }
      default:
        // [MQTT-3.3.4-6] Among these: a subscription identifier from a client.
        return reader.fail(misplaced(identifier, PacketType.Publish) ?? faults.propertyMisplaced);
    }
  }

  #readResponseTopic(reader: PacketReader): void {
    if (this.#responseTopic !== null) return reader.fail(faults.propertyTwice);
    const topic = reader.text();
    if (reader.fault !== null) return;
    if (topic === "" || hasWildcard(topic)) return reader.fail(faults.responseTopic); // [MQTT-3.3.2-14]
    this.#responseTopic = topic;
  }
}
