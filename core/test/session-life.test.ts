// How sessions begin, go on and end: expiry, take-over, redelivery, wills, shared groups, retained messages, last values.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseReason, Message, Outcome, Refusal, RefusalReason, Verdict } from "../index.ts";
import type { Will } from "../index.ts";
import { CoreBench, publish, request } from "./core-bench.ts";

const will = (more: Partial<Will> = {}): Will => ({
  topic: "will/a",
  payload: new TextEncoder().encode("gone"),
  qos: 1,
  retain: false,
  delayMs: 0,
  expiryMs: 0,
  properties: null,
  ...more,
});

test("a session without expiry ends with its connection, and leaves nothing", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  await a.session.subscribe([request("t")]);
  a.session.close(CloseReason.ConnectionLost);
  assert.equal(publish(a.session, "t", "x"), Verdict.Closed);
  const b = await bench.connect("b");
  assert.equal(publish(b.session, "t", "x"), Verdict.NoSubscriber);
  assert.equal((await bench.connect("a", { clean: false })).session.resumed, false);
  b.session.close(CloseReason.Normal);
  assert.equal(bench.clock.armed, 0);
});

test("a session with expiry collects while its device is away, and ends in time", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a", { expiryMs: 10_000 });
  await a.session.subscribe([request("t", { qos: 1 })]);
  a.session.close(CloseReason.ConnectionLost);
  const b = await bench.connect("b");
  assert.equal(publish(b.session, "t", "kept", 1), Verdict.Accepted);
  publish(b.session, "t", "nobody waits for QoS 0", 0);
  bench.clock.advance(9_999);
  const again = await bench.connect("a", { expiryMs: 10_000, clean: false });
  assert.equal(again.session.resumed, true);
  assert.deepEqual(again.device.texts, ["t=kept"]);
  again.session.close(CloseReason.ConnectionLost);
  bench.clock.advance(10_000);
  assert.equal((await bench.connect("a", { clean: false })).session.resumed, false);
});

test("[MQTT-3.1.2-23] an expiry beyond the limit is cut to it; 0 cannot rise", async () => {
  const bench = new CoreBench({ limits: { sessionExpiryMaxMs: 5_000 } });
  const a = await bench.connect("a", { expiryMs: Infinity });
  assert.equal(bench.core.client("", "a")!.expiryMs, 5_000);
  a.session.setExpiry(1_000);
  assert.equal(bench.core.client("", "a")!.expiryMs, 1_000);
  const b = await bench.connect("b");
  b.session.setExpiry(1_000);
  assert.equal(bench.core.client("", "b")!.expiryMs, 0);
  a.session.close(CloseReason.Normal);
  bench.clock.advance(1_000);
  assert.equal(bench.core.client("", "a"), null);
});

test("[MQTT-4.4.0-1] after a reconnect: unacknowledged messages and releases again, same ids, in order, marked", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a", { expiryMs: 60_000 });
  await a.session.subscribe([request("t", { qos: 2 })]);
  const b = await bench.connect("b");
  for (let i = 1; i <= 4; i++) publish(b.session, "t", `${i}`, i === 1 ? 1 : 2, false, i);
  const ids = a.device.received.map(({ id }) => id);
  a.session.onAcknowledged(ids[2]!, Outcome.Received);
  a.session.close(CloseReason.ConnectionLost);
  publish(b.session, "t", "5", 1);
  const again = await bench.tryConnect("a", { expiryMs: 60_000, clean: false, inflightMax: 3 });
  assert.ok(!(again instanceof Refusal));
  assert.equal(again.device.received.length, 0, "nothing before the adapter has answered the device");
  again.session.onWritable();
  assert.deepEqual(
    again.device.received.map(({ id, redelivered }) => [id, redelivered]),
    [
      [ids[0], true],
      [ids[1], true],
    ],
    "no more than the new window holds",
  );
  assert.deepEqual(again.device.released, [ids[2]]);
  again.session.onAcknowledged(ids[0]!, Outcome.Completed);
  again.session.onAcknowledged(ids[2]!, Outcome.Completed);
  assert.deepEqual(again.device.texts, ["t=1", "t=2", "t=4", "t=5"]);
  assert.equal(again.device.received[3]!.redelivered, false);
});

test("[MQTT-4.3.3-10] QoS 2 identifiers in use are remembered over a reconnect", async () => {
  const bench = new CoreBench();
  const b = await bench.connect("b");
  await b.session.subscribe([request("t")]);
  const a = await bench.connect("a", { expiryMs: 60_000 });
  publish(a.session, "t", "once", 2, false, 7);
  a.session.close(CloseReason.ConnectionLost);
  const again = await bench.connect("a", { expiryMs: 60_000, clean: false });
  assert.equal(publish(again.session, "t", "once", 2, false, 7), Verdict.Accepted);
  assert.equal(b.device.received.length, 1);
  assert.equal(again.session.onReleased(7), true);
});

test("[MQTT-3.1.4-3] take-over: the newer connection has the session, the older one is told and is dead", async () => {
  const bench = new CoreBench();
  const old = await bench.connect("a", { expiryMs: 60_000 });
  await old.session.subscribe([request("t", { qos: 1 })]);
  const young = await bench.connect("a", { expiryMs: 60_000, clean: false });
  assert.deepEqual(old.device.disconnects, [CloseReason.TakenOver]);
  assert.equal(young.session.resumed, true);
  assert.equal(publish(old.session, "x", "y"), Verdict.Closed);
  old.session.close(CloseReason.ConnectionLost);
  old.session.onWritable();
  const b = await bench.connect("b");
  publish(b.session, "t", "1", 1);
  assert.deepEqual([old.device.received.length, young.device.received.length], [0, 1]);
  const clean = await bench.connect("a", { clean: true });
  assert.equal(clean.session.resumed, false);
  assert.deepEqual(young.device.disconnects, [CloseReason.TakenOver]);
  assert.equal(bench.core.stats().sessions, 2);
});

test("a client id in use belongs to the user who brought it", async () => {
  const bench = new CoreBench();
  const mine = await bench.connect("id", {}, "acme/alice");
  const theirs = await bench.tryConnect("id", {}, "acme/bob");
  assert.ok(theirs instanceof Refusal);
  assert.equal(theirs.reason, RefusalReason.NotAuthorized);
  assert.deepEqual(mine.device.disconnects, []);
  await bench.connect("id", {}, "other/bob");
  assert.deepEqual(mine.device.disconnects, [], "another tenant's id is another id");
});

test("sessions that hold no name share it, and never outlive their connection", async () => {
  const bench = new CoreBench();
  const holder = await bench.connect("a");
  const one = await bench.connect("a", { exclusive: false, expiryMs: 60_000 });
  const two = await bench.connect("a", { exclusive: false });
  assert.deepEqual(
    [holder, one].flatMap(({ device }) => device.disconnects),
    [],
  );
  one.session.close(CloseReason.ConnectionLost);
  two.session.close(CloseReason.Normal);
  assert.equal(bench.core.stats().sessions, 1);
});

test("many devices on one principal have a session each", async () => {
  const bench = new CoreBench();
  const one = await bench.connect("link", { device: "t1" });
  const two = await bench.connect("link", { device: "t2" });
  assert.deepEqual(
    [one, two].flatMap(({ device }) => device.disconnects),
    [],
  );
  assert.equal(bench.core.client("", "link", "t2")!.device, "t2");
  assert.equal(bench.core.kick("", "link", "t1"), true);
  assert.deepEqual(one.device.disconnects, [CloseReason.Kicked]);
  assert.deepEqual(two.device.disconnects, []);
  assert.equal(bench.core.kick("", "link", "t1"), false);
});

test("[MQTT-3.1.2-8] [MQTT-3.14.4-3] the will: for a lost connection and on request, not for a goodbye", async () => {
  for (const [reason, expected] of [
    [CloseReason.ConnectionLost, 1],
    [CloseReason.KeepAlive, 1],
    [CloseReason.NormalWithWill, 1],
    [CloseReason.Normal, 0],
  ] as const) {
    const bench = new CoreBench();
    const watcher = await bench.connect("w");
    await watcher.session.subscribe([request("will/#", { qos: 1 })]);
    const a = await bench.connect("a", { will: will() });
    a.session.close(reason);
    a.session.close(CloseReason.ConnectionLost);
    assert.equal(watcher.device.received.length, expected, `${reason}`);
  }
});

test("[MQTT-3.1.3-9] will delay: at its end or at the session's, whichever is first; not after a reconnect in time", async () => {
  const bench = new CoreBench();
  const watcher = await bench.connect("w");
  await watcher.session.subscribe([request("will/#", { qos: 1 })]);
  const delayed = { expiryMs: 60_000, clean: false, will: will({ delayMs: 5_000 }) };
  (await bench.connect("a", delayed)).session.close(CloseReason.ConnectionLost);
  bench.clock.advance(4_999);
  const again = await bench.connect("a", delayed);
  bench.clock.advance(60_000);
  assert.equal(watcher.device.received.length, 0);
  again.session.close(CloseReason.ConnectionLost);
  bench.clock.advance(5_000);
  assert.equal(watcher.device.received.length, 1);
  const short = await bench.connect("b", { expiryMs: 1_000, will: will({ delayMs: 5_000 }) });
  short.session.close(CloseReason.ConnectionLost);
  bench.clock.advance(1_000);
  assert.equal(watcher.device.received.length, 2, "the session's end comes first");
  const clean = await bench.connect("c", { expiryMs: 60_000, will: will({ delayMs: 5_000 }) });
  await bench.connect("c", { clean: true });
  assert.deepEqual(clean.device.disconnects, [CloseReason.TakenOver]);
  assert.equal(watcher.device.received.length, 3, "a clean start ends the old session");
});

test("a will that its session may not publish is not published", async () => {
  const bench = new CoreBench({
    authorizer: { rulesFor: async () => ({ mayPublish: (topic) => topic !== "will/a", maySubscribe: () => true }) },
  });
  const watcher = await bench.connect("w");
  await watcher.session.subscribe([request("#")]);
  (await bench.connect("a", { will: will() })).session.close(CloseReason.ConnectionLost);
  assert.equal(watcher.device.received.length, 0);
  assert.equal(bench.gateway.meter("test").messagesDropped.get("will_refused"), 1);
});

test("retained: the last one, cleared by an empty one, by retain handling, bounded, expiring", async () => {
  const bench = new CoreBench({ limits: { retainedMaxMessages: 2 } });
  const a = await bench.connect("a");
  publish(a.session, "r/1", "old", 1, true);
  publish(a.session, "r/1", "new", 1, true, 1, bench.clock.now() + 1_000);
  publish(a.session, "r/2", "two", 0, true);
  assert.equal(publish(a.session, "r/3", "three", 0, true), Verdict.QuotaExceeded);
  const b = await bench.connect("b");
  await b.session.subscribe([request("r/#", { qos: 1 })]);
  assert.deepEqual(b.device.texts, ["r/1=new", "r/2=two"]);
  assert.ok(b.device.received.every(({ retain }) => retain));
  await b.session.subscribe([request("r/#", { retainHandling: 1 }), request("r/+", { retainHandling: 2 })]);
  assert.equal(b.device.received.length, 2);
  await b.session.subscribe([request("r/2", { retainHandling: 1 }), request("$share/g/r/#")]);
  assert.equal(b.device.received.length, 3, "a shared subscription gets none");
  bench.clock.advance(1_000);
  publish(a.session, "r/2", "", 0, true);
  const c = await bench.connect("c");
  await c.session.subscribe([request("r/#")]);
  assert.deepEqual(c.device.received, []);
  assert.equal(bench.core.stats().retainedMessages, 0);
  assert.equal(bench.core.stats().retainedBytes, 0);
});

test("the last value of any topic is read with the right to subscribe; retained stands in; expiry holds", async () => {
  const bench = new CoreBench({
    limits: { topicsMax: 4, lastValueMessageMaxBytes: 10 },
    authorizer: { rulesFor: async () => ({ mayPublish: () => true, maySubscribe: (filter) => filter !== "secret" }) },
  });
  const a = await bench.connect("a");
  const read = async (topic: string): Promise<string | number | null> => {
    const { verdict, message } = await a.session.read(topic);
    if (verdict !== Verdict.Accepted) return verdict;
    return message === null ? null : new TextDecoder().decode(message.payload);
  };
  const chunk = new TextEncoder().encode("onetwo");
  const view = (topic: string, from: number, to: number): Message =>
    new Message(a.session.origin, topic, chunk, from, to, 0, false, 0, null, null, 0, 0);
  a.session.publish(view("v", 0, 3), 0);
  a.session.publish(view("v", 3, 6), 0);
  publish(a.session, "secret", "x");
  chunk.fill(0x2e);
  assert.equal(await read("v"), "two", "kept when the next chunk came");
  assert.equal(await read("secret"), Verdict.Denied);
  assert.equal(await read("none"), null);
  assert.equal(await read("a/+"), Verdict.InvalidTopic);
  publish(a.session, "v", "this is too large");
  assert.equal(await read("v"), null, "not an older value than the last");
  publish(a.session, "r", "retained", 0, true);
  publish(a.session, "e", "short", 0, false, 0, bench.clock.now() + 100);
  assert.equal(await read("e"), "short");
  bench.clock.advance(100);
  assert.equal(await read("e"), null);
  for (let i = 0; i < 20; i++) publish(a.session, `other/${i}`, "x");
  assert.ok(bench.core.stats().topics <= 4);
  assert.equal(await read("r"), "retained", "forgotten as a topic, but retained");
  publish(a.session, "r", "", 0, true);
  assert.equal(await read("r"), null);
});

test("last values keep within their bytes: what was not published to for longest goes first", async () => {
  const bench = new CoreBench({ limits: { lastValueMaxBytes: 1_000 } });
  const a = await bench.connect("a");
  for (let i = 0; i < 100; i++) publish(a.session, `t/${i}`, "x".repeat(100));
  assert.ok(bench.core.stats().lastValueBytes <= 1_000);
  assert.equal((await a.session.read("t/0")).message, null);
  const { message } = await a.session.read("t/99");
  assert.equal(message?.payloadBytes, 100);
  assert.equal(message?.sequence, 100);
  assert.equal(message?.origin, a.session.origin);
  publish(a.session, "t/99", "short");
  assert.equal(new TextDecoder().decode((await a.session.read("t/99")).message?.payload), "short");
});

test("shared: each message to one member, in turn; a full or lost member's go to the others", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a");
  const members = await Promise.all([1, 2, 3].map((i) => bench.connect(`m${i}`, { inflightMax: 2 })));
  for (const { session } of members) await session.subscribe([request("$share/g/t", { qos: 1 })]);
  const plain = await bench.connect("plain");
  await plain.session.subscribe([request("t")]);
  for (let i = 1; i <= 6; i++) publish(a.session, "t", `${i}`, 1, false, i);
  assert.deepEqual(
    members.map(({ device }) => device.received.length),
    [2, 2, 2],
  );
  assert.equal(plain.device.received.length, 6);
  const [first, second, third] = members;
  for (const { id } of third!.device.received) third!.session.onAcknowledged(id, Outcome.Completed);
  first!.session.close(CloseReason.ConnectionLost);
  assert.equal(third!.device.received.length, 4, "the lost member's unacknowledged messages went to who has room");
  for (const { id } of second!.device.received) second!.session.onAcknowledged(id, Outcome.Completed);
  publish(a.session, "t", "7", 1);
  assert.equal(second!.device.texts.at(-1), "t=7");
});

test("shared, sticky: one publisher's messages stay with one member", async () => {
  const bench = new CoreBench({ limits: { shareStrategy: "sticky" } });
  const members = await Promise.all([1, 2, 3].map((i) => bench.connect(`m${i}`)));
  for (const { session } of members) await session.subscribe([request("$share/g/#")]);
  for (let p = 0; p < 30; p++) {
    const { session } = await bench.connect(`p${p}`);
    for (let i = 0; i < 4; i++) publish(session, `t/${p}`, `${i}`);
  }
  const byPublisher = new Map<string, Set<string>>();
  members.forEach(({ device }, m) => {
    for (const { topic } of device.received) byPublisher.set(topic, (byPublisher.get(topic) ?? new Set()).add(`${m}`));
  });
  assert.equal(byPublisher.size, 30);
  for (const [topic, seenBy] of byPublisher) assert.equal(seenBy.size, 1, topic);
  assert.ok(
    members.every(({ device }) => device.received.length > 0),
    "all members work",
  );
});

test("stop: every device is told, every timer is disarmed, nobody comes in", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("a", { expiryMs: 60_000 });
  (await bench.connect("b", { expiryMs: 60_000, will: will({ delayMs: 1_000 }) })).session.close(
    CloseReason.ConnectionLost,
  );
  bench.core.stop();
  assert.deepEqual(a.device.disconnects, [CloseReason.Stopping]);
  assert.equal(bench.clock.armed, 0);
  assert.equal(bench.core.stats().sessions, 0);
  const late = await bench.tryConnect("c");
  assert.ok(late instanceof Refusal && late.reason === RefusalReason.Unavailable);
});
