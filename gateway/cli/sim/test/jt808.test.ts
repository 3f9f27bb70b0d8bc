// `tributary sim jt808` against a gateway, each a process of its own.

import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { eventually } from "../../../../test/processes/deadline.ts";
import { GatewayProcess, tributary } from "../../../../test/processes/gateway.ts";
import { run } from "../../test/command.ts";
import type { SimSummary } from "../sim-counts.ts";

let gateway: GatewayProcess;
let mqtt = "";

before(async () => {
  const datagrams = { sourceRatePerSecond: 100_000 };
  gateway = await GatewayProcess.start({
    anonymous: "allow",
    adapters: {
      mqtt: { listeners: [{ port: 0 }] },
      jt808: {
        listeners: [
          { port: 0, authentication: "require-auth" },
          { port: 0, transport: "udp", datagrams },
          { port: 0, allowMultipleTerminals: true },
        ],
      },
    },
  });
  mqtt = String(gateway.port("mqtt"));
});
after(async () => {
  assert.equal((await gateway.stop()).code, 0);
});

async function sim(listener: string, ...args: string[]): Promise<SimSummary> {
  const { code, stdout, stderr } = await run(["sim", "jt808", "-p", String(gateway.port(listener)), "--json", ...args]);
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout) as SimSummary;
}

test("by the clock: so many reports as the interval says", async () => {
  const done = await sim("jt808", "--terminals", "20", "--interval", "100ms", "--duration", "1s");
  assert.ok(done.reports >= 120 && done.reports <= 200, JSON.stringify(done));
  assert.deepEqual([done.online, done.refused, done.lost, done.reconnects], [20, 0, 0, 0]);
  assert.ok(done.accepted >= done.reports - 20 && done.latencyMs.p50 > 0);
});

test("as fast as it is answered, with the header of 2019", async () => {
  const flags = ["--terminals", "10", "--interval", "0", "--window", "5", "--duration", "1s", "--protocol", "2019"];
  const done = await sim("jt808", ...flags, "--phone", "13900000000");
  assert.ok(done.accepted > 500, JSON.stringify(done));
  assert.ok(done.reports - done.accepted <= 50, JSON.stringify(done));
  assert.equal(done.refused, 0);
});

test("over UDP", async () => {
  const flags = ["--terminals", "10", "--interval", "100ms", "--duration", "1s", "--phone", "13700000000"];
  const done = await sim("jt808.1", "--udp", ...flags);
  assert.ok(done.online === 10 && done.accepted > 50, JSON.stringify(done));
});

test("many terminals on a few links", async () => {
  const flags = ["--terminals", "30", "--links", "2", "--interval", "200ms", "--duration", "1s"];
  const done = await sim("jt808.2", ...flags, "--phone", "13600000000");
  assert.ok(done.online === 30 && done.accepted > 50, JSON.stringify(done));
});

test("commands are answered", async () => {
  const phone = "13500000000";
  const listen = ["sub", "-p", mqtt, "-i", "app", "-q", "1", "-C", "9", "-W", "20", "-t", `jt808/${phone}/up/command`];
  const states = tributary(listen);
  const terminal = tributary([
    "sim",
    "jt808",
    "-p",
    String(gateway.port("jt808")),
    "--terminals",
    "1",
    "--phone",
    phone,
    "--interval",
    "50ms",
  ]);
  await eventually("both to be there", async () => {
    const clients = await gateway.clients();
    return ["app", phone].every((name) => clients.some((row) => row.client === name && row.filters.length > 0)) || null;
  });
  const command = async (json: object): Promise<void> => {
    const { code } = await run(["pub", "-p", mqtt, "-t", `jt808/${phone}/down`, "-q", "1", "-m", JSON.stringify(json)]);
    assert.equal(code, 0);
  };
  await command({ id: "0x8300", body: "00", reference: "text" });
  await command({ id: "0x8201", reference: "where" });
  await command({ id: "0x8104", reference: "parameters" });
  const told = (await states.succeeds())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { reference: string; state: string });
  for (const reference of ["text", "where", "parameters"])
    assert.deepEqual(
      told.filter((one) => one.reference === reference).map(({ state }) => state),
      ["queued", "sent", "done"],
    );
  terminal.signal("SIGINT");
  const ended = await terminal.ended;
  assert.equal(ended.code, 0);
  assert.match(terminal.text, /3 commands answered\n$/);
});

test("a link that ends is opened again; a gateway that lets nobody in is told with code 69", async (t) => {
  let links = 0;
  const server: Server = createServer((socket) => {
    links++;
    socket.on("error", () => undefined);
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const flags = ["sim", "jt808", "-p", String(port), "--terminals", "2", "--duration", "2s", "--json"];
  const { code, stdout, stderr } = await run(flags);
  assert.deepEqual([code, stderr], [69, "tributary: no report was accepted\n"]);
  const { reconnects, online } = JSON.parse(stdout) as SimSummary;
  assert.ok(links >= 4 && reconnects >= 2, `${links} links, ${reconnects} reconnects`);
  assert.equal(online, 0);
});

test("what makes no sense is refused", async () => {
  for (const args of [
    ["--terminals", "0"],
    ["--interval", "soon"],
    ["--terminals", "2", "--links", "3"],
  ]) {
    const { code } = await run(["sim", "jt808", ...args]);
    assert.notEqual(code, 0, args.join(" "));
  }
});
