// A message as JSON carries it, over HTTP and in the frames of web pages: its fields, and what their values may be. Pure.

import { Message, type MessageProperties, type Origin, type QoS } from "../core/index.ts";

export interface WebMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Seconds; 0 = for ever. */
  readonly expiryS: number;
  readonly properties: MessageProperties | null;
}

/** Longest time in seconds that MQTT 5 can say: of an expiry [3.1.2.11.2, 3.3.2.3.3], of a delay [3.1.3.2.2]. */
export const SECONDS_MAX = 4_294_967_295;

const base64Form = /^[A-Za-z0-9+/]*={0,2}$/;

/** @returns null when it is not base64 with its padding. */
export function parseBase64(text: string): Uint8Array | null {
  return text.length % 4 === 0 && base64Form.test(text) ? Buffer.from(text, "base64") : null;
}

/** `[["name","value"]]`. */
export function isNameValueList(value: unknown): value is [string, string][] {
  return Array.isArray(value) && value.every(isPair);
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === "string");
}

/** @param now ms, when it came */
export function toWebMessage(origin: Origin, fields: WebMessage, now: number): Message {
  const { topic, payload, qos, retain, expiryS, properties } = fields;
  return Message.of(origin, topic, payload, qos, retain, expiryS === 0 ? 0 : now + expiryS * 1000, properties);
}
