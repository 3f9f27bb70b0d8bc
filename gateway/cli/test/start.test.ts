// `tributary start` as a real process: what it says, its ports file, signals, and how it ends when it cannot start.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, test } from "node:test";

import { GatewayProcess } from "../../../test/processes/gateway.ts";
import { run } from "./command.ts";

const CONFIG = {
  anonymous: "allow",
  shutdown: { deadlineMs: 5_000 },
  adapters: { line: { listeners: [{ port: 0 }, { port: 0 }] } },
};

describe("a gateway of its own process", () => {
  let gateway: GatewayProcess | null = null;
  afterEach(async () => {
    await gateway?.stop();
    gateway = null;
  });

  test("says what it listens on, writes the ports file, and ends with 0 on SIGTERM", async () => {
    gateway = await GatewayProcess.start(CONFIG);
    const { ports, folder } = gateway;
    assert.deepEqual(Object.keys(ports), ["line", "line.1", "admin"]);
    assert.deepEqual(readdirSync(folder).toSorted(), ["ports.json", "tributary.yaml"]);
    const rows = gateway.output.split("\n");
    assert.match(rows[0]!, /^listener +transport +address +TLS +PROXY +max connections +access$/);
    assert.match(rows[1]!, new RegExp(`^line +tcp +127\\.0\\.0\\.1:${ports["line"]} +no +off +\\d+ +anonymous$`));
    assert.match(rows[3]!, new RegExp(`^admin +http +127\\.0\\.0\\.1:${ports["admin"]} +no +off +\\d+ +this machine$`));

    const device = connect(ports["line"]!, "127.0.0.1");
    let heard = "";
    device.setEncoding("utf8").on("data", (text: string) => (heard += text));
    device.write("hello truck\n");
    while (!heard.includes("ok\n")) await new Promise((resolve) => device.once("data", resolve));
    const closed = new Promise((resolve) => device.once("close", resolve));
    assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
    await closed;
    assert.match(heard, /bye stopping\n$/);
    const log = gateway.log
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as { msg: string; level: string });
    const said = log.map((entry) => entry.msg);
    assert.deepEqual(
      said.filter((text) => text !== "listening" && !text.includes("connect")),
      ["ready", "stopping", "draining", "stopped"],
    );
    assert.ok(
      log.every((entry) => entry.level === "info"),
      gateway.log,
    );
  });

  test("drains: /readyz fails first, then listeners close; a second SIGTERM ends it at once", async () => {
    gateway = await GatewayProcess.start({ ...CONFIG, shutdown: { drainDelayMs: 60_000 } });
    const url = gateway.url("/readyz");
    assert.equal((await fetch(url)).status, 200);
    gateway.signal("SIGTERM");
    await gateway.logged("draining");
    assert.equal((await fetch(url)).status, 503);
    // Still served.
    const device = connect(gateway.ports["line"]!, "127.0.0.1");
    device.write("hello late\n");
    assert.equal(String(await new Promise((resolve) => device.once("data", resolve))), "ok\n");
    device.on("error", () => undefined);
    gateway.signal("SIGTERM");
    const { code } = await gateway.ended;
    assert.equal(code, 143);
    device.destroy();
  });

  test("SIGINT is SIGTERM; the same Ctrl-C heard twice is one", async () => {
    gateway = await GatewayProcess.start(CONFIG);
    gateway.signal("SIGINT");
    gateway.signal("SIGINT");
    const { code } = await gateway.ended;
    assert.equal(code, 0);
  });

  test("SIGHUP reloads and says so", async () => {
    gateway = await GatewayProcess.start(CONFIG);
    gateway.signal("SIGHUP");
    await gateway.logged("certificates reloaded");
    const metrics = await (await fetch(gateway.url("/metrics"))).text();
    assert.match(metrics, /^tributary_config_last_reload_successful 1$/m);
    assert.equal((await gateway.stop()).code, 0);
  });

  test("lives on when nobody reads what it says", async () => {
    gateway = await GatewayProcess.start(CONFIG);
    gateway.child.closeOutput();
    gateway.signal("SIGHUP");
    assert.equal((await fetch(gateway.url("/readyz"))).status, 200);
    assert.equal((await gateway.stop()).code, 0);
  });
});

test("a port in use is one clear line and code 69", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const environment = { TRIBUTARY__ADAPTERS__LINE__LISTENERS__0__PORT: String(port), TRIBUTARY__ADMIN__PORT: "0" };
  for (const name of ["mqtt", "websocket", "http", "jt808"]) {
    Object.assign(environment, { [`TRIBUTARY__ADAPTERS__${name.toUpperCase()}__LISTENERS__0__PORT`]: "0" });
  }
  const { code, stdout, stderr } = await run(["start"], "", environment);
  taken.close();
  assert.equal(code, 69);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    new RegExp(`^tributary: listener line: cannot listen on 127\\.0\\.0\\.1:${port}: .*in use.*\\n$`, "m"),
  );
  assert.ok(!stderr.includes("    at "), "no stack");
});

test("a configuration that is not valid is code 78 and every problem with its place", async () => {
  const { code, stdout, stderr } = await run(["start"], "", { TRIBUTARY__LIMITS__SESSIONS_MAX: "many" });
  assert.equal(code, 78);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    'TRIBUTARY__LIMITS__SESSIONS_MAX: limits.sessionsMax is "many", expected an integer from 1 to 16000000\n',
  );
});
