// Anything at all into a connection: no exception, nothing that never ends, nothing taken that no valid packet said.
// TRIBUTARY_FUZZ_RUNS raises the number of runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import { mqttSettings } from "../config.ts";
import { MqttConnection } from "../connection.ts";
import { Context } from "../context.ts";
import { FakeWire } from "../../../conformance/fake-wire.ts";
import {
  block,
  connect,
  hex,
  packet,
  property,
  puback,
  pubcomp,
  publish,
  publish5,
  pubrec,
  pubrel,
  subscribe,
  unsubscribe,
} from "./packets.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { isMqttText } from "../utf8.ts";
import { StreamEnd } from "../../../net/stream.ts";
import { directPeer } from "../../../net/peer.ts";

const runs = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 20_000);

const properties = block(
  property.payloadFormat(1),
  property.messageExpiry(10),
  property.topicAlias(3),
  property.responseTopic("r"),
  property.correlation("c"),
  property.user("n", "v"),
  property.contentType("t"),
);
const seeds: readonly Uint8Array[] = [
  publish({ topic: "a/b", payload: "payload" }),
  publish({ topic: "a/b", payload: "payload", qos: 1, id: 3 }),
  publish5({ topic: "a/b", payload: "payload", qos: 2, id: 4, properties }),
  publish5({ topic: "a/b", payload: "payload" }),
  subscribe(4, 1, [
    ["a/#", 1],
    ["b/+", 2],
  ]),
  subscribe(
    5,
    1,
    [
      ["a/#", 0x2d],
      ["$share/g/x", 2],
    ],
    block(property.subscriptionIdentifier(9)),
  ),
  unsubscribe(5, 1, ["a/#"]),
  puback(1),
  pubrec(1),
  pubrel(1),
  pubcomp(1),
  packet(0x40, 0, 1, 0x10, block(property.reasonString("why"))),
  packet(0xe0, 0x04, block(property.sessionExpiry(10))),
  packet(0xc0),
  packet(0xf0, 0x18, block(property.authenticationMethod("m"))),
  connect({ level: 5, client: "c" }),
  hex("30 ff ff ff 7f 00"),
];

/** A seed with some of its bytes changed, taken out or put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom("set", "cut", "add")), {
      maxLength: 3,
    }),
  )
  .map(([seed, changes]) => {
    const out = [...seed];
    for (const [at, value, what] of changes) {
      const index = at % (out.length + 1);
      if (what === "set") out[index] = value;
      else if (what === "cut") out.splice(index, 1);
      else out.splice(index, 0, value);
    }
    return Uint8Array.from(out);
  });
const chunk = fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) });

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

for (const level of [3, 4, 5]) {
  test(`open connection, level ${level}: ${runs / 2} runs`, async () => {
    const gateway = new FakeGateway({ protocol: "mqtt", limits: { messageMaxBytes: 1000 } });
    const context = new Context(gateway, mqttSettings({ listeners: [] }));
    const peer = directPeer("mqtt", "192.0.2.1", 1);
    gateway.script.publish = (_session, message) => {
      const topic = Buffer.from(message.topic);
      assert.ok(topic.length > 0 && isMqttText(topic, 0, topic.length) && !/[+#]/.test(message.topic));
      assert.ok(message.payloadBytes >= 0 && message.payloadEnd <= message.source.length);
      return 1;
    };
    let wire = new FakeWire();
    let connection: MqttConnection | null = null;
    let closed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 6 }), async (chunks) => {
        if (connection === null || wire.isEnded) {
          wire = new FakeWire();
          connection = new MqttConnection(context, wire, peer);
          connection.onBytes(connect({ level, client: "c", clean: false }));
          await turn();
        }
        for (const one of chunks) connection.onBytes(one);
        wire.take();
        if (!wire.isEnded) return;
        closed++;
        connection.onClosed(StreamEnd.Local);
      }),
      { numRuns: Math.floor(runs / 2) },
    );
    await turn();
    assert.ok(closed > 100, "most of it is refused");
    assert.ok(gateway.open.length <= 1);
    assert.deepEqual(gateway.violations, []);
    assert.deepEqual(gateway.log.of("error"), []);
  });
}

test(`first packet: ${runs / 10} runs`, async () => {
  const gateway = new FakeGateway({ protocol: "mqtt" });
  const context = new Context(gateway, mqttSettings({ listeners: [] }));
  const peer = directPeer("mqtt", "192.0.2.1", 1);
  const will = {
    topic: "w",
    payload: "p",
    qos: 1,
    retain: true,
    properties: block(property.willDelay(1), property.user("a", "b")),
  };
  const first = connect({
    level: 5,
    client: "c",
    user: "u",
    password: "p",
    will,
    properties: block(property.receiveMaximum(3), property.user("a", "b")),
  });
  const changes = fc.array(fc.tuple(fc.nat(first.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(changes, fc.boolean(), async (places, isCut) => {
      const sent = first.slice();
      for (const [at, value] of places) sent[at] = value;
      const wire = new FakeWire();
      const connection = new MqttConnection(context, wire, peer);
      connection.onBytes(isCut ? sent.subarray(0, sent.length - 1) : sent);
      await turn();
      connection.onClosed(StreamEnd.Peer);
    }),
    { numRuns: Math.floor(runs / 10) },
  );
  assert.deepEqual(gateway.open, []);
  assert.equal(gateway.clock.armed, 0);
  assert.deepEqual(gateway.log.of("error"), []);
});
