// The gateway's main job on real input: a vehicle, mosquitto_pub, curl and a web page publish; mosquitto_sub, a page and
// HTTP clients receive; through one process, with nothing installed beside it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { GatewayProcess } from "../processes/gateway.ts";
import { missingPrograms } from "../processes/programs.ts";
import { openCast } from "./cast.ts";
import type { Cast } from "./cast.ts";
import { testCombinations } from "./combinations.ts";
import type { Scene } from "./scene.ts";
import { WebPage } from "./web-page.ts";

const missing = missingPrograms("mosquitto_pub", "curl", "chromium");

describe("every publisher meets every receiver", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  let cast: Cast;

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
    const scene: Scene = { gateway, authority: null, account: null };
    const page = await WebPage.open(scene);
    scope.defer(() => page.close());
    cast = await openCast(scene, page, scope);
  });

  test("all pairs", async (context) => {
    await testCombinations(context, cast.senders, cast.receivers, cast.marker);
  });
});
