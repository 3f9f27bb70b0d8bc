// What the tests of net/ build listeners from: a kit on a fake clock, a connection that records what it sees, and a
// client that waits for what it expects.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { ListenerMeter, type Peer } from "../../core/index.ts";
import type { StreamListenerConfig } from "../config.ts";
import type { NetKit } from "../kit.ts";
import { StreamListener } from "../stream-listener.ts";
import { type StreamAcceptor, type StreamConnection, type StreamEnd, type Wire } from "../stream.ts";
import { createNetKit } from "../kit.ts";

/** Fails a wait that would otherwise hang; generous, for a loaded machine. */
const PATIENCE_MS = 10_000;
/** The deadline of a stop that waits for everybody. */
export const NEVER = new AbortController().signal;

export class Recorder implements StreamConnection {
  readonly wire: Wire;
  readonly peer: Peer;
  readonly chunks: Buffer[] = [];
  writables = 0;
  ends: StreamEnd[] = [];
  onInput: ((chunk: Uint8Array) => void) | null = null;
  onStop: () => void = () => this.wire.end();

  constructor(wire: Wire, peer: Peer) {
    this.wire = wire;
    this.peer = peer;
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
  onBytes(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk));
    this.onInput?.(chunk);
  }
  onWritable(): void {
    this.writables++;
  }
  onClosed(end: StreamEnd): void {
    this.ends.push(end);
  }
  onStopping(): void {
    this.onStop();
  }
}

/** Makes a connection send back what it reads. */
export function echo(connection: Recorder): void {
  connection.onInput = (chunk) => connection.wire.write(chunk, 0, chunk.length);
}

export class RecordingAcceptor implements StreamAcceptor {
  readonly connections: Recorder[] = [];
  /** Called for each connection before anything reaches it. */
  prepare: (connection: Recorder) => void = () => undefined;

  accept(wire: Wire, peer: Peer): StreamConnection {
    const connection = new Recorder(wire, peer);
    this.connections.push(connection);
    this.prepare(connection);
    return connection;
  }
  /** The n-th connection that was accepted. */
  at(index: number): Recorder {
    const connection = this.connections[index];
    if (connection === undefined) throw new Error(`no connection ${index}`);
    return connection;
  }
}

export interface Bench {
  readonly clock: FakeClock;
  readonly kit: NetKit;
  readonly meter: ListenerMeter;
  readonly log: SilentLog;
  readonly acceptor: RecordingAcceptor;
  readonly listener: StreamListener;
  readonly port: number;
  closed(cause: string): number;
}

export function kitOn(clock: FakeClock): NetKit {
  return createNetKit({ clock });
}

/** A listener on a free port, stopped when the test ends. */
export async function startListener(
  test: { after(work: () => Promise<void>): void },
  config: Partial<StreamListenerConfig> = {},
): Promise<Bench> {
  const clock = new FakeClock();
  const kit = kitOn(clock);
  const meter = new ListenerMeter("test", "test");
  const log = new SilentLog();
  const acceptor = new RecordingAcceptor();
  const listener = new StreamListener({ name: "test", config: { port: 0, ...config }, acceptor, kit, meter, log });
  test.after(() => listener.stop(AbortSignal.abort()));
  await listener.start();
  const port = listener.bound!.port;
  return {
    clock,
    kit,
    meter,
    log,
    acceptor,
    listener,
    port,
    closed: (cause) => meter.connectionsClosed.get(cause) ?? 0,
  };
}

/** Waits until `condition` holds, looking after each turn of the event loop. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A plain TCP client that keeps what it receives. */
export class Client {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  isEnded = false;
  isClosed = false;
  error: Error | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.chunks.push(chunk));
    socket.on("error", (error) => (this.error = error));
    socket.on("end", () => (this.isEnded = true));
    socket.on("close", () => (this.isClosed = true));
  }
  static async to(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Client> {
    const socket = connect({ host: "127.0.0.1", port, ...options });
    const client = new Client(socket);
    await once(socket, "connect");
    return client;
  }
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
  get text(): string {
    return this.bytes.toString("latin1");
  }
  closed(): Promise<void> {
    return until("the client's socket to close", () => this.isClosed);
  }
  receives(text: string): Promise<void> {
    return until(`${JSON.stringify(text)} to arrive`, () => this.text === text);
  }
}
