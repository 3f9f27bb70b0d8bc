import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Client, startListener, until } from "./parts.ts";

const HAPROXY = "/usr/sbin/haproxy";
const skip = isExecutable(HAPROXY) ? false : `${HAPROXY} is not installed (apt-get install haproxy)`;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago: haproxy cannot be asked which one it took. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A real haproxy that forwards TCP; resolves to its port when it takes connections. */
async function startHaproxy(t: TestContext, target: number, serverOptions: string): Promise<number> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "haproxy-"));
  const file = join(folder, "haproxy.cfg");
  await writeFile(
    file,
    [
      "global",
      "  maxconn 100",
      "defaults",
      "  mode tcp",
      "  timeout connect 5s",
      "  timeout client 20s",
      "  timeout server 20s",
      "frontend front",
      `  bind 127.0.0.1:${port}`,
      "  default_backend back",
      "backend back",
      `  server gateway 127.0.0.1:${target} ${serverOptions}`,
      "",
    ].join("\n"),
  );
  const child: ChildProcess = spawn(HAPROXY, ["-db", "-q", "-f", file], { stdio: "ignore" });
  t.after(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    await rm(folder, { recursive: true, force: true });
  });
  for (let attempt = 0; ; attempt++) {
    try {
      const probe = await Client.to(port);
      probe.socket.destroy();
      return port;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

for (const [name, serverOptions] of [
  ["version 1", "send-proxy"],
  ["version 2", "send-proxy-v2"],
  ["version 2 with a checksum and an identifier", "send-proxy-v2 proxy-v2-options crc32c,unique-id"],
  ["version 2 with what is known of TLS", "send-proxy-v2-ssl-cn"],
] as const) {
  test(`behind a real haproxy: ${name}`, { skip }, async (t) => {
    const bench = await startListener(t, { proxyProtocol: { mode: "require", trusted: ["127.0.0.1"] } });
    bench.acceptor.prepare = (connection) => {
      connection.onInput = (chunk) => connection.wire.write(chunk, 0, chunk.length);
    };
    const port = await startHaproxy(t, bench.port, serverOptions);
    const client = await Client.to(port);
    client.socket.write("through the proxy");
    await client.receives("through the proxy");
    const connection = bench.acceptor.connections.find((each) => each.text !== "");
    assert.equal(connection?.peer.address, "127.0.0.1");
    assert.equal(connection?.peer.port, client.socket.localPort);
    assert.equal(connection?.peer.proxy, "127.0.0.1");
    assert.equal(bench.meter.protocolErrors.size, 0);
    client.socket.end();
    await client.closed();
  });
}

test("health checks of a real haproxy (LOCAL) pass, and the proxy is their peer", { skip }, async (t) => {
  const bench = await startListener(t, { proxyProtocol: "require" });
  await startHaproxy(t, bench.port, "send-proxy-v2 check check-send-proxy inter 50ms");
  await until("two checks", () => bench.acceptor.connections.filter(({ peer }) => peer.proxy === null).length >= 2);
  assert.equal(bench.meter.protocolErrors.size, 0);
  assert.equal(bench.closed("proxy_missing"), 0);
});
