// Who meets whom: every publisher and every receiver of the end-to-end tests, opened on one scene.

import { CurlEvents, CurlGet, CurlPost } from "./curl.ts";
import { FILTERS, senderOf } from "./combinations.ts";
import type { Sender } from "./combinations.ts";
import { JsonClient } from "./json-client.ts";
import { MosquittoPub, MosquittoSub } from "./mosquitto.ts";
import { MqttOverWebSocket } from "./mqtt-over-websocket.ts";
import type { Publisher, Receiver, Scene } from "./scene.ts";
import { TributaryPub, TributarySub } from "./tributary-client.ts";
import { parcels, Vehicle } from "./vehicle.ts";
import type { WebPage } from "./web-page.ts";

/** Who publishes and who receives. */
export interface Cast {
  readonly senders: readonly Sender[];
  readonly receivers: readonly Receiver[];
  /** Publishes what marks the end of a test. */
  readonly marker: Publisher;
}

/**
 * Everybody, subscribed to FILTERS at QoS 0.
 * @param page null: there is no browser
 * @param scope closes them all
 */
export async function openCast(scene: Scene, page: WebPage | null, scope: AsyncDisposableStack): Promise<Cast> {
  const kept = <One extends { close(): Promise<void> }>(one: One): One => {
    scope.defer(() => one.close());
    return one;
  };
  const json = kept(await JsonClient.open(scene, FILTERS, 0));
  const mqtt = kept(await MqttOverWebSocket.open(scene, 5, FILTERS, 0));
  const pages = page === null ? [] : [page];
  for (const one of pages) await one.subscribe(FILTERS, 0);
  const receivers: Receiver[] = [
    kept(await MosquittoSub.open(scene, "mqttv311", FILTERS, 0)),
    kept(await MosquittoSub.open(scene, "mqttv5", FILTERS, 0)),
    ...pages,
    json,
    mqtt,
    kept(await MqttOverWebSocket.open(scene, 4, FILTERS, 0)),
    kept(await CurlEvents.open(scene, FILTERS, 0)),
    new CurlGet(scene),
    kept(await TributarySub.open(scene, FILTERS, 0)),
  ];
  const marker = new MosquittoPub(scene, "mqttv311");
  const mqtt5 = new MosquittoPub(scene, "mqttv5");
  const publishers: Publisher[] = [marker, mqtt5, new CurlPost(scene), ...pages, json, mqtt, new TributaryPub(scene)];
  return { senders: [vehicleSender(scene), ...publishers.map(senderOf)], receivers, marker };
}

/** One recorded session: registration, authentication, a position, a batch of positions, a heartbeat. */
function vehicleSender(scene: Scene): Sender {
  return {
    name: "JT/T 808 terminal",
    parcels,
    send: async () => {
      const vehicle = await Vehicle.connect(scene);
      await vehicle.logIn();
      for (const step of ["location", "batch", "heartbeat"] as const) {
        const { result } = await vehicle.send(step);
        if (result !== 0) throw new Error(`the platform answers the ${step} with ${result}`);
      }
      await vehicle.close();
    },
  };
}
