// A bound TCP port and everything between the kernel's accept and a socket that is ready for its protocol: the
// connection limit, the accept rate, the PROXY header, the TLS handshake, and the Peer that these prove. Stream adapters
// use it through StreamListener, hosted servers through ServerGuard.

import { createServer, type DropArgument, type Server, type Socket } from "node:net";
import { count, type BoundListener, type Clock, type ListenerMeter, type Log, type Peer } from "../core/index.ts";
import { AcceptRate } from "./accept-rate.ts";
import type { ListenerSettings } from "./config.ts";
import { CloseCause, endpointText, ListenError } from "./faults.ts";

export interface SocketListenerOptions {
  /** "mqtt", "mqtt.1", … */
  readonly name: string;
  /** What `bound.transport` says: "tcp", "http", … */
  readonly transport: string;
  readonly settings: ListenerSettings;
  readonly clock: Clock;
  readonly meter: ListenerMeter;
  readonly log: Log;
  /** A socket is ready. From here on it is the receiver's, who calls `release` when it has closed. Must not throw. */
  onSocket(socket: Socket, peer: Peer): void;
}

/** So many connections wait in the kernel while we are busy: with Node's 511, 15,000 connects took 10 s instead of 2. */
const BACKLOG = 4_096;
/** The kernel asks silent peers after this time whether they are there. */
const TCP_KEEP_ALIVE_MS = 60_000;

export class SocketListener {
  readonly #options: SocketListenerOptions;
  readonly #rate: AcceptRate;
  #server: Server | null = null;
  #bound: BoundListener | null = null;

  constructor(options: SocketListenerOptions) {
    this.#options = options;
    this.#rate = new AcceptRate(options.settings.acceptRatePerSecond, options.clock.now());
  }

  /** Null when it is not bound. */
  get bound(): BoundListener | null {
    return this.#bound;
  }

  /** Rejects with ListenError (or CertificateError) and leaves nothing bound. Safe when it is bound already. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const { name, settings, log } = this.#options;
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    });
    this.#server = server;
    server.maxConnections = settings.maxConnections;
    server.on("connection", (socket) => this.#onConnection(server, socket));
    server.on("drop", (drop) => this.#onDrop(drop));
    try {
      await listen(server, settings.host, settings.port);
    } catch (error) {
      if (this.#server === server) this.#server = null;
      throw new ListenError(name, settings.host, settings.port, error);
    }
    server.on("error", (error) => log.error({ listener: name, error: error.message }, "listener failed to accept"));
    this.#bound = this.#describe(portOf(server));
  }

  /** No new connections from here on. Those that are open stay with who received them. Safe unstarted, safe twice. */
  close(): void {
    const server = this.#server;
    this.#server = null;
    this.#bound = null;
    server?.close();
  }

  /** Counts the end of a connection that was handed over. `cause` is one of CloseCause. */
  release(cause: string): void {
    const meter = this.#options.meter;
    meter.connections--;
    count(meter.connectionsClosed, cause);
  }

  #describe(port: number): BoundListener {
    const { name, transport, settings } = this.#options;
    return {
      name,
      transport,
      host: settings.host,
      port,
      secure: settings.tls !== null,
      proxyProtocol: settings.proxyProtocol.mode,
      maxConnections: settings.maxConnections,
    };
  }

  #onConnection(server: Server, socket: Socket): void {
    const { meter, clock } = this.#options;
    meter.connectionsOpened++;
    if (server !== this.#server) return this.#refuse(socket, CloseCause.Stopping);
    if (!this.#rate.take(clock.now())) return this.#refuse(socket, CloseCause.AcceptRate);
    const address = socket.remoteAddress;
    if (address === undefined) return this.#refuse(socket, CloseCause.Error);
    meter.connections++;
    this.#options.onSocket(socket, {
      address: plainAddress(address),
      port: socket.remotePort ?? 0,
      proxy: null,
      listener: this.#options.name,
      secure: false,
      certificate: null,
      serverName: null,
    });
  }

  #refuse(socket: Socket, cause: CloseCause): void {
    count(this.#options.meter.connectionsClosed, cause);
    socket.on("error", ignore);
    socket.destroy();
  }

  #onDrop(drop: DropArgument | undefined): void {
    const { name, meter, log } = this.#options;
    meter.connectionsOpened++;
    count(meter.connectionsClosed, CloseCause.ConnectionLimit);
    const from = endpointText(drop?.remoteAddress ?? "", drop?.remotePort ?? 0);
    log.debug({ listener: name, from }, "connection refused: limit of open connections reached");
  }
}

/** The error of a socket that is closed already says nothing. */
export function ignore(): void {}

/** IPv4 as itself, also where an IPv6 socket took it. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === "string" ? 0 : address.port;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
