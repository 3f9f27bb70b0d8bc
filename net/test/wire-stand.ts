// What the tests of StreamWire write into: a sink whose kernel takes what it is told to take, the host of the wires, and
// the two ways in which a connection writes.

import { Turn } from "../turn.ts";
import { StreamWire, type Sink, type WireHost } from "../wire.ts";

/** A socket that takes what it is told to take, and keeps views of the rest as a socket does. */
export class FakeSink implements Sink {
  /** What reached the kernel. */
  taken = Buffer.alloc(0);
  /** One entry a system call. */
  readonly calls: Uint8Array[][] = [];
  held: Uint8Array[] = [];
  isBlocked = false;
  isEnded = false;
  isDestroyed = false;
  isPaused = false;
  #corked: Uint8Array[] | null = null;

  write(bytes: Uint8Array): void {
    if (this.#corked === null) this.#call([bytes]);
    else this.#corked.push(bytes);
  }
  get writableLength(): number {
    return this.held.reduce((sum, bytes) => sum + bytes.length, 0);
  }
  cork(): void {
    this.#corked = [];
  }
  uncork(): void {
    const corked = this.#corked ?? [];
    this.#corked = null;
    this.#call(corked);
  }
  end(): void {
    this.isEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  /** The kernel takes what is held. */
  unblock(): void {
    this.isBlocked = false;
    for (const bytes of this.held.splice(0)) this.#take(bytes);
  }
  #call(pieces: Uint8Array[]): void {
    this.calls.push(pieces);
    if (this.isBlocked || this.held.length > 0) this.held.push(...pieces);
    else for (const bytes of pieces) this.#take(bytes);
  }
  #take(bytes: Uint8Array): void {
    this.taken = Buffer.concat([this.taken, bytes]);
  }
}

export class Stand implements WireHost {
  readonly turn = new Turn();
  readonly highWaterMarkBytes = 100_000;
  readonly outputMaxBytes = 300_000;
  readonly sinksKeepBytes: boolean;
  readonly bytes = { bytesReceived: 0, bytesSent: 0 };
  readonly broken: unknown[] = [];
  slow = 0;
  ended = 0;
  writables = 0;
  onWritable: () => void = () => undefined;

  constructor(sinksKeepBytes = false) {
    this.sinksKeepBytes = sinksKeepBytes;
  }
  wire(): { wire: StreamWire; sink: FakeSink } {
    const sink = new FakeSink();
    const wire = new StreamWire(this, sink);
    wire.connection = {
      onBytes: () => undefined,
      onWritable: () => {
        this.writables++;
        this.onWritable();
      },
      onClosed: () => undefined,
      onStopping: () => undefined,
    };
    return { wire, sink };
  }
  onEstablished(): void {}
  onEnded(): void {
    this.ended++;
  }
  onSlowConsumer(wire: StreamWire): void {
    this.slow++;
    wire.destroy();
  }
  onBroken(_wire: StreamWire, error: unknown): void {
    this.broken.push(error);
  }
  onTimer(): void {}
  onPeerEnd(): void {}
  onFailed(): void {}
  onClosed(): void {}
}

export const text = (value: string) => Buffer.from(value, "latin1");
export const write = (wire: StreamWire, value: string) => wire.write(text(value), 0, value.length);
export function encode(wire: StreamWire, value: string, room = value.length): boolean {
  const at = wire.stage(room);
  wire.staging.set(text(value), at);
  return wire.commit(at, at + value.length);
}
