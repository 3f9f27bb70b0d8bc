// What the standard demands of a server that is spoken to correctly, against the whole gateway on a real socket. Test
// names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { Broker, type BrokerOptions } from "./broker.ts";
import {
  block,
  bytes,
  connect,
  type ConnectFields,
  DISCONNECT,
  hex,
  NO_PROPERTIES,
  packet,
  PINGREQ,
  property,
  puback,
  pubcomp,
  publish,
  publish5,
  pubrec,
  pubrel,
  subscribe,
  unsubscribe,
  u16,
} from "./packets.ts";
import { RawClient, type Received } from "./raw-client.ts";

let broker: Broker;
let names = 0;
/** A client id that no other test has. */
let id: string;
/** A topic that no other test has. */
let topic: string;

function suite(name: string, options: BrokerOptions, body: () => void): void {
  describe(name, () => {
    before(async () => {
      broker = await Broker.start(options);
    });
    after(async () => {
      await broker.stop();
      assert.equal(broker.core.stats().connected, 0);
      assert.deepEqual(broker.log.of("error"), []);
    });
    beforeEach(() => {
      names++;
      id = `client-${names}`;
      topic = `topic-${names}/t`;
    });
    body();
  });
}

function client(fields: ConnectFields = {}): Promise<RawClient> {
  return RawClient.connect(broker.port, { client: `${id}-${fields.level ?? 4}`, ...fields });
}

/** Connected and subscribed, SUBACK read. */
async function subscriber(
  filter: string,
  options = 2,
  fields: ConnectFields = {},
  properties = NO_PROPERTIES,
): Promise<RawClient> {
  const one = await client({ client: `${id}-sub`, ...fields });
  one.send(subscribe(fields.level ?? 4, 77, [[filter, options]], properties));
  const answer = await one.next("suback");
  assert.ok((granted(answer)[0] ?? 0x80) <= 2, "subscribed");
  return one;
}

function granted(answer: Received): number[] {
  assert.ok(Array.isArray(answer["granted"]));
  return answer["granted"].map(Number);
}

function reasonOf(answer: Received): unknown {
  return answer["reasonCode"] ?? answer["returnCode"];
}

function toldIn(answer: Received): Record<string, unknown> {
  return { ...(answer["properties"] as Record<string, unknown> | undefined) };
}

/** Nothing is under way to this client: a PINGRESP comes before anything else would. */
async function isQuiet(one: RawClient): Promise<void> {
  one.send(PINGREQ);
  await one.next("pingresp");
}

/** The server has read everything that was sent before. */
const isServed = isQuiet;

suite("sessions and connections", {}, () => {
  test("[MQTT-3.1.3-6] 3.1.1 with an empty client id and clean session 1 is let in", async () => {
    const one = await client({ client: "" });
    await isQuiet(one);
    await one.destroy();
  });

  test("[5: MQTT-3.2.2-16] the assigned client id is told, and none when the client has one", async () => {
    const first = await client({ level: 5, client: "" });
    const second = await client({ level: 5, client: "" });
    const assigned = toldIn(first.connack!)["assignedClientIdentifier"];
    assert.equal(typeof assigned, "string");
    assert.notEqual(assigned, toldIn(second.connack!)["assignedClientIdentifier"]);
    const named = await client({ level: 5 });
    assert.equal(toldIn(named.connack!)["assignedClientIdentifier"], undefined);
    await Promise.all([first.destroy(), second.destroy(), named.destroy()]);
  });

  test("5: password without user name is allowed", async () => {
    const one = await client({ level: 5, password: "p" });
    await one.destroy();
  });

  test("3.1 is served", async () => {
    const one = await client({ level: 3 });
    one.send(subscribe(3, 1, [[topic, 1]]));
    assert.deepEqual(granted(await one.next("suback")), [1]);
    one.send(publish({ topic, payload: "x", qos: 1, id: 3 }));
    const said = [await one.next(), await one.next()].map((answer) => answer.cmd).toSorted();
    assert.deepEqual(said, ["puback", "publish"]);
    // 3.1 marks what it repeats.
    one.send(packet(0x8a, u16(2), bytes(0, 1, 97), 0));
    await one.next("suback");
    await one.destroy();
  });

  test("[MQTT-3.2.2-1, 3.2.2-2] session present: 0 when clean, 1 only if state was kept", async () => {
    const name = `${id}-kept`;
    const first = await client({ client: name, clean: false });
    assert.equal(first.connack!["sessionPresent"], false);
    await first.destroy();
    const second = await client({ client: name, clean: false });
    assert.equal(second.connack!["sessionPresent"], true);
    await second.destroy();
    const clean = await client({ client: name, clean: true });
    assert.equal(clean.connack!["sessionPresent"], false);
    await clean.destroy();
    const again = await client({ client: name, clean: false });
    assert.equal(again.connack!["sessionPresent"], false, "a clean session leaves nothing");
    await again.destroy();
  });

  test("[MQTT-3.1.4-3] a second connection takes over: 5 is told 0x8E", async () => {
    const name = `${id}-twin`;
    const first = await client({ client: name, level: 5 });
    const second = await client({ client: name, level: 5 });
    const said = await first.untilClosed();
    assert.deepEqual(
      said.map((answer) => [answer.cmd, reasonOf(answer)]),
      [["disconnect", 0x8e]],
    );
    const third = await client({ client: name });
    assert.deepEqual((await second.untilClosed()).map(reasonOf), [0x8e]);
    const fourth = await client({ client: name, level: 5 });
    assert.deepEqual(await third.untilClosed(), [], "3.x is just closed");
    await isQuiet(fourth);
    await fourth.destroy();
  });

  test("[MQTT-3.1.2-24] silence of 1.5 keep-alive times ends it, any packet before that does not", async () => {
    const one = await client({ level: 5, keepAlive: 10 });
    broker.clock.advance(14_900);
    await isServed(one);
    broker.clock.advance(14_900);
    await isServed(one);
    broker.clock.advance(15_100);
    assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x8d]);
  });

  test("keep-alive 0 has no end", async () => {
    const one = await client();
    broker.clock.advance(10_000_000);
    await isServed(one);
    await one.destroy();
  });

  test("[MQTT-3.12.4-1] PINGREQ is answered", async () => {
    const one = await client();
    one.send(PINGREQ, PINGREQ);
    await one.next("pingresp");
    await one.next("pingresp");
    await one.destroy();
  });

  test("[MQTT-3.14.4-1] the connection is closed after DISCONNECT, and what follows is not served", async () => {
    const listener = await subscriber(topic);
    const one = await client();
    one.send(DISCONNECT, publish({ topic, payload: "late" }));
    assert.deepEqual(await one.untilClosed(), []);
    await isQuiet(listener);
    await listener.destroy();
  });

  test("packets sent right behind CONNECT are served in order", async () => {
    const one = await RawClient.open(broker.port, 4);
    one.send(connect({ client: id }), subscribe(4, 1, [[topic, 0]]), publish({ topic, payload: "x" }), PINGREQ);
    const said = [await one.next(), await one.next(), await one.next(), await one.next()];
    assert.deepEqual(
      said.map((answer) => answer.cmd),
      ["connack", "suback", "publish", "pingresp"],
    );
    await one.destroy();
  });

  test("stop: 5 is told 0x8B", async () => {
    const other = await Broker.start();
    const five = await RawClient.connect(other.port, { client: "five", level: 5 });
    const four = await RawClient.connect(other.port, { client: "four" });
    await other.stop();
    assert.deepEqual((await five.untilClosed()).map(reasonOf), [0x8b]);
    assert.deepEqual(await four.untilClosed(), []);
    assert.equal(other.clock.armed, 0);
  });

  test("a kick: 5 is told 0x98", async () => {
    const one = await client({ level: 5, client: `${id}-bad` });
    assert.equal(broker.core.kick("", `${id}-bad`), true);
    assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x98]);
  });

  test("[5: 3.1.2.11.2] session expiry: kept so long from the network close, then gone", async () => {
    const name = `${id}-expiring`;
    const fields = { client: name, level: 5, clean: false, properties: block(property.sessionExpiry(60)) };
    await (await client(fields)).destroy();
    await until(() => broker.core.client("", name)?.connected === false);
    broker.clock.advance(59_000);
    const second = await client(fields);
    assert.equal(second.connack!["sessionPresent"], true);
    await second.destroy();
    await until(() => broker.core.client("", name)?.connected === false);
    broker.clock.advance(61_000);
    const third = await client(fields);
    assert.equal(third.connack!["sessionPresent"], false);
    await third.destroy();
  });

  test("[5: MQTT-3.14.2-2] DISCONNECT may shorten the session expiry", async () => {
    const name = `${id}-shortened`;
    const fields = { client: name, level: 5, clean: false, properties: block(property.sessionExpiry(600)) };
    const one = await client(fields);
    one.send(packet(0xe0, 0, block(property.sessionExpiry(0))));
    assert.deepEqual(await one.untilClosed(), []);
    const again = await client(fields);
    assert.equal(again.connack!["sessionPresent"], false);
    await again.destroy();
  });

  test("a session expiry above the limit is cut, and told", async () => {
    const one = await client({ level: 5, properties: block(property.sessionExpiry(0xffff_ffff)) });
    assert.equal(toldIn(one.connack!)["sessionExpiryInterval"], 86_400);
    await one.destroy();
  });
});

/** Waits for the server's side of something that the client cannot see. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(condition());
}

const will = (): NonNullable<ConnectFields["will"]> => ({ topic, payload: "gone", qos: 1 });

suite("wills", {}, () => {
  test("[MQTT-3.1.2-8] published when the connection is lost", async () => {
    const listener = await subscriber(topic);
    await (await client({ will: will() })).destroy();
    const said = await listener.next("publish");
    assert.equal(String(said["payload"]), "gone");
    assert.equal(said["qos"], 1);
    await listener.destroy();
  });

  test("[MQTT-3.14.4-3] discarded at DISCONNECT", async () => {
    const listener = await subscriber(topic);
    const one = await client({ will: will() });
    one.send(DISCONNECT);
    await one.untilClosed();
    await isQuiet(listener);
    await listener.destroy();
  });

  test("[5: 3.14.2.1] published at DISCONNECT with 0x04", async () => {
    const listener = await subscriber(topic);
    const one = await client({ level: 5, will: will() });
    one.send(packet(0xe0, 0x04));
    await one.untilClosed();
    await listener.next("publish");
    await listener.destroy();
  });

  test("published after a malformed packet, a keep-alive time-out and a take-over", async () => {
    const listener = await subscriber(topic);
    const broken = await client({ will: will() });
    broken.send(packet(0x36));
    await broken.untilClosed();
    await listener.next("publish");
    const silent = await client({ will: will(), keepAlive: 1 });
    broker.clock.advance(1600);
    await silent.untilClosed();
    await listener.next("publish");
    const first = await client({ client: `${id}-taken`, will: will() });
    const second = await client({ client: `${id}-taken` });
    await first.untilClosed();
    await listener.next("publish");
    await Promise.all([second.destroy(), listener.destroy()]);
  });

  test("[MQTT-3.1.2-17] a retained will is retained", async () => {
    await (await client({ will: { ...will(), retain: true } })).destroy();
    await until(() => broker.core.stats().retainedMessages === 1);
    const listener = await subscriber(topic);
    assert.equal((await listener.next("publish"))["retain"], true);
    listener.send(publish({ topic, retain: true }));
    await listener.next("publish");
    await listener.destroy();
  });

  test("[5: MQTT-3.1.3-9] a delayed will waits, and does not come after a reconnect in time", async () => {
    const listener = await subscriber(topic);
    const fields = {
      client: `${id}-delayed`,
      level: 5,
      clean: false,
      properties: block(property.sessionExpiry(100)),
      will: { ...will(), properties: block(property.willDelay(30), property.user("a", "1")) },
    };
    await (await client(fields)).destroy();
    await until(() => broker.core.client("", fields.client)?.connected === false);
    broker.clock.advance(29_000);
    const back = await client(fields);
    broker.clock.advance(60_000);
    await isQuiet(listener);
    await back.destroy();
    await until(() => broker.core.client("", fields.client)?.connected === false);
    broker.clock.advance(30_100);
    assert.equal(String((await listener.next("publish"))["payload"]), "gone");
    await listener.destroy();
  });

  test("[5: MQTT-3.1.3-9] a delayed will is published at the session's end, if that is first", async () => {
    const listener = await subscriber(topic);
    const fields = {
      client: `${id}-ending`,
      level: 5,
      properties: block(property.sessionExpiry(10)),
      will: { ...will(), properties: block(property.willDelay(3000)) },
    };
    await (await client(fields)).destroy();
    await until(() => broker.core.client("", fields.client)?.connected === false);
    broker.clock.advance(10_100);
    await listener.next("publish");
    await listener.destroy();
  });

  test("5: the will's properties reach the subscriber", async () => {
    const listener = await subscriber(topic, 1, { level: 5 });
    const told = block(
      property.payloadFormat(1),
      property.messageExpiry(50),
      property.contentType("text/plain"),
      property.responseTopic("answer/here"),
      property.correlation("42"),
      property.user("z", "1"),
      property.user("a", "2"),
    );
    await (await client({ level: 5, will: { ...will(), properties: told } })).destroy();
    const got = toldIn(await listener.next("publish"));
    assert.equal(got["payloadFormatIndicator"], true);
    assert.equal(got["messageExpiryInterval"], 50);
    assert.equal(got["contentType"], "text/plain");
    assert.equal(got["responseTopic"], "answer/here");
    assert.equal(String(got["correlationData"]), "42");
    assert.deepEqual({ ...(got["userProperties"] as object) }, { z: "1", a: "2" });
    await listener.destroy();
  });
});

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
    await isServed(one);
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
    await isServed(publisher);
    const first = await subscriber(`$share/g/${topic}`, 0, { level: 5, client: `${id}-m1` });
    const second = await subscriber(`$share/g/${topic}`, 0, { client: `${id}-m2` });
    await isQuiet(first);
    for (let i = 0; i < 10; i++) publisher.send(publish({ topic, payload: `${i}` }));
    await isServed(publisher);
    await isServedAfterDeliveries(first);
    await isServedAfterDeliveries(second);
    assert.equal(first.seen + second.seen, 10);
    assert.ok(first.seen > 0 && second.seen > 0);
    publisher.send(publish({ topic, retain: true }));
    await Promise.all([first.destroy(), second.destroy(), publisher.destroy()]);
  });
});

async function isServedAfterDeliveries(one: RawClient): Promise<void> {
  one.send(PINGREQ);
  for (let answer = await one.next(); answer.cmd !== "pingresp"; answer = await one.next()) one.seen++;
}

suite("delivery", {}, () => {
  for (const level of [4, 5]) {
    for (const [sent, asked] of [
      [0, 0],
      [0, 2],
      [1, 0],
      [1, 1],
      [1, 2],
      [2, 0],
      [2, 1],
      [2, 2],
    ] as const) {
      test(`level ${level}: published at QoS ${sent}, subscribed at QoS ${asked}`, async () => {
        const listener = await subscriber(topic, asked, { level });
        const one = await client({ level });
        one.send(
          publish({
            topic,
            payload: "body",
            qos: sent,
            id: 300,
            ...(level === 5 ? { properties: NO_PROPERTIES } : {}),
          }),
        );
        if (sent === 1) assert.equal((await one.next("puback"))["messageId"], 300);
        if (sent === 2) {
          assert.equal((await one.next("pubrec"))["messageId"], 300);
          one.send(pubrel(300));
          assert.equal((await one.next("pubcomp"))["messageId"], 300);
        }
        const got = await listener.next("publish");
        const qos = Math.min(sent, asked);
        assert.equal(got["qos"], qos);
        assert.equal(got["topic"], topic);
        assert.equal(String(got["payload"]), "body");
        assert.equal(got["dup"], false, "[MQTT-3.3.1-3]");
        const messageId = got["messageId"] ?? 0;
        assert.equal(messageId > 0, qos > 0);
        if (qos === 1) listener.send(puback(messageId));
        if (qos === 2) {
          listener.send(pubrec(messageId));
          assert.equal((await listener.next("pubrel"))["messageId"], messageId);
          listener.send(pubcomp(messageId));
        }
        await isQuiet(listener);
        assert.equal(broker.core.client("", `${id}-sub`)?.inflightMessages, 0);
        await Promise.all([listener.destroy(), one.destroy()]);
      });
    }
  }

  test("[MQTT-4.3.3-10] QoS 2: repeated before PUBREL it is answered again and not delivered again", async () => {
    const listener = await subscriber(topic, 0);
    const one = await client();
    const first = publish({ topic, payload: "once", qos: 2, id: 7 });
    one.send(first, publish({ topic, payload: "once", qos: 2, id: 7, dup: true }));
    await one.next("pubrec");
    await one.next("pubrec");
    await listener.next("publish");
    await isQuiet(listener);
    one.send(pubrel(7), first);
    await one.next("pubcomp");
    await one.next("pubrec");
    await listener.next("publish");
    await Promise.all([listener.destroy(), one.destroy()]);
  });

  test("[MQTT-4.3.3-10] QoS 2 state is kept across a reconnect", async () => {
    const name = `${id}-exactly`;
    const listener = await subscriber(topic, 0);
    const one = await client({ client: name, clean: false });
    one.send(publish({ topic, payload: "once", qos: 2, id: 7 }));
    await one.next("pubrec");
    await one.destroy();
    await listener.next("publish");
    const back = await client({ client: name, clean: false });
    back.send(publish({ topic, payload: "once", qos: 2, id: 7, dup: true }), pubrel(7));
    await back.next("pubrec");
    await back.next("pubcomp");
    await isQuiet(listener);
    await Promise.all([listener.destroy(), back.destroy()]);
  });

  test("[MQTT-4.3.3-11] PUBREL for an unknown id gets PUBCOMP; 5: 0x92", async () => {
    const one = await client();
    one.send(pubrel(99));
    assert.equal((await one.next("pubcomp"))["messageId"], 99);
    const five = await client({ level: 5 });
    five.send(pubrel(99));
    assert.equal(reasonOf(await five.next("pubcomp")), 0x92);
    await Promise.all([one.destroy(), five.destroy()]);
  });

  test("PUBREC for an unknown id gets PUBREL; 5: 0x92; PUBACK and PUBCOMP for one are passed over", async () => {
    const one = await client();
    one.send(puback(5), pubcomp(6), pubrec(99));
    assert.equal((await one.next("pubrel"))["messageId"], 99);
    const five = await client({ level: 5 });
    five.send(pubrec(99));
    assert.equal(reasonOf(await five.next("pubrel")), 0x92);
    await Promise.all([one.destroy(), five.destroy()]);
  });

  test("[MQTT-4.4.0-1, 4.6.0-1] unacknowledged PUBLISH and PUBREL are sent again on reconnect: same ids, DUP, in order", async () => {
    const name = `${id}-again`;
    const fields = { client: name, clean: false };
    const listener = await subscriber(topic, 2, fields);
    const one = await client();
    for (const [i, qos] of [1, 2, 2, 1].entries()) one.send(publish({ topic, payload: `${i}`, qos, id: i + 1 }));
    const first = [
      await listener.next("publish"),
      await listener.next("publish"),
      await listener.next("publish"),
      await listener.next("publish"),
    ];
    const ids = first.map((got) => Number(got["messageId"]));
    assert.equal(new Set(ids).size, 4);
    listener.send(pubrec(ids[1]!));
    await listener.next("pubrel");
    await listener.destroy();
    const back = await client(fields);
    const again = [await back.next(), await back.next(), await back.next(), await back.next()];
    assert.deepEqual(
      again.map((got) => [got.cmd, Number(got["messageId"])]),
      [
        ["publish", ids[0]],
        ["pubrel", ids[1]],
        ["publish", ids[2]],
        ["publish", ids[3]],
      ],
    );
    for (const got of again) if (got.cmd === "publish") assert.equal(got["dup"], true, "[MQTT-3.3.1-1]");
    back.send(puback(ids[0]!), pubcomp(ids[1]!), pubrec(ids[2]!), puback(ids[3]!));
    await back.next("pubrel");
    back.send(pubcomp(ids[2]!));
    await isQuiet(back);
    await Promise.all([back.destroy(), one.destroy()]);
  });

  test("messages for an absent session wait for it", async () => {
    const fields = { client: `${id}-away`, clean: false };
    const listener = await subscriber(topic, 1, fields);
    await listener.destroy();
    const one = await client();
    one.send(publish({ topic, payload: "waited", qos: 1, id: 1 }));
    await one.next("puback");
    const back = await client(fields);
    assert.equal(String((await back.next("publish"))["payload"]), "waited");
    await Promise.all([back.destroy(), one.destroy()]);
  });

  test("a payload of every size around the limits of the forms, 3.x and 5, shared by both", async () => {
    const three = await subscriber(topic, 1, { client: `${id}-three` });
    const five = await subscriber(topic, 1, { client: `${id}-five`, level: 5 });
    const one = await client();
    const other = await client({ level: 5 });
    for (const size of [0, 1, 127, 128, 159, 160, 161, 4095, 4096, 4097, 16_384, 100_000]) {
      for (const qos of [0, 1]) {
        const payload = new Uint8Array(size).map((_, i) => (i * 7 + size) & 0xff);
        one.send(publish({ topic, payload, qos, id: 1 }));
        other.send(publish5({ topic, payload, qos, id: 1 }));
        for (const listener of [three, five]) {
          for (let i = 0; i < 2; i++) {
            const got = await listener.next("publish");
            assert.deepEqual(Buffer.from(got["payload"] as Uint8Array), Buffer.from(payload), `${size}`);
            if (qos === 1) listener.send(puback(Number(got["messageId"])));
          }
        }
      }
    }
    await Promise.all([three.destroy(), five.destroy(), one.destroy(), other.destroy()]);
  });
});

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

  test("a client whose maximum packet size does not fit an answer is cut off", async () => {
    const one = await RawClient.open(broker.port, 5);
    one.send(connect({ level: 5, client: id, properties: block(property.maximumPacketSize(8)) }));
    assert.deepEqual(
      (await one.untilClosed()).map((answer) => answer.cmd),
      ["disconnect"],
    );
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
