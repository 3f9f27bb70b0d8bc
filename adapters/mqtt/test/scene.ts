// A connection between a scripted core and a wire of the test's, for tests of what no client can provoke at will.

import { mqttSettings } from "../config.ts";
import { MqttConnection } from "../connection.ts";
import { Context } from "../context.ts";
import { FakeWire } from "../../../conformance/fake-wire.ts";
import { connect, type ConnectFields } from "./packets.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import type { FakeSession } from "../../../conformance/adapter-kit/fake-session.ts";
import type { Peer } from "../../../core/index.ts";
import { directPeer } from "../../../net/peer.ts";

const peer: Peer = Object.freeze(directPeer("mqtt", "192.0.2.1", 4711));

export interface Scene {
  readonly gateway: FakeGateway;
  readonly wire: FakeWire;
  readonly connection: MqttConnection;
}

export function scene(inboundInflightMax = 100): Scene {
  const gateway = new FakeGateway({ protocol: "mqtt", limits: { inboundInflightMax } });
  const wire = new FakeWire();
  const context = new Context(gateway, mqttSettings({ listeners: [] }));
  return { gateway, wire, connection: new MqttConnection(context, wire, peer) };
}

/** Promises that are ready have run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export async function opened(
  fields: ConnectFields = {},
  inboundInflightMax = 100,
): Promise<Scene & { session: FakeSession }> {
  const one = scene(inboundInflightMax);
  one.connection.onBytes(connect({ client: "c", ...fields }));
  await settled();
  one.wire.take();
  return { ...one, session: one.gateway.sessionOf("c") };
}
