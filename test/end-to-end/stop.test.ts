// SIGTERM while everybody is connected: each is told in the words of its own protocol, what was taken before has reached
// those who were there, and the process ends with code 0 within its deadline.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { within } from "../processes/deadline.ts";
import { GatewayProcess } from "../processes/gateway.ts";
import { missingPrograms } from "../processes/programs.ts";
import { CurlEvents, CurlPost } from "./curl.ts";
import { JsonClient } from "./json-client.ts";
import { MosquittoSub } from "./mosquitto.ts";
import { MqttOverWebSocket } from "./mqtt-over-websocket.ts";
import type { Receiver, Scene } from "./scene.ts";
import { Vehicle } from "./vehicle.ts";
import { WebPage } from "./web-page.ts";

const DEADLINE_MS = 10_000;
const MESSAGES = 500;
const FILTERS = ["fleet/#"];
const ACKNOWLEDGED = { qos: 1, retain: false } as const;
const missing = missingPrograms("mosquitto_sub", "curl", "chromium");

async function start(): Promise<GatewayProcess> {
  return GatewayProcess.start({
    anonymous: "allow",
    shutdown: { deadlineMs: DEADLINE_MS },
    adapters: {
      mqtt: { listeners: [{ port: 0 }] },
      websocket: { listeners: [{ port: 0 }] },
      http: { listeners: [{ port: 0 }] },
      jt808: { listeners: [{ port: 0 }] },
    },
  });
}

describe("SIGTERM with everybody connected", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  let gateway: GatewayProcess;
  let scene: Scene;
  let json: JsonClient;
  let mqtt: MqttOverWebSocket;
  let events: CurlEvents;
  let sub: MosquittoSub;
  let vehicle: Vehicle;
  let page: WebPage;
  let endedAfterMs = 0;

  before(async () => {
    gateway = await start();
    scope.defer(async () => void (await gateway.stop()));
    scene = { gateway, authority: null, account: null };
    json = await JsonClient.open(scene, FILTERS, 1);
    scope.defer(() => json.close());
    mqtt = await MqttOverWebSocket.open(scene, 5, FILTERS, 1);
    scope.defer(() => mqtt.close());
    events = await CurlEvents.open(scene, FILTERS, 1);
    scope.defer(() => events.close());
    sub = await MosquittoSub.open(scene, "mqttv5", FILTERS, 1);
    scope.defer(() => sub.close());
    vehicle = await Vehicle.connect(scene);
    scope.defer(() => vehicle.close());
    await vehicle.logIn();
    page = await WebPage.open(scene);
    scope.defer(() => page.close());
    await page.subscribe(FILTERS, 1);
  });

  test("the process ends with code 0 within the deadline", async () => {
    const publisher = await MqttOverWebSocket.connect(scene, 5);
    scope.defer(() => publisher.close());
    const sent = Array.from({ length: MESSAGES }, (_, n) =>
      publisher.publish(`fleet/truck-${n}`, Buffer.from(`message ${n}`), ACKNOWLEDGED),
    );
    await Promise.all(sent);
    await new CurlPost(scene).publish("fleet/last", Buffer.from("the last one"), ACKNOWLEDGED);
    // Not a moment is waited between the acknowledgement and the signal.
    const from = performance.now();
    gateway.signal("SIGTERM");
    const { code } = await within("the end of the gateway", gateway.ended, () => gateway.log, 2 * DEADLINE_MS);
    endedAfterMs = performance.now() - from;
    assert.equal(code, 0, gateway.log);
    assert.ok(endedAfterMs < DEADLINE_MS, `${endedAfterMs} ms`);
  });

  test("what was acknowledged before has reached everybody who was subscribed, in order", async (context) => {
    const receivers: Receiver[] = [json, mqtt, events, sub];
    for (const receiver of receivers) {
      for (const n of [0, MESSAGES - 1]) {
        const [received] = await receiver.received(`fleet/truck-${n}`, 1);
        assert.equal(received!.payload.toString(), `message ${n}`, receiver.name);
      }
      const [last] = await receiver.received("fleet/last", 1);
      assert.equal(last!.payload.toString(), "the last one", receiver.name);
    }
    for (const receiver of [events, sub]) {
      const texts = receiver.all().map(({ payload }) => payload.toString());
      assert.deepEqual(texts, [...Array.from({ length: MESSAGES }, (_, n) => `message ${n}`), "the last one"]);
    }
    context.diagnostic(`${MESSAGES + 1} messages each; ended ${endedAfterMs.toFixed(0)} ms after the signal`);
  });

  test("MQTT 5: DISCONNECT 0x8B", async () => {
    const { reasonCode } = await within("DISCONNECT over WebSocket", mqtt.disconnected);
    assert.equal(reasonCode, 0x8b);
    await sub.child.until("DISCONNECT", () => (/^Received DISCONNECT \(139\)$/m.test(sub.child.text) ? true : null));
  });

  test("WebSocket: closed with 1001", async () => {
    assert.equal((await within("the closing of a WebSocket", json.closed)).code, 1001);
    assert.match(await page.state("closed: "), /^closed: 1001/);
  });

  test("server-sent events: the event end, and the response is whole", async () => {
    const { code } = await within("the end of curl", events.child.ended);
    // curl says 18 of a response that was cut off.
    assert.equal(code, 0);
    assert.notEqual(events.named("end"), null);
  });

  test("JT/T 808: the link is closed", async () => {
    await vehicle.hungUp();
  });
});

test("a second SIGTERM ends the process at once", { skip: missingPrograms("curl") }, async () => {
  const gateway = await GatewayProcess.start({
    anonymous: "allow",
    // Long enough for the second signal to come while the first is being obeyed.
    shutdown: { drainDelayMs: 60_000, deadlineMs: 60_000 },
    adapters: { http: { listeners: [{ port: 0 }] } },
  });
  await using scope = new AsyncDisposableStack();
  scope.defer(async () => void (await gateway.stop()));
  gateway.signal("SIGTERM");
  await gateway.logged("draining");
  const response = await fetch(`http://127.0.0.1:${gateway.port("admin")}/readyz`);
  assert.equal(response.status, 503, "a gateway that is going says so");
  gateway.signal("SIGTERM");
  const { code } = await within("the end of the gateway", gateway.ended, () => gateway.log);
  assert.equal(code, 128 + 15);
});
