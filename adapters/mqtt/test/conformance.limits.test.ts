// What is switched off, denied or limited: what the standard demands of a server that is spoken to correctly, against the whole gateway
// on a real socket. Test names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { block, connect, property, publish, publish5, pubrel, subscribe } from "./packets.ts";
import { RawClient } from "./raw-client.ts";
import { broker, client, granted, id, reasonOf, suite, toldIn, topic } from "./suite.ts";

suite(
  "what is not offered",
  {
    config: {
      maxQos: 1,
      retain: false,
      wildcardSubscriptions: false,
      sharedSubscriptions: false,
      subscriptionIdentifiers: false,
      keepAliveMaxSeconds: 60,
      topicAliasMax: 0,
      responseInformation: "answers/%c",
    },
  },
  () => {
    test("[3.2.2.3] CONNACK says so", async () => {
      const one = await client({ level: 5, client: `${id}-$&`, properties: block(property.requestResponse(1)) });
      const told = toldIn(one.connack!);
      assert.equal(told["maximumQoS"], 1);
      assert.equal(told["retainAvailable"], false);
      assert.equal(told["wildcardSubscriptionAvailable"], false);
      assert.equal(told["sharedSubscriptionAvailable"], false);
      assert.equal(told["subscriptionIdentifiersAvailable"], false);
      assert.equal(told["topicAliasMaximum"], undefined);
      assert.equal(told["serverKeepAlive"], 60);
      assert.equal(told["responseInformation"], `answers/${id}-$&`);
      await one.destroy();
    });

    test("[MQTT-3.1.2-21] the server's keep-alive is the one that counts", async () => {
      const one = await client({ level: 5, keepAlive: 6000 });
      broker.clock.advance(90_100);
      assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x8d]);
      const shorter = await client({ level: 5, keepAlive: 30 });
      assert.equal(toldIn(shorter.connack!)["serverKeepAlive"], undefined);
      await shorter.destroy();
    });

    const uses: readonly [string, Uint8Array, number][] = [
      ["[MQTT-3.2.2-11] QoS 2: 0x9B", publish5({ topic: "a", qos: 2 }), 0x9b],
      ["[MQTT-3.2.2-14] retained: 0x9A", publish5({ topic: "a", retain: true }), 0x9a],
      ["topic alias: 0x94", publish5({ topic: "a", properties: block(property.topicAlias(1)) }), 0x94],
      [
        "[MQTT-3.2.2-…] subscription identifier: 0xA1",
        subscribe(5, 1, [["a", 0]], block(property.subscriptionIdentifier(1))),
        0xa1,
      ],
    ];
    for (const [name, sent, reason] of uses) {
      test(name, async () => {
        const one = await client({ level: 5 });
        one.send(sent);
        assert.deepEqual((await one.untilClosed()).map(reasonOf), [reason]);
      });
    }

    test("shared subscriptions 0x9E, wildcards 0xA2, QoS capped, the others served", async () => {
      const one = await client({ level: 5 });
      one.send(
        subscribe(5, 1, [
          ["$share/g/a", 0],
          ["a/#", 0],
          [topic, 2],
        ]),
      );
      assert.deepEqual(granted(await one.next("suback")), [0x9e, 0xa2, 1]);
      one.send(subscribe(5, 2, [["a/+", 0]]));
      assert.deepEqual(granted(await one.next("suback")), [0xa2]);
      await one.destroy();
    });

    test("wills: 0x9B, 0x9A", async () => {
      for (const [wrong, reason] of [
        [{ topic: "w", payload: "", qos: 2 }, 0x9b],
        [{ topic: "w", payload: "", retain: true }, 0x9a],
      ] as const) {
        const one = await RawClient.open(broker.port, 5);
        one.send(connect({ level: 5, client: id, will: wrong }));
        assert.deepEqual((await one.untilClosed()).map(reasonOf), [reason]);
      }
    });
  },
);

suite(
  "access",
  {
    rules: { mayPublish: (name) => !name.startsWith("secret"), maySubscribe: (filter) => !filter.startsWith("secret") },
    limits: { sessionMessages: { perSecond: 1, burst: 2 }, subscriptionsPerSessionMax: 2, messageMaxBytes: 1000 },
  },
  () => {
    test("5: PUBACK 0x87, PUBREC 0x87, SUBACK 0x87", async () => {
      const one = await client({ level: 5 });
      one.send(publish5({ topic: "secret/a", qos: 1, id: 1 }), publish5({ topic: "secret/a", qos: 2, id: 2 }));
      assert.equal(reasonOf(await one.next("puback")), 0x87);
      assert.equal(reasonOf(await one.next("pubrec")), 0x87);
      one.send(
        subscribe(5, 3, [
          ["secret/#", 0],
          [topic, 0],
        ]),
      );
      assert.deepEqual(granted(await one.next("suback")), [0x87, 0]);
      await one.destroy();
    });

    test("[MQTT-3.3.5-2] 3.1.1: a denied publish is acknowledged and dropped; SUBACK 0x80", async () => {
      const one = await client();
      one.send(publish({ topic: "secret/a", qos: 1, id: 1 }), publish({ topic: "secret/a", qos: 2, id: 2 }), pubrel(2));
      await one.next("puback");
      await one.next("pubrec");
      await one.next("pubcomp");
      one.send(subscribe(4, 3, [["secret/#", 0]]));
      assert.deepEqual(granted(await one.next("suback")), [0x80]);
      await one.destroy();
    });

    test("over the rate: 5 is told 0x97, 3.1.1 is closed without an acknowledgement", async () => {
      const five = await client({ level: 5 });
      for (let i = 1; i <= 3; i++) five.send(publish5({ topic, qos: 1, id: i }));
      assert.deepEqual(
        [reasonOf(await five.next()), reasonOf(await five.next()), reasonOf(await five.next())],
        [0x10, 0x10, 0x97],
      );
      await five.destroy();
      const four = await client();
      for (let i = 1; i <= 3; i++) four.send(publish({ topic, qos: 1, id: i }));
      assert.deepEqual(
        (await four.untilClosed()).map((answer) => answer["messageId"]),
        [1, 2],
      );
    });

    test("quota of subscriptions: 0x97", async () => {
      const one = await client({ level: 5 });
      one.send(
        subscribe(5, 3, [
          ["a", 0],
          ["b", 0],
          ["c", 0],
        ]),
      );
      assert.deepEqual(granted(await one.next("suback")), [0, 0, 0x97]);
      await one.destroy();
    });

    test("larger than messages may be: 0x83", async () => {
      const one = await client({ level: 5 });
      one.send(publish5({ topic, qos: 1, payload: "x".repeat(1001) }));
      assert.equal(reasonOf(await one.next("puback")), 0x83);
      await one.destroy();
    });
  },
);
