// hot path
// `POST /v1/topics/{topic}` and `POST /v1/publish`: answered when the core has said what became of the message, not
// before. The common case (a publisher who was here before, a verdict at once, no Idempotency-Key) makes no promise.

import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Verdict } from "../../../core/index.ts";
import type { Message } from "../../../core/index.ts";
import { sendAnswer, sendFault, sendJson, toAnswer } from "../answers.ts";
import { toWebMessage } from "../../../net/web-message.ts";
import type { WebMessage } from "../../../net/web-message.ts";
import { parseBatch } from "../batch.ts";
import { RequestConnection } from "../connection.ts";
import { faultOfVerdict, HttpFault, internal, keyInvalid, keyReused, verdictFaults } from "../faults.ts";
import { isIdempotencyKey } from "../idempotency.ts";
import type { Answer } from "../idempotency.ts";
import { toMessage, topicOfUrl, toTaken } from "../mapping.ts";
import type { PublishQuery } from "../mapping.ts";
import { identify } from "./context.ts";
import type { RouteContext } from "./context.ts";

const NOTHING = new Uint8Array(0);
/** A session that was closed between two requests is opened again, once. */
const ATTEMPTS = 2;

type Execute = (connection: RequestConnection) => Answer | Promise<Answer>;

export function publishOne(context: RouteContext, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
  const topic = topicOfUrl(request.raw.url ?? "");
  if (topic instanceof HttpFault) {
    sendFault(reply, topic);
    return;
  }
  const connection = identify(context, request);
  if (connection instanceof RequestConnection && request.raw.headers["idempotency-key"] === undefined) {
    const message = messageOf(context, connection, topic, request);
    const verdict = message === null ? Verdict.Closed : connection.publish(message);
    if (typeof verdict === "number") {
      if (verdict !== Verdict.Closed) {
        answerVerdict(reply, verdict, message!);
        return;
      }
    } else {
      return verdict.then((settled) => answerVerdict(reply, settled, message!));
    }
  }
  return execute(context, request, reply, async (opened) => {
    const message = messageOf(context, opened, topic, request);
    const verdict = message === null ? Verdict.Closed : await opened.publish(message);
    const fault = faultOfVerdict(verdict);
    return fault === null ? { status: 202, retryAfterS: 0, body: toTaken(verdict, message!) } : toAnswer(fault);
  });
}

export function publishBatch(context: RouteContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  return execute(context, request, reply, async (connection) => {
    const items = parseBatch(bodyOf(request), context.settings.batchItemsMax);
    if (items instanceof HttpFault) return toAnswer(items);
    const now = context.gateway.clock.now();
    // All are published in this turn and in order; only then is waited for those that take longer.
    const running = items.map((item) => publishItem(connection, item, now));
    const results: Answer[] = [];
    for (const result of running) results.push(await result);
    const isWhole = results.every((result) => result.status === 202);
    const rows = results.map((result) => `{"status":${result.status},${result.body.slice(1)}`);
    return { status: isWhole ? 202 : 207, retryAfterS: 0, body: `{"results":[${rows.join(",")}]}` };
  });
}

function publishItem(
  connection: RequestConnection,
  item: WebMessage | HttpFault,
  now: number,
): Answer | Promise<Answer> {
  if (item instanceof HttpFault) return toAnswer(item);
  const session = connection.session;
  if (session === null) return toAnswer(verdictFaults[Verdict.Closed] ?? internal);
  const message = toWebMessage(session.origin, item, now);
  const verdict = connection.publish(message);
  return typeof verdict === "number"
    ? toResult(verdict, message)
    : verdict.then((settled) => toResult(settled, message));
}

function toResult(verdict: Verdict, message: Message): Answer {
  const fault = faultOfVerdict(verdict);
  return fault === null ? { status: 202, retryAfterS: 0, body: toTaken(verdict, message) } : toAnswer(fault);
}

function answerVerdict(reply: FastifyReply, verdict: Verdict, message: Message): void {
  const fault = faultOfVerdict(verdict);
  if (fault === null) sendJson(reply, 202, toTaken(verdict, message));
  else sendFault(reply, fault);
}

/** null: the session has been closed. */
function messageOf(
  context: RouteContext,
  connection: RequestConnection,
  topic: string,
  request: FastifyRequest,
): Message | null {
  const session = connection.session;
  if (session === null) return null;
  const contentType = request.raw.headers["content-type"];
  const query = request.query as PublishQuery;
  return toMessage(session.origin, topic, bodyOf(request), query, contentType, context.gateway.clock.now());
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return (request.body as Uint8Array | undefined) ?? NOTHING;
}

/** With a session that is open, and only once for an Idempotency-Key. */
async function execute(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  run: Execute,
): Promise<void> {
  const key = request.raw.headers["idempotency-key"];
  if (key !== undefined && (Array.isArray(key) || !isIdempotencyKey(key))) {
    sendFault(reply, keyInvalid);
    return;
  }
  for (let attempt = 1; ; attempt++) {
    const connection = await identify(context, request);
    if (connection instanceof HttpFault) {
      sendFault(reply, connection);
      return;
    }
    if (!connection.isOpen && attempt < ATTEMPTS) continue;
    if (key === undefined) sendAnswer(reply, await run(connection), false);
    else await executeOnce(context, request, reply, connection, key, run);
    return;
  }
}

async function executeOnce(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  connection: RequestConnection,
  key: string,
  run: Execute,
): Promise<void> {
  const recognition = context.stores.idempotency.recognise(connection.scope, key, fingerprintOf(request));
  if (recognition.kind === "again") {
    sendAnswer(reply, await recognition.answer, true);
  } else if (recognition.kind === "first") {
    // Whoever waits for this answer gets one, also when we fail.
    let answer = toAnswer(internal);
    try {
      answer = await run(connection);
    } finally {
      recognition.remember(answer);
    }
    sendAnswer(reply, answer, false);
  } else {
    sendFault(reply, recognition.kind === "reused" ? keyReused : (verdictFaults[Verdict.Overload] ?? internal));
  }
}

/** The whole request, so that a key which comes again with something else is noticed. */
function fingerprintOf(request: FastifyRequest): string {
  const { method, url, headers } = request.raw;
  const body = hash("sha256", bodyOf(request), "base64");
  return hash("sha256", JSON.stringify([method, url, headers["content-type"] ?? "", body]), "base64");
}
