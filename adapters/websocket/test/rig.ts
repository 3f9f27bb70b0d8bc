// One WebSocket listener on a free port, under a clock that stands still, in front of a scripted gateway; with a stream
// protocol "echo" beside it, whose connections the test sees.

import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";
import type { Adapter, ListenerMeter, Peer } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import type { NetKit } from "../../../net/kit.ts";
import type { StreamConnection, StreamEnd, Wire } from "../../../net/stream.ts";
import { createNetKit } from "../../../net/kit.ts";
import type { WebsocketConfig } from "../config.ts";
import { websocket } from "../index.ts";
import { RawWebSocket } from "./raw-web-socket.ts";

export interface RigOptions {
  readonly config?: Omit<WebsocketConfig, "listeners">;
  readonly listener?: Omit<WebsocketConfig["listeners"][number], "port">;
  readonly gateway?: ConstructorParameters<typeof FakeGateway>[0];
}

const PATIENCE_MS = 5_000;

/** Sends back what comes. */
export class EchoConnection implements StreamConnection {
  readonly wire: Wire;
  readonly peer: Peer;
  received: Buffer = Buffer.alloc(0);
  chunks = 0;
  ended: StreamEnd | null = null;
  writable = 0;
  constructor(wire: Wire, peer: Peer) {
    this.wire = wire;
    this.peer = peer;
  }
  onBytes(chunk: Uint8Array): void {
    this.chunks++;
    this.received = Buffer.concat([this.received, chunk]);
    this.wire.established();
    this.wire.write(chunk, 0, chunk.length);
  }
  onWritable(): void {
    this.writable++;
  }
  onClosed(end: StreamEnd): void {
    this.ended = end;
  }
  onStopping(): void {
    const bye = Buffer.from("bye");
    this.wire.write(bye, 0, bye.length);
    this.wire.end();
  }
}

export class Rig {
  readonly gateway: FakeGateway;
  readonly adapter: Adapter;
  readonly kit: NetKit;
  readonly echoes: EchoConnection[] = [];

  private constructor(options: RigOptions) {
    this.gateway = new FakeGateway({ protocol: "websocket", ...options.gateway });
    this.kit = createNetKit({ clock: this.gateway.clock });
    this.kit.streams.register("echo", {
      accept: (wire, peer) => {
        const connection = new EchoConnection(wire, peer);
        this.echoes.push(connection);
        return connection;
      },
    });
    const listeners = [{ ...options.listener, port: 0 }];
    this.adapter = websocket.create({ ...options.config, listeners }, this.gateway, this.kit);
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options);
    await rig.adapter.start();
    return rig;
  }

  get port(): number {
    return this.adapter.listeners[0]!.port;
  }
  get meter(): ListenerMeter {
    return this.gateway.meter("websocket");
  }

  raw(protocol: string, headers: Record<string, string> = {}): Promise<RawWebSocket> {
    return RawWebSocket.upgraded(this.port, protocol, headers);
  }

  async connect(protocol: string, path = "/mqtt"): Promise<WebSocket> {
    const client = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, protocol, { perMessageDeflate: false });
    await once(client, "open");
    return client;
  }

  /** Looks until it is so; rejects after five seconds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
      await setTimeout(2);
    }
  }
}

/** Runs a test on a listener of its own; afterwards nothing is armed, open or broken. */
export async function withRig(options: RigOptions, run: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await Rig.start(options);
  try {
    await run(rig);
  } finally {
    await rig.adapter.stop(AbortSignal.timeout(1_000));
  }
  assert.deepEqual(rig.gateway.violations, []);
  assert.deepEqual(rig.gateway.log.of("error"), []);
  assert.equal(rig.gateway.clock.armed, 0, "timers left");
  assert.equal(rig.gateway.open.length, 0, "sessions left");
  assert.equal(rig.meter.connections, 0, "connections left");
}

/** A page that speaks JSON, with what it was told. */
export class Page {
  readonly raw: RawWebSocket;
  #taken = 0;
  constructor(raw: RawWebSocket) {
    this.raw = raw;
  }

  static async open(rig: Rig, headers: Record<string, string> = {}): Promise<Page> {
    return new Page(await rig.raw("tributary.v1.json", headers));
  }
  static async connected(rig: Rig, fields: object = {}): Promise<Page> {
    const page = await Page.open(rig);
    page.send({ type: "connect", client: "page", ...fields });
    assert.equal((await page.next())["type"], "connected");
    return page;
  }

  send(...values: object[]): void {
    this.raw.sendText(...values.map((value) => JSON.stringify(value)));
  }
  /** The next text frame. */
  async next(): Promise<Record<string, unknown>> {
    const all = await this.raw.first(this.#taken + 1);
    return JSON.parse(all[this.#taken++]!.payload.toString()) as Record<string, unknown>;
  }
}
