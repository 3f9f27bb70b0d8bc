// Connections of a listener: bytes both ways, their limits, and whose fault costs whom what. Binding and leaving:
// stream-listener.life-cycle.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LINGER_MS } from "../stream-carrier.ts";
import { StreamEnd } from "../stream.ts";
import { Client, echo, NEVER, startListener, until } from "./parts.ts";

test("bytes travel both ways, the peer is known, and all is counted", async (t) => {
  const bench = await startListener(t);
  bench.acceptor.prepare = echo;
  const client = await Client.to(bench.port);
  client.socket.write("hello");
  await client.receives("hello");
  const connection = bench.acceptor.at(0);
  assert.deepEqual(connection.peer, {
    address: "127.0.0.1",
    port: client.socket.localPort,
    proxy: null,
    listener: "test",
    secure: false,
    certificate: null,
    serverName: null,
  });
  assert.equal(bench.meter.connections, 1);
  assert.equal(bench.meter.connectionsOpened, 1);
  assert.equal(bench.meter.bytesReceived, 5);
  assert.equal(bench.meter.bytesSent, 5);
  client.socket.end();
  await client.closed();
  await until("the end to be counted", () => bench.closed("peer") === 1);
  assert.deepEqual(connection.ends, [StreamEnd.Peer]);
  assert.equal(bench.meter.connections, 0);
  assert.equal(bench.clock.armed, 0);
});

test("an answer to a peer that has closed its side still reaches it", async (t) => {
  const bench = await startListener(t);
  bench.acceptor.prepare = (connection) => {
    echo(connection);
    connection.wire.pause();
  };
  const client = await Client.to(bench.port, { allowHalfOpen: true });
  client.socket.end("last words");
  await until("the connection", () => bench.acceptor.connections.length === 1);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  // Now the bytes and the end come in one turn.
  bench.acceptor.at(0).wire.resume();
  await until("the end", () => client.isEnded);
  assert.equal(client.text, "last words");
  client.socket.destroy();
  await until("the end to be counted", () => bench.closed("peer") === 1);
  assert.deepEqual(bench.acceptor.at(0).ends, [StreamEnd.Peer]);
});

test("a reset counts as an error", async (t) => {
  const bench = await startListener(t);
  const client = await Client.to(bench.port);
  client.socket.write("x");
  await until("the byte", () => bench.acceptor.connections[0]?.text === "x");
  client.socket.resetAndDestroy();
  await until("the end to be counted", () => bench.closed("error") === 1);
  assert.deepEqual(bench.acceptor.at(0).ends, [StreamEnd.Error]);
});

test("end says its last words; a peer that does not close is cut off after the linger time", async (t) => {
  const bench = await startListener(t);
  bench.acceptor.prepare = (connection) => {
    connection.onInput = () => {
      connection.wire.write(Buffer.from("bye"), 0, 3);
      connection.wire.end();
      connection.wire.write(Buffer.from("late"), 0, 4);
    };
  };
  const client = await Client.to(bench.port, { allowHalfOpen: true });
  client.socket.write("go");
  await until("the end", () => client.isEnded);
  assert.equal(client.text, "bye");
  client.socket.write("ignored");
  assert.equal(bench.meter.connections, 1);
  await until("the bytes to be read", () => bench.meter.bytesReceived === 9);
  assert.equal(bench.acceptor.at(0).text, "go");
  bench.clock.advance(LINGER_MS);
  await until("the end to be counted", () => bench.closed("local") === 1);
  client.socket.destroy();
  assert.deepEqual(bench.acceptor.at(0).ends, [StreamEnd.Local]);
  assert.equal(bench.clock.armed, 0);
});

test("who sends no whole frame in time is cut off; who has, is not", async (t) => {
  const bench = await startListener(t, { firstFrameTimeoutMs: 2_000 });
  bench.acceptor.prepare = (connection) => {
    connection.onInput = () => {
      if (connection.text.includes("!")) connection.wire.established();
    };
  };
  const silent = await Client.to(bench.port);
  const dripping = await Client.to(bench.port);
  const talking = await Client.to(bench.port);
  dripping.socket.write("frag");
  talking.socket.write("frame!");
  await until("both to be read", () => bench.meter.bytesReceived === 10);
  await until("all three", () => bench.meter.connections === 3);
  bench.clock.advance(1_999);
  assert.equal(bench.meter.connections, 3);
  bench.clock.advance(1);
  await Promise.all([silent.closed(), dripping.closed()]);
  await until("the ends to be counted", () => bench.closed("first_frame_timeout") === 2);
  bench.clock.advance(1_000_000);
  assert.equal(bench.meter.connections, 1);
  assert.equal(talking.isClosed, false);
  talking.socket.destroy();
});

test("connections over the limit are refused and counted, and there is room again when one closes", async (t) => {
  const bench = await startListener(t, { maxConnections: 2 });
  const first = await Client.to(bench.port);
  await Client.to(bench.port).then((client) => t.after(() => client.socket.destroy()));
  await until("two connections", () => bench.meter.connections === 2);
  const third = await Client.to(bench.port);
  await third.closed();
  await until("the refusal to be counted", () => bench.closed("connection_limit") === 1);
  assert.equal(bench.acceptor.connections.length, 2);
  first.socket.end();
  await until("room", () => bench.meter.connections === 1);
  const fourth = await Client.to(bench.port);
  t.after(() => fourth.socket.destroy());
  await until("the new one", () => bench.meter.connections === 2);
  assert.equal(bench.meter.connectionsOpened, 4);
});

test("connections faster than the accept rate are refused and counted", async (t) => {
  const bench = await startListener(t, { acceptRatePerSecond: 3 });
  const clients = [];
  for (let i = 0; i < 5; i++) clients.push(await Client.to(bench.port));
  await until("two refusals", () => bench.closed("accept_rate") === 2);
  assert.equal(bench.acceptor.connections.length, 3);
  bench.clock.advance(334);
  clients.push(await Client.to(bench.port));
  await until("one more", () => bench.acceptor.connections.length === 4);
  for (const { socket } of clients) socket.destroy();
});

test("a peer that does not read: full, then writable again when it reads", async (t) => {
  const bench = await startListener(t, { highWaterMarkBytes: 65_536 });
  const client = await Client.to(bench.port);
  client.socket.pause();
  await until("the connection", () => bench.acceptor.connections.length === 1);
  const connection = bench.acceptor.at(0);
  const chunk = Buffer.alloc(32_768, 1);
  let sent = chunk.length;
  while (connection.wire.write(chunk, 0, chunk.length)) {
    sent += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(connection.wire.bufferedBytes > 65_536);
  assert.ok(connection.wire.bufferedBytes <= 65_536 + 2 * chunk.length);
  assert.equal(connection.writables, 0);
  client.socket.resume();
  await until("room again", () => connection.writables === 1);
  await until("all of it", () => client.bytes.length === sent);
  assert.equal(connection.wire.bufferedBytes, 0);
  client.socket.destroy();
});

test("a slow consumer is cut off at the limit, and the others go on", async (t) => {
  const bench = await startListener(t, { highWaterMarkBytes: 65_536, outputMaxBytes: 262_144 });
  bench.acceptor.prepare = echo;
  const slow = await Client.to(bench.port);
  slow.socket.pause();
  await until("the connection", () => bench.acceptor.connections.length === 1);
  const good = await Client.to(bench.port);
  const { wire } = bench.acceptor.at(0);
  const chunk = Buffer.alloc(32_768, 1);
  for (let i = 0; bench.acceptor.at(0).ends.length === 0 && i < 10_000; i++) {
    wire.write(chunk, 0, chunk.length);
    assert.ok(wire.bufferedBytes <= 262_144 + chunk.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(bench.acceptor.at(0).ends, [StreamEnd.Local]);
  assert.equal(bench.closed("slow_consumer"), 1);
  assert.equal(bench.log.of("warn").length, 1);
  good.socket.write("still here");
  await good.receives("still here");
  good.socket.destroy();
  slow.socket.destroy();
});

test("pause holds the peer back, resume lets it go on", async (t) => {
  const bench = await startListener(t);
  bench.acceptor.prepare = (connection) => connection.wire.pause();
  const client = await Client.to(bench.port);
  client.socket.write("wait");
  await until("the connection", () => bench.acceptor.connections.length === 1);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  const connection = bench.acceptor.at(0);
  assert.equal(connection.text, "");
  connection.wire.resume();
  await until("the bytes", () => connection.text === "wait");
  client.socket.destroy();
});

for (const where of ["accept", "onBytes", "onWritable", "onClosed", "onStopping"] as const) {
  test(`an exception in ${where} costs its own connection alone`, async (t) => {
    const bench = await startListener(t, { highWaterMarkBytes: 65_536, outputMaxBytes: 1_073_741_824 });
    const fail = (): never => {
      throw new Error(`a defect in ${where}`);
    };
    let isBad = true;
    bench.acceptor.prepare = (connection) => {
      if (!isBad) return echo(connection);
      isBad = false;
      if (where === "accept") fail();
      if (where === "onBytes") connection.onInput = fail;
      if (where === "onWritable") connection.onWritable = fail;
      if (where === "onClosed") connection.onClosed = fail;
      if (where === "onStopping") connection.onStop = fail;
    };
    const bad = await Client.to(bench.port);
    await until("the connection", () => bench.meter.connectionsOpened === 1);
    const good = await Client.to(bench.port);
    if (where === "onBytes") bad.socket.write("x");
    if (where === "onClosed") bad.socket.end();
    if (where === "onWritable") {
      bad.socket.pause();
      const chunk = Buffer.alloc(1_000_000);
      const { wire } = bench.acceptor.at(0);
      while (wire.write(chunk, 0, chunk.length)) await new Promise((resolve) => setImmediate(resolve));
      bad.socket.resume();
    }
    if (where !== "onStopping") await bad.closed();
    good.socket.write("still here");
    await good.receives("still here");
    if (where === "onStopping") {
      await bench.listener.stop(NEVER);
      await bad.closed();
    }
    const errors = bench.log.of("error");
    assert.equal(errors.length, 1);
    assert.match(JSON.stringify(errors[0]), new RegExp(`a defect in ${where}`));
    if (where !== "onClosed" && where !== "onStopping") assert.equal(bench.closed("internal_error"), 1);
    good.socket.destroy();
    await until("both to be counted", () => bench.meter.connections === 0);
  });
}

test("on all addresses, an IPv4 peer has an IPv4 address", async (t) => {
  const bench = await startListener(t, { host: "::" });
  const client = await Client.to(bench.port);
  await until("the connection", () => bench.acceptor.connections.length === 1);
  assert.equal(bench.acceptor.at(0).peer.address, "127.0.0.1");
  client.socket.destroy();
});
