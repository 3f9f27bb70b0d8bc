// What publishers and receivers have to know of the gateway that they meet: ports, and how to get in.

import type { GatewayProcess } from "../processes/gateway.ts";

export interface Account {
  /** `tenant/user`. */
  readonly name: string;
  readonly password: string;
}

export interface Scene {
  readonly gateway: GatewayProcess;
  /** Path of the authority's PEM file: everything then goes over TLS. null: plain connections. */
  readonly authority: string | null;
  /** null: anonymous. */
  readonly account: Account | null;
  /** Where MQTT is spoken, when that is not the gateway's own port. */
  readonly mqttPort?: number;
}

export interface Delivery {
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export const PLAIN: Delivery = Object.freeze({ qos: 0, retain: false });

/** One message as a receiver shows it. null: this receiver does not say. */
export interface Received {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number | null;
  readonly retain: boolean | null;
}

export interface Publisher {
  readonly name: string;
  /** Resolves when the publisher has done its part; at QoS 1 that is when it was told that the message is taken. */
  publish(topic: string, payload: Buffer, delivery: Delivery): Promise<void>;
  close(): Promise<void>;
}

export interface Receiver {
  readonly name: string;
  /** All messages of a topic so far, as soon as there are `count` of them. */
  received(topic: string, count: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

export function webUrl(scene: Scene, protocol: "http" | "ws", port: string, path: string): string {
  return `${protocol}${scene.authority === null ? "" : "s"}://127.0.0.1:${scene.gateway.port(port)}${path}`;
}
