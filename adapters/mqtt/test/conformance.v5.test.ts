// What only MQTT 5 has: what the standard demands of a server that is spoken to correctly, against the whole gateway
// on a real socket. Test names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  block,
  bytes,
  connect,
  hex,
  packet,
  property,
  puback,
  publish,
  publish5,
  pubrel,
  u16,
  subscribe,
} from "./packets.ts";
import { RawClient } from "./raw-client.ts";
import { broker, client, id, isQuiet, reasonOf, subscriber, suite, toldIn, topic, until } from "./suite.ts";

suite("MQTT 5", { limits: { inboundInflightMax: 3 } }, () => {
  test("[MQTT-3.2.2-21 …] CONNACK tells the limits", async () => {
    const one = await client({ level: 5 });
    const told = toldIn(one.connack!);
    assert.equal(told["receiveMaximum"], 3);
    assert.equal(told["topicAliasMaximum"], 32);
    assert.equal(told["maximumPacketSize"], 1_048_576 + 65_535 + 65_536);
    for (const absent of [
      "maximumQoS",
      "retainAvailable",
      "wildcardSubscriptionAvailable",
      "sharedSubscriptionAvailable",
      "serverKeepAlive",
      "responseInformation",
      "sessionExpiryInterval",
    ]) {
      assert.equal(told[absent], undefined, absent);
    }
    await one.destroy();
  });

  test("[MQTT-3.3.4-7, -8] more in flight than the receive maximum: 0x93", async () => {
    const one = await client({ level: 5 });
    for (let i = 1; i <= 3; i++) one.send(publish5({ topic, qos: 2, id: i }));
    for (let i = 1; i <= 3; i++) await one.next("pubrec");
    // Those that were repeated, and those that are free again, do not count.
    one.send(publish5({ topic, qos: 2, id: 1, dup: true }), pubrel(2), publish5({ topic, qos: 2, id: 5 }));
    assert.deepEqual(
      [(await one.next()).cmd, (await one.next()).cmd, (await one.next()).cmd],
      ["pubrec", "pubcomp", "pubrec"],
    );
    one.send(publish5({ topic, qos: 2, id: 6 }));
    assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x93]);
  });

  test("[MQTT-3.3.4-9] we keep to the client's receive maximum", async () => {
    const listener = await subscriber(topic, 2, { level: 5, properties: block(property.receiveMaximum(2)) });
    const one = await client();
    for (let i = 1; i <= 5; i++) one.send(publish({ topic, payload: `${i}`, qos: 1, id: i }));
    const first = await listener.next("publish");
    const second = await listener.next("publish");
    await isQuiet(listener);
    one.send(publish({ topic, payload: "free" }));
    listener.send(puback(Number(first["messageId"])));
    assert.equal(String((await listener.next("publish"))["payload"]), "3");
    listener.send(puback(Number(second["messageId"])));
    assert.equal(String((await listener.next("publish"))["payload"]), "4");
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("[MQTT-3.1.2-24, -25] what is larger than the client's maximum packet size is dropped, as if sent", async () => {
    const listener = await subscriber(topic, 1, { level: 5, properties: block(property.maximumPacketSize(60)) });
    const one = await client();
    for (const qos of [0, 1]) {
      one.send(
        publish({ topic, payload: "x".repeat(60), qos, id: 9 }),
        publish({ topic, payload: "small", qos, id: 10 }),
      );
      const got = await listener.next("publish");
      assert.equal(String(got["payload"]), "small");
      if (qos === 1) listener.send(puback(Number(got["messageId"])));
    }
    await isQuiet(listener);
    assert.equal(broker.core.client("", `${id}-sub`)?.inflightMessages, 0);
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("[MQTT-3.14.0-1] a client whose maximum packet size does not fit CONNACK is cut off without a word", async () => {
    const one = await RawClient.open(broker.port, 5);
    one.send(connect({ level: 5, client: id, properties: block(property.maximumPacketSize(8)) }));
    assert.deepEqual(await one.untilClosed(), []);
  });

  test("[MQTT-3.2.2-19] a refusal leaves out its text where it does not fit", async () => {
    for (const [most, hasText] of [
      [100, true],
      [20, false],
    ] as const) {
      const one = await RawClient.open(broker.port, 5);
      const told = block(property.maximumPacketSize(most), property.authenticationMethod("x"));
      one.send(connect({ level: 5, client: id, properties: told }));
      assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x8c]);
      assert.equal(one.raw.length > 5, hasText);
    }
  });

  test("a client whose maximum packet size does not fit an answer is cut off", async () => {
    const one = await client({ level: 5, properties: block(property.maximumPacketSize(40)) });
    const filters = Array.from({ length: 40 }, (_, i) => [`${topic}/${i}`, 0] as const);
    one.send(subscribe(5, 1, filters));
    assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x95]);
  });

  test("[MQTT-3.3.2-12] topic aliases from the client", async () => {
    const listener = await subscriber("aliased/#", 0);
    const one = await client({ level: 5 });
    one.send(
      publish5({ topic: "aliased/a", payload: "1", properties: block(property.topicAlias(1)) }),
      publish5({ topic: "", payload: "2", properties: block(property.topicAlias(1)) }),
      publish5({ topic: "aliased/b", payload: "3", properties: block(property.topicAlias(1)) }),
      publish5({ topic: "", payload: "4", properties: block(property.topicAlias(1)) }),
      publish5({ topic: "aliased/max", payload: "5", properties: block(property.topicAlias(32)) }),
    );
    const topics: string[] = [];
    for (let i = 0; i < 5; i++) topics.push(String((await listener.next("publish"))["topic"]));
    assert.deepEqual(topics, ["aliased/a", "aliased/a", "aliased/b", "aliased/b", "aliased/max"]);
    await one.destroy();
    // [MQTT-3.3.2-7] An alias lives as long as its connection.
    const back = await client({ level: 5 });
    back.send(publish5({ topic: "", properties: block(property.topicAlias(1)) }));
    assert.deepEqual((await back.untilClosed()).map(reasonOf), [0x82]);
    await listener.destroy();
  });

  test("[MQTT-3.1.2-26] topic aliases towards the client: within its maximum, topic sent once", async () => {
    const listener = await subscriber("to/#", 1, { level: 5, properties: block(property.topicAliasMaximum(2)) });
    const one = await client();
    for (const name of ["to/a", "to/b", "to/c", "to/a", "to/b", "to/c"])
      one.send(publish({ topic: name, payload: name }));
    const got: [string, unknown][] = [];
    for (let i = 0; i < 6; i++) {
      const said = await listener.next("publish");
      got.push([String(said["topic"]), toldIn(said)["topicAlias"]]);
    }
    assert.deepEqual(got, [
      ["to/a", 1],
      ["to/b", 2],
      ["to/c", undefined],
      ["", 1],
      ["", 2],
      ["to/c", undefined],
    ]);
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("[MQTT-3.3.2-4, -15, -16, -18, -20] properties are passed on unaltered, user properties in order", async () => {
    const listener = await subscriber(topic, 1, { level: 5 });
    const tailored = await subscriber(
      topic,
      1,
      { level: 5, client: `${id}-si` },
      block(property.subscriptionIdentifier(3)),
    );
    const one = await client({ level: 5 });
    const told = block(
      property.user("2", "two"),
      property.payloadFormat(1),
      property.contentType("text/plain; charset=utf-8"),
      property.user("1", "one"),
      property.responseTopic("r/t"),
      property.correlation("c\u0001"),
      property.user("2", "again"),
    );
    const inOrder = Buffer.from(
      bytes(property.user("2", "two"), property.user("1", "one"), property.user("2", "again")),
    );
    for (const qos of [0, 1]) {
      one.send(publish5({ topic, payload: "grüße", qos, id: 4, properties: told }));
      for (const receiver of [listener, tailored]) {
        const said = await receiver.next("publish");
        const got = toldIn(said);
        assert.equal(got["contentType"], "text/plain; charset=utf-8");
        assert.equal(got["responseTopic"], "r/t");
        assert.equal(got["payloadFormatIndicator"], true);
        assert.equal(String(got["correlationData"]), "c\u0001");
        assert.equal(got["subscriptionIdentifier"], receiver === tailored ? 3 : undefined);
        assert.deepEqual(JSON.parse(JSON.stringify(got["userProperties"])), { "1": "one", "2": ["two", "again"] });
        if (qos === 1) receiver.send(puback(Number(said["messageId"])));
      }
      if (qos === 1) await one.next("puback");
    }
    assert.ok(tailored.raw.includes(inOrder), "user properties in their order on the wire");
    await Promise.all([listener.destroy(), tailored.destroy(), one.destroy()]);
  });

  test("properties do not reach 3.1.1, the payload does", async () => {
    const listener = await subscriber(topic, 1);
    const one = await client({ level: 5 });
    for (const qos of [0, 1]) {
      one.send(
        publish5({
          topic,
          payload: "p",
          qos,
          id: 2,
          properties: block(property.user("a", "b"), property.messageExpiry(9)),
        }),
      );
      const said = await listener.next("publish");
      assert.equal(String(said["payload"]), "p");
      if (qos === 1) listener.send(puback(Number(said["messageId"])));
    }
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("[MQTT-3.3.2-5, -6] message expiry is reduced by the waiting time; what is expired is not sent", async () => {
    const fields = { client: `${id}-late`, level: 5, clean: false, properties: block(property.sessionExpiry(1000)) };
    await (await subscriber(topic, 1, fields)).destroy();
    await until(() => broker.core.client("", fields.client)?.connected === false);
    const one = await client({ level: 5 });
    one.send(publish5({ topic, payload: "short", qos: 1, id: 1, properties: block(property.messageExpiry(10)) }));
    one.send(publish5({ topic, payload: "long", qos: 1, id: 2, properties: block(property.messageExpiry(100)) }));
    await one.next("puback");
    await one.next("puback");
    broker.clock.advance(30_500);
    const back = await client(fields);
    const said = await back.next("publish");
    assert.equal(String(said["payload"]), "long");
    assert.equal(toldIn(said)["messageExpiryInterval"], 70);
    await isQuiet(back);
    await Promise.all([back.destroy(), one.destroy()]);
  });

  test("a message that goes on at once keeps its whole expiry, also 0", async () => {
    const listener = await subscriber(topic, 0, { level: 5 });
    const one = await client({ level: 5 });
    one.send(publish5({ topic, payload: "x", properties: block(property.messageExpiry(5)) }));
    assert.equal(toldIn(await listener.next("publish"))["messageExpiryInterval"], 5);
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("[3.4.2.1] PUBACK and PUBREC say 0x10 when nobody matched", async () => {
    const one = await client({ level: 5 });
    one.send(publish5({ topic, qos: 1, id: 1 }), publish5({ topic, qos: 2, id: 2 }), pubrel(2));
    assert.equal(reasonOf(await one.next("puback")), 0x10);
    assert.equal(reasonOf(await one.next("pubrec")), 0x10);
    assert.equal(reasonOf(await one.next("pubcomp")), 0);
    await one.destroy();
  });

  test("[3.3.2.3.2] a payload that is not the text that it says it is gets 0x99", async () => {
    const listener = await subscriber(topic, 0);
    const one = await client({ level: 5 });
    const wrong = { topic, payload: hex("c3 28"), properties: block(property.payloadFormat(1)) };
    one.send(publish5({ ...wrong, qos: 1, id: 1 }), publish5({ ...wrong, qos: 2, id: 2 }));
    assert.equal(reasonOf(await one.next("puback")), 0x99);
    assert.equal(reasonOf(await one.next("pubrec")), 0x99);
    await isQuiet(listener);
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("a delivery that the client refuses ends", async () => {
    const listener = await subscriber(topic, 2, { level: 5 });
    const one = await client();
    one.send(publish({ topic, qos: 2, id: 1, payload: "a" }), publish({ topic, qos: 1, id: 2, payload: "b" }));
    const first = await listener.next("publish");
    const second = await listener.next("publish");
    listener.send(packet(0x50, u16(Number(first["messageId"])), 0x97, block(property.reasonString("full"))));
    listener.send(packet(0x40, u16(Number(second["messageId"])), 0x80));
    await isQuiet(listener);
    assert.equal(broker.core.client("", `${id}-sub`)?.inflightMessages, 0);
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("acknowledgements with properties are read", async () => {
    const listener = await subscriber(topic, 2, { level: 5 });
    const one = await client({ level: 5 });
    one.send(publish5({ topic, qos: 2, id: 1 }));
    const got = await listener.next("publish");
    const messageId = u16(Number(got["messageId"]));
    const more = block(property.user("a", "b"), property.user("a", "c"));
    listener.send(packet(0x50, messageId, 0, more));
    await listener.next("pubrel");
    listener.send(packet(0x70, messageId, 0, more));
    await one.next("pubrec");
    one.send(packet(0x62, u16(1), 0, more));
    await one.next("pubcomp");
    await isQuiet(listener);
    assert.equal(broker.core.client("", `${id}-sub`)?.inflightMessages, 0);
    await Promise.all([listener.destroy(), one.destroy()]);
  });
});
