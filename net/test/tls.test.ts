import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import type { StreamListenerConfig } from "../config.ts";
import { CertificateError } from "../faults.ts";
import { isSecureListener } from "../secure-listener.ts";
import { StreamEnd } from "../stream.ts";
import { Authority, type Pair } from "./certificates.ts";
import { Client, startListener, until, type Bench } from "./parts.ts";

type Tls = NonNullable<StreamListenerConfig["tls"]>;

async function startTls(t: TestContext, tls: Tls, more: Partial<StreamListenerConfig> = {}): Promise<Bench> {
  const bench = await startListener(t, { tls, ...more });
  bench.acceptor.prepare = (connection) => {
    connection.onInput = (chunk) => connection.wire.write(chunk, 0, chunk.length);
  };
  return bench;
}

async function secureClient(port: number, ca: string, options: ConnectionOptions = {}): Promise<Client> {
  const socket = connect({ host: "127.0.0.1", port, servername: "gw.example.org", ca: await readFile(ca), ...options });
  const client = new Client(socket);
  await once(socket, "secureConnect");
  return client;
}

/** What openssl's own client prints; it sends `input` once it is connected, and goes on reading. */
class SClient {
  readonly child: ChildProcessWithoutNullStreams;
  output = "";
  constructor(t: TestContext, port: number, options: readonly string[]) {
    this.child = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...options]);
    this.child.stdout.on("data", (chunk: Buffer) => (this.output += chunk.toString("latin1")));
    this.child.stderr.on("data", (chunk: Buffer) => (this.output += chunk.toString("latin1")));
    this.child.stdin.on("error", () => undefined);
    t.after(() => void this.child.kill("SIGKILL"));
  }
  prints(text: string): Promise<void> {
    return until(`openssl to print ${text}`, () => this.output.includes(text));
  }
}

async function read(pair: Pair): Promise<{ cert: Buffer; key: Buffer }> {
  return { cert: await readFile(pair.cert), key: await readFile(pair.key) };
}

async function fingerprintOf(cert: string): Promise<string> {
  const child = spawn("openssl", ["x509", "-in", cert, "-noout", "-fingerprint", "-sha256"]);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  return output.replace(/^.*=/, "").trim().replaceAll(":", "").toLowerCase();
}

async function endOf(pair: Pair): Promise<number> {
  return Date.parse(new X509Certificate(await readFile(pair.cert)).validTo);
}

test("openssl's client talks to a listener, in TLS 1.2 and 1.3", async (t) => {
  const authority = await Authority.create(t);
  const bench = await startTls(t, await authority.issue("gw.example.org", "DNS:gw.example.org"));
  assert.equal(bench.listener.bound?.transport, "tls");
  assert.equal(bench.listener.bound.secure, true);
  for (const [index, version] of ["-tls1_2", "-tls1_3"].entries()) {
    const client = new SClient(t, bench.port, [version, "-CAfile", authority.cert, "-verify_return_error", "-quiet"]);
    client.child.stdin.write("secret\n");
    await client.prints("secret");
    const { peer } = bench.acceptor.at(index);
    assert.equal(peer.secure, true);
    assert.equal(peer.certificate, null);
    assert.equal(peer.serverName, null);
    client.child.kill("SIGKILL");
  }
  await until("both ends", () => bench.meter.connections === 0);
  assert.equal(bench.clock.armed, 0);
});

test("an older version than the lowest is refused", async (t) => {
  const authority = await Authority.create(t);
  const pair = await authority.issue("gw", "DNS:gw.example.org");
  const bench = await startTls(t, { ...pair, minVersion: "1.3" });
  const client = new SClient(t, bench.port, ["-tls1_2"]);
  await once(client.child, "close");
  await until("the failure to be counted", () => bench.closed("tls_failed") === 1);
  assert.equal(bench.acceptor.connections.length, 0);
  assert.equal(bench.meter.connections, 0);
});

test("mutual TLS: a certificate of the authority gets in and is known; none, or another's, does not", async (t) => {
  const authority = await Authority.create(t);
  const stranger = await Authority.create(t);
  const server = await authority.issue("gw", "DNS:gw.example.org");
  const device = await authority.issue("truck-7", "DNS:truck-7.example.org,URI:urn:fleet:7,IP:192.0.2.7");
  const other = await stranger.issue("truck-7", "DNS:truck-7.example.org");
  const bench = await startTls(t, { ...server, ca: authority.cert, requireClientCertificate: true });
  const good = new SClient(t, bench.port, ["-cert", device.cert, "-key", device.key, "-quiet"]);
  good.child.stdin.write("secret\n");
  await good.prints("secret");
  assert.deepEqual(bench.acceptor.at(0).peer.certificate, {
    commonName: "truck-7",
    alternativeNames: ["truck-7.example.org", "urn:fleet:7"],
    fingerprint: await fingerprintOf(device.cert),
  });
  for (const options of [["-quiet"], ["-cert", other.cert, "-key", other.key, "-quiet"]]) {
    const bad = new SClient(t, bench.port, options);
    bad.child.stdin.write("secret\n");
    await once(bad.child, "close");
  }
  await until("both to be counted", () => bench.closed("tls_failed") + bench.closed("error") === 2);
  assert.equal(bench.acceptor.connections.length, 1);
});

test("a client certificate that is not required is known when it is good, and nothing when it is not", async (t) => {
  const authority = await Authority.create(t);
  const stranger = await Authority.create(t);
  const bench = await startTls(t, { ...(await authority.issue("gw", "DNS:gw.example.org")), ca: authority.cert });
  const names = [];
  for (const options of [
    {},
    await read(await authority.issue("truck-7", "DNS:t")),
    await read(await stranger.issue("truck-8", "DNS:t")),
  ]) {
    const client = await secureClient(bench.port, authority.cert, options);
    client.socket.write("hello");
    await client.receives("hello");
    names.push(bench.acceptor.connections.at(-1)?.peer.certificate?.commonName ?? null);
    client.socket.destroy();
  }
  assert.deepEqual(names, [null, "truck-7", null]);
});

test("a resumed session has the certificate of the first one", async (t) => {
  const authority = await Authority.create(t);
  const device = await authority.issue("truck-7", "DNS:t");
  const server = await authority.issue("gw", "DNS:gw.example.org");
  const bench = await startTls(t, { ...server, ca: authority.cert, requireClientCertificate: true });
  const options = await read(device);
  const first = await secureClient(bench.port, authority.cert, options);
  const sessions: Buffer[] = [];
  first.socket.on("session", (session: Buffer) => sessions.push(session));
  first.socket.write("one");
  await first.receives("one");
  await until("a session", () => sessions.length > 0);
  const again = await secureClient(bench.port, authority.cert, { ...options, session: sessions[0]! });
  again.socket.write("two");
  await again.receives("two");
  assert.equal((again.socket as TLSSocket).isSessionReused(), true);
  assert.equal(bench.acceptor.at(1).peer.certificate?.commonName, "truck-7");
  first.socket.destroy();
  again.socket.destroy();
});

test("each server name gets its certificate; unknown names and none get the first", async (t) => {
  const authority = await Authority.create(t);
  const serverNames = [
    { name: "EU.example.org", ...(await authority.issue("eu", "DNS:eu.example.org")) },
    { name: "*.fleet.example.org", ...(await authority.issue("fleet", "DNS:*.fleet.example.org")) },
  ];
  const bench = await startTls(t, { ...(await authority.issue("fallback", "DNS:gw.example.org")), serverNames });
  const seen = [];
  for (const name of ["eu.example.org", "a.fleet.example.org", "a.b.fleet.example.org", "fleet.example.org", null]) {
    const client = new SClient(t, bench.port, name === null ? ["-noservername"] : ["-servername", name]);
    await client.prints("subject=");
    await until("the connection", () => bench.acceptor.connections.length === seen.length + 1);
    const subject = /subject=.*CN ?= ?(\S+)/.exec(client.output)?.[1];
    seen.push([bench.acceptor.connections.at(-1)?.peer.serverName, subject]);
    client.child.kill("SIGKILL");
  }
  assert.deepEqual(seen, [
    ["eu.example.org", "eu"],
    ["a.fleet.example.org", "fleet"],
    ["a.b.fleet.example.org", "fallback"],
    ["fleet.example.org", "fallback"],
    [null, "fallback"],
  ]);
});

test("mutual TLS holds for every server name", async (t) => {
  const authority = await Authority.create(t);
  const serverNames = [{ name: "eu.example.org", ...(await authority.issue("eu", "DNS:eu.example.org")) }];
  const server = await authority.issue("gw", "DNS:gw.example.org");
  const bench = await startTls(t, { ...server, ca: authority.cert, requireClientCertificate: true, serverNames });
  const bad = new SClient(t, bench.port, ["-servername", "eu.example.org", "-quiet"]);
  bad.child.stdin.write("secret\n");
  await once(bad.child, "close");
  const device = await authority.issue("truck-7", "DNS:t");
  const sni = ["-servername", "eu.example.org", "-cert", device.cert, "-key", device.key, "-quiet"];
  const good = new SClient(t, bench.port, sni);
  good.child.stdin.write("secret\n");
  await good.prints("secret");
  assert.equal(bench.acceptor.connections.length, 1);
  assert.equal(bench.acceptor.at(0).peer.certificate?.commonName, "truck-7");
});

test("reload: new connections get the new certificates, old ones stay, and a bad file changes nothing", async (t) => {
  const authority = await Authority.create(t);
  const pair = await authority.issue("before", "DNS:gw.example.org");
  const named = await authority.issue("named before", "DNS:eu.example.org");
  const bench = await startTls(t, { ...pair, serverNames: [{ name: "eu.example.org", ...named }] });
  const subjectFor = async (servername: string): Promise<string> => {
    const client = await secureClient(bench.port, authority.cert, { servername });
    const name: unknown = (client.socket as TLSSocket).getPeerCertificate().subject.CN;
    client.socket.destroy();
    return String(name);
  };
  const old = await secureClient(bench.port, authority.cert);
  assert.equal(await subjectFor("gw.example.org"), "before");
  await authority.issue("after", "DNS:gw.example.org", pair);
  await authority.issue("named after", "DNS:eu.example.org", named);
  assert.equal(await subjectFor("gw.example.org"), "before");
  await bench.listener.reload();
  assert.equal(await subjectFor("gw.example.org"), "after");
  assert.equal(await subjectFor("eu.example.org"), "named after");
  await authority.file(named.cert.slice(authority.folder.length + 1), "not a certificate");
  await assert.rejects(bench.listener.reload(), CertificateError);
  assert.equal(await subjectFor("gw.example.org"), "after");
  assert.equal(await subjectFor("eu.example.org"), "named after");
  old.socket.write("still here");
  await old.receives("still here");
  old.socket.destroy();
});

test("when the first certificate of a listener ends is known, and known anew after a reload", async (t) => {
  const authority = await Authority.create(t);
  const pair = await authority.issue("gw", "DNS:gw.example.org", null, 30);
  const named = await authority.issue("eu", "DNS:eu.example.org", null, 20);
  const bench = await startTls(t, { ...pair, serverNames: [{ name: "eu.example.org", ...named }] });
  const expiry = () => (isSecureListener(bench.listener.bound!) ? bench.listener.bound.certificateExpiresAt : null);
  assert.equal(expiry(), await endOf(named));
  await authority.issue("eu", "DNS:eu.example.org", named, 40);
  assert.notEqual(expiry(), await endOf(named));
  await bench.listener.reload();
  assert.equal(expiry(), await endOf(pair));
  await authority.issue("gw", "DNS:gw.example.org", pair, 10);
  await authority.file(named.key.slice(authority.folder.length + 1), "not a key");
  const before = expiry();
  await assert.rejects(bench.listener.reload(), CertificateError);
  assert.equal(expiry(), before);
  assert.equal(isSecureListener((await startListener(t)).listener.bound!), false);
});

test("files that cannot be used are told by their path, and nothing is left bound", async (t) => {
  const authority = await Authority.create(t);
  const good = await authority.issue("gw", "DNS:gw.example.org");
  const other = await authority.issue("other", "DNS:gw.example.org");
  const junk = await authority.file("junk.pem", "-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n");
  const missing = `${authority.folder}/missing.pem`;
  const cases: [Tls, string][] = [
    [{ ...good, cert: missing }, missing],
    [{ ...good, key: missing }, missing],
    [{ ...good, ca: missing }, missing],
    [{ ...good, cert: junk }, junk],
    [{ ...good, key: junk }, junk],
    [{ ...good, ca: junk }, junk],
    [{ ...good, key: other.key }, other.key],
    [{ ...good, serverNames: [{ name: "eu", cert: junk, key: good.key }] }, junk],
  ];
  for (const [tls, path] of cases) {
    await assert.rejects(startTls(t, tls), (error) => {
      assert.ok(error instanceof CertificateError);
      assert.equal(error.path, path);
      assert.ok(error.message.includes(path), error.message);
      return true;
    });
  }
  const unchecked = startTls(t, { ...good, requireClientCertificate: true });
  await assert.rejects(unchecked, /requireClientCertificate needs the authorities in `ca`/);
});

test("a handshake has a deadline, and bytes that are none end it", async (t) => {
  const authority = await Authority.create(t);
  const pair = await authority.issue("gw", "DNS:gw.example.org");
  const bench = await startTls(t, { ...pair, handshakeTimeoutMs: 3_000 });
  const silent = await Client.to(bench.port);
  const plain = await Client.to(bench.port);
  plain.socket.write("MQTT without TLS, say");
  await plain.closed();
  await until("the failure to be counted", () => bench.closed("tls_failed") === 1);
  const gone = await Client.to(bench.port);
  await until("the connection", () => bench.meter.connections === 2);
  gone.socket.destroy();
  await until("its end to be counted", () => bench.meter.connections === 1);
  bench.clock.advance(3_000);
  await silent.closed();
  await until("the time-out to be counted", () => bench.closed("tls_timeout") === 1);
  assert.equal(bench.meter.connections, 0);
  assert.equal(bench.acceptor.connections.length, 0);
  assert.equal(bench.clock.armed, 0);
});

for (const [name, pieces] of [
  ["in one segment with the header", 1],
  ["behind the header", 2],
] as const) {
  test(`TLS behind the PROXY protocol: the handshake begins ${name}`, async (t) => {
    const authority = await Authority.create(t);
    const pair = await authority.issue("gw", "DNS:gw.example.org");
    const bench = await startTls(t, pair, { proxyProtocol: "require" });
    const raw = await Client.to(bench.port);
    raw.socket.removeAllListeners("data");
    if (pieces === 1) raw.socket.cork();
    raw.socket.write("PROXY TCP4 192.0.2.7 198.51.100.1 4711 8883\r\n");
    const socket = connect({ socket: raw.socket, servername: "gw.example.org", ca: await readFile(authority.cert) });
    const client = new Client(socket);
    setImmediate(() => raw.socket.uncork());
    await once(socket, "secureConnect");
    socket.write("secret");
    await client.receives("secret");
    const { peer } = bench.acceptor.at(0);
    assert.equal(peer.address, "192.0.2.7");
    assert.equal(peer.proxy, "127.0.0.1");
    assert.equal(peer.secure, true);
    assert.equal(peer.serverName, "gw.example.org");
    socket.end();
    await until("the end to be counted", () => bench.closed("peer") === 1);
    assert.deepEqual(bench.acceptor.at(0).ends, [StreamEnd.Peer]);
  });
}

test("an answer to a peer that has closed its side of TLS still reaches it", async (t) => {
  const authority = await Authority.create(t);
  const bench = await startTls(t, await authority.issue("gw", "DNS:gw.example.org"));
  bench.acceptor.prepare = (connection) => {
    connection.onInput = (chunk) => connection.wire.write(chunk, 0, chunk.length);
    connection.wire.pause();
  };
  const client = await secureClient(bench.port, authority.cert, { allowHalfOpen: true } as ConnectionOptions);
  client.socket.end("last words");
  await until("the connection", () => bench.acceptor.connections.length === 1);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  bench.acceptor.at(0).wire.resume();
  await until("the end", () => client.isEnded);
  assert.equal(client.text, "last words");
});

test("much output over TLS arrives whole, with back-pressure", async (t) => {
  const authority = await Authority.create(t);
  const pair = await authority.issue("gw", "DNS:gw.example.org");
  const bench = await startListener(t, { tls: pair, highWaterMarkBytes: 65_536 });
  const client = await secureClient(bench.port, authority.cert);
  await until("the connection", () => bench.acceptor.connections.length === 1);
  const connection = bench.acceptor.at(0);
  const wanted: Buffer[] = [];
  let waits = 0;
  for (let i = 0; i < 400; i++) {
    const large = Buffer.alloc(20_000, i);
    const small = Buffer.alloc(100, 255 - (i & 127));
    const at = connection.wire.stage(small.length);
    connection.wire.staging.set(small, at);
    connection.wire.commit(at, at + small.length);
    const isFull = !connection.wire.write(large, 0, large.length);
    wanted.push(small, large);
    if (!isFull) continue;
    waits++;
    await until("room", () => connection.writables === waits);
  }
  const whole = Buffer.concat(wanted);
  await until("all of it", () => client.bytes.length === whole.length);
  assert.ok(client.bytes.equals(whole));
  assert.ok(waits > 0);
  client.socket.destroy();
});
