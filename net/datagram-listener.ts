// hot path
// A UDP listener: one socket, a bounded table of sources, each joined to a connection of the adapter. What a stranger can
// make us keep is small, few and short-lived: first a rate for each address in memory of fixed size, then a place among
// the strangers, which the next ones push out; only who has shown who it is (`wire.prove`) keeps a place.
//
//   unknown ──datagram──▶ stranger ──prove──▶ proven        each ──ended, silent, evicted, stop──▶ unknown

import type { RemoteInfo, Socket } from "node:dgram";
import {
  count,
  type BoundListener,
  type ListenerMeter,
  type Log,
  type Timer,
  type TimerTarget,
} from "../core/index.ts";
import { AcceptRate } from "./accept-rate.ts";
import { datagramSettings, type DatagramListenerConfig, type DatagramSettings } from "./datagram-config.ts";
import { DatagramFlow, type FlowHost } from "./datagram-flow.ts";
import { bindDatagramSocket } from "./datagram-socket.ts";
import { DatagramDrop, type DatagramAcceptor } from "./datagram.ts";
import { CloseCause, textOf } from "./faults.ts";
import { readKernelDrops } from "./kernel-drops.ts";
import type { NetKit } from "./kit.ts";
import type { Listener } from "./listener-set.ts";
import { copyOf, viewOf } from "./output-buffers.ts";
import { directPeer } from "./peer.ts";
import { SourceRate } from "./source-rate.ts";
import { StreamEnd } from "./stream.ts";
import type { Flushable, Turn } from "./turn.ts";

export interface DatagramListenerOptions {
  /** "jt808" for the adapter's first listener, "jt808.1" … for the others. */
  readonly name: string;
  readonly config: Readonly<DatagramListenerConfig>;
  readonly acceptor: DatagramAcceptor;
  readonly kit: NetKit;
  readonly meter: ListenerMeter;
  readonly log: Log;
  /** A proven source that is silent for so long is forgotten, ms. */
  readonly idleTimeoutMs: number;
}

/** Sources that have not shown who they are; the oldest makes room for the next. */
const STRANGERS_MAX = 4_096;
/** Largest payload of a UDP datagram over IPv4. */
const DATAGRAM_MAX_BYTES = 65_507;
/** How often silent sources are looked for, and the kernel is asked what it dropped. */
const SWEEP_MS = 5_000;

export class DatagramListener implements Listener, FlowHost, TimerTarget, Flushable {
  readonly turn: Turn;
  readonly #options: DatagramListenerOptions;
  readonly #settings: DatagramSettings;
  readonly #sources: SourceRate;
  readonly #rate: AcceptRate;
  /** By address and port, in the order they came. */
  readonly #strangers = new Map<string, DatagramFlow>();
  readonly #proven = new Map<string, DatagramFlow>();
  #socket: Socket | null = null;
  #bound: BoundListener | null = null;
  #timer: Timer | null = null;
  #starts = 0;
  #kernelDrops = 0;
  #isQueued = false;

  constructor(options: DatagramListenerOptions) {
    const now = options.kit.clock.now();
    this.turn = options.kit.turn;
    this.#options = options;
    this.#settings = datagramSettings(options.config);
    this.#sources = new SourceRate(this.#settings.sourceRatePerSecond, now);
    this.#rate = new AcceptRate(this.#settings.acceptRatePerSecond, now);
  }

  /** Null when it is not bound. */
  get bound(): BoundListener | null {
    return this.#bound;
  }

  get bufferedBytes(): number {
    return this.#socket?.getSendQueueSize() ?? 0;
  }

  /** Rejects with ListenError and leaves nothing bound. Safe when it is bound already. */
  async start(): Promise<void> {
    if (this.#socket !== null) return;
    const { name, log, kit } = this.#options;
    const { host, port, receiveBufferBytes, maxConnections } = this.#settings;
    const start = ++this.#starts;
    const socket = await bindDatagramSocket(name, host, port, receiveBufferBytes);
    // Stopped, or started by somebody else, meanwhile.
    if (start !== this.#starts || this.#socket !== null) {
      socket.close();
      return;
    }
    this.#socket = socket;
    this.#kernelDrops = 0;
    socket.on("message", (datagram, from) => this.#onDatagram(datagram, from));
    socket.on("error", (error) => log.error({ listener: name, error: error.message }, "listener error"));
    this.#timer = kit.clock.arm(this, 0, SWEEP_MS);
    this.#bound = {
      name,
      transport: "udp",
      host,
      port: socket.address().port,
      secure: false,
      proxyProtocol: "off",
      maxConnections,
    };
    this.#reportBuffer(socket);
  }

  /** Asks every connection to say goodbye, forgets them, and closes the socket. Safe unstarted, safe twice. */
  async stop(): Promise<void> {
    this.#starts++;
    const socket = this.#socket;
    if (socket === null) return;
    for (const flow of [...this.#proven.values(), ...this.#strangers.values()]) this.#askToStop(flow);
    this.#socket = null;
    this.#bound = null;
    if (this.#timer !== null) this.#options.kit.clock.disarm(this.#timer);
    this.#timer = null;
    await this.#countKernelDrops(socket);
    await new Promise<void>((resolve) => void socket.close(resolve));
  }

  async reload(): Promise<void> {}

  onTimer(): void {
    const { kit, idleTimeoutMs } = this.#options;
    const now = kit.clock.now();
    this.#timer = kit.clock.arm(this, 0, SWEEP_MS);
    for (const flow of this.#strangers.values())
      if (now - flow.lastHeard >= this.#settings.firstFrameTimeoutMs) this.#cut(flow, CloseCause.FirstFrameTimeout);
    for (const flow of this.#proven.values())
      if (now - flow.lastHeard >= idleTimeoutMs) this.#cut(flow, CloseCause.Silence);
    if (this.#socket !== null) void this.#countKernelDrops(this.#socket);
  }

  /** What was staged in this turn has been given to the kernel. */
  flush(): void {
    this.#isQueued = false;
  }

  sendTo(bytes: Uint8Array, start: number, end: number, address: string, port: number): void {
    const socket = this.#socket;
    const length = end - start;
    if (socket === null) return;
    if (length > DATAGRAM_MAX_BYTES) return this.#drop(DatagramDrop.TooLong);
    const { buffers } = this.turn;
    const waiting = socket.getSendQueueSize();
    if (waiting + length > this.#settings.outputMaxBytes) return this.#drop(DatagramDrop.SendBuffer);
    // What the kernel does not take at once is read later: from memory that nobody writes to again.
    socket.send(waiting > 0 ? copyOf(bytes, start, end) : viewOf(bytes, start, end), port, address);
    if (waiting === 0 && socket.getSendQueueSize() > 0) buffers.leaveStaging(bytes);
    if (!this.#isQueued) this.turn.add(this);
    this.#isQueued = true;
    this.#options.meter.bytesSent += length;
  }

  onProven(flow: DatagramFlow): void {
    if (!this.#strangers.delete(flow.key)) return;
    this.#proven.set(flow.key, flow);
    if (this.#proven.size > this.#settings.maxConnections) this.#cut(flow, CloseCause.ConnectionLimit);
  }

  onEnded(flow: DatagramFlow): void {
    this.#forget(flow, flow.closing ?? CloseCause.Local);
  }

  onUnread(): void {
    this.#drop(DatagramDrop.Paused);
  }

  onBroken(flow: DatagramFlow, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#options.log.error(
      { listener: this.#options.name, error: textOf(error), stack },
      "a connection failed by a defect of this program",
    );
    this.#cut(flow, CloseCause.InternalError);
  }

  #onDatagram(datagram: Uint8Array, from: RemoteInfo): void {
    const { kit, meter } = this.#options;
    const now = kit.clock.now();
    meter.bytesReceived += datagram.length;
    // Port 0 cannot be answered: forged.
    if (this.#socket === null || from.port === 0) return;
    if (!this.#sources.take(from.address, now)) return this.#drop(DatagramDrop.SourceRate);
    const key = `${from.address} ${from.port}`;
    const flow = this.#proven.get(key) ?? this.#strangers.get(key) ?? this.#open(key, from, now);
    flow?.received(datagram, now);
  }

  #open(key: string, from: RemoteInfo, now: number): DatagramFlow | null {
    const { name, meter, acceptor } = this.#options;
    if (!this.#rate.take(now)) {
      this.#drop(DatagramDrop.AcceptRate);
      return null;
    }
    if (this.#strangers.size >= Math.min(STRANGERS_MAX, this.#settings.maxConnections)) this.#evict();
    const flow = new DatagramFlow(this, key, from.address, directPeer(name, from.address, from.port), now);
    this.#strangers.set(key, flow);
    meter.connections++;
    meter.connectionsOpened++;
    try {
      flow.connection = acceptor.accept(flow, flow.peer);
    } catch (error) {
      this.onBroken(flow, error);
    }
    return flow.isOpen ? flow : null;
  }

  #evict(): void {
    for (const oldest of this.#strangers.values()) {
      this.#cut(oldest, CloseCause.Evicted);
      return;
    }
  }

  #askToStop(flow: DatagramFlow): void {
    flow.closing = CloseCause.Stopping;
    try {
      flow.connection?.onStopping();
    } catch (error) {
      this.onBroken(flow, error);
    }
    this.#forget(flow, CloseCause.Stopping);
  }

  #cut(flow: DatagramFlow, cause: CloseCause): void {
    flow.closing = cause;
    this.#forget(flow, cause);
  }

  /** Its connection hears of it once. */
  #forget(flow: DatagramFlow, cause: CloseCause): void {
    if (!flow.isOpen) return;
    flow.isOpen = false;
    if (!this.#proven.delete(flow.key)) this.#strangers.delete(flow.key);
    const { meter, log, name } = this.#options;
    meter.connections--;
    count(meter.connectionsClosed, cause);
    try {
      flow.connection?.onClosed(StreamEnd.Local);
    } catch (error) {
      log.error({ listener: name, error: textOf(error) }, "a connection failed by a defect of this program");
    }
  }

  #drop(reason: DatagramDrop): void {
    count(this.#options.meter.messagesDropped, reason);
  }

  async #countKernelDrops(socket: Socket): Promise<void> {
    const { address, port } = socket.address();
    const drops = await readKernelDrops(address, port);
    if (drops === null || drops <= this.#kernelDrops) return;
    count(this.#options.meter.messagesDropped, DatagramDrop.ReceiveBuffer, drops - this.#kernelDrops);
    this.#kernelDrops = drops;
  }

  #reportBuffer(socket: Socket): void {
    const { name, log } = this.#options;
    const { receiveBufferBytes: wanted } = this.#settings;
    const given = socket.getRecvBufferSize();
    const fields = { listener: name, receiveBufferBytes: given, wanted };
    if (given < wanted) log.warn(fields, "the kernel gives a smaller receive buffer (net.core.rmem_max)");
    else log.info(fields, "receive buffer");
  }
}
