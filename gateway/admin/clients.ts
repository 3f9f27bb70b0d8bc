// Who is connected: list, one, kick.

import type { FastifyInstance } from "fastify";

import type { ClientRecord, Core } from "../../core/compose.ts";
import { AdminError } from "./access.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

interface ListQuery {
  readonly limit: number;
  readonly offset: number;
  readonly tenant?: string;
  readonly protocol?: string;
  readonly listener?: string;
  readonly user?: string;
  readonly connected?: boolean;
  readonly search?: string;
}

const text = { type: "string" };
const integer = { type: "integer" };
const boolean = { type: "boolean" };

const clientSchema = {
  $id: "Client",
  type: "object",
  properties: {
    tenant: text,
    client: text,
    device: text,
    user: text,
    via: { type: "array", items: text },
    protocol: text,
    protocolVersion: text,
    listener: text,
    address: text,
    port: integer,
    secure: boolean,
    connected: boolean,
    exclusive: { ...boolean, description: "False: the session of a request, which holds no name." },
    openedAt: { type: "string", format: "date-time" },
    expirySeconds: { type: ["number", "null"], description: "How long it outlives its connection; null = for ever." },
    filters: { type: "array", items: text },
    queuedMessages: integer,
    queuedBytes: integer,
    inflightMessages: integer,
    published: integer,
  },
};
const client = { $ref: "Client#" };
const error = { $ref: "Error#" };

const listSchema = {
  summary: "Clients, one page at a time",
  tags: ["clients"],
  querystring: {
    type: "object",
    additionalProperties: false,
    properties: {
      limit: { ...integer, minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
      offset: { ...integer, minimum: 0, default: 0 },
      tenant: text,
      protocol: text,
      listener: text,
      user: text,
      connected: boolean,
      search: { ...text, description: "A part of the client id, device or user name." },
    },
  },
  response: {
    200: {
      type: "object",
      properties: { total: integer, offset: integer, limit: integer, clients: { type: "array", items: client } },
    },
    "4xx": error,
  },
};

const oneSchema = (summary: string, success: object) => ({
  summary,
  tags: ["clients"],
  params: { type: "object", properties: { client: text }, required: ["client"] },
  querystring: {
    type: "object",
    additionalProperties: false,
    properties: {
      tenant: { ...text, default: "" },
      device: { ...text, description: "Where one client has a session for each of its devices." },
    },
  },
  response: { ...success, "4xx": error },
});

interface OneRequest {
  Params: { client: string };
  Querystring: { tenant: string; device?: string };
}

export function addClientRoutes(server: FastifyInstance, core: Core): void {
  server.addSchema(clientSchema);
  server.get<{ Querystring: ListQuery }>("/api/v1/clients", { schema: listSchema }, async ({ query }) => {
    const { limit, offset } = query;
    const clients: object[] = [];
    let total = 0;
    for (const record of core.clients()) {
      if (!isWanted(record, query)) continue;
      if (total >= offset && clients.length < limit) clients.push(shown(record));
      total++;
    }
    return { total, offset, limit, clients };
  });
  server.get<OneRequest>(
    "/api/v1/clients/:client",
    { schema: oneSchema("One client", { 200: client }) },
    async ({ params, query }) => {
      const record = core.client(query.tenant, params.client, query.device);
      if (record === null) throw new AdminError(404, "not_found", "no such client");
      return shown(record);
    },
  );
  server.delete<OneRequest>(
    "/api/v1/clients/:client",
    { schema: oneSchema("Disconnect a client and end its session", { 204: { type: "null" } }) },
    async ({ params, query }, reply) => {
      if (!core.kick(query.tenant, params.client, query.device)) {
        throw new AdminError(404, "not_found", "no such client");
      }
      return reply.status(204).send();
    },
  );
}

function isWanted(record: ClientRecord, query: ListQuery): boolean {
  const { tenant, protocol, listener, user, connected, search } = query;
  if (tenant !== undefined && record.tenant !== tenant) return false;
  if (protocol !== undefined && record.protocol !== protocol) return false;
  if (listener !== undefined && record.listener !== listener) return false;
  if (user !== undefined && record.user !== user) return false;
  if (connected !== undefined && record.connected !== connected) return false;
  if (search === undefined) return true;
  return record.client.includes(search) || record.device.includes(search) || record.user.includes(search);
}

function shown(record: ClientRecord): object {
  const { openedAt, expiryMs, ...rest } = record;
  return {
    ...rest,
    openedAt: new Date(openedAt).toISOString(),
    expirySeconds: Number.isFinite(expiryMs) ? expiryMs / 1000 : null,
  };
}
