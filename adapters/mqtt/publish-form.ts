// hot path
// PUBLISH towards a receiver. A form is one way in which a message can stand on the wire; the bytes of a form are made
// once for each message and shared by all receivers that take it:
//   whole 3.x, whole 5: a complete QoS 0 packet, sent as it is;
//   marked 3.x, marked 5: a complete packet of QoS 1 or 2, copied for each receiver with its own packet identifier, QoS,
//   DUP and RETAIN set.
// What differs by more than that (topic alias, subscription identifiers, what is left of an expiry) is written for its
// receiver alone. Payloads above a limit are never copied: the form then ends where the payload begins.

import { Level, PUBLISH_DUP, PUBLISH_HEAD, PUBLISH_RETAIN, varintSize, writeVarint } from "./packet.ts";
import { Property } from "./properties.ts";
import { sendable, sizeOfProperties, writeProperties } from "./message-properties.ts";
import { textSize, writeText, writeU16 } from "./utf8.ts";
import type { Encoded, Message, MessageProperties } from "../../core/index.ts";

export const WHOLE_3 = Object.freeze({ form: "whole-3" });
export const WHOLE_5 = Object.freeze({ form: "whole-5" });
export const MARKED_3 = Object.freeze({ form: "marked-3" });
export const MARKED_5 = Object.freeze({ form: "marked-5" });

/** Larger payloads stay where they are and go out as a range of their own. */
export const COPIED_PAYLOAD_MAX_BYTES = 4096;

/** Memory of forms: filled once, never written again, replaced when full. One per adapter. */
export class FormBuffer {
  static readonly BYTES = 65_536;
  #bytes: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** The offset of `length` free bytes in `bytes`, which must be read after this call. */
  take(length: number): number {
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(FormBuffer.BYTES, length));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    return at;
  }
  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

/** The packet with that level's whole form, made now if nobody made it before. */
export function makeWhole(message: Message, form: object, level: Level, buffer: FormBuffer): Encoded {
  return make(message, form, level, 0, buffer);
}

/** The packet with that level's marked form; identifier, QoS, DUP and RETAIN are still to be set in a copy. */
export function makeMarked(message: Message, form: object, level: Level, buffer: FormBuffer): Encoded {
  return make(message, form, level, 1, buffer);
}

function make(message: Message, form: object, level: Level, qos: number, buffer: FormBuffer): Encoded {
  const topicSize = textSize(message.topic);
  const properties = level === Level.V5 ? sendable(message.properties) : null;
  const propertiesSize = properties === null ? 0 : sizeOfProperties(properties);
  const payloadBytes = message.payloadBytes;
  const copied = payloadBytes > COPIED_PAYLOAD_MAX_BYTES ? 0 : payloadBytes;
  const block = level === Level.V5 ? varintSize(propertiesSize) + propertiesSize : 0;
  const remaining = 2 + topicSize + (qos === 0 ? 0 : 2) + block + payloadBytes;
  const total = 1 + varintSize(remaining) + remaining - payloadBytes + copied;
  const start = buffer.take(total);
  const bytes = buffer.bytes;
  bytes[start] = PUBLISH_HEAD | (qos << 1);
  let at = writeVarint(bytes, start + 1, remaining);
  at = writeU16(bytes, at, topicSize);
  at = writeText(bytes, at, message.topic, topicSize);
  if (qos !== 0) at = writeU16(bytes, at, 0);
  if (level === Level.V5) {
    at = writeVarint(bytes, at, propertiesSize);
    if (properties !== null) at = writeProperties(bytes, at, properties);
  }
  if (copied !== 0) copyBytes(message.source, message.payloadStart, message.payloadEnd, bytes, at);
  return message.keepEncoded(form, bytes, start, start + total);
}

/** Where the packet identifier of a marked form stands: behind fixed header and topic. */
export function identifierAt(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (bytes[at]! > 0x7f) at++;
  return at + 3 + ((bytes[at + 1]! << 8) | bytes[at + 2]!);
}

// Up to this length a loop beats a native copy and the view that it needs.
const LOOP_COPY_MAX = 160;

export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start <= LOOP_COPY_MAX) {
    for (let i = start, o = at; i < end; i++, o++) to[o] = from[i]!;
  } else {
    to.set(from.subarray(start, end), at);
  }
}

/** What one receiver's packet says beside the message. */
export interface Tailoring {
  readonly level: Level;
  readonly qos: number;
  readonly id: number;
  readonly isRetained: boolean;
  readonly isDuplicate: boolean;
  /** The topic to write: "" where the alias stands for it. */
  readonly topic: string;
  /** 0 = none. */
  readonly alias: number;
  readonly identifiers: readonly number[] | null;
  /** Seconds that the message still lives; −1 = no limit. */
  readonly expiry: number;
}

/** Everything of a tailored packet but its payload: sizes first, so that room can be lent for exactly that. */
export class TailoredHead {
  /** Bytes of the head alone. */
  readonly size: number;
  /** Bytes of the whole packet. */
  readonly packetSize: number;
  readonly #properties: MessageProperties | null;
  readonly #tailoring: Tailoring;
  readonly #topicSize: number;
  readonly #propertiesSize: number;
  readonly #remaining: number;

  constructor(message: Message, tailoring: Tailoring) {
    this.#properties = tailoring.level === Level.V5 ? sendable(message.properties) : null;
    this.#tailoring = tailoring;
    this.#topicSize = textSize(tailoring.topic);
    this.#propertiesSize = tailoring.level === Level.V5 ? sizeOfTailored(this.#properties, tailoring) : 0;
    const block = tailoring.level === Level.V5 ? varintSize(this.#propertiesSize) + this.#propertiesSize : 0;
    this.#remaining = 2 + this.#topicSize + (tailoring.qos === 0 ? 0 : 2) + block + message.payloadBytes;
    this.packetSize = 1 + varintSize(this.#remaining) + this.#remaining;
    this.size = this.packetSize - message.payloadBytes;
  }

  /** Writes `size` bytes; returns the offset behind them. */
  write(target: Uint8Array, start: number): number {
    const { level, qos, id, isRetained, isDuplicate, topic, alias, identifiers, expiry } = this.#tailoring;
    target[start] = firstByte(qos, isRetained, isDuplicate);
    let at = writeVarint(target, start + 1, this.#remaining);
    at = writeU16(target, at, this.#topicSize);
    at = writeText(target, at, topic, this.#topicSize);
    if (qos !== 0) at = writeU16(target, at, id);
    if (level !== Level.V5) return at;
    at = writeVarint(target, at, this.#propertiesSize);
    if (expiry >= 0) {
      target[at] = Property.MessageExpiry;
      at = writeU16(target, writeU16(target, at + 1, Math.floor(expiry / 0x1_0000)), expiry & 0xffff);
    }
    if (alias !== 0) {
      target[at] = Property.TopicAlias;
      at = writeU16(target, at + 1, alias);
    }
    for (const identifier of identifiers ?? []) {
      target[at] = Property.SubscriptionIdentifier;
      at = writeVarint(target, at + 1, identifier);
    }
    const properties = this.#properties;
    return properties === null ? at : writeProperties(target, at, properties);
  }
}

/** First byte of a PUBLISH. */
export function firstByte(qos: number, isRetained: boolean, isDuplicate: boolean): number {
  return PUBLISH_HEAD | (qos << 1) | (isRetained ? PUBLISH_RETAIN : 0) | (isDuplicate ? PUBLISH_DUP : 0);
}

function sizeOfTailored(properties: MessageProperties | null, tailoring: Tailoring): number {
  let size = properties === null ? 0 : sizeOfProperties(properties);
  if (tailoring.expiry >= 0) size += 5;
  if (tailoring.alias !== 0) size += 3;
  for (const identifier of tailoring.identifiers ?? []) size += 1 + varintSize(identifier);
  return size;
}
