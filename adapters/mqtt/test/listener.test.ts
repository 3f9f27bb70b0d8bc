import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";

import { mqtt } from "../index.ts";
import { connect } from "./packets.ts";
import { FakeWire } from "../../../conformance/fake-wire.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import type { Adapter, Peer } from "../../../core/index.ts";
import { createNetKit, type NetKit } from "../../../net/kit.ts";

function build(port = 0): { adapter: Adapter; kit: NetKit; gateway: FakeGateway } {
  const gateway = new FakeGateway({ protocol: "mqtt" });
  const kit = createNetKit({ clock: gateway.clock });
  return { adapter: mqtt.create({ listeners: [{ port }] }, gateway, kit), kit, gateway };
}

test("MQTT is found in the kit exactly while the adapter runs", async () => {
  const { adapter, kit } = build();
  assert.deepEqual(kit.streams.names(), []);
  await adapter.start();
  assert.deepEqual(kit.streams.names(), ["mqtt", "mqttv3.1"]);
  await adapter.stop(AbortSignal.timeout(1000));
  assert.deepEqual(kit.streams.names(), []);
});

test("a start that fails leaves no name behind", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const address = blocker.address();
  assert.ok(address !== null && typeof address === "object");
  const { adapter, kit } = build(address.port);
  await assert.rejects(adapter.start());
  assert.deepEqual(kit.streams.names(), []);
  assert.deepEqual(adapter.listeners, []);
  blocker.close();
});

test("a second adapter of the kind does not take the first one's connections", async () => {
  const { adapter, kit, gateway } = build();
  await adapter.start();
  const second = mqtt.create({ listeners: [{ port: 0 }] }, gateway, kit);
  const owner = kit.streams.find("mqtt");
  await assert.rejects(second.start());
  assert.equal(kit.streams.find("mqtt"), owner);
  assert.deepEqual(second.listeners, []);
  await adapter.stop(AbortSignal.timeout(1000));
});

test("another transport carries MQTT, and its own listener is the one that counts", async () => {
  const { adapter, kit, gateway } = build();
  await adapter.start();
  const peer: Peer = {
    address: "192.0.2.1",
    port: 9,
    proxy: null,
    listener: "websocket",
    secure: true,
    certificate: null,
    serverName: null,
  };
  const wire = new FakeWire();
  const connection = kit.streams.find("mqtt")?.accept(wire, peer);
  connection?.onBytes(connect({ client: "carried" }));
  await gateway.until(() => gateway.open.length === 1, "a session");
  assert.equal(gateway.sessionOf("carried").origin.listener, "websocket");
  connection?.onStopping();
  assert.equal(wire.isEnded, true);
  await adapter.stop(AbortSignal.timeout(1000));
});

test("the README's configuration is accepted, and shows every default as it is", () => {
  const [, yaml] = /```yaml\n([^]*?)```/.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8")) ?? [];
  const shown = parse(yaml ?? "").adapters.mqtt;
  const ajv = new Ajv({ useDefaults: true, strict: false });
  const validate = ajv.compile(mqtt.configSchema);
  assert.equal(validate(structuredClone(shown)), true, ajv.errorsText(validate.errors));
  const filled = { listeners: [] };
  assert.equal(validate(filled), true);
  const { listeners: _shown, ...rest } = shown;
  const { listeners: _filled, ...wanted } = filled;
  assert.deepEqual(rest, wanted);
  assert.equal(validate({ listeners: [], keepAlive: 1 }), false, "unknown keys are errors");
});
