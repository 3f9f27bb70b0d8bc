// `GET /v1/subscribe?filter=…`: opens an event stream, or goes on with the one that `Last-Event-ID` names.

import type { FastifyReply, FastifyRequest } from "fastify";
import { CloseReason, isAccepted, Refusal } from "../../../core/index.ts";
import type { QoS, SubscribeOutcome } from "../../../core/index.ts";
import { sendFault } from "../answers.ts";
import { requestOptions } from "../connection.ts";
import type { RequestConnection } from "../connection.ts";
import type { EventStream } from "../event-stream.ts";
import { faultOfRefusal, faultOfVerdict, HttpFault, internal, stopping, tooManyStreams } from "../faults.ts";
import { identify } from "./context.ts";
import type { RouteContext } from "./context.ts";

export interface SubscribeQuery {
  readonly filter: string | readonly string[];
  readonly qos?: "0" | "1";
  /** Whether retained messages come first; yes if absent. */
  readonly retained?: "true" | "false" | "1" | "0";
  readonly client?: string;
}

export async function subscribe(context: RouteContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const query = request.query as SubscribeQuery;
  const filters = typeof query.filter === "string" ? [query.filter] : query.filter;
  const { filtersMax } = context.settings.streams;
  if (filters.length > filtersMax) {
    return sendFault(reply, new HttpFault(400, "too_many_filters", `a stream has at most ${filtersMax} filters`));
  }
  const connection = await identify(context, request);
  if (connection instanceof HttpFault) return sendFault(reply, connection);
  const qos: QoS = query.qos === "1" ? 1 : 0;
  const asked = JSON.stringify([qos, filters]);
  const lastEventId = request.raw.headers["last-event-id"];
  const point = context.stores.streams.find(one(lastEventId), connection.scope, asked);
  if (point !== null) {
    if (!isGone(reply)) attach(context, reply, point.stream, point.after, { filters, qos });
    return;
  }
  const stream = context.stores.streams.open(connection.scope, asked);
  if (stream === null) return sendFault(reply, tooManyStreams);
  const wantsRetained = query.retained !== "false" && query.retained !== "0";
  const fault = await begin(context, connection, stream, filters, qos, wantsRetained);
  if (fault !== null || isGone(reply)) {
    stream.close(CloseReason.Normal);
    if (fault !== null) sendFault(reply, fault);
    return;
  }
  // Whoever asked to go on and cannot is told so: how much it has missed is not known.
  attach(context, reply, stream, 0, { ...(lastEventId !== undefined && { missed: null }), filters, qos });
}

/** Opens the stream's session and its subscriptions: all of them, or none. */
async function begin(
  context: RouteContext,
  connection: RequestConnection,
  stream: EventStream,
  filters: readonly string[],
  qos: QoS,
  wantsRetained: boolean,
): Promise<HttpFault | null> {
  const options = { ...requestOptions, inflightMax: context.settings.streams.inflightMax };
  const session = await context.gateway.openSession(connection.principal, options, stream);
  if (session instanceof Refusal) return faultOfRefusal(session.reason);
  stream.hold(session);
  const outcomes = await session.subscribe(
    filters.map((filter) => ({
      filter,
      qos,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: wantsRetained ? 0 : 2,
      identifier: 0,
    })),
  );
  if (context.isStopping || stream.isClosed) return stopping;
  const refused = outcomes.findIndex((outcome) => !isAccepted(outcome.verdict));
  return refused < 0 ? null : faultOfOutcome(outcomes[refused]!, filters[refused]!);
}

function faultOfOutcome(outcome: SubscribeOutcome, filter: string): HttpFault {
  const { status, code, message, retryAfterS } = faultOfVerdict(outcome.verdict) ?? internal;
  return new HttpFault(status, code, `${message}: ${filter}`, retryAfterS);
}

function attach(context: RouteContext, reply: FastifyReply, stream: EventStream, after: number, start: object): void {
  const response = reply.raw;
  context.release(response);
  reply.hijack();
  response.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream",
    // The connection ends with the stream: a session that the core ends is hung up on.
    connection: "close",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  stream.attach(response, after, start);
}

/** The reader has hung up while its stream was being opened. */
function isGone(reply: FastifyReply): boolean {
  const { socket } = reply.raw;
  return socket === null || socket.destroyed;
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : undefined;
}
