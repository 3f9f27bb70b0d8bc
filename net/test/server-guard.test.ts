import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { test, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { ListenerMeter } from "../../core/index.ts";
import type { StreamListenerConfig } from "../config.ts";
import { ServerGuard } from "../server-guard.ts";
import { Authority } from "./certificates.ts";
import { Client, kitOn, until } from "./parts.ts";

interface Hosted {
  readonly guard: ServerGuard;
  readonly http: Server;
  readonly clock: FakeClock;
  readonly meter: ListenerMeter;
  readonly port: number;
}

async function host(t: TestContext, config: Partial<StreamListenerConfig> = {}): Promise<Hosted> {
  const clock = new FakeClock();
  const meter = new ListenerMeter("http", "http");
  const http = createServer((request, response) => {
    guard.established(request.socket);
    const peer = guard.peerOf(request.socket);
    request.resume();
    const answer = (): unknown => response.end(`${peer?.address} ${peer?.proxy} ${request.url}`);
    request.on("end", () => void (request.url === "/later" ? setTimeout(answer, 20) : answer()));
  });
  http.emit("listening");
  const guard = new ServerGuard({
    name: "http",
    transport: "http",
    config: { port: 0, ...config },
    kit: kitOn(clock),
    meter,
    log: new SilentLog(),
    handler: (socket) => void http.emit("connection", socket),
  });
  t.after(async () => {
    http.close();
    await guard.stop(AbortSignal.abort());
  });
  await guard.start();
  return { guard, http, clock, meter, port: guard.bound!.port };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: here\r\n\r\n`;

test("a server gets its sockets, and learns who is there", async (t) => {
  const { guard, meter, port, clock } = await host(t);
  const client = await Client.to(port);
  client.socket.write(get("/one"));
  await until("an answer", () => client.text.endsWith("127.0.0.1 null /one"));
  client.socket.write(get("/two"));
  await until("a second answer", () => client.text.endsWith("127.0.0.1 null /two"));
  assert.equal(meter.connections, 1);
  clock.advance(5_000);
  assert.equal(meter.bytesReceived, get("/one").length + get("/two").length);
  assert.equal(meter.bytesSent, client.bytes.length);
  client.socket.end();
  await client.closed();
  await until("the end to be counted", () => meter.connectionsClosed.get("peer") === 1);
  assert.equal(meter.connections, 0);
  assert.equal(clock.armed, 0);
  assert.equal(guard.peerOf({}), null);
});

test("a PROXY header goes ahead of the first request, in one segment or byte by byte", async (t) => {
  const { port } = await host(t, { proxyProtocol: "require" });
  const line = `PROXY TCP4 192.0.2.7 192.0.2.8 4711 80\r\n${get("/a")}`;
  const whole = await Client.to(port);
  whole.socket.write(line);
  await until("an answer", () => whole.text.endsWith("192.0.2.7 127.0.0.1 /a"));
  whole.socket.write(get("/b"));
  await until("an answer", () => whole.text.endsWith("192.0.2.7 127.0.0.1 /b"));
  whole.socket.end();
  const dripping = await Client.to(port);
  dripping.socket.setNoDelay(true);
  for (const byte of Buffer.from(line)) {
    dripping.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until("an answer", () => dripping.text.endsWith("192.0.2.7 127.0.0.1 /a"));
  dripping.socket.end();
});

test("over TLS, and to a client that closes its side before the answer is there", async (t) => {
  const authority = await Authority.create(t);
  const tls = await authority.issue("gw", "DNS:gw.example.org");
  const plain = await host(t);
  const secure = await host(t, { tls });
  assert.equal(secure.guard.bound?.secure, true);
  const ca = await readFile(authority.cert);
  const options = { host: "127.0.0.1", port: secure.port, servername: "gw.example.org", ca, allowHalfOpen: true };
  for (const { http } of [plain, secure]) Object.assign(http, { httpAllowHalfOpen: true });
  for (const client of [await Client.to(plain.port, { allowHalfOpen: true }), new Client(connectTls(options))]) {
    client.socket.end(get("/later"));
    await until("the end", () => client.isEnded);
    assert.match(client.text, /127\.0\.0\.1 null \/later$/);
  }
});

test("who sends no request in time is cut off; who has sent one is not", async (t) => {
  const { port, meter, clock } = await host(t, { firstFrameTimeoutMs: 1_000 });
  const silent = await Client.to(port);
  const busy = await Client.to(port);
  busy.socket.write(get("/"));
  await until("an answer", () => busy.text.endsWith("/"));
  await until("both connections", () => meter.connections === 2);
  clock.advance(1_001);
  await silent.closed();
  assert.equal(meter.connectionsClosed.get("first_frame_timeout"), 1);
  assert.equal(busy.isClosed, false);
  busy.socket.destroy();
});

test("stop waits for the server to end its connections, and destroys the others at the deadline", async (t) => {
  const { guard, http, port, meter } = await host(t);
  const idle = await Client.to(port);
  idle.socket.write(get("/idle"));
  await until("an answer", () => idle.text.endsWith("/idle"));
  const stuck = await Client.to(port);
  stuck.socket.write("GET / HT");
  await until("both connections", () => meter.connections === 2);
  const deadline = new AbortController();
  const stopped = guard.stop(deadline.signal);
  http.closeIdleConnections();
  await idle.closed();
  assert.equal(stuck.isClosed, false);
  deadline.abort();
  await stopped;
  await stuck.closed();
  assert.equal(meter.connectionsClosed.get("stopping"), 1);
  assert.equal(meter.connections, 0);
  assert.equal(guard.bound, null);
});

test("a handler that throws costs one connection", async (t) => {
  const meter = new ListenerMeter("http", "http");
  const log = new SilentLog();
  const guard = new ServerGuard({
    name: "http",
    transport: "http",
    config: { port: 0 },
    kit: kitOn(new FakeClock()),
    meter,
    log,
    handler: () => {
      throw new Error("a defect");
    },
  });
  t.after(() => guard.stop(AbortSignal.abort()));
  await guard.start();
  const client = await Client.to(guard.bound!.port);
  await client.closed();
  assert.equal(meter.connectionsClosed.get("internal_error"), 1);
  assert.equal(log.of("error").length, 1);
});
