// The fastify instance of one listener: routes, what is refused before them, and how errors are answered.

import { Ajv } from "ajv";
import swagger from "@fastify/swagger";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import fastify from "fastify";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { FastifySchemaValidationError } from "fastify/types/schema.js";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { count } from "../../core/index.ts";
import type { ListenerMeter, Log } from "../../core/index.ts";
import { isHostAllowed, isOriginAllowed } from "../../net/web-origin.ts";
import { lastAnswer } from "../../net/web-answer.ts";
import { sendFault } from "./answers.ts";
import { preflightHeaders, responseHeaders } from "./cors.ts";
import { faultOfError, HttpFault, hostRefused, notFound, originRefused } from "./faults.ts";
import { TOPICS_PATH } from "./mapping.ts";
import type { RouteContext } from "./routes/context.ts";
import { readLastValue } from "./routes/last-value.ts";
import { publishBatch, publishOne } from "./routes/publish.ts";
import { batchSchema, publishSchema, readSchema, subscribeSchema } from "./routes/schemas.ts";
import { subscribe } from "./routes/subscribe.ts";

export type HttpApp = FastifyInstance;
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface AppOptions {
  readonly context: RouteContext;
  readonly corsOrigins: readonly string[];
  readonly meter: ListenerMeter;
  readonly log: Log;
  /** Makes the server that calls `listener`; it is never bound by fastify. */
  readonly serve: (listener: RequestListener) => Server;
}

/** Which methods a path knows, for 405. */
const methods = Object.freeze([
  [TOPICS_PATH, "GET, HEAD, POST"],
  ["/v1/publish", "POST"],
  ["/v1/subscribe", "GET"],
  ["/openapi.json", "GET"],
] as const);

/** Longest list of keys that an error names. */
const NAMED_KEYS_MAX = 8;

export async function createApp(options: AppOptions): Promise<HttpApp> {
  const { context } = options;
  const app = fastify({
    serverFactory: options.serve,
    bodyLimit: context.gateway.limits.messageMaxBytes,
    exposeHeadRoutes: false,
    return503OnClosing: true,
    routerOptions: { maxParamLength: context.settings.headersMaxBytes },
    schemaErrorFormatter: (errors) => new Error(describe(errors)),
    frameworkErrors: (error, _request, reply) => onError(error, reply, options),
    clientErrorHandler: (error, socket) => onClientError(error, socket, options),
  });
  app.setErrorHandler<FastifyError>((error, _request, reply) => onError(error, reply, options));
  app.setNotFoundHandler(onNotFound);
  checkOrigins(app, options.context, options.corsOrigins);
  // Every body is bytes: what they mean is the receivers' concern.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  await app.register(swagger, openApi());
  addRoutes(app, context);
  await app.ready();
  return app;
}

function addRoutes(app: HttpApp, context: RouteContext): void {
  // The schemas of bodies are for the reader: payloads are not looked into, and a batch is judged item by item.
  // Nothing is taken away or turned into something else behind the back of who sent it.
  const ajv = new Ajv({ allErrors: true, removeAdditional: false, coerceTypes: false, useDefaults: false });
  app.setValidatorCompiler(({ schema, httpPart }) =>
    httpPart === "querystring" ? ajv.compile(schema as object) : accept,
  );
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.post(`${TOPICS_PATH}*`, { schema: publishSchema }, (request, reply) => publishOne(context, request, reply));
  app.get(`${TOPICS_PATH}*`, { schema: readSchema }, (request, reply) => readLastValue(context, request, reply));
  app.head(`${TOPICS_PATH}*`, { schema: { hide: true, querystring: readSchema.querystring } }, (request, reply) =>
    readLastValue(context, request, reply),
  );
  const bodyLimit = context.settings.batchMaxBytes;
  app.post("/v1/publish", { schema: batchSchema, bodyLimit }, (request, reply) =>
    publishBatch(context, request, reply),
  );
  app.get("/v1/subscribe", { schema: subscribeSchema }, (request, reply) => subscribe(context, request, reply));
  app.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => {
    reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(app.swagger()));
  });
}

/** A new one each time: the plug-in writes into it. */
const openApi = (): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Tributary: HTTP",
      description: "Publish messages, read last values, subscribe. Errors are always `{error: {code, message}}`.",
      version: "1",
    },
    components: {
      securitySchemes: {
        basic: { type: "http", scheme: "basic", description: "`user` or `tenant/user`, and password" },
        bearer: { type: "http", scheme: "bearer", description: "a token" },
      },
    },
  },
  transform: toOpenApi,
});

/** OpenAPI has no wildcards: the rest of the path is the parameter `topic`. */
function toOpenApi<Schema>({ schema, url }: { schema: Schema; url: string }): { schema: Schema; url: string } {
  if (!url.endsWith("/*")) return { schema, url };
  const { params, ...rest } = schema as { params?: { properties: Record<string, object> } };
  const named = params && { type: "object", properties: { topic: params.properties["*"] } };
  return { schema: { ...rest, ...(named && { params: named }) } as Schema, url: `${url.slice(0, -1)}:topic` };
}

function checkOrigins(app: HttpApp, context: RouteContext, allowed: readonly string[]): void {
  app.addHook("onRequest", (request, reply, done) => {
    const { headers, socket } = request.raw;
    const { origin, host } = headers;
    const localAddress = context.peerOf(socket)?.proxy === null ? socket.localAddress : undefined;
    if (!isHostAllowed(host, localAddress, allowed)) {
      sendFault(reply, hostRefused);
      return;
    }
    if (origin !== undefined) {
      if (!isOriginAllowed(origin, host, allowed)) {
        sendFault(reply, originRefused);
        return;
      }
      reply.headers(responseHeaders(origin));
    }
    done();
  });
  app.options("/*", { schema: { hide: true } }, (request, reply) => {
    reply
      .code(204)
      .header("allow", allowOf(request) ?? "GET, HEAD, POST")
      .headers(preflightHeaders)
      .send();
  });
}

function allowOf(request: FastifyRequest): string | undefined {
  const path = request.raw.url ?? "";
  return methods.find(([prefix]) => path.startsWith(prefix))?.[1];
}

function onNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const allow = allowOf(request);
  if (allow === undefined || allow.split(", ").includes(request.method)) {
    sendFault(reply, notFound);
    return;
  }
  reply.header("allow", allow);
  sendFault(reply, new HttpFault(405, "method_not_allowed", `this path knows ${allow}`));
}

/** Whatever fastify found wrong, and our own bugs, in our words. */
function onError(error: FastifyError, reply: FastifyReply, { meter, log }: AppOptions): void {
  const fault = faultOfError(error);
  if (fault.status >= 500) log.error({ error: error.message, stack: error.stack }, "a request failed by a defect");
  else count(meter.protocolErrors, fault.code);
  sendFault(reply, fault);
}

/** What is no HTTP, or did not come in time: there is no request yet to answer. */
function onClientError(error: NodeJS.ErrnoException, socket: Socket, { meter }: AppOptions): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const fault = faultOfError(error);
  count(meter.protocolErrors, fault.code);
  socket.end(lastAnswer(fault.status, fault.toJson()));
}

/** What is wrong with a query, with the keys by name. */
function describe(errors: readonly FastifySchemaValidationError[]): string {
  const unknown = errors
    .filter((error) => error.keyword === "additionalProperties")
    .map((error) => String(error.params["additionalProperty"]));
  if (unknown.length > 0) return `unknown query keys: ${unknown.slice(0, NAMED_KEYS_MAX).join(", ")}`;
  const first = errors[0];
  return `query${first?.instancePath.replace("/", " key ") ?? ""} ${first?.message ?? "is not valid"}`;
}

function accept(): boolean {
  return true;
}
