// The body of `POST /v1/publish`: a JSON array of messages. Pure. What is wrong with one item is that item's result;
// only a body that is no list of items at all, or is too long, fails as a whole.

import type { MessageProperties } from "../../core/index.ts";
import { SECONDS_MAX, isNameValueList, parseBase64 } from "../../net/web-message.ts";
import type { WebMessage } from "../../net/web-message.ts";
import { HttpFault } from "./faults.ts";

const keys = Object.freeze([
  "topic",
  "payload",
  "payloadBase64",
  "qos",
  "retain",
  "expiry",
  "contentType",
  "properties",
]);
const utf8 = new TextDecoder("utf-8", { fatal: true });
const NOTHING = new Uint8Array(0);

export function parseBatch(body: Uint8Array, itemsMax: number): readonly (WebMessage | HttpFault)[] | HttpFault {
  let list: unknown;
  try {
    list = JSON.parse(utf8.decode(body));
  } catch {
    return new HttpFault(400, "invalid_json", "the body is not JSON in UTF-8");
  }
  if (!Array.isArray(list)) return new HttpFault(400, "invalid_batch", "the body is to be a JSON array of messages");
  if (list.length > itemsMax) return new HttpFault(413, "batch_too_long", `a batch has at most ${itemsMax} messages`);
  return list.map(parseItem);
}

function parseItem(item: unknown): WebMessage | HttpFault {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return invalid("is to be an object");
  const unknown = Object.keys(item).filter((key) => !keys.includes(key));
  if (unknown.length > 0) return invalid(`has unknown keys: ${unknown.slice(0, 8).join(", ")}`);
  const { topic, qos = 0, retain = false, expiry = 0 } = item as Record<string, unknown>;
  if (typeof topic !== "string") return invalid("`topic` is to be a string");
  if (qos !== 0 && qos !== 1) return invalid("`qos` is to be 0 or 1");
  if (typeof retain !== "boolean") return invalid("`retain` is to be true or false");
  if (!isExpiry(expiry)) return invalid("`expiry` is to be whole seconds");
  const payload = parsePayload(item as Record<string, unknown>);
  if (payload instanceof HttpFault) return payload;
  const properties = parseProperties(item as Record<string, unknown>);
  if (properties instanceof HttpFault) return properties;
  return { topic, payload, qos, retain, expiryS: expiry, properties };
}

function parsePayload(item: Record<string, unknown>): Uint8Array | HttpFault {
  const { payload, payloadBase64 } = item;
  if (payload !== undefined && payloadBase64 !== undefined) return invalid("has `payload` and `payloadBase64`");
  if (typeof payload === "string") return Buffer.from(payload);
  if (payload !== undefined) return invalid("`payload` is to be a string");
  if (payloadBase64 === undefined) return NOTHING;
  const bytes = typeof payloadBase64 === "string" ? parseBase64(payloadBase64) : null;
  return bytes ?? invalid("`payloadBase64` is not base64");
}

function parseProperties(item: Record<string, unknown>): MessageProperties | null | HttpFault {
  const { contentType = null, properties = [], payload } = item;
  if (contentType !== null && typeof contentType !== "string") return invalid("`contentType` is to be a string");
  if (!isNameValueList(properties)) return invalid("`properties` is to be a list of [name, value] pairs of strings");
  const payloadIsText = payload !== undefined;
  if (contentType === null && properties.length === 0 && !payloadIsText) return null;
  return { contentType, payloadIsText, responseTopic: null, correlationData: null, user: properties };
}

function isExpiry(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= SECONDS_MAX;
}

function invalid(what: string): HttpFault {
  return new HttpFault(400, "invalid_item", `the message ${what}`);
}
