// Publishing and delivery at every QoS: what the standard demands of a server that is spoken to correctly, against the whole gateway
// on a real socket. Test names carry clause ids; where 3.1.1 and 5 differ, both stand.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_PROPERTIES, puback, pubcomp, publish, publish5, pubrec, pubrel } from "./packets.ts";
import { broker, client, id, isQuiet, reasonOf, subscriber, suite, topic } from "./suite.ts";

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
