// hot path
// One message as a server-sent event. What is the same for all receivers is encoded once per message, kept with it, and
// shared by all streams; only the id and what depends on the subscription is written for each of them.

import { isUtf8 } from "node:buffer";
import type { Message, QoS } from "../../core/index.ts";

/** Identity of this wire form among a message's encodings. */
const EVENT_FORM = Object.freeze({});

/**
 * The bytes `data: {…"receivedAt":…` that all receivers of `message` get: everything but QoS and flags.
 * Payloads that are UTF-8 stand as `payload`, all others as `payloadBase64`.
 */
export function sharedBytes(message: Message): Uint8Array {
  const known = message.encodedAs(EVENT_FORM);
  if (known !== null) return known.bytes;
  const bytes = Buffer.from(`data: ${bodyOf(message)}`);
  return message.keepEncoded(EVENT_FORM, bytes, 0, bytes.length).bytes;
}

/** `token` and `sequence` together are the event's id. */
export function eventId(token: string, sequence: number): string {
  return `${token}.${sequence}`;
}

/** The line that stands before the shared bytes. */
export function headText(token: string, sequence: number): string {
  return `id: ${token}.${sequence}\n`;
}

/** What follows the shared bytes: ends the JSON object and the event. */
export function tailText(qos: QoS, retain: boolean, redelivered: boolean): string {
  return redelivered
    ? `,"qos":${qos},"retain":${retain},"redelivered":true}\n\n`
    : `,"qos":${qos},"retain":${retain}}\n\n`;
}

/** An event of the stream itself. `id` may be null: then the reader's last id stands. */
export function controlEvent(name: string, id: string | null, data: object): string {
  const idLine = id === null ? "" : `id: ${id}\n`;
  return `event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}

/** The object without its closing brace. */
function bodyOf(message: Message): string {
  const { origin, payload, properties } = message;
  const isText = isUtf8(payload);
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString(isText ? "utf8" : "base64");
  let body = `{"topic":${JSON.stringify(message.topic)},"${isText ? "payload" : "payloadBase64"}":${JSON.stringify(text)}`;
  if (properties !== null) {
    if (properties.contentType !== null) body += `,"contentType":${JSON.stringify(properties.contentType)}`;
    if (properties.user.length > 0) body += `,"properties":${JSON.stringify(properties.user)}`;
  }
  const receivedAt = new Date(message.receivedAt).toISOString();
  const publisher = JSON.stringify({ client: origin.client, device: origin.device, protocol: origin.protocol });
  return `${body},"receivedAt":"${receivedAt}","publisher":${publisher}`;
}
