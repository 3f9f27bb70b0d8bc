// A bound TCP port and everything between the kernel's accept and a socket that is ready for its protocol: the
// connection limit, the accept rate, the PROXY header, the TLS handshake, and the Peer that these prove. Stream adapters
// use it through StreamListener, hosted servers through ServerGuard.

import { createServer, type DropArgument, type Server, type Socket } from "node:net";
import { count, type BoundListener, type Clock, type ListenerMeter, type Log, type Peer } from "../core/index.ts";
import { AcceptRate } from "./accept-rate.ts";
import { Admission, type Gate } from "./admission.ts";
import { CidrList } from "./cidr.ts";
import type { ListenerSettings } from "./config.ts";
import { CloseCause, endpointText, ListenError } from "./faults.ts";
import { directPeer } from "./peer.ts";
import type { SecureListener } from "./secure-listener.ts";
import { TlsTerminator } from "./tls-terminator.ts";

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
  readonly #trusted: CidrList;
  readonly #admissions = new Set<Admission>();
  #server: Server | null = null;
  #bound: BoundListener | null = null;
  #tls: TlsTerminator | null = null;
  /** Null: sockets are ready as they are accepted. */
  #gate: Gate | null = null;

  /** Throws RangeError when `settings.proxyProtocol.trusted` holds something else than addresses. */
  constructor(options: SocketListenerOptions) {
    this.#options = options;
    this.#rate = new AcceptRate(options.settings.acceptRatePerSecond, options.clock.now());
    this.#trusted = new CidrList(options.settings.proxyProtocol.trusted);
  }

  /** Null when it is not bound. */
  get bound(): BoundListener | null {
    return this.#bound;
  }

  /** Rejects with ListenError or CertificateError, and leaves nothing bound. Safe when it is bound already. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const { name, settings, log } = this.#options;
    const server = this.#createServer();
    this.#server = server;
    try {
      this.#tls = settings.tls === null ? null : await TlsTerminator.load(name, settings.tls);
      this.#gate = this.#createGate();
      if (this.#server === server) await listen(server, name, settings.host, settings.port);
    } catch (error) {
      if (this.#server === server) this.#server = null;
      throw error;
    }
    server.on("error", (error) => log.error({ listener: name, error: error.message }, "listener error"));
    // Closed meanwhile: a server that was told to close before it listened does not know it.
    if (this.#server !== server) server.close();
    else this.#bound = this.#describe(portOf(server));
  }

  /** No new connections from here on. Those that were handed over stay with their receiver. Safe unstarted, safe twice. */
  close(): void {
    const server = this.#server;
    this.#server = null;
    this.#bound = null;
    if (server?.listening === true) server.close();
    for (const admission of this.#admissions) admission.abandon();
  }

  /** Reads the certificates again. Rejects with CertificateError, and goes on with those it has. */
  async reload(): Promise<void> {
    await this.#tls?.reload();
    if (this.#bound !== null) this.#bound = this.#describe(this.#bound.port);
  }

  /** Counts the end of a connection that was handed over. `cause` is one of CloseCause. */
  release(cause: string): void {
    const meter = this.#options.meter;
    meter.connections--;
    count(meter.connectionsClosed, cause);
  }

  #createServer(): Server {
    const { settings } = this.#options;
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    });
    server.maxConnections = settings.maxConnections;
    server.on("connection", (socket) => this.#onConnection(server, socket));
    server.on("drop", (drop) => this.#onDrop(drop));
    return server;
  }

  #createGate(): Gate | null {
    const { name, settings, clock, meter, log } = this.#options;
    if (this.#tls === null && settings.proxyProtocol.mode === "off") return null;
    return {
      name,
      proxyProtocol: settings.proxyProtocol,
      trusted: this.#trusted,
      tls: this.#tls,
      handshakeTimeoutMs: settings.tls?.handshakeTimeoutMs ?? 0,
      clock,
      meter,
      log,
      onAdmitted: (admission, socket, peer) => {
        this.#admissions.delete(admission);
        this.#options.onSocket(socket, peer);
      },
      onRefused: (admission, cause) => {
        this.#admissions.delete(admission);
        this.release(cause);
      },
    };
  }

  #describe(port: number): BoundListener | SecureListener {
    const { name, transport, settings } = this.#options;
    const bound = {
      name,
      transport,
      host: settings.host,
      port,
      secure: settings.tls !== null,
      proxyProtocol: settings.proxyProtocol.mode,
      maxConnections: settings.maxConnections,
    };
    return this.#tls === null ? bound : { ...bound, certificateExpiresAt: this.#tls.expiresAt };
  }

  #onConnection(server: Server, socket: Socket): void {
    const { meter, clock } = this.#options;
    meter.connectionsOpened++;
    if (server !== this.#server) return this.#refuse(socket, CloseCause.Stopping);
    if (!this.#rate.take(clock.now())) return this.#refuse(socket, CloseCause.AcceptRate);
    const address = socket.remoteAddress;
    if (address === undefined) return this.#refuse(socket, CloseCause.Error);
    meter.connections++;
    const peer = directPeer(this.#options.name, address, socket.remotePort ?? 0);
    if (this.#gate === null) return this.#options.onSocket(socket, peer);
    const admission = new Admission(this.#gate, socket, peer);
    this.#admissions.add(admission);
    admission.begin();
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
function ignore(): void {}

function portOf(server: Server): number {
  const address = server.address();
  return address === null || typeof address === "string" ? 0 : address.port;
}

function listen(server: Server, name: string, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(new ListenError(name, host, port, error));
    server.once("error", onError);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}
