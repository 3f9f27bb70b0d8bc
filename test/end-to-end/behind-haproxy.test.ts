// A load balancer in front: the gateway sees the client's own address through the PROXY header of a real haproxy, and
// takes no connection that comes without one.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Child } from "../processes/child.ts";
import { GatewayProcess } from "../processes/gateway.ts";
import { Haproxy } from "../processes/haproxy.ts";
import { missingPrograms } from "../processes/programs.ts";
import { MosquittoPub, MosquittoSub } from "./mosquitto.ts";
import type { Scene } from "./scene.ts";

/** Every address of 127/8 is this machine: the client's is not the proxy's. */
const CLIENT_ADDRESS = "127.0.0.9";
const missing = missingPrograms("haproxy", "mosquitto_sub");

describe("haproxy with PROXY protocol in front of the MQTT listener", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  let gateway: GatewayProcess;

  before(async () => {
    gateway = await GatewayProcess.start({
      anonymous: "allow",
      adapters: {
        mqtt: { listeners: [{ port: 0, proxyProtocol: { mode: "require", trusted: ["127.0.0.1/32"] } }] },
      },
    });
    scope.defer(async () => assert.equal((await gateway.stop()).code, 0));
  });

  for (const [version, options] of [
    ["v2", "send-proxy-v2"],
    ["v1", "send-proxy"],
  ] as const) {
    test(`${version}: /api/v1/clients shows the client's address`, async () => {
      await using opened = new AsyncDisposableStack();
      const haproxy = await Haproxy.start(gateway.port("mqtt"), options);
      opened.defer(() => haproxy.stop());
      const scene: Scene = { gateway, authority: null, account: null, mqttPort: haproxy.port };
      const id = `truck-${version}`;
      const sub = await MosquittoSub.open(scene, "mqttv5", ["fleet/#"], 1, ["-i", id, "-A", CLIENT_ADDRESS]);
      opened.defer(() => sub.close());
      const row = await gateway.client(id);
      assert.equal(row.address, CLIENT_ADDRESS);
      assert.ok(row.port > 0 && row.port !== haproxy.port);
      assert.equal(row.connected, true);
      await new MosquittoPub(scene, "mqttv311").publish("fleet/truck", Buffer.from(id), { qos: 1, retain: false });
      const [received] = await sub.received("fleet/truck", 1);
      assert.equal(received!.payload.toString(), id);
    });
  }

  test("past the proxy there is no way in", async () => {
    const direct = new Child("mosquitto_pub", ["-p", String(gateway.port("mqtt")), "-t", "fleet/truck", "-n"]);
    assert.notEqual((await direct.ended).code, 0);
    const clients = await gateway.clients();
    assert.deepEqual(
      clients.filter((row) => row.address === "127.0.0.1"),
      [],
    );
  });
});
