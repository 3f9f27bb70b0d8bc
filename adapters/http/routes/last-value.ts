// `GET /v1/topics/{topic}`: the last value of a topic as the body, as it was published, with what is known of it in
// headers. Nothing that was published is ever executed by a browser as a page of this gateway.

import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isAccepted, Verdict } from "../../../core/index.ts";
import type { Message } from "../../../core/index.ts";
import { sendFault } from "../answers.ts";
import { faultOfVerdict, HttpFault, internal, noValue, verdictFaults } from "../faults.ts";
import { isMatch, toContentType, toHeaderText, topicOfUrl } from "../mapping.ts";
import { identify } from "./context.ts";
import type { RouteContext } from "./context.ts";

export async function readLastValue(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const topic = topicOfUrl(request.raw.url ?? "");
  if (topic instanceof HttpFault) return sendFault(reply, topic);
  const connection = await identify(context, request);
  if (connection instanceof HttpFault) return sendFault(reply, connection);
  const session = connection.session;
  if (session === null) return sendFault(reply, verdictFaults[Verdict.Closed] ?? internal);
  const { verdict, message } = await session.read(topic);
  if (!isAccepted(verdict)) return sendFault(reply, faultOfVerdict(verdict) ?? internal);
  if (message === null) return sendFault(reply, noValue);
  const etag = etagOf(message);
  describe(reply, message, etag);
  if (isMatch(request.raw.headers["if-none-match"], etag)) {
    reply.code(304).send();
    return;
  }
  const { payload } = message;
  reply
    .header("content-type", toContentType(message.properties))
    .header("content-length", payload.length)
    .send(Buffer.from(payload.buffer, payload.byteOffset, payload.length));
}

function describe(reply: FastifyReply, message: Message, etag: string): void {
  const at = new Date(message.receivedAt);
  reply
    .header("etag", etag)
    .header("last-modified", at.toUTCString())
    .header("cache-control", "no-cache")
    .header("x-content-type-options", "nosniff")
    .header("content-security-policy", "sandbox; default-src 'none'")
    .header("tributary-received-at", at.toISOString())
    .header("tributary-qos", message.qos)
    .header("tributary-retain", String(message.retain))
    .header("tributary-publisher", toHeaderText(message.origin.client))
    .header("tributary-protocol", message.origin.protocol);
}

/** One message, one tag: two messages with the same payload are two values. */
function etagOf(message: Message): string {
  const { node, client, device } = message.origin;
  const name = JSON.stringify([node, client, device, message.sequence, message.receivedAt]);
  return `"${hash("sha256", name, "base64url").slice(0, 22)}"`;
}
