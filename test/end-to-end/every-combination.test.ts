// The gateway's main job on real input: a vehicle, mosquitto_pub, curl and a web page publish; mosquitto_sub, a page and
// HTTP clients receive; through one process, with nothing installed beside it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { GatewayProcess } from "../processes/gateway.ts";
import { missingPrograms } from "../processes/programs.ts";
import { electricVehicleSender, openPublishers, openReceivers, vehicleSender } from "./cast.ts";
import { senderOf, testCombinations } from "./combinations.ts";
import { testRetained } from "./retained.ts";
import { PLAIN } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { DEVICE, Vehicle } from "./vehicle.ts";
import { WebPage } from "./web-page.ts";

const missing = missingPrograms("mosquitto_pub", "curl", "chromium");

describe("every publisher meets every receiver", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  let page: WebPage;
  let scene: Scene;

  before(async () => {
    const gateway = await GatewayProcess.start({
      anonymous: "allow",
      adapters: {
        mqtt: { listeners: [{ port: 0 }] },
        websocket: { listeners: [{ port: 0 }] },
        http: { listeners: [{ port: 0 }] },
        // One message for each frame, so that each parcel is told from the others.
        jt808: { listeners: [{ port: 0, profile: "native", batchPositions: false }] },
        gbt32960: { listeners: [{ port: 0 }] },
      },
    });
    scope.defer(async () => assert.equal((await gateway.stop()).code, 0));
    scene = { gateway, authority: null, account: null };
    page = await WebPage.open(scene);
    scope.defer(() => page.close());
  });

  test("all pairs", async (context) => {
    await using opened = new AsyncDisposableStack();
    await page.connect(scene);
    const receivers = await openReceivers(scene, 0, page, opened);
    const publishers = await openPublishers(scene, page, opened);
    const vehicles = [vehicleSender(scene, ["location", "batch", "heartbeat"]), electricVehicleSender(scene)];
    const senders = [...vehicles, ...publishers.map(senderOf)];
    await testCombinations(context, senders, receivers, publishers[0]!);
  });

  test("every publisher → JT/T 808 terminal (a command)", async (context) => {
    await using opened = new AsyncDisposableStack();
    await page.connect(scene);
    const publishers = await openPublishers(scene, page, opened);
    const vehicle = await Vehicle.connect(scene);
    opened.defer(() => vehicle.close());
    await vehicle.logIn();
    for (const publisher of publishers) {
      await context.test(publisher.name, async () => {
        // A text message (0x8300): its flag, then the text.
        const body = Buffer.from(`\u0008from ${publisher.name}`);
        const command = JSON.stringify({ id: "0x8300", body: body.toString("hex") });
        await publisher.publish(`jt808/${DEVICE}/down`, Buffer.from(command), PLAIN);
        assert.deepEqual(await vehicle.command(), { id: 0x8300, body });
      });
    }
  });

  test("all pairs, retained and at QoS 1", async (context) => {
    await using opened = new AsyncDisposableStack();
    const publishers = await openPublishers(scene, page, opened);
    await page.connect(scene);
    await testRetained(context, publishers, () => openReceivers(scene, 1, page, opened));
  });
});
