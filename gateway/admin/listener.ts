// The admin listener: health, metrics and the admin API. It stands beside the adapters and knows the core as a whole.

import swagger from "@fastify/swagger";
import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";

import type { BoundListener } from "../../core/index.ts";
import { ListenError } from "../../net/faults.ts";
import type { AdminSettings } from "../config/schema.ts";
import type { ObservedRun } from "../run-state.ts";
import { AdminError, errorSchema, guardOf } from "./access.ts";
import { addClientRoutes } from "./clients.ts";
import { addHealthRoutes } from "./health.ts";
import { MetricsPage } from "./metrics.ts";
import { addStatusRoute } from "./status.ts";

const MAX_CONNECTIONS = 256;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
/** A client id in a path: up to 1,024 bytes, each of them written as %XX. */
const PARAMETER_MAX_CHARS = 4_096;
const BODY_MAX_BYTES = 65_536;

export class AdminListener {
  readonly #run: ObservedRun;
  readonly #settings: AdminSettings;
  readonly #processMetrics: boolean;
  #server: FastifyInstance | null = null;

  constructor(run: ObservedRun, settings: AdminSettings, processMetrics: boolean) {
    this.#run = run;
    this.#settings = settings;
    this.#processMetrics = processMetrics;
  }

  /** Null when it is not bound. */
  get bound(): BoundListener | null {
    const address = this.#server?.server.address() ?? null;
    if (address === null || typeof address === "string") return null;
    return {
      name: "admin",
      transport: "http",
      host: this.#settings.host,
      port: address.port,
      secure: false,
      proxyProtocol: "off",
      maxConnections: MAX_CONNECTIONS,
    };
  }

  async start(): Promise<void> {
    const { host, port } = this.#settings;
    const server = await this.#build();
    try {
      await server.listen({ host, port });
    } catch (error) {
      await server.close();
      throw new ListenError("admin", host, port, error);
    }
    server.server.maxConnections = MAX_CONNECTIONS;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.close();
  }

  async #build(): Promise<FastifyInstance> {
    const server = fastify({
      forceCloseConnections: true,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      bodyLimit: BODY_MAX_BYTES,
      routerOptions: { maxParamLength: PARAMETER_MAX_CHARS },
      // Strict: an unknown or ill-typed query key is an error, never dropped.
      ajv: { customOptions: { removeAdditional: false, allErrors: false } },
    });
    server.setErrorHandler((error, _request, reply) => {
      const { statusCode, code, text } = AdminError.from(error);
      void reply.status(statusCode).send({ error: { code, message: text } });
    });
    server.setNotFoundHandler((_request, reply) => {
      void reply.status(404).send({ error: { code: "not_found", message: "no such path" } });
    });
    server.addHook("onRequest", guardOf(this.#settings));
    server.addSchema(errorSchema);
    await server.register(swagger, {
      openapi: {
        openapi: "3.1.0",
        info: { title: "Tributary admin API", version: this.#run.build.version },
        components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
        security: this.#settings.token === undefined ? [] : [{ token: [] }],
      },
      refResolver: {
        buildLocalReference: ({ $id }, _base, _fragment, i) => (typeof $id === "string" ? $id : `def-${i}`),
      },
    });
    const metrics = new MetricsPage(this.#run, this.#processMetrics);
    // In a plug-in of their own, so that the documentation hears of them.
    await server.register(async (routes) => {
      addHealthRoutes(routes, this.#run);
      addStatusRoute(routes, this.#run);
      addClientRoutes(routes, this.#run.core);
      routes.get("/metrics", { schema: { summary: "Metrics for Prometheus", tags: ["metrics"] } }, async (_, reply) => {
        return reply.type(metrics.contentType).send(await metrics.text());
      });
      routes.get("/openapi.json", { schema: { hide: true } }, async () => server.swagger());
    });
    await server.ready();
    return server;
  }
}
