// Over quota: many messages, many sessions, the same message again, a clock that is moved, numbers that are none.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CloseReason, Message, Refusal, RefusalReason, Verdict } from "../../core/index.ts";
import { StreamProtocols } from "../../net/stream.ts";
import { WheelClock } from "../../net/timer-wheel.ts";
import { attempt, attemptLater, OPTIONS, overwrite, Recorder, request, send, text, World } from "./world.ts";

const FIVE = { perSecond: 5, burst: 5 };

const late = (): number => Date.UTC(2100, 0, 1);

/** How many of `count` messages get in. */
function taken(count: number, publish: (n: number) => Verdict): number {
  let accepted = 0;
  for (let n = 0; n < count; n++) if (publish(n) === Verdict.Accepted) accepted++;
  return accepted;
}

suite("hostile adapter: over quota", () => {
  test("a session's rate holds, and refusals are counted", async () => {
    const world = await World.make({ sessionMessages: FIVE });
    const { session } = await world.admitted();
    assert.equal(
      taken(50, () => send(session, "open/m/x", "x")),
      5,
    );
    assert.equal(world.meter.verdicts[Verdict.RateLimited], 45);
    world.clock.advance(1_000);
    assert.equal(
      taken(50, () => send(session, "open/m/x", "x")),
      5,
    );
    world.assertUnharmed(Array.from({ length: 10 }, () => "open/m/x"));
  });

  test("a tenant's rate holds over many sessions, and does not touch another tenant", async () => {
    const world = await World.make({ tenantMessages: { perSecond: 20, burst: 20 } });
    let accepted = 0;
    for (let n = 0; n < 10; n++) {
      const { session } = await world.admitted(`m${n}`, { exclusive: n % 2 === 0 });
      accepted += taken(10, () => send(session, `open/m${n}/x`, "x"));
    }
    assert.equal(accepted, 20);
    world.clock.advance(1_000);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("a session that is opened again and again gets round neither its own rate nor, by other names, the tenant's", async () => {
    const world = await World.make({ sessionMessages: FIVE, tenantMessages: { perSecond: 20, burst: 20 } });
    const sent = async (name: string): Promise<number> => {
      const { session } = await world.admitted(name);
      return taken(10, () => send(session, `open/${name}/x`, "x"));
    };
    let accepted = 0;
    for (let n = 0; n < 20; n++) accepted += await sent("m");
    assert.equal(accepted, 5);
    for (let n = 0; n < 20; n++) accepted += await sent(`m${n}`);
    assert.equal(accepted, 20);
    world.clock.advance(10_000);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("wills are messages: sessions that die for their will do not get round the tenant's rate", async () => {
    const world = await World.make({ tenantMessages: { perSecond: 10, burst: 10 } });
    const will = {
      topic: "open/m/x",
      payload: text("will"),
      qos: 0,
      retain: false,
      delayMs: 0,
      expiryMs: 0,
      properties: null,
    } as const;
    for (let n = 0; n < 50; n++) {
      const { session } = await world.admitted("m", { will });
      session.close(CloseReason.ConnectionLost);
    }
    assert.ok(world.witness.messages.length <= 10, `${world.witness.messages.length} wills got in`);
    world.clock.advance(10_000);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("a message goes in once; copies count", async () => {
    const world = await World.make({ sessionMessages: FIVE });
    const { session } = await world.admitted();
    const buffer = text("xxxx");
    const message = new Message(session.origin, "open/m/x", buffer, 0, 2, 0, false, 0, null, null, 0, 0);
    const copy = message.detached();
    assert.equal(session.publish(message, 1), Verdict.Accepted);
    assert.equal(session.publish(message, 2), Verdict.InvalidMessage);
    assert.notEqual(message.detached(), copy, "a copy from before is not one of the message that was taken");
    assert.equal(session.publish(message.detached(), 3), Verdict.InvalidMessage);
    attempt(() => Message.stamp(message, 0, 0));
    assert.equal(session.publish(message, 4), Verdict.InvalidMessage);
    assert.equal(session.publish(copy, 5), Verdict.Accepted, "a copy from before is a message of its own");
    assert.equal(
      taken(10, () => session.publish(copy, 6)),
      0,
    );
    assert.equal(
      taken(10, () => send(session, "open/m/x", "x")),
      3,
    );
    world.assertUnharmed(Array.from({ length: 5 }, () => "open/m/x"));
  });

  test("bytes are counted as they are", async () => {
    const world = await World.make({ sessionBytes: { perSecond: 100, burst: 100 }, messageMaxBytes: 60 });
    const { session } = await world.admitted();
    assert.equal(send(session, "open/m/x", "x".repeat(61)), Verdict.TooLarge);
    for (const [start, end] of [
      [1_000_000, 0],
      [60, 0],
      [0, Number.NaN],
      [0, -1],
      [-1_000, 0],
    ] as const) {
      const lie = attempt(
        () => new Message(session.origin, "open/m/x", text("x".repeat(60)), start, end, 0, false, 0, null, null, 0, 0),
      );
      if (lie !== "threw")
        assert.equal(
          attempt(() => session.publish(lie, 1)),
          Verdict.InvalidMessage,
          `${start}…${end}`,
        );
    }
    const lie = Message.of(session.origin, "open/m/x", text("x".repeat(60)));
    attempt(() => Object.defineProperty(lie, "payloadBytes", { value: -1e9 }));
    attempt(() => session.publish(lie, 1));
    assert.ok(taken(10, () => send(session, "open/m/x", "x".repeat(50))) <= 2, "the bucket was filled by a lie");
    world.clock.advance(10_000);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("the clock cannot be moved", async () => {
    const world = await World.make({ sessionMessages: FIVE });
    const { session } = await world.admitted();
    for (const clock of [world.gateway.clock, world.kit.clock]) {
      overwrite(clock, "now", late);
      attempt(() => Object.setPrototypeOf(clock, { now: late }));
      overwrite(Object.getPrototypeOf(clock), "now", late);
    }
    Reflect.deleteProperty(Object.prototype, "now");
    overwrite(world.gateway, "clock", { now: late, arm: () => {}, disarm: () => {} });
    overwrite(world.gateway, "limits", { messageMaxBytes: Infinity });
    assert.equal(
      taken(50, () => send(session, "open/m/x", "x")),
      5,
    );
    world.witness.messages.length = 0;
    world.clock.advance(1_000);
    world.assertUnharmed();
  });

  test("the clock of a running gateway cannot be moved, and its timers lead to nobody else's", async () => {
    const clock = new WheelClock();
    const world = await World.make({ sessionMessages: FIVE }, clock);
    const victim = await world.admitted("v", { expiryMs: 60_000 }, "acme/alice");
    victim.session.close(CloseReason.ConnectionLost);
    const { session } = await world.admitted();
    overwrite(clock, "now", late);
    overwrite(WheelClock.prototype, "now", late);
    assert.ok(clock.now() < late(), "its time was changed");
    assert.equal(
      taken(50, () => send(session, "open/m/x", "x")),
      5,
    );
    const timer = clock.arm({ onTimer: () => {} }, 1, 60_000);
    const found = reachableFrom(timer).filter((value) => typeof Reflect.get(value, "onTimer") === "function");
    clock.disarm(timer);
    assert.ok(found.length <= 1, `${found.length} timer targets can be reached from one's own timer`);
    world.core.stop();
  });

  test("sessions of a tenant, and of all, are counted whatever they are called", async () => {
    const world = await World.make({ sessionsPerTenantMax: 5, sessionsMax: 8 });
    let opened = 0;
    for (let n = 0; n < 20; n++) {
      const principal = await world.authenticate(n % 2 === 0 ? `m${n}` : "m");
      if (principal instanceof Refusal) continue;
      const options = { ...OPTIONS, exclusive: n % 3 === 0, device: n % 5 === 0 ? null : `d${n}` };
      const session = await world.gateway.openSession(principal, options, new Recorder());
      if (!(session instanceof Refusal)) opened++;
      else assert.equal(session.reason, RefusalReason.QuotaExceeded);
    }
    assert.ok(opened <= 5, `${opened} sessions`);
    assert.ok(world.core.stats().sessions <= 6);
    world.assertUnharmed();
  });

  test("subscriptions are counted, however they are asked for", async () => {
    const world = await World.make({ subscriptionsPerSessionMax: 3 });
    const { session } = await world.admitted();
    const outcomes = await session.subscribe(Array.from({ length: 10 }, (_, n) => request(`open/${n}`)));
    assert.equal(outcomes.filter(({ verdict }) => verdict === Verdict.QuotaExceeded).length, 7);
    for (let looks = 1; looks < 6; looks++) {
      let asked = 0;
      const shifting = {
        ...request(""),
        get filter() {
          return asked++ < looks ? "open/1" : `open/new/${looks}/${asked}`;
        },
      };
      await attemptLater(() => session.subscribe([shifting]));
    }
    const record = world.core.client("acme", "m");
    assert.equal(record?.filters.length, 3);
    const others = world.core.stats().subscriptions;
    session.close(CloseReason.Normal);
    assert.equal(others - world.core.stats().subscriptions, 3);
    world.assertUnharmed();
  });

  test("QoS 2 messages that are begun and never released are counted", async () => {
    const world = await World.make({ inboundInflightMax: 4 });
    const { session } = await world.admitted();
    const verdicts = Array.from({ length: 10 }, (_, receipt) =>
      session.publish(Message.of(session.origin, "open/m/x", text("x"), 2), receipt),
    );
    assert.deepEqual(verdicts.slice(0, 4), [1, 1, 1, 1]);
    assert.ok(verdicts.slice(4).every((verdict) => verdict === Verdict.QuotaExceeded));
    world.assertUnharmed(Array.from({ length: 4 }, () => "open/m/x"));
  });

  test("the window is the gateway's, whatever number the adapter asks for", async () => {
    for (const inflightMax of [Number.NaN, Infinity, 1e9, -1, 0, "all"]) {
      const world = await World.make({ inflightMax: 4, queueMaxMessages: 6 });
      const { session, device } = await world.admitted("m", { inflightMax: inflightMax as number });
      await session.subscribe([request("open/#", 1)]);
      for (let n = 0; n < 50; n++) send(world.honest, "open/x", `${n}`, 1);
      assert.ok(device.messages.length <= 4, `${inflightMax}: ${device.messages.length} in flight`);
      assert.ok(world.core.stats().queuedMessages <= 6);
      world.witness.messages.length = 0;
      session.close(CloseReason.Normal);
      world.assertUnharmed();
    }
  });

  test("a session lives no longer than the gateway allows, whatever number the adapter asks for", async () => {
    const world = await World.make({ sessionExpiryMaxMs: 1_000 });
    for (const expiryMs of [Number.NaN, Infinity, 1e15, -1, "ever"]) {
      const { session } = await world.admitted("m", { expiryMs: expiryMs as number, clean: false });
      attempt(() => session.setExpiry(expiryMs as number));
      session.close(CloseReason.ConnectionLost);
      world.clock.advance(1_001);
      assert.equal(world.core.client("acme", "m"), null, String(expiryMs));
    }
    assert.equal(world.clock.armed, 0);
    world.assertUnharmed();
  });

  test("retained messages are counted", async () => {
    const world = await World.make({ retainedMaxMessages: 3, retainedMaxBytes: 200 });
    const { session } = await world.admitted();
    const verdicts = Array.from({ length: 6 }, (_, n) => send(session, `open/m/${n}`, "x", 0, true));
    assert.equal(verdicts.filter((verdict) => verdict === Verdict.QuotaExceeded).length, 3);
    assert.equal(send(session, "open/m/0", "x".repeat(300), 0, true), Verdict.QuotaExceeded);
    assert.equal(world.core.stats().retainedMessages, 3);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("stream protocols that others registered are not taken from them", () => {
    const streams = new StreamProtocols();
    const theirs = { accept: () => assert.fail("not called") };
    streams.register("mqtt", theirs);
    const evil = { accept: () => assert.fail("not called") };
    attempt(() => streams.register("mqtt", evil));
    assert.equal(streams.find("mqtt"), theirs, "replaced");
    streams.unregister("mqtt", evil);
    assert.equal(streams.find("mqtt"), theirs, "removed by somebody else");
  });
});

/** Every object that can be reached over properties, symbols and prototypes included. */
function reachableFrom(start: object): object[] {
  const seen = new Set<object>([start]);
  for (const value of seen) {
    if (seen.size > 10_000) break;
    for (const key of Reflect.ownKeys(value)) {
      const next: unknown = attempt(() => Reflect.get(value, key));
      if (typeof next === "object" && next !== null) seen.add(next);
    }
  }
  return [...seen];
}
