// hot path
// A TCP or TLS listener of a stream adapter: sockets from SocketListener, each joined to a wire. The functions that hear
// a socket are shared by all sockets and find their wire on it, so that a connection costs no closures.

import type { Socket } from "node:net";
import type { BoundListener, ListenerMeter, Log, Peer } from "../core/index.ts";
import { listenerSettings, type StreamListenerConfig } from "./config.ts";
import type { NetKit } from "./kit.ts";
import type { Listener } from "./listener-set.ts";
import { SocketListener } from "./socket-listener.ts";
import { StreamCarrier } from "./stream-carrier.ts";
import type { StreamAcceptor } from "./stream.ts";
import type { StreamWire } from "./wire.ts";

export interface StreamListenerOptions {
  /** "mqtt" for the adapter's first listener, "mqtt.1" … for the others. */
  readonly name: string;
  readonly config: Readonly<StreamListenerConfig>;
  readonly acceptor: StreamAcceptor;
  readonly kit: NetKit;
  readonly meter: ListenerMeter;
  readonly log: Log;
}

const wireKey = Symbol("wire");

interface WiredSocket extends Socket {
  [wireKey]?: StreamWire;
}

export class StreamListener implements Listener {
  readonly #acceptor: StreamAcceptor;
  readonly #sockets: SocketListener;
  readonly #carrier: StreamCarrier;

  constructor(options: StreamListenerOptions) {
    const { name, kit, meter, log } = options;
    const settings = listenerSettings(options.config);
    this.#acceptor = options.acceptor;
    this.#sockets = new SocketListener({
      name,
      transport: settings.tls === null ? "tcp" : "tls",
      settings,
      clock: kit.clock,
      meter,
      log,
      onSocket: (socket, peer) => this.#join(socket, peer),
    });
    this.#carrier = new StreamCarrier({
      name,
      clock: kit.clock,
      turn: kit.turn,
      log,
      bytes: meter,
      highWaterMarkBytes: settings.highWaterMarkBytes,
      outputMaxBytes: settings.outputMaxBytes,
      firstFrameTimeoutMs: settings.firstFrameTimeoutMs,
      sinksKeepBytes: settings.tls !== null,
      onClosed: (_sink, cause) => this.#sockets.release(cause),
    });
  }

  /** Null when it is not bound. */
  get bound(): BoundListener | null {
    return this.#sockets.bound;
  }

  /** Rejects with ListenError or CertificateError and leaves nothing bound. */
  async start(): Promise<void> {
    await this.#sockets.start();
  }

  /** Refuses new connections, asks the others to say goodbye, destroys at `deadline` what is left. Safe unstarted, safe twice. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#sockets.close();
    await this.#carrier.stop(deadline);
  }

  /** Reads the certificates again, without dropping anybody. Rejects with CertificateError, and goes on with those it has. */
  async reload(): Promise<void> {
    await this.#sockets.reload();
  }

  #join(socket: Socket, peer: Peer): void {
    const wired: WiredSocket = socket;
    wired.on("error", onError);
    wired.on("close", onClose);
    wired.on("drain", onDrain);
    wired.on("end", onEnd);
    wired[wireKey] = this.#carrier.open(wired, this.#acceptor, peer);
    wired.on("data", onData);
  }
}

function onData(this: WiredSocket, chunk: Uint8Array): void {
  this[wireKey]?.received(chunk);
}

function onDrain(this: WiredSocket): void {
  this[wireKey]?.drained();
}

function onEnd(this: WiredSocket): void {
  const wire = this[wireKey];
  wire?.host.onPeerEnd(wire);
}

function onError(this: WiredSocket): void {
  const wire = this[wireKey];
  wire?.host.onFailed(wire);
}

function onClose(this: WiredSocket): void {
  const wire = this[wireKey];
  wire?.host.onClosed(wire);
}
