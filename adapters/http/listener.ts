// The adapter: its listeners, and what they share. Sockets come ready from net's guard (limits, PROXY header, TLS); an
// http.Server that is never bound itself serves them.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { CloseReason } from "../../core/index.ts";
import type { Adapter, BoundListener, Gateway } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { ListenerSet, listenerName } from "../../net/listener-set.ts";
import type { Listener } from "../../net/listener-set.ts";
import { ServerGuard } from "../../net/server-guard.ts";
import { createApp } from "./app.ts";
import type { HttpApp, RequestListener } from "./app.ts";
import { httpSettings } from "./config.ts";
import type { HttpConfig, HttpListenerConfig, HttpSettings } from "./config.ts";
import { busy, stopping } from "./faults.ts";
import type { HttpFault } from "./faults.ts";
import { IdempotencyStore } from "./idempotency.ts";
import type { RouteContext, Stores } from "./routes/context.ts";
import { SessionCache } from "./session-cache.ts";
import { StreamRegistry } from "./stream-registry.ts";

/** Time-outs are looked at this often. */
const CHECK_EVERY_MS = 1_000;

interface HttpListenerOptions {
  readonly name: string;
  readonly config: Readonly<HttpListenerConfig>;
  readonly settings: HttpSettings;
  readonly gateway: Gateway;
  readonly kit: NetKit;
  readonly stores: Stores;
}

export class HttpAdapter implements Adapter {
  readonly #listeners: ListenerSet;
  readonly #stores: AdapterStores;

  constructor(config: Readonly<HttpConfig>, gateway: Gateway, kit: NetKit) {
    const settings = httpSettings(config);
    this.#stores = new AdapterStores(settings, gateway, kit);
    this.#listeners = new ListenerSet(
      config.listeners.map(
        (own, index) =>
          new HttpListener({
            name: listenerName("http", index),
            config: own,
            settings,
            gateway,
            kit,
            stores: this.#stores,
          }),
      ),
    );
  }

  get listeners(): readonly BoundListener[] {
    return this.#listeners.listeners;
  }

  async start(): Promise<void> {
    this.#stores.open();
    await this.#listeners.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stores.streams.closeAll(CloseReason.Stopping);
    await this.#listeners.stop(deadline);
    this.#stores.close();
  }

  reload(): Promise<void> {
    return this.#listeners.reload();
  }
}

/** New with each start: what was remembered before a stop is of another life. */
class AdapterStores implements Stores {
  readonly #settings: HttpSettings;
  readonly #gateway: Gateway;
  readonly #kit: NetKit;
  sessions: SessionCache;
  idempotency: IdempotencyStore;
  streams: StreamRegistry;

  constructor(settings: HttpSettings, gateway: Gateway, kit: NetKit) {
    this.#settings = settings;
    this.#gateway = gateway;
    this.#kit = kit;
    this.sessions = this.#newSessions();
    this.idempotency = new IdempotencyStore(gateway.clock, settings.idempotency);
    this.streams = new StreamRegistry(gateway.clock, kit.turn, settings.streams);
  }

  open(): void {
    this.sessions = this.#newSessions();
    this.idempotency = new IdempotencyStore(this.#gateway.clock, this.#settings.idempotency);
    this.streams = new StreamRegistry(this.#gateway.clock, this.#kit.turn, this.#settings.streams);
  }

  close(): void {
    this.streams.closeAll(CloseReason.Stopping);
    this.sessions.close();
  }

  #newSessions(): SessionCache {
    return new SessionCache(this.#gateway, {
      ...this.#settings.sessions,
      settleTimeoutMs: this.#settings.settleTimeoutMs,
    });
  }
}

class HttpListener implements Listener {
  readonly #options: HttpListenerOptions;
  readonly #guard: ServerGuard;
  #app: HttpApp | null = null;
  #server: Server | null = null;
  #running = 0;
  #isStopping = false;
  readonly #onResponseClosed = (): void => this.#release();

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    const { name, config, gateway, kit } = options;
    this.#guard = new ServerGuard({
      name,
      transport: config.tls === undefined ? "http" : "https",
      config,
      kit,
      meter: gateway.meter(name),
      log: gateway.log,
      handler: (socket) => void this.#server?.emit("connection", socket),
    });
  }

  get bound(): BoundListener | null {
    return this.#guard.bound;
  }

  async start(): Promise<void> {
    if (this.#app !== null) return;
    const { name, config, gateway } = this.#options;
    this.#isStopping = false;
    const app = await createApp({
      context: this.#context(),
      corsOrigins: config.corsOrigins ?? [],
      meter: gateway.meter(name),
      log: gateway.log,
      serve: (listener) => this.#serve(listener),
    });
    this.#app = app;
    // The server is never bound itself: without this it would keep none of its time-outs.
    this.#server?.emit("listening");
    await this.#guard.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const app = this.#app;
    const server = this.#server;
    if (app === null || server === null) return;
    this.#isStopping = true;
    const closed = this.#guard.stop(deadline);
    server.closeIdleConnections();
    await closed;
    await app.close();
    server.close();
    this.#app = null;
    this.#server = null;
  }

  async reload(): Promise<void> {
    await this.#guard.reload();
  }

  #context(): RouteContext {
    const { gateway, settings, stores } = this.#options;
    const guard = this.#guard;
    const isStopping = (): boolean => this.#isStopping;
    return {
      gateway,
      settings,
      stores,
      get isStopping() {
        return isStopping();
      },
      peerOf: (socket) => guard.peerOf(socket),
      release: (response) => {
        response.off("close", this.#onResponseClosed);
        this.#running--;
      },
    };
  }

  #serve(listener: RequestListener): Server {
    const { settings } = this.#options;
    const server = createServer(
      {
        maxHeaderSize: settings.headersMaxBytes,
        headersTimeout: Math.min(settings.headersTimeoutMs, settings.requestTimeoutMs),
        requestTimeout: settings.requestTimeoutMs,
        keepAliveTimeout: settings.keepAliveTimeoutMs,
        connectionsCheckingInterval: CHECK_EVERY_MS,
      },
      (request, response) => this.#onRequest(listener, request, response),
    );
    this.#server = server;
    return server;
  }

  #onRequest(listener: RequestListener, request: IncomingMessage, response: ServerResponse): void {
    this.#guard.established(request.socket);
    if (this.#isStopping || this.#running >= this.#options.settings.requestsMax) {
      refuse(response, this.#isStopping ? stopping : busy);
      return;
    }
    this.#running++;
    response.once("close", this.#onResponseClosed);
    listener(request, response);
  }

  #release(): void {
    this.#running--;
    if (this.#isStopping) this.#server?.closeIdleConnections();
  }
}

/** Ahead of the routes: nothing of the request is read. */
function refuse(response: ServerResponse, fault: HttpFault): void {
  response.writeHead(fault.status, {
    "content-type": "application/json; charset=utf-8",
    "retry-after": String(fault.retryAfterS),
    connection: "close",
  });
  response.end(fault.toJson());
}
