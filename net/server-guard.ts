// In front of servers that own their sockets (an HTTP or WebSocket library): the same listening, limits, PROXY header and
// TLS as stream adapters have, and then a ready socket for `server.emit("connection", socket)`, whose Peer can be asked for.

import type { Socket } from "node:net";
import type { BoundListener, Clock, ListenerMeter, Log, Peer, Timer, TimerTarget } from "../core/index.ts";
import { listenerSettings, type ListenerSettings, type StreamListenerConfig } from "./config.ts";
import { CloseCause } from "./faults.ts";
import type { NetKit } from "./kit.ts";
import type { Listener } from "./listener-set.ts";
import { SocketListener } from "./socket-listener.ts";

export interface ServerGuardOptions {
  /** "http" for the adapter's first listener, "http.1" … for the others. */
  readonly name: string;
  /** What `bound.transport` says: "http", "websocket". */
  readonly transport: string;
  readonly config: Readonly<StreamListenerConfig>;
  readonly kit: NetKit;
  readonly meter: ListenerMeter;
  readonly log: Log;
  /**
   * A socket is ready: `server.emit("connection", socket)`. An `http.Server` that does not listen itself keeps no time-outs
   * and finds no idle connections before it was told `server.emit("listening")`, once.
   */
  handler(socket: Socket, peer: Peer): void;
}

const FIRST_REQUEST = 1;
const COUNT_BYTES = 2;
/** Bytes are counted by looking at the open sockets this often, and when one closes. */
const COUNT_EVERY_MS = 5_000;

/** One socket that the server owns. */
class HostedSocket implements TimerTarget {
  readonly socket: Socket;
  readonly peer: Peer;
  cause: string | null = null;
  timer: Timer | null = null;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(socket: Socket, peer: Peer) {
    this.socket = socket;
    this.peer = peer;
  }

  onTimer(): void {
    this.timer = null;
    this.cut(CloseCause.FirstFrameTimeout);
  }

  cut(cause: string): void {
    this.cause ??= cause;
    this.socket.destroy();
  }
}

export class ServerGuard implements Listener, TimerTarget {
  readonly #options: ServerGuardOptions;
  readonly #settings: ListenerSettings;
  readonly #clock: Clock;
  readonly #sockets: SocketListener;
  readonly #hosted = new Set<HostedSocket>();
  /** Also of sockets that have closed, as long as the server still works on their last request. */
  readonly #known = new WeakMap<object, HostedSocket>();
  #timer: Timer | null = null;
  #whenEmpty: (() => void)[] = [];

  constructor(options: ServerGuardOptions) {
    const { name, transport, kit, meter, log } = options;
    this.#options = options;
    this.#settings = listenerSettings(options.config);
    this.#clock = kit.clock;
    this.#sockets = new SocketListener({
      name,
      transport,
      settings: this.#settings,
      clock: kit.clock,
      meter,
      log,
      onSocket: (socket, peer) => this.#host(socket, peer),
    });
  }

  /** Null when it is not bound. */
  get bound(): BoundListener | null {
    return this.#sockets.bound;
  }

  /** Who is at the other end of a socket that the handler was given (`request.socket`); null for any other. */
  peerOf(socket: object): Peer | null {
    return this.#known.get(socket)?.peer ?? null;
  }

  /** The first whole request (or hand-shake) has come: lifts the deadline for it. Safe twice. */
  established(socket: object): void {
    const hosted = this.#known.get(socket);
    if (hosted !== undefined) this.#disarm(hosted);
  }

  /** Cuts a socket off, and counts it under that cause (one of CloseCause), as a slow consumer, say. */
  destroy(socket: object, cause: string): void {
    this.#known.get(socket)?.cut(cause);
  }

  async start(): Promise<void> {
    await this.#sockets.start();
  }

  /**
   * Refuses new connections and waits until those that are open have closed: to end them is the server's part. What is
   * left when `deadline` aborts is destroyed. Safe unstarted, safe twice.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#sockets.close();
    if (this.#hosted.size === 0) return;
    const cut = (): void => {
      for (const hosted of this.#hosted) hosted.cut(CloseCause.Stopping);
    };
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
      if (deadline.aborted) cut();
      else deadline.addEventListener("abort", cut, { once: true });
    });
    deadline.removeEventListener("abort", cut);
  }

  /** Reads the certificates again, without dropping anybody. Rejects with CertificateError, and goes on with those it has. */
  async reload(): Promise<void> {
    await this.#sockets.reload();
  }

  onTimer(): void {
    this.#timer = this.#clock.arm(this, COUNT_BYTES, COUNT_EVERY_MS);
    for (const hosted of this.#hosted) this.#countBytes(hosted);
  }

  #host(socket: Socket, peer: Peer): void {
    const hosted = new HostedSocket(socket, peer);
    this.#hosted.add(hosted);
    this.#known.set(socket, hosted);
    hosted.timer = this.#clock.arm(hosted, FIRST_REQUEST, this.#settings.firstFrameTimeoutMs);
    this.#timer ??= this.#clock.arm(this, COUNT_BYTES, COUNT_EVERY_MS);
    socket.on("error", () => (hosted.cause ??= CloseCause.Error));
    socket.on("close", () => this.#onClosed(hosted));
    try {
      this.#options.handler(socket, peer);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#options.log.error(
        { listener: this.#options.name, stack },
        "a connection failed by a defect of this program",
      );
      hosted.cut(CloseCause.InternalError);
    }
  }

  #onClosed(hosted: HostedSocket): void {
    this.#hosted.delete(hosted);
    this.#disarm(hosted);
    this.#countBytes(hosted);
    this.#sockets.release(hosted.cause ?? (hosted.socket.readableEnded ? CloseCause.Peer : CloseCause.Local));
    if (this.#hosted.size > 0) return;
    if (this.#timer !== null) this.#clock.disarm(this.#timer);
    this.#timer = null;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }

  #countBytes(hosted: HostedSocket): void {
    const { bytesRead, bytesWritten } = hosted.socket;
    this.#options.meter.bytesReceived += bytesRead - hosted.bytesRead;
    this.#options.meter.bytesSent += bytesWritten - hosted.bytesWritten;
    hosted.bytesRead = bytesRead;
    hosted.bytesWritten = bytesWritten;
  }

  #disarm(hosted: HostedSocket): void {
    if (hosted.timer === null) return;
    this.#clock.disarm(hosted.timer);
    hosted.timer = null;
  }
}
