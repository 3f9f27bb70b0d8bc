// hot path
// Output of one connection: ranges are gathered while a turn of the event loop lasts and leave with one write. The first
// range costs three fields and no allocation; what one publisher's chunk brings for one receiver joins to one range and
// is sent as the view that it is; many small ranges are copied into one buffer; large ones are never copied.

import type { Timer, TimerTarget } from "../core/index.ts";
import { copyOf, copyRange, viewOf, type OutputBuffers, type RangeList } from "./output-buffers.ts";
import type { StreamConnection, Wire } from "./stream.ts";
import type { Turn } from "./turn.ts";

/** Where a wire's bytes go: a socket as it is, or whatever else carries a stream. `write` keeps `bytes`: they do not change. */
export interface Sink {
  write(bytes: Uint8Array): unknown;
  /** Bytes written and not yet taken by the kernel. */
  readonly writableLength: number;
  /** Between these, several writes may leave as one. */
  cork(): void;
  uncork(): void;
  /** Sends what is written, then closes. */
  end(): void;
  destroy(): void;
  pause(): unknown;
  resume(): unknown;
}

/** What all wires of one listener share. */
export interface WireHost {
  readonly turn: Turn;
  /** More than this waiting: `write` answers false. At least 65,536, so that the sink says when it has drained. */
  readonly highWaterMarkBytes: number;
  /** More than this waiting: the peer is a slow consumer and is cut off. */
  readonly outputMaxBytes: number;
  /** The sinks hold what they are given beyond the write, as TLS does: they get memory of their own. */
  readonly sinksKeepBytes: boolean;
  readonly bytes: ByteCount;
  onEstablished(wire: StreamWire): void;
  /** The wire was ended: no more than a last flush follows. */
  onEnded(wire: StreamWire): void;
  onSlowConsumer(wire: StreamWire): void;
  /** A connection threw: our bug, and its end. */
  onBroken(wire: StreamWire, error: unknown): void;
  onTimer(wire: StreamWire, tag: number): void;
  // From whoever carries the bytes:
  /** The peer closed its side. */
  onPeerEnd(wire: StreamWire): void;
  /** The sink reports an error; its close follows. */
  onFailed(wire: StreamWire): void;
  /** The sink is closed. Once. */
  onClosed(wire: StreamWire): void;
}

export interface ByteCount {
  bytesReceived: number;
  bytesSent: number;
}

// OPEN ──end──▶ ENDING ──close──▶ CLOSED        (destroy: at once from any state)
const OPEN = 0;
const ENDING = 1;
const CLOSED = 2;

/**
 * So much goes out ahead of the turn's end: its peer works on it while we go on reading, and it still fits into the
 * buffer that small ranges are joined in.
 */
const AHEAD_BYTES = 32_768;
/** A range of this size is not copied to be joined with its neighbours. */
const LARGE_BYTES = 16_384;

export class StreamWire implements Wire, TimerTarget {
  readonly host: WireHost;
  readonly sink: Sink;
  /** Null until the acceptor has answered. */
  connection: StreamConnection | null;
  /** The listener's deadline that is running for this wire, if any. */
  timer: Timer | null;
  /** Why it was closed, when it was by us; a constant. */
  closing: string | null;
  #state: typeof OPEN | typeof ENDING | typeof CLOSED;
  #isQueued: boolean;
  /** The turn in which it was flushed ahead last. */
  #aheadIn: number;
  #isFull: boolean;
  /** The last range; null: nothing is gathered. */
  #bytes: Uint8Array | null;
  #start: number;
  #end: number;
  /** The ranges before it. */
  #earlier: RangeList | null;
  #gathered: number;
  /** What the sink held after the last flush; it may hold less by now. */
  #unsent: number;

  constructor(host: WireHost, sink: Sink) {
    this.host = host;
    this.sink = sink;
    this.connection = null;
    this.timer = null;
    this.closing = null;
    this.#state = OPEN;
    this.#isQueued = false;
    this.#aheadIn = -1;
    this.#isFull = false;
    this.#bytes = null;
    this.#start = 0;
    this.#end = 0;
    this.#earlier = null;
    this.#gathered = 0;
    this.#unsent = 0;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#state !== OPEN || start === end) return !this.#isFull;
    if (start === this.#end && bytes === this.#bytes) this.#end = end;
    else this.#begin(bytes, start, end);
    this.#gathered += end - start;
    if (this.#gathered < AHEAD_BYTES && this.#gathered + this.#unsent <= this.host.highWaterMarkBytes)
      return !this.#isFull;
    return this.#fill();
  }

  stage(length: number): number {
    return this.host.turn.buffers.stage(length);
  }

  get staging(): Uint8Array {
    return this.host.turn.buffers.staging;
  }

  commit(at: number, end: number): boolean {
    const buffers = this.host.turn.buffers;
    buffers.stagingUsed = end;
    return this.write(buffers.staging, at, end);
  }

  established(): void {
    if (this.timer !== null && this.#state === OPEN) this.host.onEstablished(this);
  }

  pause(): void {
    if (this.#state === OPEN) this.sink.pause();
  }

  resume(): void {
    if (this.#state === OPEN) this.sink.resume();
  }

  end(): void {
    if (this.#state !== OPEN) return;
    this.#send();
    this.#state = ENDING;
    this.sink.end();
    // What the peer still sends is read and dropped, or its end would never be seen.
    this.sink.resume();
    this.host.onEnded(this);
  }

  destroy(): void {
    if (this.#state === CLOSED) return;
    this.#state = ENDING;
    this.#forget();
    this.sink.destroy();
  }

  get bufferedBytes(): number {
    return this.#gathered + (this.#unsent === 0 ? 0 : this.sink.writableLength);
  }

  get isOpen(): boolean {
    return this.#state === OPEN;
  }

  /** From the turn. */
  flush(): void {
    this.#isQueued = false;
    if (this.#state !== OPEN) return;
    this.#send();
    if (this.#isFull) this.drained();
  }

  flushAhead(turn: number): void {
    if (this.#aheadIn === turn) return;
    this.#aheadIn = turn;
    this.flush();
  }

  /** From whoever carries the bytes: some came in. */
  received(chunk: Uint8Array): void {
    this.host.bytes.bytesReceived += chunk.length;
    if (this.#state !== OPEN || this.connection === null) return;
    try {
      this.connection.onBytes(chunk);
    } catch (error) {
      this.host.onBroken(this, error);
    }
    this.host.turn.checkpoint();
  }

  /** From whoever carries the bytes: the sink may be empty enough again. */
  drained(): void {
    this.#unsent = this.sink.writableLength;
    if (!this.#isFull || this.#state !== OPEN || this.connection === null) return;
    if (this.#gathered + this.#unsent > this.host.highWaterMarkBytes) return;
    this.#isFull = false;
    try {
      this.connection.onWritable();
    } catch (error) {
      this.host.onBroken(this, error);
    }
  }

  /** From the host: the sink is closed; nothing follows. */
  closed(): void {
    this.#state = CLOSED;
    this.#forget();
  }

  onTimer(tag: number): void {
    this.host.onTimer(this, tag);
  }

  #begin(bytes: Uint8Array, start: number, end: number): void {
    const last = this.#bytes;
    if (last === null) {
      if (!this.#isQueued) {
        this.#isQueued = true;
        this.host.turn.gather(this);
      }
    } else {
      if (this.#earlier === null) this.#earlier = this.host.turn.buffers.takeList();
      this.#earlier.push(last, this.#start, this.#end);
    }
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Much is waiting: what is gathered goes out ahead of the turn's end, and only what stays is held against the peer. */
  #fill(): boolean {
    this.#unsent = this.sink.writableLength;
    this.#send();
    if (this.#unsent <= this.host.highWaterMarkBytes) return !this.#isFull;
    this.#isFull = true;
    if (this.#unsent > this.host.outputMaxBytes) this.host.onSlowConsumer(this);
    return false;
  }

  #send(): void {
    const last = this.#bytes;
    if (last === null) return;
    const sink = this.sink;
    const buffers = this.host.turn.buffers;
    const earlier = this.#earlier;
    const start = this.#start;
    const end = this.#end;
    const gathered = this.#gathered;
    if (this.#unsent > 0) this.#unsent = sink.writableLength;
    const isKept = this.#unsent > 0 || this.host.sinksKeepBytes;
    this.#forget();
    if (earlier === null) {
      if (isKept && gathered < LARGE_BYTES) sink.write(copyOf(last, start, end));
      else sink.write(buffers.view(last, start, end));
      this.#unsent = sink.writableLength;
      if (this.#unsent > 0) buffers.leaveStaging(last);
    } else {
      earlier.push(last, start, end);
      if (!isKept && gathered <= buffers.scratch.length) this.#unsent = sendJoined(sink, buffers, earlier, gathered);
      else this.#unsent = sendPieces(sink, buffers, earlier);
      buffers.giveList(earlier);
    }
    this.host.bytes.bytesSent += gathered;
  }

  #forget(): void {
    this.#bytes = null;
    this.#start = 0;
    this.#end = 0;
    this.#earlier = null;
    this.#gathered = 0;
  }
}

/** One write of one copy. Returns what the sink holds after it. */
function sendJoined(sink: Sink, buffers: OutputBuffers, ranges: RangeList, total: number): number {
  const scratch = buffers.scratch;
  let at = 0;
  for (let i = 0; i < ranges.count; i++)
    at = copyRange(ranges.bytes[i]!, ranges.starts[i]!, ranges.ends[i]!, scratch, at);
  sink.write(viewOf(scratch, 0, total));
  const unsent = sink.writableLength;
  if (unsent > 0) buffers.leaveScratch();
  return unsent;
}

/** Large ranges as they are, the small ones between them joined in memory of their own; one system call all the same. */
function sendPieces(sink: Sink, buffers: OutputBuffers, ranges: RangeList): number {
  sink.cork();
  for (let i = 0; i < ranges.count;) {
    const size = ranges.ends[i]! - ranges.starts[i]!;
    if (size >= LARGE_BYTES) {
      sink.write(viewOf(ranges.bytes[i]!, ranges.starts[i]!, ranges.ends[i]!));
      buffers.leaveStaging(ranges.bytes[i]!);
      i++;
      continue;
    }
    let joined = 0;
    let next = i;
    for (; next < ranges.count && ranges.ends[next]! - ranges.starts[next]! < LARGE_BYTES; next++)
      joined += ranges.ends[next]! - ranges.starts[next]!;
    const piece = Buffer.allocUnsafe(joined);
    for (let at = 0; i < next; i++) at = copyRange(ranges.bytes[i]!, ranges.starts[i]!, ranges.ends[i]!, piece, at);
    sink.write(piece);
  }
  sink.uncork();
  return sink.writableLength;
}
