// What the routes of one listener share, and who stands behind a request.

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import { Refusal } from "../../../core/index.ts";
import type { Gateway, Peer } from "../../../core/index.ts";
import type { HttpSettings } from "../config.ts";
import type { RequestConnection } from "../connection.ts";
import { faultOfRefusal, HttpFault, internal } from "../faults.ts";
import { CLIENT_HEADER, clientOf, credentialsOf } from "../identity.ts";
import type { IdempotencyStore } from "../idempotency.ts";
import type { SessionCache } from "../session-cache.ts";
import type { StreamRegistry } from "../stream-registry.ts";

/** What all listeners of the adapter have in common. */
export interface Stores {
  readonly sessions: SessionCache;
  readonly idempotency: IdempotencyStore;
  readonly streams: StreamRegistry;
}

export interface RouteContext {
  readonly stores: Stores;
  readonly gateway: Gateway;
  readonly settings: HttpSettings;
  readonly isStopping: boolean;
  /** null: the connection is none of this listener's. */
  peerOf(socket: Socket): Peer | null;
  /** The response is a stream from now on: it no longer counts as a running request. */
  release(response: ServerResponse): void;
}

/** Hot: answers at once for a publisher who was here before. */
export function identify(
  context: RouteContext,
  request: FastifyRequest,
): RequestConnection | HttpFault | Promise<RequestConnection | HttpFault> {
  const { headers, socket } = request.raw;
  const client = clientOf(headers[CLIENT_HEADER], (request.query as { client?: string }).client);
  if (client instanceof HttpFault) return client;
  const peer = context.peerOf(socket);
  if (peer === null) return internal;
  const key = context.stores.sessions.keyOf(peer, headers.authorization, client);
  return context.stores.sessions.find(key) ?? open(context, key, peer, headers.authorization, client);
}

async function open(
  context: RouteContext,
  key: string,
  peer: Peer,
  authorization: string | undefined,
  client: string,
): Promise<RequestConnection | HttpFault> {
  const credentials = credentialsOf(authorization, client);
  if (credentials instanceof HttpFault) return credentials;
  const opened = await context.stores.sessions.open(key, peer, credentials);
  return opened instanceof Refusal ? faultOfRefusal(opened.reason) : opened;
}
