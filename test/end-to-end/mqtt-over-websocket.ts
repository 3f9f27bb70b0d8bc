// The npm package `mqtt`, which web pages use, speaking MQTT over WebSocket: publisher and receiver in one.

import { readFileSync } from "node:fs";

import { connectAsync } from "mqtt";
import type { IDisconnectPacket, IPublishPacket, MqttClient } from "mqtt";

import { within } from "../processes/deadline.ts";
import { Inbox } from "./inbox.ts";
import { webUrl } from "./scene.ts";
import type { Delivery, Publisher, Received, Receiver, Scene } from "./scene.ts";

const names = { 4: "MQTT 3.1.1 over WebSocket", 5: "MQTT 5 over WebSocket" } as const;

export class MqttOverWebSocket implements Publisher, Receiver {
  readonly name: string;
  readonly client: MqttClient;
  /** What the gateway said when it ended the connection (MQTT 5). */
  readonly disconnected: Promise<IDisconnectPacket>;
  readonly #inbox = new Inbox();

  private constructor(name: string, client: MqttClient) {
    this.name = name;
    this.client = client;
    this.disconnected = new Promise((resolve) => client.once("disconnect", resolve));
    client.on("message", (topic: string, payload: Buffer, packet: IPublishPacket) => {
      this.#inbox.add({ topic, payload, qos: packet.qos, retain: packet.retain });
    });
    // Told by what it was waiting for; without a listener it would end this process.
    client.on("error", () => undefined);
  }

  static async connect(scene: Scene, protocolVersion: 4 | 5): Promise<MqttOverWebSocket> {
    const { account, authority } = scene;
    const client = await within(
      "CONNACK over WebSocket",
      connectAsync(webUrl(scene, "ws", "websocket", "/mqtt"), {
        protocolVersion,
        reconnectPeriod: 0,
        ...(account !== null && { username: account.name, password: account.password }),
        ...(authority !== null && { ca: readFileSync(authority) }),
      }),
    );
    return new MqttOverWebSocket(names[protocolVersion], client);
  }

  static async open(
    scene: Scene,
    protocolVersion: 4 | 5,
    filters: readonly string[],
    qos: 0 | 1,
  ): Promise<MqttOverWebSocket> {
    const receiver = await MqttOverWebSocket.connect(scene, protocolVersion);
    await within("SUBACK over WebSocket", receiver.client.subscribeAsync([...filters], { qos }));
    return receiver;
  }

  async publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    await within(`publish to ${topic}`, this.client.publishAsync(topic, payload, { qos, retain }));
  }

  received(topic: string, count: number): Promise<readonly Received[]> {
    return this.#inbox.of(topic, count);
  }

  async close(): Promise<void> {
    await within("the end of an MQTT client", this.client.endAsync(true));
  }
}
