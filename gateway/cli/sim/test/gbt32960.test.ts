// `tributary sim gbt32960` against a gateway, each a process of its own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../../../../test/processes/deadline.ts";
import { GatewayProcess, tributary } from "../../../../test/processes/gateway.ts";
import { run } from "../../test/command.ts";
import type { SimSummary } from "../sim-counts.ts";

let gateway: GatewayProcess;
let mqtt = "";

before(async () => {
  gateway = await GatewayProcess.start({
    anonymous: "allow",
    adapters: {
      mqtt: { listeners: [{ port: 0 }] },
      gbt32960: { listeners: [{ port: 0 }, { port: 0, links: "vehicles" }] },
    },
  });
  mqtt = String(gateway.port("mqtt"));
});
after(async () => {
  assert.equal((await gateway.stop()).code, 0);
});

async function sim(listener: string, ...args: string[]): Promise<SimSummary> {
  const port = String(gateway.port(listener));
  const { code, stdout, stderr } = await run(["sim", "gbt32960", "-p", port, "--json", ...args]);
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout) as SimSummary;
}

test("by the clock, a link each", async () => {
  const done = await sim("gbt32960", "--vehicles", "20", "--interval", "100ms", "--duration", "1s");
  assert.deepEqual([done.online, done.refused, done.lost, done.reconnects], [20, 0, 0, 0]);
  assert.ok(done.accepted >= 100 && done.accepted >= done.reports - 20, JSON.stringify(done));
});

test("as fast as it is answered, behind two links of a platform, in the version of 2025", async () => {
  const flags = ["--vehicles", "10", "--links", "2", "--interval", "0", "--window", "5", "--duration", "1s"];
  const done = await sim("gbt32960", ...flags, "--protocol", "2025", "--vin", "LSECOND");
  assert.ok(done.online === 10 && done.accepted > 500, JSON.stringify(done));
  assert.ok(done.latencyMs.p50 > 0);
});

test("a platform that is not let in is told with code 69", async () => {
  const port = String(gateway.port("gbt32960.1"));
  const flags = ["sim", "gbt32960", "-p", port, "--vehicles", "2", "--links", "1", "--duration", "500ms"];
  const { code, stderr } = await run(flags);
  assert.deepEqual([code, stderr], [69, "tributary: no report was accepted\n"]);
});

test("what cannot be: VINs that are too long, more links than vehicles", async () => {
  const flags = ["sim", "gbt32960", "-p", "1"];
  for (const wrong of [
    ["--vin", "LTRIBUTARY0000000"],
    ["--vehicles", "1", "--links", "2"],
  ]) {
    assert.equal((await run([...flags, ...wrong])).code, 64);
  }
});

test("commands are answered", async () => {
  const vin = "LCOMMAND000000000";
  const listen = ["sub", "-p", mqtt, "-i", "app", "-q", "1", "-C", "6", "-W", "20", "-t", `gbt32960/${vin}/up/command`];
  const states = tributary(listen);
  const port = String(gateway.port("gbt32960"));
  const fleet = ["sim", "gbt32960", "-p", port, "--vehicles", "1", "--vin", "LCOMMAND", "--interval", "50ms"];
  const vehicle = tributary(fleet);
  await eventually("both to be there", async () => {
    const clients = await gateway.clients();
    return ["app", vin].every((name) => clients.some((row) => row.client === name && row.filters.length > 0)) || null;
  });
  for (const command of [
    { command: "query", body: { parameters: ["heartbeatPeriod"] }, reference: "query" },
    { command: "control", body: { command: "reset" }, reference: "control" },
  ]) {
    const topic = `gbt32960/${vin}/down`;
    const { code } = await run(["pub", "-p", mqtt, "-t", topic, "-q", "1", "-m", JSON.stringify(command)]);
    assert.equal(code, 0);
  }
  const told = (await states.succeeds())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { reference: string; state: string });
  for (const reference of ["query", "control"]) {
    assert.deepEqual(
      told.filter((one) => one.reference === reference).map(({ state }) => state),
      ["queued", "sent", "done"],
    );
  }
  vehicle.signal("SIGINT");
  assert.equal((await vehicle.ended).code, 0);
});
