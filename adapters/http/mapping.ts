// Requests to messages, and verdicts and messages to answers. Pure: no state, no I/O.

import { Verdict } from "../../core/index.ts";
import { Message } from "../../core/index.ts";
import type { MessageProperties, Origin, QoS } from "../../core/index.ts";
import { HttpFault } from "./faults.ts";

export const TOPICS_PATH = "/v1/topics/";

/** The query of a publish, as its schema lets it through: texts. */
export interface PublishQuery {
  readonly qos?: "0" | "1";
  readonly retain?: "" | "true" | "false" | "1" | "0";
  /** Seconds; absent or 0 = never. */
  readonly expiry?: string;
  readonly client?: string;
}

const badPath = Object.freeze(
  new HttpFault(400, "invalid_topic", "the topic in the path is not percent-encoded UTF-8"),
);

/** curl's own choice for `-d`: it says nothing of the payload, so it is taken as "not stated". */
const FORM_TYPE = "application/x-www-form-urlencoded";
const CONTENT_TYPE_MAX = 255;

/**
 * `/v1/topics/a/b%20c?qos=1` → `a/b c`: everything after the prefix and before the query, percent-decoded once, with
 * its slashes kept: `/v1/topics//a/` is the topic `/a/`.
 */
export function topicOfUrl(url: string): string | HttpFault {
  const start = url.indexOf(TOPICS_PATH) + TOPICS_PATH.length;
  const query = url.indexOf("?", start);
  const path = query < 0 ? url.slice(start) : url.slice(start, query);
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return badPath;
  }
}

export function toMessage(
  origin: Origin,
  topic: string,
  payload: Uint8Array,
  query: PublishQuery,
  contentType: string | undefined,
  now: number,
): Message {
  const qos: QoS = query.qos === "1" ? 1 : 0;
  const retain = query.retain === "" || query.retain === "true" || query.retain === "1";
  const expiryS = query.expiry === undefined ? 0 : Number(query.expiry);
  const expiresAt = expiryS === 0 ? 0 : now + expiryS * 1000;
  return Message.of(origin, topic, payload, qos, retain, expiresAt, toProperties(contentType, false));
}

/** null where there is nothing to say: the common case has no properties at all. */
export function toProperties(contentType: string | undefined, payloadIsText: boolean): MessageProperties | null {
  const stated = contentType === undefined || contentType.startsWith(FORM_TYPE) ? null : contentType;
  if (stated === null && !payloadIsText) return null;
  return { contentType: stated, payloadIsText, responseTopic: null, correlationData: null, user: [] };
}

/** The body of a 202. `matched` is false when nobody's filter matched: the message was taken all the same. */
export function toTaken(verdict: Verdict, message: Message): string {
  const at = new Date(message.receivedAt).toISOString();
  return verdict === Verdict.Accepted
    ? `{"verdict":"accepted","matched":true,"sequence":${message.sequence},"receivedAt":"${at}"}`
    : `{"verdict":"no_subscriber","matched":false,"sequence":${message.sequence},"receivedAt":"${at}"}`;
}

const headerText = /^[\x20-\x7e]+$/;
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(?:;[\x20-\x7e]*)?$/;

/** What was published as the type, where it is one that a header may carry. */
export function toContentType(properties: MessageProperties | null): string {
  const type = properties?.contentType ?? null;
  if (type !== null && type.length <= CONTENT_TYPE_MAX && mediaType.test(type)) return type;
  return properties?.payloadIsText === true ? "text/plain; charset=utf-8" : "application/octet-stream";
}

/** A name from the wire in a header: percent-encoded where it is more than visible ASCII. */
export function toHeaderText(text: string): string {
  return headerText.test(text) && !text.includes("%") ? text : encodeURIComponent(text.toWellFormed());
}

/** True when one of the tags in `If-None-Match` is `etag`, compared weakly [RFC 9110, 13.1.2]. */
export function isMatch(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
