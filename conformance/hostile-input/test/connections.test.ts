import { test, type TestContext } from "node:test";
import { AuthCodes } from "../../../adapters/jt808/admission.ts";
import { Holders } from "../../../adapters/jt808/holders.ts";
import { listenerOptions } from "../../../adapters/jt808/config.ts";
import { Jt808Connection } from "../../../adapters/jt808/connection.ts";
import { ListenerContext } from "../../../adapters/jt808/context.ts";
import { LineConnection } from "../../../adapters/line/connection.ts";
import { mqttSettings } from "../../../adapters/mqtt/config.ts";
import { MqttConnection } from "../../../adapters/mqtt/connection.ts";
import { Context } from "../../../adapters/mqtt/context.ts";
import { prepareGenerator } from "../../../adapters/mqtt/wire.ts";
import { jt808Driver } from "../../../adapters/jt808/test/jt808-driver.ts";
import { Random } from "../../random.ts";
import { Scene } from "../scene.ts";
import { attackConnections, type ConnectionTarget } from "../connection-attack.ts";
import { jt808Frames, lines, mendJt808, lineSessions, mqttPackets, mqttSessions } from "./seeds.ts";

async function run(context: TestContext, target: ConnectionTarget): Promise<void> {
  const random = Random.fromEnvironment();
  context.diagnostic(`seed ${random.seed}`);
  const done = await attackConnections(target, random);
  const { inputs, truncations, connections, refused, published, grownBytes } = done;
  context.diagnostic(`${inputs} inputs and ${truncations} truncations over ${connections} connections`);
  context.diagnostic(`${refused} hung up on, ${published} messages came in, ${Math.round(grownBytes / 1024)} KiB kept`);
}

test("line connections", { timeout: 600_000 }, async (context) => {
  const scene = new Scene();
  const gateway = scene.core.gateway("line");
  const accept: ConnectionTarget["acceptor"]["accept"] = (wire, peer) => new LineConnection(wire, peer, gateway);
  await run(context, { scene, acceptor: { accept }, sessions: lineSessions(), frames: lines() });
});

test("mqtt connections", { timeout: 600_000 }, async (context) => {
  const scene = new Scene();
  prepareGenerator();
  const shared = new Context(scene.core.gateway("mqtt"), mqttSettings({ listeners: [] }));
  const accept: ConnectionTarget["acceptor"]["accept"] = (wire, peer) => new MqttConnection(shared, wire, peer);
  await run(context, { scene, acceptor: { accept }, sessions: mqttSessions(), frames: mqttPackets() });
});

test("jt808 connections", { timeout: 600_000 }, async (context) => {
  const scene = new Scene();
  const gateway = scene.core.gateway("jt808");
  const options = listenerOptions({ port: 0, authentication: "accept-any" });
  const shared = new ListenerContext(gateway, scene.kit.turn, options, new AuthCodes(null), new Holders());
  const accept: ConnectionTarget["acceptor"]["accept"] = (wire, peer) => new Jt808Connection(shared, wire, peer, null);
  const sessions = [0, 1, 2].map((n) => {
    const client = jt808Driver.clientId?.(n) ?? `${n}`;
    return jt808Driver.session({ client, user: client, password: "x" }).bytes;
  });
  await run(context, { scene, acceptor: { accept }, sessions, frames: jt808Frames(), mend: mendJt808 });
});
