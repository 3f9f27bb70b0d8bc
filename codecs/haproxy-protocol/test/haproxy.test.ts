// The other side of the protocol is a real haproxy: it stands in front of a TCP sink, and what it says of a client must
// be what the client is. Needs the programs haproxy and openssl; says so and skips where they are not.

import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { Command, Family, ProxyDecoder, ProxyHeader, Transport } from "haproxy-protocol";

const DEADLINE_MS = 15_000;
const RETRY_MS = 20;
const ATTEMPTS = 3;
const PAYLOAD = "hello from behind";

function missing(): string | false {
  for (const [program, flag] of [
    ["haproxy", "-v"],
    ["openssl", "version"],
  ] as const) {
    if (spawnSync(program, [flag]).status !== 0) return `${program} is not installed`;
  }
  return false;
}

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

interface Seen {
  readonly header: ProxyHeader;
  readonly payload: string;
}

/** Reads what comes to it as a header and a payload; one promise per connection, in their order. */
class Sink {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  readonly #payload: string;
  readonly #seen: Promise<Seen>;
  #settle!: (seen: Seen) => void;

  constructor(payload: string) {
    this.#payload = payload;
    this.#seen = new Promise((resolve) => (this.#settle = resolve));
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return portOf(this.#server);
  }

  /** What the first connection said that brought the whole payload. */
  seen(): Promise<Seen> {
    return this.#seen;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #accept(socket: Socket): void {
    this.#sockets.push(socket);
    const decoder = new ProxyDecoder(4096);
    let header: ProxyHeader | null = null;
    let payload = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      decoder.push(chunk);
      const answer = decoder.next();
      if (answer instanceof ProxyHeader) header = answer;
      payload += Buffer.from(decoder.rest()).toString();
      if (header !== null && payload === this.#payload) this.#settle({ header, payload });
    });
  }
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return (address satisfies AddressInfo).port;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const ports = servers.map(portOf);
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports;
}

async function tryConnect(port: number): Promise<Socket | null> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    socket.destroy();
    return null;
  }
}

/** Resolves false when haproxy ended instead, as it does when another program took one of its ports. */
async function isUp(haproxy: ChildProcess, port: number): Promise<boolean> {
  const until = Date.now() + DEADLINE_MS;
  while (Date.now() < until && haproxy.exitCode === null) {
    const socket = await tryConnect(port);
    if (socket !== null) {
      socket.destroy();
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return false;
}

const reason = missing();
if (reason !== false) console.log(`skipped: ${reason}`);

describe("headers of a real haproxy", { skip: reason, timeout: 4 * DEADLINE_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), "haproxy-protocol-"));
  const path = (name: string): string => join(folder, name);
  const names = ["v1", "v2", "v2-tls", "v1-unix", "v2-unix", "v1-ipv6", "v2-ipv6"] as const;
  const ports = new Map<string, number>();
  const sinks = new Map<string, Sink>();
  let haproxy: ChildProcess | null = null;
  let log = "";

  function certificate(name: string): void {
    const request = "req -x509 -newkey rsa:2048 -sha256 -nodes -days 2".split(" ");
    const files = ["-keyout", path(`${name}.key`), "-out", path(`${name}.crt`)];
    const made = spawnSync("openssl", [...request, "-subj", `/CN=${name}`, ...files]);
    assert.equal(made.status, 0, made.stderr.toString());
    const both = readFileSync(path(`${name}.crt`), "utf8") + readFileSync(path(`${name}.key`), "utf8");
    writeFileSync(path(`${name}.pem`), both);
  }

  function at(name: string): string {
    return `127.0.0.1:${ports.get(name)}`;
  }

  function configuration(sinkPorts: ReadonlyMap<string, number>): string {
    const proxied = (name: string, bind: string, server: string): string => `
      listen ${name}
        bind ${bind}
        unique-id-format unique-${name}-%ci-%cp
        server sink 127.0.0.1:${sinkPorts.get(name)} ${server}`;
    const tls = `ssl crt ${path("gateway.pem")} ca-file ${path("truck-7.crt")} verify optional alpn mqtt`;
    const all = "proxy-v2-options ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id";
    const sections = [
      proxied("v1", at("v1"), "send-proxy"),
      proxied("v2", at("v2"), "send-proxy-v2 proxy-v2-options crc32c,unique-id"),
      proxied("v2-tls", `${at("v2-tls")} ${tls}`, `send-proxy-v2-ssl-cn ${all}`),
      proxied("v1-unix", `unix@${path("v1.sock")}`, "send-proxy"),
      proxied("v2-unix", `unix@${path("v2.sock")}`, "send-proxy-v2"),
      `
      backend health
        server sink 127.0.0.1:${sinkPorts.get("health")} send-proxy-v2 proxy-v2-options crc32c check inter 200ms`,
    ];
    if (hasIpv6) {
      sections.push(proxied("v1-ipv6", `[::1]:${ports.get("v1-ipv6")}`, "send-proxy"));
      sections.push(proxied("v2-ipv6", `[::1]:${ports.get("v2-ipv6")}`, "send-proxy-v2"));
    }
    return `
      global
        maxconn 100
      defaults
        mode tcp
        timeout connect ${DEADLINE_MS}ms
        timeout client ${DEADLINE_MS}ms
        timeout server ${DEADLINE_MS}ms
      ${sections.join("\n")}\n`;
  }

  async function startHaproxy(sinkPorts: ReadonlyMap<string, number>): Promise<boolean> {
    const free = await freePorts(names.length);
    for (const [i, name] of names.entries()) ports.set(name, free[i]!);
    writeFileSync(path("haproxy.cfg"), configuration(sinkPorts));
    haproxy = spawn("haproxy", ["-db", "-f", path("haproxy.cfg")], { stdio: ["ignore", "pipe", "pipe"] });
    haproxy.stdout?.on("data", (text: Buffer) => (log += text.toString()));
    haproxy.stderr?.on("data", (text: Buffer) => (log += text.toString()));
    return isUp(haproxy, ports.get("v1")!);
  }

  before(async () => {
    certificate("gateway");
    certificate("truck-7");
    const sinkPorts = new Map<string, number>();
    for (const name of [...names, "health"]) {
      const sink = new Sink(name === "health" ? "" : PAYLOAD);
      sinks.set(name, sink);
      sinkPorts.set(name, await sink.listen());
    }
    let isRunning = false;
    for (let attempt = 0; attempt < ATTEMPTS && !isRunning; attempt++) isRunning = await startHaproxy(sinkPorts);
    assert.ok(isRunning, `haproxy does not start:\n${log}`);
  });

  after(async () => {
    for (const sink of sinks.values()) sink.stop();
    if (haproxy !== null && haproxy.exitCode === null) {
      const ended = once(haproxy, "exit");
      haproxy.kill("SIGKILL");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function send(name: string, socket: Socket, ready = "connect"): Promise<Seen> {
    await once(socket, ready);
    socket.write(PAYLOAD);
    return sinks.get(name)!.seen();
  }

  test("send-proxy", async () => {
    const socket = connect(ports.get("v1")!, "127.0.0.1");
    const { header } = await send("v1", socket);
    assert.equal(header.version, 1);
    assert.equal(header.family, Family.Inet);
    assert.equal(header.source?.address, "127.0.0.1");
    assert.equal(header.source.port, socket.localPort);
    assert.equal(header.destination?.port, ports.get("v1"));
    socket.destroy();
  });

  test("send-proxy-v2 with a checksum and a unique id", async () => {
    const socket = connect(ports.get("v2")!, "127.0.0.1");
    const { header } = await send("v2", socket);
    assert.equal(header.version, 2);
    assert.equal(header.command, Command.Proxy);
    assert.equal(header.transport, Transport.Stream);
    assert.equal(header.source?.address, "127.0.0.1");
    assert.equal(header.source.port, socket.localPort);
    assert.equal(header.destination?.address, "127.0.0.1");
    assert.equal(header.destination.port, ports.get("v2"));
    assert.notEqual(header.crc32c, null);
    assert.equal(Buffer.from(header.uniqueId!).toString(), `unique-v2-127.0.0.1-${socket.localPort}`);
    assert.equal(header.ssl?.isTls ?? false, false);
    socket.destroy();
  });

  test("send-proxy-v2-ssl-cn with every option: SNI, ALPN, cipher, certificate", async () => {
    const socket = connectTls({
      port: ports.get("v2-tls")!,
      host: "127.0.0.1",
      servername: "gw.example",
      ALPNProtocols: ["mqtt"],
      key: readFileSync(path("truck-7.key")),
      cert: readFileSync(path("truck-7.crt")),
      ca: readFileSync(path("gateway.crt")),
      checkServerIdentity: () => undefined,
    });
    const { header } = await send("v2-tls", socket, "secureConnect");
    assert.equal(header.source?.port, socket.localPort);
    assert.equal(header.authority, "gw.example");
    assert.equal(header.alpn, "mqtt");
    assert.notEqual(header.crc32c, null);
    assert.notEqual(header.uniqueId, null);
    const { ssl } = header;
    assert.ok(ssl !== null);
    assert.equal(ssl.commonName, "truck-7");
    assert.equal(ssl.isVerified, true);
    assert.equal(ssl.version, socket.getProtocol());
    assert.equal(ssl.cipher, socket.getCipher().standardName);
    assert.equal(ssl.signatureAlgorithm, "RSA-SHA256");
    assert.equal(ssl.keyAlgorithm, "RSA2048");
    socket.destroy();
  });

  test("send-proxy from a UNIX socket: UNKNOWN, the peer is the proxy", async () => {
    const socket = connect(path("v1.sock"));
    const { header } = await send("v1-unix", socket);
    assert.equal(header.version, 1);
    assert.equal(header.family, Family.Unspec);
    assert.equal(header.source, null);
    socket.destroy();
  });

  test("send-proxy-v2 from a UNIX socket", async () => {
    const socket = connect(path("v2.sock"));
    const { header } = await send("v2-unix", socket);
    assert.equal(header.version, 2);
    assert.ok(header.family === Family.Unix || header.family === Family.Unspec);
    socket.destroy();
  });

  for (const name of ["v1-ipv6", "v2-ipv6"]) {
    test(`${name.slice(0, 2)} over IPv6`, { skip: hasIpv6 ? false : "this machine has no ::1" }, async () => {
      const socket = connect(ports.get(name)!, "::1");
      const { header } = await send(name, socket);
      assert.equal(header.family, Family.Inet6);
      assert.equal(header.source?.address, "::1");
      assert.equal(header.source.port, socket.localPort);
      socket.destroy();
    });
  }

  test("a health check: LOCAL", async () => {
    const { header } = await sinks.get("health")!.seen();
    assert.equal(header.version, 2);
    assert.equal(header.command, Command.Local);
    assert.equal(header.source, null);
    assert.notEqual(header.crc32c, null);
  });
});
