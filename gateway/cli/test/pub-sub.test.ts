// `tributary pub` and `tributary sub` against a gateway, with users and an access list; each a process of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { hashPassword } from "../../../backends/builtin/index.ts";
import type { Child } from "../../../test/processes/child.ts";
import { eventually } from "../../../test/processes/deadline.ts";
import { GatewayProcess, tributary } from "../../../test/processes/gateway.ts";
import { run } from "./command.ts";

let gateway: GatewayProcess;
let port = "";

before(async () => {
  const hash = await hashPassword(new TextEncoder().encode("pw"), { ln: 10, r: 8, p: 1 });
  gateway = await GatewayProcess.start({
    anonymous: "allow",
    users: [{ name: "acme/ann", password: hash }],
    acl: [
      { deny: "all", topic: "secret/#" },
      { allow: "all", topic: "#" },
    ],
    adapters: { mqtt: { listeners: [{ port: 0 }] } },
  });
  port = String(gateway.port("mqtt"));
});
after(async () => {
  assert.equal((await gateway.stop()).code, 0);
});

const ann = ["-u", "acme/ann", "-P", "pw"];

/** A subscriber whose subscription is in force. */
async function subscriber(...args: string[]): Promise<Child> {
  const id = `sub-${Math.random().toString(36).slice(2)}`;
  const child = tributary(["sub", "-p", port, "-i", id, ...args]);
  await eventually(`a subscription of ${id}`, async () => {
    if (child.ending !== null) throw new Error(child.errors);
    return (await gateway.clients()).find((row) => row.client === id && row.filters.length > 0) ?? null;
  });
  return child;
}

for (const version of ["311", "5"]) {
  for (const qos of ["0", "1", "2"]) {
    test(`MQTT ${version}, QoS ${qos}`, async () => {
      const sub = await subscriber("-t", `a/${version}/${qos}`, "-q", qos, "-v", "-C", "2", "-V", version);
      const topic = ["-t", `a/${version}/${qos}`];
      const pub = await run(["pub", "-p", port, ...topic, "-q", qos, "-V", version, "-m", "hello world"]);
      assert.deepEqual([pub.code, pub.stderr], [0, ""]);
      const piped = await run(["pub", "-p", port, ...topic, "-q", qos, "-V", version, "-f", "-"], "füñf");
      assert.equal(piped.code, 0);
      assert.equal(await sub.succeeds(), `a/${version}/${qos} hello world\na/${version}/${qos} füñf\n`);
    });
  }
}

test("lines, several filters, a tenant of its own", async () => {
  const inside = await subscriber("-t", "x/+", "y", "-C", "3", ...ann);
  const outside = await subscriber("-t", "x/+", "y", "-W", "2");
  const { code } = await run(["pub", "-p", port, "-t", "x/1", "-q", "1", "-l", ...ann], "one\ntwo\n");
  assert.equal(code, 0);
  await run(["pub", "-p", port, "-t", "y", "-m", "three", ...ann]);
  assert.equal(await inside.succeeds(), "one\ntwo\nthree\n");
  assert.equal(await outside.succeeds(27), "");
});

test("retained", async () => {
  await run(["pub", "-p", port, "-t", "kept", "-m", "last", "-r", "-q", "1"]);
  const { code, stdout } = await run(["sub", "-p", port, "-t", "kept", "-C", "1"]);
  assert.deepEqual([code, stdout], [0, "last\n"]);
});

test("SIGTERM ends a subscriber with 0", async () => {
  const sub = await subscriber("-t", "a");
  sub.signal("SIGTERM");
  await sub.succeeds();
});

test("what the server refuses is told, with code 1", async () => {
  const wrong = await run(["pub", "-p", port, "-t", "a", "-m", "x", "-u", "acme/ann", "-P", "no"]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^tributary: the server refused the connection: bad user name or password \(0x86\)/);
  const old = await run(["pub", "-p", port, "-t", "a", "-m", "x", "-u", "acme/ann", "-P", "no", "-V", "311"]);
  assert.equal(old.code, 1);
  const denied = await run(["pub", "-p", port, "-t", "secret/x", "-m", "x", "-q", "1"]);
  assert.equal(denied.code, 1);
  assert.match(denied.stderr, /did not take the message to secret\/x: not authorized \(0x87\)/);
  const filter = await run(["sub", "-p", port, "-t", "secret/#"]);
  assert.equal(filter.code, 1);
  assert.match(filter.stderr, /no subscription to secret\/#: not authorized \(0x87\)/);
});

test("the password may come from the environment", async () => {
  const args = ["pub", "-p", port, "-t", "a", "-m", "x", "-q", "1", "-u", "acme/ann"];
  assert.equal((await run(args, "", { TRIBUTARY_PASSWORD: "pw" })).code, 0);
  assert.equal((await run(args, "", { TRIBUTARY_PASSWORD: "no" })).code, 1);
});

test("a server that is not there is code 69", async () => {
  const { code, stderr } = await run(["pub", "-p", "1", "-t", "a", "-m", "x"]);
  assert.equal(code, 69);
  assert.match(stderr, /^tributary: cannot connect to 127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test("a server that speaks something else is told as such", async () => {
  const { code, stderr } = await run(["pub", "-p", String(gateway.port("admin")), "-t", "a", "-m", "x"]);
  assert.equal(code, 69);
  assert.match(stderr, /^tributary: 127\.0\.0\.1:\d+: /);
});

test("healthcheck finds it ready", async () => {
  const { code, stdout } = await run(["healthcheck", "--url", gateway.url("/readyz")]);
  assert.deepEqual([code, stdout], [0, "ready\n"]);
});
