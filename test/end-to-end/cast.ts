// Who meets whom: every publisher and every receiver of the end-to-end tests, opened on one scene and closed by the test's scope.

import assert from "node:assert/strict";

import { CurlEvents, CurlGet, CurlPost } from "./curl.ts";
import { FILTERS } from "./combinations.ts";
import type { Sender } from "./combinations.ts";
import { JsonClient } from "./json-client.ts";
import { MosquittoPub, MosquittoSub } from "./mosquitto.ts";
import { MqttOverWebSocket } from "./mqtt-over-websocket.ts";
import type { Publisher, Receiver, Scene } from "./scene.ts";
import { TributaryPub, TributarySub } from "./tributary-client.ts";
import { electricParcels, ElectricVehicle, OK } from "./electric-vehicle.ts";
import { parcelsOf, Vehicle } from "./vehicle.ts";
import type { Step } from "./vehicle.ts";
import type { WebPage } from "./web-page.ts";

interface Closable {
  close(): Promise<void>;
}

/** Everybody who can publish what a test gives them. The page, where there is one, is open already. */
export async function openPublishers(
  scene: Scene,
  page: WebPage | null,
  scope: AsyncDisposableStack,
): Promise<readonly Publisher[]> {
  return [
    new MosquittoPub(scene, "mqttv311"),
    new MosquittoPub(scene, "mqttv5"),
    new CurlPost(scene),
    ...(page === null ? [] : [page]),
    kept(scope, await JsonClient.connect(scene)),
    kept(scope, await MqttOverWebSocket.connect(scene, 5)),
    new TributaryPub(scene),
  ];
}

/** Everybody who receives, subscribed to FILTERS when this resolves. */
export async function openReceivers(
  scene: Scene,
  qos: 0 | 1,
  page: WebPage | null,
  scope: AsyncDisposableStack,
): Promise<readonly Receiver[]> {
  await page?.subscribe(FILTERS, qos);
  return [
    kept(scope, await MosquittoSub.open(scene, "mqttv311", FILTERS, qos)),
    kept(scope, await MosquittoSub.open(scene, "mqttv5", FILTERS, qos)),
    ...(page === null ? [] : [page]),
    kept(scope, await JsonClient.open(scene, FILTERS, qos)),
    kept(scope, await MqttOverWebSocket.open(scene, 4, FILTERS, qos)),
    kept(scope, await MqttOverWebSocket.open(scene, 5, FILTERS, qos)),
    kept(scope, await CurlEvents.open(scene, FILTERS, qos)),
    new CurlGet(scene),
    kept(scope, await TributarySub.open(scene, FILTERS, qos)),
  ];
}

function kept<One extends Closable>(scope: AsyncDisposableStack, one: One): One {
  scope.defer(() => one.close());
  return one;
}

/** One recorded session: registration, authentication, and these steps; each is answered with "done". */
export function vehicleSender(scene: Scene, steps: readonly Step[]): Sender {
  return {
    name: "JT/T 808 terminal",
    parcels: steps.flatMap((step) => parcelsOf(step)),
    send: async () => {
      const vehicle = await Vehicle.connect(scene);
      await vehicle.logIn();
      for (const step of steps) assert.equal((await vehicle.send(step)).result, 0, `the answer to the ${step}`);
      await vehicle.close();
    },
  };
}

/** One recorded session: login, a report, logout; each is answered with "ok". */
export function electricVehicleSender(scene: Scene): Sender {
  return {
    name: "GB/T 32960 vehicle",
    parcels: electricParcels,
    send: async () => {
      const vehicle = await ElectricVehicle.connect(scene);
      for (const step of ["login", "report", "logout"] as const) {
        assert.equal(await vehicle.send(step), OK, `the answer to the ${step}`);
      }
      await vehicle.close();
    },
  };
}
