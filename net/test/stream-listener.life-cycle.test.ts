// Binding and leaving: what is bound is told, ports that cannot be had, stop with and without patience, and nothing left
// behind. What happens on the connections meanwhile: stream-listener.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { ListenerMeter } from "../../core/index.ts";
import { ListenError } from "../faults.ts";
import { StreamListener } from "../stream-listener.ts";
import { StreamEnd } from "../stream.ts";
import { Client, echo, kitOn, NEVER, RecordingAcceptor, startListener, until, type Recorder } from "./parts.ts";

test("what is bound is told, and is gone after a stop", async (t) => {
  const bench = await startListener(t, { maxConnections: 7 });
  assert.deepEqual(bench.listener.bound, {
    name: "test",
    transport: "tcp",
    host: "127.0.0.1",
    port: bench.port,
    secure: false,
    proxyProtocol: "off",
    maxConnections: 7,
  });
  assert.ok(bench.port > 0);
  await bench.listener.stop(NEVER);
  assert.equal(bench.listener.bound, null);
});

test("stop asks every connection to say goodbye, waits, and lets nobody in meanwhile", async (t) => {
  const bench = await startListener(t);
  const clients = [await Client.to(bench.port), await Client.to(bench.port)];
  await until("both", () => bench.acceptor.connections.length === 2);
  const late: Recorder = bench.acceptor.at(1);
  let asked = 0;
  for (const connection of bench.acceptor.connections) {
    connection.onStop = () => {
      asked++;
      connection.wire.write(Buffer.from("goodbye"), 0, 7);
      if (connection !== late) connection.wire.end();
    };
  }
  let isStopped = false;
  const stopped = bench.listener.stop(NEVER).then(() => (isStopped = true));
  assert.equal(asked, 2);
  await until("one to close", () => bench.meter.connections === 1);
  assert.equal(isStopped, false);
  await assert.rejects(Client.to(bench.port), { code: "ECONNREFUSED" });
  late.wire.end();
  await stopped;
  for (const client of clients) await client.receives("goodbye");
  assert.equal(bench.closed("stopping"), 2);
  assert.equal(bench.meter.connections, 0);
  assert.equal(bench.clock.armed, 0);
});

test("stop destroys at its deadline who does not go", async (t) => {
  const bench = await startListener(t);
  const client = await Client.to(bench.port);
  await until("the connection", () => bench.acceptor.connections.length === 1);
  bench.acceptor.at(0).onStop = () => undefined;
  const deadline = new AbortController();
  const first = bench.listener.stop(deadline.signal);
  const second = bench.listener.stop(NEVER);
  deadline.abort();
  await Promise.all([first, second]);
  await client.closed();
  assert.deepEqual(bench.acceptor.at(0).ends, [StreamEnd.Local]);
  assert.equal(bench.closed("stopping"), 1);
});

test("stop is safe unstarted and twice, and the listener starts again", async (t) => {
  const acceptor = new RecordingAcceptor();
  acceptor.prepare = echo;
  const listener = new StreamListener({
    name: "test",
    config: { port: 0 },
    acceptor,
    kit: kitOn(new FakeClock()),
    meter: new ListenerMeter("test", "test"),
    log: new SilentLog(),
  });
  t.after(() => listener.stop(AbortSignal.abort()));
  await listener.stop(NEVER);
  for (let round = 0; round < 3; round++) {
    await listener.start();
    const client = await Client.to(listener.bound!.port);
    client.socket.write(`round ${round}`);
    await client.receives(`round ${round}`);
    await listener.stop(NEVER);
    await listener.stop(NEVER);
    await client.closed();
  }
  const starting = listener.start();
  await listener.stop(NEVER);
  await starting;
  assert.equal(listener.bound, null, "stopped while it was starting");
});

test("a port in use is told by host and port, and nothing is left bound", async (t) => {
  const taken = await startListener(t);
  const other = new StreamListener({
    name: "other",
    config: { port: taken.port },
    acceptor: taken.acceptor,
    kit: taken.kit,
    meter: taken.meter,
    log: taken.log,
  });
  await assert.rejects(other.start(), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, "NET_ADDRESS_IN_USE");
    assert.equal(error.message, `listener other: cannot listen on 127.0.0.1:${taken.port}: the port is in use`);
    assert.equal(error.port, taken.port);
    return true;
  });
  const ports = [other.bound?.port];
  await taken.listener.stop(NEVER);
  await other.start();
  ports.push(other.bound?.port);
  assert.deepEqual(ports, [undefined, taken.port]);
  await other.stop(NEVER);
});

test("an address that is not this host's is told", async (t) => {
  const bench = await startListener(t);
  const other = new StreamListener({
    name: "other",
    config: { host: "192.0.2.1", port: 0 },
    acceptor: bench.acceptor,
    kit: bench.kit,
    meter: bench.meter,
    log: bench.log,
  });
  await assert.rejects(other.start(), { name: "ListenError", code: "NET_ADDRESS_NOT_AVAILABLE" });
});

test("a thousand connections that come and go leave nothing behind", async (t) => {
  const bench = await startListener(t);
  bench.acceptor.prepare = echo;
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => Client.to(bench.port)));
    for (const { socket } of clients) socket.write("x");
    await Promise.all(clients.map((client) => client.receives("x")));
    for (const { socket } of clients) socket.destroy();
    await until("all to be gone", () => bench.meter.connections === 0);
  }
  assert.equal(bench.meter.connectionsOpened, 1_000);
  const closed = [...bench.meter.connectionsClosed.values()].reduce((sum, n) => sum + n, 0);
  assert.equal(closed, 1_000);
  assert.equal(bench.clock.armed, 0);
});
