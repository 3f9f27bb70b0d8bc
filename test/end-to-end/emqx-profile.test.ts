// Moving from EMQX's gateway: the same terminal on a listener of either profile, side by side in one process; an MQTT
// subscriber sees what it has always seen on the one, and engineering units on the other; and commands of either kind.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { GatewayProcess } from "../processes/gateway.ts";
import { missingPrograms } from "../processes/programs.ts";
import { MosquittoPub, MosquittoSub } from "./mosquitto.ts";
import { PLAIN } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { DEVICE, PHONE, Vehicle, parcelsOf, recorded } from "./vehicle.ts";

const missing = missingPrograms("mosquitto_pub", "mosquitto_sub");
const NATIVE = "jt808";
const EMQX = "jt808.1";
const UP = `jt808/${PHONE}/${PHONE}/up`;

describe("one terminal in both profiles", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  let scene: Scene;
  let sub: MosquittoSub;
  let native: Vehicle;
  let compatible: Vehicle;

  before(async () => {
    const gateway = await GatewayProcess.start({
      anonymous: "allow",
      adapters: {
        mqtt: { listeners: [{ port: 0 }] },
        jt808: {
          listeners: [
            { port: 0 },
            { port: 0, profile: "emqx", emqx: { mountpoint: "jt808/$${clientid}/", upTopic: "{phone}/up" } },
          ],
        },
      },
    });
    scope.defer(async () => assert.equal((await gateway.stop()).code, 0));
    scene = { gateway, authority: null, account: null };
    sub = await MosquittoSub.open(scene, "mqttv5", ["jt808/#"], 1);
    scope.defer(() => sub.close());
    native = await Vehicle.connect(scene, NATIVE);
    scope.defer(() => native.close());
    compatible = await Vehicle.connect(scene, EMQX);
    scope.defer(() => compatible.close());
    for (const vehicle of [native, compatible]) await vehicle.logIn();
  });

  test("both are there, each under its own client id", async () => {
    const clients = await scene.gateway.clients();
    const terminals = clients.filter(({ protocol }) => protocol === "jt808").map(({ client }) => client);
    assert.deepEqual(terminals.toSorted(), [PHONE, DEVICE]);
  });

  test("a position, a batch and a heartbeat: exactly the JSON of before on the one, units on the other", async () => {
    for (const vehicle of [native, compatible]) {
      for (const step of ["location", "batch", "heartbeat"] as const) {
        assert.equal((await vehicle.send(step)).result, 0, step);
      }
    }
    const messages = await sub.received(UP, 2);
    assert.deepEqual(
      messages.map(({ payload }) => JSON.parse(payload.toString())),
      [recorded("location").emqx, recorded("batch").emqx],
    );
    for (const step of ["location", "batch"] as const) {
      for (const { topic, verify } of parcelsOf(step)) verify((await sub.received(topic, 1))[0]!.payload);
    }
    // Registration, authentication and heartbeat are the gateway's own business in the one profile, messages in the other.
    await sub.received(`jt808/${DEVICE}/up/heartbeat`, 1);
    assert.equal((await sub.received(UP, 2)).length, 2);
  });

  test("a command to each reaches its terminal as the same bytes", async () => {
    const pub = new MosquittoPub(scene, "mqttv5");
    const body = { header: { msg_id: 0x8300 }, body: { flag: 8, text: "Hello" } };
    await pub.publish(`jt808/${PHONE}/${PHONE}/dn`, Buffer.from(JSON.stringify(body)), PLAIN);
    const same = { id: "text", body: { flags: ["tts"], text: "Hello" } };
    await pub.publish(`jt808/${DEVICE}/down`, Buffer.from(JSON.stringify(same)), PLAIN);
    const expected = { id: 0x8300, body: Buffer.from("\u0008Hello") };
    assert.deepEqual(await compatible.command(), expected);
    assert.deepEqual(await native.command(), expected);
  });
});
