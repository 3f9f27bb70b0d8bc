import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ProxyEncoder,
  ProxyEndpoint,
  ProxyHeader,
  SslClient,
  SslTlvType,
  Tlv,
  TlvType,
  Transport,
} from "haproxy-protocol";
import type { StreamListenerConfig } from "../config.ts";
import { Client, NEVER, startListener, until } from "./parts.ts";

const require: Partial<StreamListenerConfig> = { proxyProtocol: "require" };
const allow: Partial<StreamListenerConfig> = { proxyProtocol: "allow" };
const LINE = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 1883\r\n";

function encoded(header: ProxyHeader): Buffer {
  const encoder = new ProxyEncoder();
  const bytes = Buffer.alloc(encoder.sizeOf(header));
  encoder.write(header, bytes, 0);
  return bytes;
}
const from = (address: string, port: number, tlvs: Tlv[] = []) =>
  encoded(
    ProxyHeader.v2(
      ProxyEndpoint.inet(address, port),
      ProxyEndpoint.inet(address.includes(":") ? "2001:db8::1" : "198.51.100.1", 1883),
      Transport.Stream,
      tlvs,
    ),
  );

test("version 1, with the first payload in the same segment", async (t) => {
  const bench = await startListener(t, require);
  const client = await Client.to(bench.port);
  client.socket.write(`${LINE}payload`);
  await until("the payload", () => bench.acceptor.connections[0]?.text === "payload");
  assert.deepEqual(bench.acceptor.at(0).peer, {
    address: "192.0.2.7",
    port: 4711,
    proxy: "127.0.0.1",
    listener: "test",
    secure: false,
    certificate: null,
    serverName: null,
  });
  client.socket.write(" and more");
  await until("the rest", () => bench.acceptor.at(0).text === "payload and more");
  assert.equal(bench.meter.bytesReceived, "payload and more".length);
  client.socket.end();
  await client.closed();
});

test("version 2 in pieces of one byte, payload behind it", async (t) => {
  const bench = await startListener(t, require);
  const client = await Client.to(bench.port);
  client.socket.setNoDelay(true);
  for (const byte of Buffer.concat([from("2001:db8::7", 4711), Buffer.from("payload")])) {
    client.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until("the payload", () => bench.acceptor.connections[0]?.text === "payload");
  assert.equal(bench.acceptor.at(0).peer.address, "2001:db8::7");
  client.socket.destroy();
});

test("a mapped IPv4 address is an IPv4 address", async (t) => {
  const bench = await startListener(t, require);
  const client = await Client.to(bench.port);
  client.socket.write(from("::ffff:192.0.2.9", 1));
  await until("the connection", () => bench.acceptor.connections.length === 1);
  assert.equal(bench.acceptor.at(0).peer.address, "192.0.2.9");
  client.socket.destroy();
});

test("a connection that is paused as soon as it is accepted gets nothing before it resumes", async (t) => {
  const bench = await startListener(t, require);
  bench.acceptor.prepare = (connection) => connection.wire.pause();
  const client = await Client.to(bench.port);
  client.socket.write(`${LINE}payload`);
  await until("the connection", () => bench.acceptor.connections.length === 1);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(bench.acceptor.at(0).text, "");
  bench.acceptor.at(0).wire.resume();
  await until("the payload", () => bench.acceptor.at(0).text === "payload");
  client.socket.destroy();
});

for (const [name, header] of [
  ["LOCAL", encoded(ProxyHeader.v2Local())],
  ["UNKNOWN", encoded(ProxyHeader.v1Unknown())],
] as const) {
  test(`${name} keeps the real peer`, async (t) => {
    const bench = await startListener(t, require);
    const client = await Client.to(bench.port);
    client.socket.write(header);
    await until("the connection", () => bench.acceptor.connections.length === 1);
    assert.equal(bench.acceptor.at(0).peer.address, "127.0.0.1");
    assert.equal(bench.acceptor.at(0).peer.port, client.socket.localPort);
    assert.equal(bench.acceptor.at(0).peer.proxy, null);
    client.socket.destroy();
  });
}

test("a client on a UNIX socket of the proxy has no address", async (t) => {
  const bench = await startListener(t, require);
  const client = await Client.to(bench.port);
  const ends = [ProxyEndpoint.unix("/run/a"), ProxyEndpoint.unix("/run/b")] as const;
  client.socket.write(encoded(ProxyHeader.v2(ends[0], ends[1], Transport.Stream)));
  await until("the connection", () => bench.acceptor.connections.length === 1);
  assert.equal(bench.acceptor.at(0).peer.address, "");
  assert.equal(bench.acceptor.at(0).peer.proxy, "127.0.0.1");
  client.socket.destroy();
});

test("the authority is the server name, and a verified client certificate the certificate", async (t) => {
  const bench = await startListener(t, require);
  const name = Tlv.text(SslTlvType.CommonName, "truck-7");
  const withCertificate = SslClient.Tls | SslClient.CertificateOnConnection;
  for (const [index, [client, verify, certificate]] of [
    [withCertificate, 0, { commonName: "truck-7", alternativeNames: [], fingerprint: "" }],
    [withCertificate, 10, null],
    [SslClient.Tls, 0, null],
  ].entries() as Iterable<[number, [number, number, object | null]]>) {
    const socket = (await Client.to(bench.port)).socket;
    socket.write(
      from("192.0.2.7", 1, [Tlv.text(TlvType.Authority, "eu.example.org"), Tlv.ssl(client, verify, [name])]),
    );
    await until("the connection", () => bench.acceptor.connections.length === index + 1);
    const { peer } = bench.acceptor.at(index);
    assert.equal(peer.serverName, "eu.example.org");
    assert.equal(peer.secure, true);
    assert.deepEqual(peer.certificate, certificate);
    socket.destroy();
  }
});

test("require: a client without a header is closed, and none of its bytes pass", async (t) => {
  const bench = await startListener(t, require);
  const client = await Client.to(bench.port);
  client.socket.write("hello");
  await client.closed();
  const silent = await Client.to(bench.port);
  silent.socket.end();
  await silent.closed();
  await until("both to be counted", () => bench.closed("proxy_missing") === 2);
  assert.equal(bench.acceptor.connections.length, 0);
  assert.equal(bench.meter.connections, 0);
  assert.equal(bench.clock.armed, 0);
});

test("require: who is not trusted is refused, whatever it sends", async (t) => {
  const bench = await startListener(t, { proxyProtocol: { mode: "require", trusted: ["192.0.2.0/24"] } });
  const client = await Client.to(bench.port);
  await client.closed();
  await until("the refusal to be counted", () => bench.closed("proxy_untrusted") === 1);
  assert.equal(bench.acceptor.connections.length, 0);
});

test("allow: with a header and without one", async (t) => {
  const bench = await startListener(t, allow);
  const proxied = await Client.to(bench.port);
  proxied.socket.write(`${LINE}one`);
  await until("the first", () => bench.acceptor.connections[0]?.text === "one");
  const direct = await Client.to(bench.port);
  direct.socket.write("PROXIMATE");
  await until("the second", () => bench.acceptor.connections[1]?.text === "PROXIMATE");
  assert.equal(bench.acceptor.at(0).peer.address, "192.0.2.7");
  assert.equal(bench.acceptor.at(1).peer.address, "127.0.0.1");
  assert.equal(bench.acceptor.at(1).peer.proxy, null);
  proxied.socket.destroy();
  direct.socket.destroy();
});

test("allow: a header from somebody who is not trusted is refused, other bytes pass", async (t) => {
  const bench = await startListener(t, { proxyProtocol: { mode: "allow", trusted: ["192.0.2.0/24"] } });
  const liar = await Client.to(bench.port);
  liar.socket.write(`${LINE}one`);
  await liar.closed();
  await until("the refusal to be counted", () => bench.closed("proxy_untrusted") === 1);
  const direct = await Client.to(bench.port);
  direct.socket.write("hello");
  await until("the other", () => bench.acceptor.connections[0]?.text === "hello");
  direct.socket.destroy();
});

test("a malformed header, or one over the budget, closes and is counted by its code", async (t) => {
  const bench = await startListener(t, require);
  const tooLarge = Buffer.alloc(16);
  encoded(ProxyHeader.v2Local()).copy(tooLarge);
  tooLarge.writeUInt16BE(0xffff, 14);
  for (const bytes of ["PROXY TCP4 192.0.2.7 198.51.100.1 04711 1883\r\n", tooLarge]) {
    const client = await Client.to(bench.port);
    client.socket.write(bytes);
    await client.closed();
  }
  await until("both to be counted", () => bench.closed("proxy_malformed") === 2);
  assert.deepEqual(Object.fromEntries(bench.meter.protocolErrors), { PROXY_V1_PORT: 1, PROXY_TOO_LARGE: 1 });
  assert.equal(bench.acceptor.connections.length, 0);
});

test("a header has a deadline", async (t) => {
  const bench = await startListener(t, { proxyProtocol: { mode: "require", timeoutMs: 1_000 } });
  const client = await Client.to(bench.port);
  client.socket.write("PROXY TC");
  await until("the connection", () => bench.meter.connections === 1);
  bench.clock.advance(999);
  assert.equal(bench.meter.connections, 1);
  bench.clock.advance(1);
  await client.closed();
  assert.equal(bench.closed("proxy_timeout"), 1);
  assert.equal(bench.clock.armed, 0);
});

test("a stop ends who is still being admitted", async (t) => {
  const bench = await startListener(t, require);
  const client = await Client.to(bench.port);
  await until("the connection", () => bench.meter.connections === 1);
  await bench.listener.stop(NEVER);
  await client.closed();
  assert.equal(bench.closed("stopping"), 1);
  assert.equal(bench.clock.armed, 0);
});

test("off: a header is the protocol's bytes", async (t) => {
  const bench = await startListener(t);
  const client = await Client.to(bench.port);
  client.socket.write(LINE);
  await until("the bytes", () => bench.acceptor.connections[0]?.text === LINE);
  client.socket.destroy();
});

test("a list that holds no addresses is refused when the listener is made", async (t) => {
  await assert.rejects(startListener(t, { proxyProtocol: { mode: "require", trusted: ["10.0.0.0/33"] } }), RangeError);
});
