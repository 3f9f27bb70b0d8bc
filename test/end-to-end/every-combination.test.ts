// The gateway's main job on real input: a vehicle, mosquitto_pub, curl and a web page publish; mosquitto_sub, a page and
// HTTP clients receive; through one process, with nothing installed beside it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { GatewayProcess } from "../processes/gateway.ts";
import { missingPrograms } from "../processes/programs.ts";
import { openPublishers, openReceivers, vehicleSender } from "./cast.ts";
import { senderOf, testCombinations } from "./combinations.ts";
import { testRetained } from "./retained.ts";
import type { Scene } from "./scene.ts";
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
        jt808: { listeners: [{ port: 0, profile: "native" }] },
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
    const senders = [vehicleSender(scene, ["location", "batch", "heartbeat"]), ...publishers.map(senderOf)];
    await testCombinations(context, senders, receivers, publishers[0]!);
  });

  test("all pairs, retained and at QoS 1", async (context) => {
    await using opened = new AsyncDisposableStack();
    const publishers = await openPublishers(scene, page, opened);
    await page.connect(scene);
    await testRetained(context, publishers, () => openReceivers(scene, 1, page, opened));
  });
});
