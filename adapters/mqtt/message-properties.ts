// What a message carries beside its payload, as properties of MQTT 5. The message may come from any protocol: what MQTT
// cannot say (a string that is too long or holds U+0000, a response topic with wildcards) is left out.

import { hasWildcard } from "./connect-packet.ts";
import { Property } from "./properties.ts";
import { textSize, writeText, writeU16 } from "./utf8.ts";
import type { MessageProperties } from "../../core/index.ts";

/** Longest string or binary field. */
const FIELD_MAX_BYTES = 65_535;

function isSendableText(text: string): boolean {
  return !text.includes("\0") && textSize(text) <= FIELD_MAX_BYTES;
}

/** The properties without what MQTT cannot say: the very object when there is no such thing, null when nothing is left. */
export function sendable(properties: MessageProperties | null): MessageProperties | null {
  if (properties === null) return null;
  const { contentType, payloadIsText, responseTopic, correlationData, user } = properties;
  const isContentTypeFine = contentType === null || isSendableText(contentType);
  const isResponseFine =
    responseTopic === null || (responseTopic !== "" && isSendableText(responseTopic) && !hasWildcard(responseTopic));
  const isCorrelationFine = correlationData === null || correlationData.length <= FIELD_MAX_BYTES;
  const isUserFine = user.every(([name, value]) => isSendableText(name) && isSendableText(value));
  if (isContentTypeFine && isResponseFine && isCorrelationFine && isUserFine) return properties;
  return {
    contentType: isContentTypeFine ? contentType : null,
    payloadIsText,
    responseTopic: isResponseFine ? responseTopic : null,
    correlationData: isCorrelationFine ? correlationData : null,
    user: isUserFine ? user : user.filter(([name, value]) => isSendableText(name) && isSendableText(value)),
  };
}

/** Bytes that `writeProperties` will write. */
export function sizeOfProperties(properties: MessageProperties): number {
  let size = properties.payloadIsText ? 2 : 0;
  if (properties.contentType !== null) size += 3 + textSize(properties.contentType);
  if (properties.responseTopic !== null) size += 3 + textSize(properties.responseTopic);
  if (properties.correlationData !== null) size += 3 + properties.correlationData.length;
  for (const [name, value] of properties.user) size += 5 + textSize(name) + textSize(value);
  return size;
}

/** In the order of their identifiers, user properties last and in the publisher's order [MQTT-3.3.2-18]. */
export function writeProperties(target: Uint8Array, start: number, properties: MessageProperties): number {
  let at = start;
  if (properties.payloadIsText) {
    target[at] = Property.PayloadFormat;
    target[at + 1] = 1;
    at += 2;
  }
  if (properties.contentType !== null) at = writeTextProperty(target, at, Property.ContentType, properties.contentType);
  if (properties.responseTopic !== null) {
    at = writeTextProperty(target, at, Property.ResponseTopic, properties.responseTopic);
  }
  const correlation = properties.correlationData;
  if (correlation !== null) {
    target[at] = Property.CorrelationData;
    at = writeU16(target, at + 1, correlation.length);
    target.set(correlation, at);
    at += correlation.length;
  }
  for (const [name, value] of properties.user) {
    at = writeTextProperty(target, at, Property.User, name);
    at = writeLengthAndText(target, at, value);
  }
  return at;
}

function writeTextProperty(target: Uint8Array, at: number, identifier: number, text: string): number {
  target[at] = identifier;
  return writeLengthAndText(target, at + 1, text);
}

function writeLengthAndText(target: Uint8Array, at: number, text: string): number {
  const size = textSize(text);
  return writeText(target, writeU16(target, at, size), text, size);
}
