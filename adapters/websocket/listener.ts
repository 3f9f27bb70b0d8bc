// The adapter: its listeners. Sockets come ready from net's guard (limits, PROXY header, TLS), an http.Server that is
// never bound itself reads the upgrade request, and `ws` speaks the frames.

import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { ServerOptions, WebSocket } from "ws";
import { count } from "../../core/index.ts";
import type { BoundListener, Gateway, ListenerMeter, Peer } from "../../core/index.ts";
import { listenerSettings } from "../../net/config.ts";
import type { ListenerSettings } from "../../net/config.ts";
import { CloseCause } from "../../net/faults.ts";
import type { NetKit } from "../../net/kit.ts";
import { ListenerSet, listenerName } from "../../net/listener-set.ts";
import type { Listener } from "../../net/listener-set.ts";
import { ServerGuard } from "../../net/server-guard.ts";
import { StreamCarrier } from "../../net/stream-carrier.ts";
import type { StreamAcceptor } from "../../net/stream.ts";
import { parseAuthorization } from "../../net/web-authorization.ts";
import type { WebCredentials } from "../../net/web-authorization.ts";
import { faultBody, lastAnswer } from "../../net/web-answer.ts";
import { doorSettings, websocketSettings } from "./config.ts";
import type { DoorSettings, WebsocketConfig, WebsocketListenerConfig, WebsocketSettings } from "./config.ts";
import { JsonConnection } from "./connection.ts";
import { CloseCode, PeerFault, UpgradeFault } from "./faults.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Pinged } from "./heartbeat.ts";
import { WebSocketSink } from "./stream-sink.ts";
import { chooseProtocol, JSON_PROTOCOL, judgeUpgrade } from "./upgrade.ts";

/** How long a peer may take to answer the closing frame. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Fragments of one message: enough for the largest one in pieces of 64 bytes that anybody sends. */
const FRAGMENTS_MAX = 16_384;
const HEADERS_MAX_BYTES = 16_384;
/** Time-outs of upgrade requests are looked at this often. */
const CHECK_EVERY_MS = 1_000;

export class WebsocketAdapter extends ListenerSet {
  constructor(config: Readonly<WebsocketConfig>, gateway: Gateway, kit: NetKit) {
    const settings = websocketSettings(config, gateway.limits);
    super(
      config.listeners.map(
        (own, index) =>
          new WebsocketListener({ name: listenerName("websocket", index), config: own, settings, gateway, kit }),
      ),
    );
  }
}

interface WebsocketListenerOptions {
  readonly name: string;
  readonly config: Readonly<WebsocketListenerConfig>;
  readonly settings: WebsocketSettings;
  readonly gateway: Gateway;
  readonly kit: NetKit;
}

class WebsocketListener implements Listener {
  readonly #options: WebsocketListenerOptions;
  readonly #door: DoorSettings;
  readonly #net: ListenerSettings;
  readonly #meter: ListenerMeter;
  readonly #guard: ServerGuard;
  readonly #carrier: StreamCarrier;
  readonly #heartbeat: Heartbeat;
  readonly #pages = new Set<JsonConnection>();
  #server: Server | null = null;
  #webSockets: WebSocketServer | null = null;
  #isStopping = false;

  constructor(options: WebsocketListenerOptions) {
    this.#options = options;
    const { name, config, settings, gateway, kit } = options;
    this.#door = doorSettings(config);
    this.#net = listenerSettings(config);
    this.#meter = gateway.meter(name);
    this.#guard = new ServerGuard({
      name,
      transport: "websocket",
      config,
      kit,
      meter: this.#meter,
      log: gateway.log,
      handler: (socket) => void this.#server?.emit("connection", socket),
    });
    this.#carrier = new StreamCarrier({
      ...this.#net,
      name,
      clock: kit.clock,
      turn: kit.turn,
      log: gateway.log,
      // The guard counts what the socket sees.
      bytes: { bytesReceived: 0, bytesSent: 0 },
      sinksKeepBytes: this.#net.tls !== null,
      onClosed: () => undefined,
    });
    this.#heartbeat = new Heartbeat(gateway.clock, settings.pingIntervalMs);
  }

  get bound(): BoundListener | null {
    return this.#guard.bound;
  }

  async start(): Promise<void> {
    if (this.#server !== null) return;
    this.#isStopping = false;
    this.#webSockets = this.#createWebSockets();
    const server = createServer(
      {
        maxHeaderSize: HEADERS_MAX_BYTES,
        headersTimeout: this.#net.firstFrameTimeoutMs,
        requestTimeout: this.#net.firstFrameTimeoutMs,
        connectionsCheckingInterval: CHECK_EVERY_MS,
      },
      refuseRequest,
    );
    server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    // The server is never bound itself: without this it would keep none of its time-outs.
    server.emit("listening");
    this.#server = server;
    await this.#guard.start();
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#isStopping = true;
    const closed = this.#guard.stop(deadline);
    server.closeIdleConnections();
    for (const page of this.#pages) page.onStopping();
    await Promise.all([closed, this.#carrier.stop(deadline)]);
    this.#webSockets?.close();
    server.close();
    this.#server = null;
    this.#webSockets = null;
  }

  async reload(): Promise<void> {
    await this.#guard.reload();
  }

  /** Sub-protocols that are spoken now. */
  get #protocols(): readonly string[] {
    return [...this.#options.kit.streams.names(), JSON_PROTOCOL];
  }

  #createWebSockets(): WebSocketServer {
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#options.settings.frameMaxBytes,
      maxFragments: FRAGMENTS_MAX,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered) => chooseProtocol([...offered], this.#protocols) ?? false,
    };
    const webSockets = new WebSocketServer(options);
    webSockets.on("wsClientError", (error, socket) => {
      count(this.#meter.protocolErrors, PeerFault.Upgrade);
      answer(socket, 400, "malformed", error.message);
    });
    return webSockets;
  }

  #onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // What the server was given comes back: the guard hands over nothing but sockets.
    const socket = stream as Socket;
    const peer = this.#guard.peerOf(socket);
    this.#guard.established(socket);
    const protocol = this.#judge(request, peer?.proxy === null ? socket.localAddress : undefined);
    const credentials = parseAuthorization(request.headers.authorization);
    if (peer === null || protocol instanceof UpgradeFault || credentials === null) {
      const fault = protocol instanceof UpgradeFault ? protocol : unauthorized;
      count(this.#meter.protocolErrors, PeerFault.Upgrade);
      answer(socket, fault.status, fault.code, fault.message);
      return;
    }
    this.#webSockets?.handleUpgrade(request, socket, head, (webSocket) => {
      const acceptor = this.#options.kit.streams.find(protocol);
      if (acceptor === null) this.#openPage(webSocket, socket, peer, credentials);
      else this.#openStream(webSocket, socket, peer, acceptor);
    });
  }

  #judge(request: IncomingMessage, localAddress: string | undefined): string | UpgradeFault {
    if (this.#isStopping) return stopping;
    const { host, origin } = request.headers;
    const protocols = request.headers["sec-websocket-protocol"];
    return judgeUpgrade({ url: request.url ?? "", host, origin, localAddress, protocols }, this.#door, this.#protocols);
  }

  /** A stream protocol in binary frames; how its bytes are cut into frames means nothing. */
  #openStream(webSocket: WebSocket, socket: Socket, peer: Peer, acceptor: StreamAcceptor): void {
    const sink = new WebSocketSink(webSocket, socket, this.#guard);
    const wire = this.#carrier.open(sink, acceptor, peer);
    sink.wire = wire;
    const pinged = this.#ping(webSocket, socket, () => webSocket.isPaused);
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) {
        wire.received(data as Buffer);
        return;
      }
      count(this.#meter.protocolErrors, PeerFault.FrameType);
      webSocket.close(CloseCode.WrongFrameType, "text frames are not spoken here");
      wire.end();
    });
    webSocket.on("error", () => {
      count(this.#meter.protocolErrors, PeerFault.Frame);
      this.#carrier.onFailed(wire);
      wire.end();
    });
    webSocket.on("close", () => {
      this.#heartbeat.remove(pinged);
      this.#carrier.onClosed(wire);
    });
    socket.on("drain", () => wire.drained());
  }

  #openPage(webSocket: WebSocket, socket: Socket, peer: Peer, upgradeCredentials: WebCredentials): void {
    const { gateway, kit, settings } = this.#options;
    const page = new JsonConnection({
      webSocket,
      socket,
      peer,
      upgradeCredentials,
      gateway,
      turn: kit.turn,
      meter: this.#meter,
      settings: settings.json,
      connectTimeoutMs: this.#net.firstFrameTimeoutMs,
      highWaterMarkBytes: this.#net.highWaterMarkBytes,
    });
    this.#pages.add(page);
    const pinged = this.#ping(webSocket, socket, () => page.isHolding);
    webSocket.on("message", (data, isBinary) => page.onMessage(data as Buffer, isBinary));
    webSocket.on("error", () => {
      count(this.#meter.protocolErrors, PeerFault.Frame);
      page.onClosed();
    });
    webSocket.on("close", () => {
      this.#heartbeat.remove(pinged);
      this.#pages.delete(page);
      page.onClosed();
    });
    socket.on("drain", () => page.onDrain());
  }

  #ping(webSocket: WebSocket, socket: Socket, isExcused: () => boolean): Pinged {
    const pinged: Pinged = {
      socket,
      isExcused,
      ping: () => webSocket.ping(),
      cut: () => {
        count(this.#meter.protocolErrors, PeerFault.Silent);
        this.#guard.destroy(socket, CloseCause.Error);
      },
    };
    this.#heartbeat.add(pinged);
    return pinged;
  }
}

const stopping = Object.freeze(new UpgradeFault(503, "stopping", "the gateway is stopping"));
const unauthorized = Object.freeze(
  new UpgradeFault(401, "bad_credentials", "Authorization is to be `Basic base64(user:password)` or `Bearer token`"),
);

/** A plain request: there is nothing here but WebSockets. */
function refuseRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    "content-type": "application/json; charset=utf-8",
    upgrade: "websocket",
    connection: "close, upgrade",
  });
  response.end(faultBody("upgrade_required", "this port speaks WebSocket"));
}

/** Says why there is no WebSocket, and hangs up. */
function answer(stream: Duplex, status: number, code: string, message: string): void {
  stream.once("finish", () => stream.destroy());
  stream.end(lastAnswer(status, faultBody(code, message)));
}
