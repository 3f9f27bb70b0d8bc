// Wills: what the standard demands of a server that is spoken to correctly, against the whole gateway
// on a real socket. Test names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { block, type ConnectFields, DISCONNECT, packet, property, publish } from "./packets.ts";
import { broker, client, id, isQuiet, subscriber, suite, toldIn, topic, until } from "./suite.ts";

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
