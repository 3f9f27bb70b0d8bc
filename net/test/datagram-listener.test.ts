// Datagrams on real sockets: one connection a source, boundaries kept both ways, and what a flood of strangers cannot do.

import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { ListenerMeter, type Peer } from "../../core/index.ts";
import type { DatagramListenerConfig } from "../datagram-config.ts";
import { DatagramListener } from "../datagram-listener.ts";
import type { DatagramAcceptor, DatagramWire } from "../datagram.ts";
import { ListenError } from "../faults.ts";
import { StreamEnd } from "../stream.ts";
import { kitOn, Recorder, until } from "./parts.ts";

const IDLE_MS = 60_000;
const STRANGER_MS = 10_000;
const SWEEP_MS = 5_000;

class Acceptor implements DatagramAcceptor {
  readonly connections: Recorder[] = [];
  prepare: (connection: Recorder, wire: DatagramWire) => void = () => undefined;
  accept(wire: DatagramWire, peer: Peer): Recorder {
    const connection = new Recorder(wire, peer);
    this.connections.push(connection);
    this.prepare(connection, wire);
    return connection;
  }
}

class Sender {
  readonly socket: Socket = createSocket("udp4");
  readonly received: string[] = [];
  #port = 0;

  static async to(t: TestContext, port: number): Promise<Sender> {
    const sender = new Sender();
    sender.#port = port;
    sender.socket.on("message", (bytes) => sender.received.push(bytes.toString("latin1")));
    sender.socket.bind(0, "127.0.0.1");
    await once(sender.socket, "listening");
    t.after(() => sender.socket.close());
    return sender;
  }
  get port(): number {
    return this.socket.address().port;
  }
  send(text: string | Uint8Array): Promise<void> {
    return new Promise((sent, failed) =>
      this.socket.send(text, this.#port, "127.0.0.1", (error) => (error === null ? sent() : failed(error))),
    );
  }
}

async function bench(t: TestContext, config: Partial<DatagramListenerConfig> = {}) {
  const clock = new FakeClock();
  const meter = new ListenerMeter("test", "test");
  const log = new SilentLog();
  const acceptor = new Acceptor();
  const options = { name: "test", config: { port: 0, ...config }, acceptor, kit: kitOn(clock), meter, log };
  const listener = new DatagramListener({ ...options, idleTimeoutMs: IDLE_MS });
  t.after(() => listener.stop());
  await listener.start();
  const { port } = listener.bound!;
  return { clock, meter, log, acceptor, listener, port, options };
}

const drops = (meter: ListenerMeter, reason: string): number => meter.messagesDropped.get(reason) ?? 0;
const closed = (meter: ListenerMeter, cause: string): number => meter.connectionsClosed.get(cause) ?? 0;

function echo(connection: Recorder): void {
  connection.onInput = (chunk) => connection.wire.write(chunk, 0, chunk.length);
}

test("each datagram is one chunk, each write one datagram, each source one connection", async (t) => {
  const { acceptor, meter, port } = await bench(t);
  acceptor.prepare = (connection) => {
    connection.onInput = (chunk) => {
      connection.wire.write(chunk, 0, chunk.length);
      const at = connection.wire.stage(2);
      connection.wire.staging.set(chunk.subarray(0, 2), at);
      connection.wire.commit(at, at + 2);
    };
  };
  const [one, other] = [await Sender.to(t, port), await Sender.to(t, port)];
  await one.send("first");
  await one.send("second");
  await other.send("third");
  await until("the answers", () => one.received.length === 4 && other.received.length === 2);
  assert.deepEqual(one.received, ["first", "fi", "second", "se"]);
  assert.deepEqual(other.received, ["third", "th"]);
  assert.deepEqual(
    acceptor.connections.map(({ chunks }) => chunks.map(String)),
    [["first", "second"], ["third"]],
  );
  const { address, port: from, secure, proxy } = acceptor.connections[0]!.peer;
  assert.deepEqual([address, from, secure, proxy], ["127.0.0.1", one.port, false, null]);
  assert.deepEqual([meter.connections, meter.connectionsOpened], [2, 2]);
  assert.deepEqual([meter.bytesReceived, meter.bytesSent], [16, 22]);
});

test("staged bytes that were sent are not overwritten by those of the next turn", async (t) => {
  const { acceptor, port } = await bench(t);
  acceptor.prepare = (connection) => {
    connection.onInput = (chunk) => {
      for (let n = 0; n < 50; n++) {
        const at = connection.wire.stage(1000);
        connection.wire.staging.fill(chunk[0]! + (n % 10), at, at + 1000);
        connection.wire.commit(at, at + 1000);
      }
    };
  };
  const sender = await Sender.to(t, port);
  await sender.send("0");
  await until("the first burst", () => sender.received.length === 50);
  await sender.send("A");
  await until("both bursts", () => sender.received.length === 100);
  for (const [n, text] of sender.received.entries())
    assert.equal(text, String.fromCharCode((n < 50 ? 48 : 65) + (n % 10)).repeat(1000));
});

test("a source that shows who it is stays until it is silent; a stranger is forgotten sooner", async (t) => {
  const { acceptor, clock, meter, port } = await bench(t);
  acceptor.prepare = (connection, wire) => {
    connection.onInput = (chunk) => {
      if (String(chunk) === "me") wire.prove();
    };
  };
  const [known, stranger] = [await Sender.to(t, port), await Sender.to(t, port)];
  await known.send("me");
  await stranger.send("hello");
  await until("both", () => acceptor.connections.every(({ chunks }) => chunks.length === 1) && meter.connections === 2);
  clock.advance(STRANGER_MS + SWEEP_MS);
  const endsOf = (sender: Sender) => acceptor.connections.find(({ peer }) => peer.port === sender.port)?.ends;
  assert.deepEqual([endsOf(known), endsOf(stranger)], [[], [StreamEnd.Local]]);
  assert.equal(closed(meter, "first_frame_timeout"), 1);
  await known.send("again");
  await until("it to be heard", () => acceptor.connections.some(({ chunks }) => chunks.length === 2));
  clock.advance(IDLE_MS - 1);
  assert.equal(closed(meter, "silence"), 0);
  clock.advance(SWEEP_MS);
  assert.deepEqual([closed(meter, "silence"), meter.connections], [1, 0]);
  await known.send("new");
  await until("a new connection", () => acceptor.connections.length === 3);
});

test("strangers push out strangers, the oldest first, and never one that is proven", async (t) => {
  const { acceptor, meter, port } = await bench(t, { maxConnections: 2 });
  acceptor.prepare = (connection, wire) => {
    connection.onInput = (chunk) => {
      if (String(chunk) === "me") wire.prove();
    };
  };
  const senders: Sender[] = [];
  for (const text of ["me", "a", "b", "c"]) {
    const sender = await Sender.to(t, port);
    senders.push(sender);
    await sender.send(text);
    await until("it to be heard", () => acceptor.connections.length === senders.length);
  }
  assert.deepEqual(
    acceptor.connections.map(({ ends }) => ends.length),
    [0, 1, 0, 0],
  );
  assert.deepEqual([closed(meter, "evicted"), meter.connections], [1, 3]);
  // No more than `maxConnections` are kept of those that show who they are either.
  await senders[2]!.send("me");
  await senders[3]!.send("me");
  await until("the limit", () => closed(meter, "connection_limit") === 1);
  assert.equal(meter.connections, 2);
});

test("an address that sends too much, and new sources that come too fast, are dropped before anything is kept", async (t) => {
  const { acceptor, clock, meter, port } = await bench(t, {
    acceptRatePerSecond: 1,
    datagrams: { sourceRatePerSecond: 3 },
  });
  const [one, other] = [await Sender.to(t, port), await Sender.to(t, port)];
  await one.send("1");
  await until("the first", () => acceptor.connections.length === 1);
  await other.send("2");
  await until("the drop", () => drops(meter, "datagram_accept_rate") === 1);
  await one.send("3");
  await one.send("4");
  await until("the rate", () => drops(meter, "datagram_source_rate") === 1);
  assert.deepEqual(
    acceptor.connections.map(({ text }) => text),
    ["13"],
  );
  clock.advance(1000);
  await one.send("5");
  await until("the next second", () => acceptor.connections[0]!.text === "135");
});

test("what comes while a connection does not read is dropped and counted", async (t) => {
  const { acceptor, meter, port } = await bench(t);
  const sender = await Sender.to(t, port);
  await sender.send("a");
  await until("the first", () => acceptor.connections.length === 1);
  const [connection] = acceptor.connections;
  connection!.wire.pause();
  await sender.send("b");
  await until("the drop", () => drops(meter, "datagram_paused") === 1);
  connection!.wire.resume();
  await sender.send("c");
  await until("the next", () => connection!.text === "ac");
});

test("a connection that throws ends alone, and is told", async (t) => {
  const { acceptor, log, meter, port } = await bench(t);
  acceptor.prepare = (connection) => {
    connection.onInput = (chunk) => {
      if (String(chunk) === "bad") throw new Error("our bug");
      connection.wire.write(chunk, 0, chunk.length);
    };
  };
  const [good, bad] = [await Sender.to(t, port), await Sender.to(t, port)];
  await bad.send("bad");
  await until("its end", () => closed(meter, "internal_error") === 1);
  await good.send("good");
  await until("the other", () => good.received.length === 1);
  assert.equal(log.lines.filter(({ level }) => level === "error").length, 1);
});

test("too long for a datagram, and nothing at all, are not sent", async (t) => {
  const { acceptor, meter, port } = await bench(t);
  const sender = await Sender.to(t, port);
  await sender.send("a");
  await until("the first", () => acceptor.connections.length === 1);
  const { wire } = acceptor.connections[0]!;
  assert.equal(wire.write(new Uint8Array(65_508), 0, 65_508), true);
  wire.write(new Uint8Array(1), 1, 1);
  assert.deepEqual([drops(meter, "datagram_too_long"), meter.bytesSent], [1, 0]);
});

test("stop lets connections say goodbye, leaves no timer, and it starts again", async (t) => {
  const { acceptor, clock, listener, meter, port } = await bench(t);
  acceptor.prepare = (connection) => {
    connection.onStop = () => {
      connection.wire.write(Buffer.from("bye"), 0, 3);
      connection.wire.end();
    };
  };
  const sender = await Sender.to(t, port);
  await sender.send("a");
  await until("the first", () => acceptor.connections.length === 1);
  await Promise.all([listener.stop(), listener.stop()]);
  await until("the goodbye", () => sender.received.length === 1);
  assert.deepEqual([sender.received, listener.bound, clock.armed], [["bye"], null, 0]);
  assert.deepEqual(acceptor.connections[0]!.ends, [StreamEnd.Local]);
  assert.deepEqual([closed(meter, "stopping"), meter.connections], [1, 0]);
  acceptor.connections[0]!.wire.write(Buffer.from("late"), 0, 4);
  await listener.start();
  await listener.start();
  assert.equal(listener.bound!.transport, "udp");
  acceptor.prepare = echo;
  const again = await Sender.to(t, listener.bound!.port);
  await again.send("b");
  await until("an answer", () => again.received.length === 1);
  await listener.stop();
  await listener.stop();
  assert.equal(clock.armed, 0);
});

test("a stop during the start leaves nothing bound", async (t) => {
  const { listener, clock } = await bench(t);
  await listener.stop();
  const starting = listener.start();
  await listener.stop();
  await starting;
  assert.deepEqual([listener.bound, clock.armed], [null, 0]);
});

test("a port in use is told", async (t) => {
  const { port, options } = await bench(t);
  const second = new DatagramListener({ ...options, config: { port }, idleTimeoutMs: IDLE_MS });
  await assert.rejects(second.start(), (error) => error instanceof ListenError && error.code === "NET_ADDRESS_IN_USE");
  assert.equal(second.bound, null);
});

test("the receive buffer that the kernel gave is told, and what it dropped is counted", async (t) => {
  const { clock, log, listener, meter, port } = await bench(t, { datagrams: { receiveBufferBytes: 4096 } });
  const told = log.lines.find(({ fields }) => "receiveBufferBytes" in fields);
  assert.ok(
    told !== undefined && "receiveBufferBytes" in told.fields && Number(told.fields.receiveBufferBytes) >= 4096,
  );
  if (!existsSync("/proc/net/udp")) {
    t.diagnostic("no /proc/net/udp here: what the kernel drops cannot be known");
    return;
  }
  const sender = await Sender.to(t, port);
  // All before the listener's turn comes.
  const sent = Array.from({ length: 200 }, () => sender.send(new Uint8Array(1000)));
  await Promise.all(sent);
  clock.advance(SWEEP_MS);
  await until("the kernel's count", () => drops(meter, "datagram_receive_buffer") > 0);
  const counted = drops(meter, "datagram_receive_buffer");
  await listener.stop();
  const inAll = drops(meter, "datagram_receive_buffer");
  assert.ok(inAll >= counted);
  assert.equal(inAll + meter.bytesReceived / 1000, 200);
});
