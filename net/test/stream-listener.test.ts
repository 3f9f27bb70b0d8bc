import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamEnd } from "../stream.ts";
import { Client, startListener, until } from "./parts.ts";

test("bytes travel both ways, and the peer is known", async (t) => {
  const bench = await startListener(t);
  bench.acceptor.prepare = (connection) => {
    connection.onInput = (chunk) => connection.wire.write(chunk, 0, chunk.length);
  };
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
  assert.equal(bench.meter.bytesReceived, 5);
  assert.equal(bench.meter.bytesSent, 5);
  client.socket.end();
  await client.closed();
  await until("the end to be counted", () => bench.closed("peer") === 1);
  assert.deepEqual(connection.ends, [StreamEnd.Peer]);
  assert.equal(bench.meter.connections, 0);
  assert.equal(bench.clock.armed, 0);
});
