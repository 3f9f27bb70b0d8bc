// Against the access list: what a session may not publish, subscribe to or read, it does not, by no detour.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CloseReason, Message, Verdict, type SubscribeRequest, type Will } from "../../core/index.ts";
import { MISSHAPEN, shiftingText, TOPIC_LIES } from "./lies.ts";
import { attempt, attemptLater, request, send, text, World } from "./world.ts";

const DENIED_FILTERS = [
  "secret/x",
  "secret/#",
  "secret/+",
  "secret",
  "#",
  "+/x",
  "+/#",
  "+",
  "$share/g/secret/x",
  "$share/g/#",
  "$share/g/+/x",
  "$share/secret/secret/#",
];

const INVALID_FILTERS = [
  "",
  "open/#/x",
  "open/x#",
  "op+n",
  "$share/g",
  "$share//x",
  "$share/g/",
  "$share/+/x",
  "a\u0000",
];

function will(topic: string, more: Partial<Will> = {}): Will {
  return { topic, payload: text("will"), qos: 0, retain: false, delayMs: 0, expiryMs: 0, properties: null, ...more };
}

suite("hostile adapter: against the access list", () => {
  test("denied topics are denied, retained or not, at every QoS; and counted", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    let denied = 0;
    for (const topic of ["secret/x", "secret", "open/other/x", "elsewhere", "secret/", "/open/m/x"]) {
      for (const qos of [0, 1, 2] as const) {
        for (const retain of [false, true]) {
          assert.equal(
            session.publish(Message.of(session.origin, topic, text("x"), qos, retain), ++denied),
            Verdict.Denied,
          );
        }
      }
    }
    for (const topic of ["", "open/m/+", "open/m/#", "open/m/\u0000", "open/m/\ud800", "a".repeat(70_000)]) {
      assert.equal(send(session, topic, "x"), Verdict.InvalidTopic, topic.slice(0, 20));
    }
    assert.equal(world.meter.verdicts[Verdict.Denied], denied);
    assert.equal(world.meter.messagesDropped.get("denied"), denied);
    assert.equal(world.core.stats().retainedMessages, 0);
    world.assertUnharmed();
  });

  test("denied filters are denied, also in part and in a group; nothing arrives by them", async () => {
    const world = await World.make();
    send(world.honest, "secret/x", "kept", 0, true);
    const { session, device } = await world.admitted();
    for (const filter of DENIED_FILTERS) {
      assert.equal((await session.subscribe([request(filter, 1)]))[0]!.verdict, Verdict.Denied, filter);
    }
    for (const filter of INVALID_FILTERS) {
      assert.equal((await session.subscribe([request(filter, 1)]))[0]!.verdict, Verdict.InvalidTopic, filter);
    }
    const mixed = await session.subscribe([request("open/#"), request("secret/#"), request("open/a")]);
    assert.deepEqual(
      mixed.map(({ verdict }) => verdict),
      [Verdict.Accepted, Verdict.Denied, Verdict.Accepted],
    );
    send(world.honest, "secret/x", "again");
    assert.deepEqual(device.topics, []);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("denied topics are not read", async () => {
    const world = await World.make();
    send(world.honest, "secret/x", "kept", 0, true);
    world.witness.messages.length = 0;
    const { session } = await world.admitted();
    for (const topic of ["secret/x", "secret", "elsewhere"]) {
      assert.deepEqual(await session.read(topic), { verdict: Verdict.Denied, message: null });
    }
    for (const topic of ["#", "secret/#", "+/x", "$share/g/secret/x", "$SYS/x", ""]) {
      assert.deepEqual(await session.read(topic), { verdict: Verdict.InvalidTopic, message: null });
    }
    for (let looks = 1; looks < 30; looks++) {
      const reading = await attemptLater(() => session.read(shiftingText("open/x", "secret/x", looks)));
      assert.ok(reading === "threw" || reading.message === null, `a topic that changes after ${looks} looks`);
    }
    world.assertUnharmed();
  });

  test("a will does not go where its session may not", async () => {
    const world = await World.make();
    const topics = ["secret/x", "open/other/x", "open/m/+", "$SYS/x", ""];
    for (const topic of topics) {
      const { session } = await world.admitted("m", { will: will(topic, { retain: true }) });
      session.close(CloseReason.ConnectionLost);
    }
    const late = await world.admitted("m", { will: will("secret/x", { delayMs: 1_000 }), expiryMs: 5_000 });
    late.session.close(CloseReason.ConnectionLost);
    world.clock.advance(10_000);
    for (let looks = 1; looks < 12; looks++) {
      const { session } = await world.admitted("m", { will: will(shiftingText("open/m/x", "secret/x", looks)) });
      attempt(() => session.close(CloseReason.ConnectionLost));
    }
    assert.equal(world.core.stats().retainedMessages, 0);
    assert.ok(world.witness.topics.every((topic) => topic === "open/m/x"));
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("a will that is changed after it was left is the will that was left", async () => {
    const world = await World.make();
    const left = { ...will("open/m/will") };
    const { session } = await world.admitted("m", { will: left });
    Object.assign(left, { topic: "secret/x", retain: true });
    session.close(CloseReason.ConnectionLost);
    world.assertUnharmed(["open/m/will"]);
  });

  test("a message is judged by what is routed", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    for (const { what, make } of TOPIC_LIES) {
      const message = attempt(() => make(session, "open/m/x", "secret/x"));
      if (message !== "threw") attempt(() => session.publish(message, 1));
      for (const seen of world.witness.messages) assert.equal(seen.topic, "open/m/x", what);
      assert.equal((await world.honest.read("secret/x")).message, null, `${what}: the last value`);
    }
    assert.equal(world.core.stats().retainedMessages <= 1, true);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("a message keeps its publisher, its payload and its flags, whatever is done to it", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    const lies = {
      origin: world.honest.origin,
      payload: text("forged"),
      retain: true,
      qos: 2,
      sequence: 99,
      topic: "secret/x",
    };
    for (const [name, value] of Object.entries(lies)) {
      for (const when of ["before", "after"]) {
        const message = Message.of(session.origin, "open/m/x", text("true"));
        if (when === "before") attempt(() => Object.defineProperty(message, name, { value }));
        const verdict = attempt(() => session.publish(message, 1));
        if (when === "after") attempt(() => Object.defineProperty(message, name, { value }));
        const seen = world.witness.messages.splice(0);
        assert.equal(seen.length, verdict === Verdict.Accepted ? 1 : 0);
        for (const { origin, payload, retain, qos, topic } of seen) {
          assert.equal(origin, session.origin, name);
          assert.deepEqual(
            [new TextDecoder().decode(payload), retain, qos, topic],
            ["true", false, 0, "open/m/x"],
            name,
          );
        }
      }
    }
    world.assertUnharmed();
  });

  test("messages whose parts are not what their types say are refused, and hurt nobody", async () => {
    const world = await World.make({
      sessionBytes: { perSecond: 100, burst: 100 },
      tenantBytes: { perSecond: 1_000, burst: 1_000 },
    });
    const { session } = await world.admitted();
    for (const { what, make } of MISSHAPEN) {
      const message = attempt(() => make(session));
      const verdict = message === "threw" ? "threw" : attempt(() => session.publish(message, 1));
      assert.ok(
        verdict === "threw" || verdict === Verdict.InvalidMessage || verdict === Verdict.TooLarge,
        `${what}: ${verdict}`,
      );
      world.assertUnharmed();
    }
  });

  test("a request is judged by what is subscribed", async () => {
    const world = await World.make();
    const { session, device } = await world.admitted();
    for (let looks = 1; looks < 12; looks++) {
      let asked = 0;
      const shifting: SubscribeRequest = {
        ...request("open/#", 1),
        get filter() {
          return asked++ < looks ? "open/#" : "secret/#";
        },
      };
      await attemptLater(() => session.subscribe([shifting]));
      const dressed = { ...request("open/#", 1), filter: shiftingText("open/#", "secret/#", looks * 5) };
      await attemptLater(() => session.subscribe([dressed]));
    }
    send(world.honest, "secret/x", "private");
    assert.deepEqual(
      device.topics.filter((topic) => topic.startsWith("secret")),
      [],
    );
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });
});
