// Subscriptions and retained messages: what the standard demands of a server that is spoken to correctly, against the whole gateway
// on a real socket. Test names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { block, PINGREQ, property, publish, publish5, subscribe, unsubscribe } from "./packets.ts";
import { type RawClient } from "./raw-client.ts";
import { client, granted, id, isQuiet, subscriber, suite, toldIn, topic } from "./suite.ts";

async function isServedAfterDeliveries(one: RawClient): Promise<void> {
  one.send(PINGREQ);
  for (let answer = await one.next(); answer.cmd !== "pingresp"; answer = await one.next()) one.seen++;
}

suite("subscriptions", {}, () => {
  test("[MQTT-3.9.3-1] one code a filter, in order, also for refused ones", async () => {
    const one = await client();
    one.send(
      subscribe(4, 5, [
        ["a/b", 2],
        ["a#", 0],
        ["a/#/b", 1],
        ["a/+b", 0],
        ["#", 1],
        ["$share//f", 0],
        ["$share/g/", 0],
        ["+/+", 0],
      ]),
    );
    const answer = await one.next("suback");
    assert.equal(answer["messageId"], 5);
    assert.deepEqual(granted(answer), [2, 0x80, 0x80, 0x80, 1, 0x80, 0x80, 0]);
    await one.destroy();
    const five = await client({ level: 5 });
    five.send(
      subscribe(5, 6, [
        ["a#", 0],
        ["a/b", 1],
        ["$share/g+/x", 0],
      ]),
    );
    assert.deepEqual(granted(await five.next("suback")), [0x8f, 1, 0x8f]);
    await five.destroy();
  });

  test("[MQTT-4.7.2-1] $-topics are not matched by leading wildcards", async () => {
    const one = await client();
    one.send(
      subscribe(4, 1, [
        ["#", 0],
        ["+/x", 0],
      ]),
    );
    await one.next("suback");
    one.send(publish({ topic: "$hidden/x", payload: "1" }));
    await isQuiet(one);
    await one.destroy();
  });

  test("[MQTT-4.7.1-2] sport/# matches sport; /finance has two levels", async () => {
    const one = await client();
    one.send(
      subscribe(4, 1, [
        [`${topic}/#`, 0],
        [`${topic}/+`, 0],
        ["+/finance", 0],
      ]),
    );
    await one.next("suback");
    one.send(publish({ topic, payload: "parent" }), publish({ topic: "/finance", payload: "two" }));
    assert.equal(String((await one.next("publish"))["payload"]), "parent");
    assert.equal(String((await one.next("publish"))["payload"]), "two");
    await isQuiet(one);
    await one.destroy();
  });

  test("[MQTT-3.8.4-3] a repeated subscription replaces, and retained messages come again", async () => {
    const one = await client();
    one.send(publish({ topic, payload: "kept", retain: true, qos: 1 }), subscribe(4, 1, [[topic, 0]]));
    await one.next("puback");
    assert.deepEqual(granted(await one.next("suback")), [0]);
    assert.equal((await one.next("publish"))["qos"], 0);
    one.send(subscribe(4, 2, [[topic, 1]]));
    assert.deepEqual(granted(await one.next("suback")), [1]);
    assert.equal((await one.next("publish"))["qos"], 1);
    one.send(publish({ topic, payload: "live" }));
    assert.equal(String((await one.next("publish"))["payload"]), "live");
    await isQuiet(one);
    one.send(publish({ topic, retain: true }));
    await one.destroy();
  });

  test("[5: 3.3.1.3] retain handling 0, 1, 2", async () => {
    const one = await client({ level: 5 });
    one.send(publish5({ topic, payload: "kept", retain: true, qos: 1 }));
    await one.next("puback");
    one.send(subscribe(5, 1, [[topic, 0x20]]));
    await one.next("suback");
    await isQuiet(one);
    one.send(subscribe(5, 2, [[topic, 0x10]]));
    await one.next("suback");
    await isQuiet(one);
    one.send(unsubscribe(5, 3, [topic]), subscribe(5, 4, [[topic, 0x10]]));
    await one.next("unsuback");
    await one.next("suback");
    assert.equal((await one.next("publish"))["retain"], true);
    one.send(subscribe(5, 5, [[topic, 0x00]]));
    await one.next("suback");
    assert.equal((await one.next("publish"))["retain"], true);
    await one.destroy();
  });

  test("[MQTT-3.3.1-9, 5: MQTT-3.3.1-12, -13] retain flag towards established subscriptions", async () => {
    const plain = await subscriber(topic, 0);
    const asPublished = await subscriber(topic, 0x08, { level: 5, client: `${id}-rap` });
    const one = await client();
    one.send(publish({ topic, payload: "r", retain: true }), publish({ topic, payload: "n" }));
    assert.deepEqual(
      [(await plain.next("publish"))["retain"], (await plain.next("publish"))["retain"]],
      [false, false],
    );
    assert.deepEqual(
      [(await asPublished.next("publish"))["retain"], (await asPublished.next("publish"))["retain"]],
      [true, false],
    );
    await Promise.all([plain.destroy(), asPublished.destroy(), one.destroy()]);
  });

  test("[MQTT-3.3.1-10, -11] an empty retained payload clears, is passed on, and is not stored", async () => {
    const listener = await subscriber(topic, 0);
    const one = await client();
    one.send(publish({ topic, payload: "r", retain: true }), publish({ topic, retain: true }));
    await listener.next("publish");
    assert.equal((await listener.next("publish"))["payload"]?.toString(), "");
    const late = await subscriber(topic, 0, { client: `${id}-late` });
    await isQuiet(late);
    await Promise.all([listener.destroy(), one.destroy(), late.destroy()]);
  });

  test("[5: MQTT-3.8.3-3] no local", async () => {
    const one = await subscriber(topic, 0x04, { level: 5 });
    one.send(publish5({ topic, payload: "own" }));
    await isQuiet(one);
    const other = await client();
    other.send(publish({ topic, payload: "foreign" }));
    assert.equal(String((await one.next("publish"))["payload"]), "foreign");
    await Promise.all([one.destroy(), other.destroy()]);
  });

  test("[5: MQTT-3.3.4-2 … 5] overlapping subscriptions: one copy, highest QoS, all identifiers", async () => {
    const one = await client({ level: 5 });
    one.send(subscribe(5, 1, [[topic, 0]], block(property.subscriptionIdentifier(5))));
    one.send(subscribe(5, 2, [[`${topic}/#`, 2]], block(property.subscriptionIdentifier(268_435_455))));
    await one.next("suback");
    await one.next("suback");
    one.send(publish5({ topic, payload: "x", qos: 1, id: 9 }));
    const got = await one.next("publish");
    await one.next("puback");
    assert.equal(got["qos"], 1);
    const told = toldIn(got)["subscriptionIdentifier"];
    assert.deepEqual(
      [told]
        .flat()
        .map(Number)
        .toSorted((a, b) => a - b),
      [5, 268_435_455],
    );
    await isQuiet(one);
    await one.destroy();
  });

  test("[MQTT-3.10.4-5] UNSUBACK also for what was not subscribed; 5 tells 0x11", async () => {
    const one = await subscriber(topic, 0);
    one.send(unsubscribe(4, 8, ["never"]), unsubscribe(4, 9, [topic]));
    assert.equal((await one.next("unsuback"))["messageId"], 8);
    assert.equal((await one.next("unsuback"))["messageId"], 9);
    one.send(publish({ topic, payload: "x" }));
    await isQuiet(one);
    await one.destroy();
    const five = await subscriber(topic, 0, { level: 5 });
    five.send(unsubscribe(5, 8, ["never", topic]));
    assert.deepEqual(granted(await five.next("unsuback")), [0x11, 0]);
    await five.destroy();
  });

  test("[5: 4.8.2] a shared subscription: one member gets it; no retained messages", async () => {
    const publisher = await client();
    publisher.send(publish({ topic, payload: "kept", retain: true }));
    await isQuiet(publisher);
    const first = await subscriber(`$share/g/${topic}`, 0, { level: 5, client: `${id}-m1` });
    const second = await subscriber(`$share/g/${topic}`, 0, { client: `${id}-m2` });
    await isQuiet(first);
    for (let i = 0; i < 10; i++) publisher.send(publish({ topic, payload: `${i}` }));
    await isQuiet(publisher);
    await isServedAfterDeliveries(first);
    await isServedAfterDeliveries(second);
    assert.equal(first.seen + second.seen, 10);
    assert.ok(first.seen > 0 && second.seen > 0);
    publisher.send(publish({ topic, retain: true }));
    await Promise.all([first.destroy(), second.destroy(), publisher.destroy()]);
  });
});
