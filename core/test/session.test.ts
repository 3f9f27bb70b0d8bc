// A session as its device sees it: publishing, receiving, QoS, order, queue.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Message, Outcome, Verdict } from "../index.ts";
import { CoreBench, publish, request } from "./core-bench.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a message reaches every matching session once, at the lower of both QoS", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  const c = await bench.connect("c");
  await b.session.subscribe([request("t/#", { qos: 2 })]);
  await c.session.subscribe([request("t/1", { qos: 0 }), request("t/+", { qos: 1, identifier: 7 })]);
  assert.equal(publish(a.session, "t/1", "x", 1), Verdict.Accepted);
  assert.equal(publish(a.session, "u", "x", 1), Verdict.NoSubscriber);
  assert.deepEqual(b.device.texts, ["t/1=x"]);
  assert.equal(b.device.received[0]!.qos, 1);
  assert.deepEqual(c.device.texts, ["t/1=x"], "[MQTT-3.3.4-3] one copy for overlapping subscriptions");
  assert.equal(c.device.received[0]!.qos, 1);
  assert.deepEqual(c.device.received[0]!.identifiers, [7]);
  assert.equal(a.device.received.length, 0);
});

test("origin and sequence: who published, whose data, counted from 1 without gaps for refused messages", async () => {
  const bench = new CoreBench();
  const link = await bench.connect("link", { device: "truck-1", via: ["link"] }, "acme/fleet");
  const reader = await bench.connect("reader", {}, "acme/reader");
  await reader.session.subscribe([request("#")]);
  publish(link.session, "a", "1");
  assert.equal(publish(link.session, "a/#", "bad"), Verdict.InvalidTopic);
  publish(link.session, "a", "2");
  const [first, second] = reader.device.received.map(({ message }) => message);
  assert.deepEqual([first!.sequence, second!.sequence], [1, 2]);
  assert.equal(first!.receivedAt, bench.clock.now());
  const { tenant, user, client, device, via, protocol, node } = first!.origin;
  assert.deepEqual(
    { tenant, user, client, device, via, protocol, node },
    {
      tenant: "acme",
      user: "fleet",
      client: "link",
      device: "truck-1",
      via: ["link"],
      protocol: "test",
      node: "node-1",
    },
  );
  assert.throws(() => {
    (first!.origin as { tenant: string }).tenant = "other";
  }, TypeError);
});

test("a message is published once, and only by the session whose origin it bears", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  const message = Message.of(a.session.origin, "t", bytes("x"));
  assert.equal(b.session.publish(message, 1), Verdict.InvalidMessage);
  assert.equal(a.session.publish(message, 1), Verdict.NoSubscriber);
  assert.equal(a.session.publish(message, 1), Verdict.InvalidMessage);
});

test("[MQTT-3.8.3-3] no local; retain as published; both also where subscriptions overlap", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  await a.session.subscribe([
    request("t", { noLocal: true }),
    request("+", { identifier: 3, retainAsPublished: true }),
  ]);
  await b.session.subscribe([request("t", { noLocal: true, identifier: 9 })]);
  publish(a.session, "t", "mine", 0, true);
  assert.deepEqual(
    a.device.received.map(({ identifiers, retain }) => [identifiers, retain]),
    [[[3], true]],
  );
  assert.deepEqual(
    b.device.received.map(({ identifiers, retain }) => [identifiers, retain]),
    [[[9], false]],
  );
  publish(b.session, "t", "theirs");
  assert.deepEqual(b.device.received.length, 1);
  assert.deepEqual(a.device.received.length, 2);
});

test("QoS 1 and 2: the window bounds what is in flight; acknowledgements let the queue go on, in order", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b", { inflightMax: 2 });
  await b.session.subscribe([request("t", { qos: 2 })]);
  for (let i = 1; i <= 5; i++) publish(a.session, "t", `${i}`, i % 2 === 0 ? 2 : 1, false, i);
  assert.deepEqual(b.device.texts, ["t=1", "t=2"]);
  const [one, two] = b.device.received;
  assert.notEqual(one!.id, two!.id);
  assert.equal(b.session.onAcknowledged(two!.id, Outcome.Completed), false, "QoS 2 is not over before its release");
  assert.equal(b.session.onAcknowledged(one!.id, Outcome.Received), false, "QoS 1 has no first half");
  assert.equal(b.session.onAcknowledged(9999, Outcome.Completed), false);
  assert.equal(b.session.onAcknowledged(one!.id, Outcome.Completed), true);
  assert.deepEqual(b.device.texts, ["t=1", "t=2", "t=3"]);
  assert.equal(b.session.onAcknowledged(two!.id, Outcome.Received), true);
  assert.deepEqual(b.device.released, [two!.id]);
  assert.equal(b.device.received.length, 3, "the id is in use until the end");
  assert.equal(b.session.onAcknowledged(two!.id, Outcome.Completed), true);
  assert.deepEqual(b.device.texts, ["t=1", "t=2", "t=3", "t=4"]);
  assert.equal(b.session.onAcknowledged(b.device.received[3]!.id, Outcome.Rejected), true, "refused in its first half");
  assert.deepEqual(b.device.texts.at(-1), "t=5");
});

test("[MQTT-4.3.3-10] QoS 2 inbound: the same receipt is answered again and published once, until it is released", async () => {
  const bench = new CoreBench({ limits: { inboundInflightMax: 2 } });
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  await b.session.subscribe([request("t", { qos: 2 })]);
  assert.equal(publish(a.session, "t", "1", 2, false, 10), Verdict.Accepted);
  assert.equal(publish(a.session, "t", "1", 2, false, 10), Verdict.Accepted);
  assert.equal(publish(a.session, "t", "2", 2, false, 11), Verdict.Accepted);
  assert.equal(publish(a.session, "t", "3", 2, false, 12), Verdict.QuotaExceeded);
  assert.equal(a.session.onReleased(10), true);
  assert.equal(a.session.onReleased(10), false);
  assert.equal(publish(a.session, "t", "again", 2, false, 10), Verdict.Accepted);
  assert.deepEqual(b.device.texts, ["t=1", "t=2", "t=again"]);
});

test("back-pressure: full means wait, nothing overtakes, QoS 0 included", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  await b.session.subscribe([request("t", { qos: 1 })]);
  b.device.takes = false;
  for (let i = 1; i <= 4; i++) publish(a.session, "t", `${i}`, i % 2 === 0 ? 1 : 0);
  assert.deepEqual(b.device.texts, ["t=1"]);
  b.session.onWritable();
  assert.deepEqual(b.device.texts, ["t=1", "t=2"]);
  b.device.takes = true;
  b.session.onWritable();
  assert.deepEqual(b.device.texts, ["t=1", "t=2", "t=3", "t=4"]);
});

test("a queued message does not keep the socket's chunk, and is not changed with it", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  await b.session.subscribe([request("t")]);
  b.device.takes = false;
  publish(a.session, "t", "first");
  const chunk = bytes("....payload....");
  a.session.publish(new Message(a.session.origin, "t", chunk, 4, 11, 0, false, 0, null, null, 0, 0), 0);
  chunk.fill(0);
  b.session.onWritable();
  assert.equal(b.device.received[1]!.payload, "payload");
  assert.equal(b.device.received[1]!.message.payload.buffer.byteLength, 7);
});

for (const [policy, kept] of [
  ["newest", ["t=1", "t=2", "t=3"]],
  ["oldest", ["t=1", "t=4", "t=5"]],
] as const) {
  test(`a full queue drops the ${policy}, counted, and costs the publisher nothing`, async () => {
    const bench = new CoreBench({ limits: { queueMaxMessages: 2, queueDropPolicy: policy } });
    const a = await bench.connect("a");
    const b = await bench.connect("b");
    await b.session.subscribe([request("t")]);
    b.device.takes = false;
    for (let i = 1; i <= 5; i++) assert.equal(publish(a.session, "t", `${i}`), Verdict.Accepted);
    b.device.takes = true;
    b.session.onWritable();
    assert.deepEqual(b.device.texts, kept);
    assert.equal(bench.gateway.meter("test").messagesDropped.get("queue_full"), 2);
  });
}

test("the queue is bounded in bytes too", async () => {
  const bench = new CoreBench({ limits: { queueMaxBytes: 10 } });
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  await b.session.subscribe([request("t")]);
  b.device.takes = false;
  for (const text of ["first", "12345", "1234567", "12345"]) publish(a.session, "t", text);
  assert.equal(bench.core.client("", "b")!.queuedBytes, 10);
  b.session.onWritable();
});

test("message expiry: what waited too long is not delivered", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const b = await bench.connect("b");
  await b.session.subscribe([request("t")]);
  b.device.takes = false;
  publish(a.session, "t", "out");
  publish(a.session, "t", "short", 0, false, 0, bench.clock.now() + 1_000);
  publish(a.session, "t", "long", 0, false, 0, bench.clock.now() + 10_000);
  bench.clock.advance(1_000);
  b.device.takes = true;
  b.session.onWritable();
  assert.deepEqual(b.device.texts, ["t=out", "t=long"]);
  assert.equal(bench.gateway.meter("test").messagesDropped.get("expired"), 1);
});

test("[MQTT-4.6.0-6] per publisher and topic, order holds through window, queue, back-pressure and reconnect", async () => {
  const bench = new CoreBench();
  const publishers = await Promise.all([1, 2, 3].map((i) => bench.connect(`p${i}`)));
  let b = await bench.connect("b", { inflightMax: 3, expiryMs: 60_000, clean: false });
  await b.session.subscribe([request("#", { qos: 1 })]);
  const seen = new Map<string, number[]>();
  const take = (from: number): number => {
    for (const { topic, payload, redelivered } of b.device.received.slice(from)) {
      if (!redelivered) seen.set(topic, [...(seen.get(topic) ?? []), Number(payload)]);
    }
    return b.device.received.length;
  };
  let at = 0;
  for (let i = 1; i <= 300; i++) {
    publishers.forEach(({ session }, p) => publish(session, `t/${p}`, `${i}`, 1, false, i));
    b.device.takes = i % 7 !== 0;
    if (i % 5 === 0) b.session.onWritable();
    for (const { id } of b.device.received.slice(-2)) b.session.onAcknowledged(id, Outcome.Completed);
    at = take(at);
    if (i % 50 === 0) {
      b.session.close(3);
      b = await bench.connect("b", { inflightMax: 3, expiryMs: 60_000, clean: false });
      at = take(0);
    }
  }
  b.device.takes = true;
  for (let round = 0; round < 1_000; round++) {
    b.session.onWritable();
    for (const { id } of b.device.received.slice(-3)) b.session.onAcknowledged(id, Outcome.Completed);
    at = take(at);
  }
  const expected = Array.from({ length: 300 }, (_, i) => i + 1);
  for (let p = 0; p < 3; p++) assert.deepEqual(seen.get(`t/${p}`), expected);
});

test("subscribe: one outcome a filter, in order, ahead of the first message; a change under way is taken up", async () => {
  const bench = new CoreBench({ limits: { subscriptionsPerSessionMax: 2 } });
  const a = await bench.connect("a");
  publish(a.session, "t/1", "kept", 1, true);
  const b = await bench.connect("b");
  let before = -1;
  const outcomes = await b.session.subscribe(
    [
      request("t/+", { qos: 1 }),
      request("a#"),
      request("$share/g/x", { noLocal: true }),
      request("x"),
      request("y"),
      request("t/+", { qos: 0 }),
    ],
    () => (before = b.device.received.length),
  );
  assert.equal(before, 0, "the answer goes out before retained messages");
  assert.deepEqual(
    outcomes.map(({ verdict }) => verdict),
    [
      Verdict.Accepted,
      Verdict.InvalidTopic,
      Verdict.InvalidTopic,
      Verdict.Accepted,
      Verdict.QuotaExceeded,
      Verdict.Accepted,
    ],
  );
  assert.deepEqual(
    b.device.received.map(({ topic, retain }) => [topic, retain]),
    [
      ["t/1", true],
      ["t/1", true],
    ],
  );
  assert.deepEqual(await b.session.unsubscribe(["t/+", "t/+", "a#"]), [
    Verdict.Accepted,
    Verdict.NoSubscriber,
    Verdict.InvalidTopic,
  ]);
  publish(a.session, "t/1", "gone");
  assert.equal(b.device.received.length, 2);
});
