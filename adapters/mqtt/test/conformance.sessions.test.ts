// Connections, sessions and keep-alive: what the standard demands of a server that is spoken to correctly, against the whole gateway
// on a real socket. Test names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Broker } from "./broker.ts";
import { block, bytes, connect, DISCONNECT, packet, PINGREQ, property, publish, subscribe, u16 } from "./packets.ts";
import { RawClient } from "./raw-client.ts";
import { broker, client, granted, id, isQuiet, reasonOf, subscriber, suite, toldIn, topic, until } from "./suite.ts";

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
    await isQuiet(one);
    broker.clock.advance(14_900);
    await isQuiet(one);
    broker.clock.advance(15_100);
    assert.deepEqual((await one.untilClosed()).map(reasonOf), [0x8d]);
  });

  test("keep-alive 0 has no end", async () => {
    const one = await client();
    broker.clock.advance(10_000_000);
    await isQuiet(one);
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
