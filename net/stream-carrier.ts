// Joins the connections of stream adapters to whatever carries their bytes: a socket listener, or another adapter's
// WebSocket. It runs their deadlines, cuts off slow consumers, keeps one connection's exception from reaching the others,
// and stops them all. One per listener; whoever carries the bytes calls `wire.received`, `wire.drained`, and the carrier's
// `onPeerEnd`, `onFailed` and `onClosed`.

import type { Clock, Log, Peer } from "../core/index.ts";
import { CloseCause, textOf } from "./faults.ts";
import { StreamEnd, type StreamAcceptor } from "./stream.ts";
import type { Turn } from "./turn.ts";
import { StreamWire, type ByteCount, type Sink, type WireHost } from "./wire.ts";

export interface StreamCarrierOptions {
  /** Name of the listener, for logs. */
  readonly name: string;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly log: Log;
  /** Where bytes are counted: the listener's meter. */
  readonly bytes: ByteCount;
  readonly highWaterMarkBytes: number;
  readonly outputMaxBytes: number;
  readonly firstFrameTimeoutMs: number;
  /** See WireHost. */
  readonly sinksKeepBytes: boolean;
  /** A wire's sink is closed, and its connection knows. `cause` is one of CloseCause. */
  onClosed(sink: Sink, cause: string): void;
}

const FIRST_FRAME = 1;
const LINGER = 2;
/** How long a connection that was ended may take to deliver its last bytes and to see the peer's end. */
export const LINGER_MS = 5_000;

export class StreamCarrier implements WireHost {
  readonly turn: Turn;
  readonly highWaterMarkBytes: number;
  readonly outputMaxBytes: number;
  readonly sinksKeepBytes: boolean;
  readonly bytes: ByteCount;
  readonly #options: StreamCarrierOptions;
  readonly #wires = new Set<StreamWire>();
  #stops = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(options: StreamCarrierOptions) {
    this.turn = options.turn;
    this.highWaterMarkBytes = options.highWaterMarkBytes;
    this.outputMaxBytes = options.outputMaxBytes;
    this.sinksKeepBytes = options.sinksKeepBytes;
    this.bytes = options.bytes;
    this.#options = options;
  }

  get count(): number {
    return this.#wires.size;
  }

  /** A peer is there. The caller already listens to the sink's end; it passes on what the wire's methods want to know. */
  open(sink: Sink, acceptor: StreamAcceptor, peer: Peer): StreamWire {
    const wire = new StreamWire(this, sink);
    this.#wires.add(wire);
    if (this.#stops > 0) {
      this.#cut(wire, CloseCause.Stopping);
      return wire;
    }
    wire.timer = this.#options.clock.arm(wire, FIRST_FRAME, this.#options.firstFrameTimeoutMs);
    try {
      wire.connection = acceptor.accept(wire, peer);
    } catch (error) {
      this.onBroken(wire, error);
    }
    return wire;
  }

  /** The peer closed its side: what is gathered still goes out, then the rest of the connection closes. */
  onPeerEnd(wire: StreamWire): void {
    if (!wire.isOpen) return;
    wire.closing = CloseCause.Peer;
    wire.end();
  }

  /** The sink reports an error; its close follows. */
  onFailed(wire: StreamWire): void {
    if (wire.isOpen && wire.closing === null) wire.closing = CloseCause.Error;
  }

  /** The sink is closed. To be called once. */
  onClosed(wire: StreamWire): void {
    if (!this.#wires.delete(wire)) return;
    const cause = wire.closing ?? (wire.isOpen ? CloseCause.Peer : CloseCause.Local);
    this.#disarm(wire);
    wire.closed();
    try {
      wire.connection?.onClosed(endOf(cause));
    } catch (error) {
      this.#logBroken(error);
    }
    this.#options.onClosed(wire.sink, cause);
    if (this.#wires.size > 0) return;
    for (const resolve of this.#whenEmpty) resolve();
    this.#whenEmpty = [];
  }

  /** Asks every connection to say goodbye; resolves when all are closed. Those left when `deadline` aborts are destroyed. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stops++;
    for (const wire of this.#wires) this.#askToStop(wire);
    if (this.#wires.size > 0) {
      const cut = (): void => {
        for (const wire of this.#wires) this.#cut(wire, CloseCause.Stopping);
      };
      await new Promise<void>((resolve) => {
        this.#whenEmpty.push(resolve);
        if (deadline.aborted) cut();
        else deadline.addEventListener("abort", cut, { once: true });
      });
      deadline.removeEventListener("abort", cut);
    }
    this.#stops--;
  }

  onEstablished(wire: StreamWire): void {
    this.#disarm(wire);
  }

  onEnded(wire: StreamWire): void {
    this.#disarm(wire);
    wire.timer = this.#options.clock.arm(wire, LINGER, LINGER_MS);
  }

  onSlowConsumer(wire: StreamWire): void {
    this.#options.log.warn(
      { listener: this.#options.name, bufferedBytes: wire.bufferedBytes },
      "slow consumer: connection closed",
    );
    this.#cut(wire, CloseCause.SlowConsumer);
  }

  onBroken(wire: StreamWire, error: unknown): void {
    this.#logBroken(error);
    this.#cut(wire, CloseCause.InternalError);
  }

  onTimer(wire: StreamWire, tag: number): void {
    wire.timer = null;
    if (tag === FIRST_FRAME) this.#cut(wire, CloseCause.FirstFrameTimeout);
    else wire.destroy();
  }

  #askToStop(wire: StreamWire): void {
    if (!wire.isOpen) return;
    if (wire.closing === null) wire.closing = CloseCause.Stopping;
    try {
      wire.connection?.onStopping();
    } catch (error) {
      this.onBroken(wire, error);
    }
  }

  #cut(wire: StreamWire, cause: CloseCause): void {
    if (wire.closing === null) wire.closing = cause;
    wire.destroy();
  }

  #disarm(wire: StreamWire): void {
    if (wire.timer === null) return;
    this.#options.clock.disarm(wire.timer);
    wire.timer = null;
  }

  #logBroken(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#options.log.error(
      { listener: this.#options.name, error: textOf(error), stack },
      "a connection failed by a defect of this program",
    );
  }
}

function endOf(cause: string): StreamEnd {
  switch (cause) {
    case CloseCause.Peer:
      return StreamEnd.Peer;
    case CloseCause.Error:
      return StreamEnd.Error;
    default:
      return StreamEnd.Local;
  }
}
