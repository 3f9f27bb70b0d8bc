import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Ajv } from "ajv";
import { http } from "../../../adapters/http/index.ts";
import { httpDriver } from "../../../adapters/http/test/http-driver.ts";
import { gbt32960 } from "../../../adapters/gbt32960/index.ts";
import { gbt32960Driver } from "../../../adapters/gbt32960/test/gbt32960-driver.ts";
import { jt808 } from "../../../adapters/jt808/index.ts";
import { jt808Driver } from "../../../adapters/jt808/test/jt808-driver.ts";
import { line } from "../../../adapters/line/index.ts";
import { lineDriver } from "../../../adapters/line/test/line-driver.ts";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { mqttDriver } from "../../../adapters/mqtt/test/mqtt-driver.ts";
import { websocket } from "../../../adapters/websocket/index.ts";
import { jsonDriver } from "../../../adapters/websocket/test/json-driver.ts";
import type { Adapter, AdapterModule } from "../../../core/index.ts";
import type { NetKit } from "../../../net/kit.ts";
import { TcpClient, type Address, type ContractDriver } from "../../adapter-kit/index.ts";
import { Random } from "../../random.ts";
import { attackListener, type ListenerTarget } from "../listener-attack.ts";
import { Scene } from "../scene.ts";
import {
  httpRequests,
  gbt32960Frames,
  jt808Frames,
  lines,
  lineSessions,
  mendGbt32960,
  mendJt808,
  mqttPackets,
  mqttSessions,
  proxyHeaders,
  webSocketFrames,
  webSocketSessions,
} from "./seeds.ts";

const RATES = { acceptRatePerSecond: 1_000_000 };

// oxlint-disable-next-line typescript/no-explicit-any -- checked against the module's own schema
function adapterOf(scene: Scene, module: AdapterModule<any, NetKit>, listener: object): Adapter {
  const config = { listeners: [{ port: 0, ...RATES, ...listener }] };
  const validate = new Ajv({ useDefaults: true, strict: false }).compile(module.configSchema);
  assert.ok(validate(config), JSON.stringify(validate.errors));
  return module.create(config, scene.core.gateway(module.name), scene.kit);
}

/** A device of the contract suite, publishing once. */
function servedBy(driver: ContractDriver): ListenerTarget["serve"] {
  return async (at, n) => {
    const id = driver.clientId?.(1_000 + n) ?? `good-${n}`;
    const client = await driver.connect(at, { client: id, user: "good", password: "secret" });
    assert.ok(client !== "refused", "the well-behaved client is refused");
    const payload = new Uint8Array([49]);
    assert.equal(await client.publish({ topic: "good/news", payload, qos: driver.publishQos }), "taken");
    client.destroy();
    await client.closed;
  };
}

async function run(context: TestContext, target: ListenerTarget): Promise<void> {
  const random = Random.fromEnvironment();
  context.diagnostic(`seed ${random.seed}`);
  const { inputs, truncations, connections, refused, grownBytes } = await attackListener(target, random);
  context.diagnostic(`${inputs} inputs and ${truncations} truncations over ${connections} connections`);
  context.diagnostic(`${refused} hung up on, ${Math.round(grownBytes / 1024)} KiB kept`);
}

const options = { timeout: 600_000 };

test("line listener", options, (context) => {
  const scene = new Scene();
  const adapter = adapterOf(scene, line, {});
  return run(context, { scene, adapter, sessions: lineSessions(), frames: lines(), serve: servedBy(lineDriver) });
});

test("line listener behind a proxy: the PROXY header", options, (context) => {
  const scene = new Scene();
  const adapter = adapterOf(scene, line, { proxyProtocol: { mode: "require", trusted: ["127.0.0.0/8"] } });
  const preamble = new TextEncoder().encode("PROXY TCP4 192.0.2.1 198.51.100.1 40000 6000\r\n");
  const serve = async (at: Address): Promise<void> => {
    const socket = await TcpClient.open(at);
    socket.write(preamble);
    socket.write(new TextEncoder().encode("hello good user\npub good/news 1\n"));
    await socket.until((received) => Buffer.from(received).toString() === "ok\nok\n", "both answers");
    assert.equal(scene.core.client("", "good")?.address, "192.0.2.1");
    socket.end();
    await socket.closed;
  };
  return run(context, { scene, adapter, sessions: lineSessions(), frames: proxyHeaders(), preamble, serve });
});

test("mqtt listener", options, (context) => {
  const scene = new Scene();
  const adapter = adapterOf(scene, mqtt, {});
  const serve = servedBy(mqttDriver(1));
  return run(context, { scene, adapter, sessions: mqttSessions(), frames: mqttPackets(), serve });
});

test("jt808 listener", options, (context) => {
  const scene = new Scene();
  const adapter = adapterOf(scene, jt808, { authentication: "accept-any" });
  const serve = servedBy(jt808Driver);
  const sessions = [0, 1].map((n) => {
    const client = jt808Driver.clientId?.(n) ?? `${n}`;
    return jt808Driver.session({ client, user: client, password: "x" }).bytes;
  });
  const frames = jt808Frames().filter((_, index) => index % 8 === 0);
  return run(context, { scene, adapter, sessions, frames, mend: mendJt808, serve });
});

test("gbt32960 listener", options, (context) => {
  const scene = new Scene();
  const adapter = adapterOf(scene, gbt32960, { sessionMessages: "consume", commands: { reports: false } });
  const serve = servedBy(gbt32960Driver);
  const sessions = [0, 1].map((n) => {
    const client = gbt32960Driver.clientId?.(n) ?? `${n}`;
    return gbt32960Driver.session({ client, user: client, password: "x" }).bytes;
  });
  const frames = gbt32960Frames().filter((_, index) => index % 4 === 0);
  return run(context, { scene, adapter, sessions, frames, mend: mendGbt32960, serve });
});

test("http listener", options, (context) => {
  const scene = new Scene();
  const adapter = adapterOf(scene, http, {});
  return run(context, {
    scene,
    adapter,
    sessions: httpRequests(),
    frames: httpRequests(),
    serve: servedBy(httpDriver),
  });
});

test("websocket listener, with MQTT carried by it", options, async (context) => {
  const scene = new Scene();
  const carried = adapterOf(scene, mqtt, {});
  await carried.start();
  const adapter = adapterOf(scene, websocket, {});
  const stop = adapter.stop.bind(adapter);
  const both: Adapter = {
    listeners: [],
    start: () => adapter.start(),
    reload: () => adapter.reload(),
    async stop(deadline) {
      await stop(deadline);
      await carried.stop(deadline);
    },
  };
  Object.defineProperty(both, "listeners", { get: () => adapter.listeners });
  const serve = servedBy(jsonDriver);
  await run(context, { scene, adapter: both, sessions: webSocketSessions(), frames: webSocketFrames(), serve });
});
