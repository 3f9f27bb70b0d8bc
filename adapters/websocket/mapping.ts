// hot path
// JSON frames to messages and messages to JSON frames. Pure. What is the same for all pages is encoded once per message
// and shared by all of them.

import { isUtf8 } from "node:buffer";
import { DeliveryFlag, Message, verdictNames } from "../../core/index.ts";
import type { QoS, SubscribeOutcome, Verdict, Will } from "../../core/index.ts";
import type { FrameId } from "./faults.ts";
import type { SubscribeFrame, UnsubscribeFrame, WillFields } from "./frames.ts";

/** Identity of this wire form among a message's encodings. */
const MESSAGE_FORM = Object.freeze({});

/** How the frame ends where nothing depends on the receiver: all such receivers get the same bytes. */
const PLAIN_TAIL = ',"qos":0,"retain":false}';

export function toWill(will: WillFields): Will {
  return {
    topic: will.topic,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain,
    delayMs: will.delayS * 1000,
    expiryMs: will.expiryS * 1000,
    properties: will.properties,
  };
}

/** The frame `message` for one receiver, as UTF-8. Payloads that are no UTF-8 stand as `payloadBase64`. */
export function messageFrame(
  id: number,
  message: Message,
  qos: QoS,
  flags: number,
  identifiers: readonly number[] | null,
): Uint8Array {
  const known = message.encodedAs(MESSAGE_FORM) ?? encode(message);
  if (qos === 0 && flags === 0 && identifiers === null) return known.bytes;
  let tail = `,"qos":${qos},"retain":${(flags & DeliveryFlag.Retain) !== 0}`;
  if ((flags & DeliveryFlag.Redelivered) !== 0) tail += ',"redelivered":true';
  if (id !== 0) tail += `,"id":${id}`;
  if (identifiers !== null) tail += `,"identifiers":[${identifiers.join(",")}]`;
  const frame = Buffer.allocUnsafe(known.end + tail.length + 1);
  frame.set(known.bytes.subarray(0, known.end));
  frame.write(`${tail}}`, known.end, "latin1");
  return frame;
}

/** The kept bytes are a whole frame; its end, as the memo says, is where the part begins that depends on the receiver. */
function encode(message: Message) {
  const { origin, payload, properties } = message;
  const isText = isUtf8(payload);
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString(isText ? "utf8" : "base64");
  const key = isText ? "payload" : "payloadBase64";
  let frame = `{"type":"message","topic":${JSON.stringify(message.topic)},"${key}":${JSON.stringify(text)}`;
  if (properties !== null) {
    const { contentType, responseTopic, correlationData, user } = properties;
    if (contentType !== null) frame += `,"contentType":${JSON.stringify(contentType)}`;
    if (responseTopic !== null) frame += `,"responseTopic":${JSON.stringify(responseTopic)}`;
    if (correlationData !== null) frame += `,"correlationBase64":"${Buffer.from(correlationData).toString("base64")}"`;
    if (user.length > 0) frame += `,"properties":${JSON.stringify(user)}`;
  }
  const publisher = JSON.stringify({ client: origin.client, device: origin.device, protocol: origin.protocol });
  frame += `,"receivedAt":"${new Date(message.receivedAt).toISOString()}","publisher":${publisher}`;
  const bytes = Buffer.from(frame + PLAIN_TAIL);
  return message.keepEncoded(MESSAGE_FORM, bytes, 0, bytes.length - PLAIN_TAIL.length);
}

/** `id` as the page wrote it, already JSON. */
export function publishedFrame(id: FrameId, verdict: Verdict): string {
  return `{"type":"published","id":${JSON.stringify(id)},"verdict":"${verdictNames[verdict] ?? "overload"}"}`;
}

export function subscribedFrame(frame: SubscribeFrame, outcomes: readonly SubscribeOutcome[]): string {
  const results = frame.requests.map(({ filter }, at) => {
    const { verdict, qos } = outcomes[at]!;
    return { filter, verdict: verdictNames[verdict], qos };
  });
  return JSON.stringify({ type: "subscribed", ...withId(frame.id), results });
}

export function unsubscribedFrame(frame: UnsubscribeFrame, verdicts: readonly Verdict[]): string {
  const results = frame.filters.map((filter, at) => ({ filter, verdict: verdictNames[verdicts[at]!] }));
  return JSON.stringify({ type: "unsubscribed", ...withId(frame.id), results });
}

export function errorFrame(code: string, message: string, id: FrameId | null): string {
  return JSON.stringify({ type: "error", ...withId(id), code, message });
}

function withId(id: FrameId | null): { id?: FrameId } {
  return id === null ? {} : { id };
}
