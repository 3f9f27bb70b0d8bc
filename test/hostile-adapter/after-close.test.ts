// After the end: a session that was closed, kicked, taken over or banned is closed, however its adapter clings to it. And
// a device that misbehaves hurts itself alone.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CloseReason, Message, Outcome, Refusal, RefusalReason, Verdict, type Session } from "../../core/index.ts";
import { attempt, OPTIONS, overwrite, Recorder, request, send, text, World, type Armed } from "./world.ts";

async function assertClosed(world: World, { session, device }: Armed, what: string): Promise<void> {
  const before = device.messages.length;
  for (const qos of [0, 1, 2] as const) {
    const message = Message.of(session.origin, "open/m/x", text("x"), qos);
    assert.equal(session.publish(message, 1), Verdict.Closed, what);
  }
  assert.equal(session.onReleased(1), false);
  assert.equal(session.onAcknowledged(1, Outcome.Completed), false);
  session.onWritable();
  let granted = 0;
  const outcomes = await session.subscribe([request("open/#")], (given) => {
    granted += given.filter(({ verdict }) => verdict === Verdict.Accepted).length;
  });
  assert.deepEqual([outcomes[0]!.verdict, granted], [Verdict.Closed, 0], what);
  assert.deepEqual(await session.unsubscribe(["open/#"]), [Verdict.Closed], what);
  assert.equal((await session.read("open/x")).verdict, Verdict.Closed, what);
  session.setExpiry(1_000);
  session.close(CloseReason.ConnectionLost);
  send(world.honest, "open/x", "after");
  assert.equal(device.messages.length, before, `${what}: something was delivered`);
  world.witness.messages.length = 0;
}

/** Does what it can to stay. */
function cling(session: Session): void {
  for (const name of ["evict", "close", "onWritable", "origin"]) overwrite(session, name, () => {});
  attempt(() => Object.setPrototypeOf(session, { evict: () => {} }));
}

suite("hostile adapter: after the end", () => {
  const ends: Record<string, (world: World, armed: Armed) => unknown> = {
    closed: (_, { session }) => session.close(CloseReason.Normal),
    lost: (_, { session }) => session.close(CloseReason.ConnectionLost),
    kicked: (world) => world.core.kick("acme", "m"),
    "taken over": (world) => world.admitted("m"),
  };
  for (const [what, end] of Object.entries(ends)) {
    for (const expiryMs of [0, 60_000]) {
      test(`${what}${expiryMs > 0 ? ", a session that would go on" : ""}: every verb says closed`, async () => {
        const world = await World.make();
        const armed = await world.admitted("m", { expiryMs });
        await armed.session.subscribe([request("open/#", 1)]);
        cling(armed.session);
        await end(world, armed);
        await assertClosed(world, armed, what);
        world.assertUnharmed();
      });
    }
  }

  test("the core stops: every verb says closed", async () => {
    const world = await World.make();
    const armed = await world.admitted("m", { expiryMs: 60_000 });
    cling(armed.session);
    world.core.stop();
    assert.equal(send(armed.session, "open/m/x", "x"), Verdict.Closed);
    assert.equal((await armed.session.read("open/x")).verdict, Verdict.Closed);
    const again = await world.gateway.openSession(armed.principal, OPTIONS, new Recorder());
    assert.ok(again instanceof Refusal && again.reason === RefusalReason.Unavailable);
    assert.equal(world.clock.armed, 0);
  });

  test("a principal that was banned opens no session any more", async () => {
    const world = await World.make();
    const { principal } = await world.admitted();
    world.core.bans.add({ kind: "user", value: "acme/mallory", until: 0 });
    const again = await world.gateway.openSession(principal, OPTIONS, new Recorder());
    assert.ok(again instanceof Refusal && again.reason === RefusalReason.Banned);
    world.assertUnharmed();
  });

  test("a device that publishes while it is sent away publishes nothing", async () => {
    const world = await World.make();
    const { session, device } = await world.admitted();
    const verdicts: Verdict[] = [];
    device.disconnect = () => {
      for (let n = 0; n < 5; n++) verdicts.push(send(session, "open/m/x", "last words"));
    };
    world.core.kick("acme", "m");
    assert.deepEqual(new Set(verdicts), new Set([Verdict.Closed]));
    world.assertUnharmed();
  });

  test("a device that throws loses its own messages, and nobody else's", async () => {
    const world = await World.make();
    const { session, device } = await world.admitted();
    await session.subscribe([request("open/#", 1)]);
    const after = await world.admitted("after", {}, "acme/alice");
    await after.session.subscribe([request("open/#", 1)]);
    for (const verb of ["deliver", "release", "onSettled", "disconnect"] as const) {
      device[verb] = () => {
        throw new Error("hostile");
      };
    }
    for (let n = 0; n < 3; n++) assert.equal(send(world.honest, "open/x", `${n}`, 1), Verdict.Accepted);
    assert.equal(after.device.messages.length, 3, "another subscriber of the same topic");
    assert.equal(world.core.kick("acme", "m"), true);
    assert.equal(world.core.client("acme", "m"), null);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });

  test("a device that answers each delivery with another publish cannot take the core down", async () => {
    const world = await World.make();
    const { session, device } = await world.admitted();
    await session.subscribe([request("open/m/loop")]);
    let rounds = 0;
    device.deliver = () => {
      rounds++;
      send(session, "open/m/loop", "again");
      return true;
    };
    assert.equal(send(session, "open/m/loop", "first"), Verdict.Accepted, `after ${rounds} rounds`);
    assert.ok(rounds > 1);
    session.close(CloseReason.Normal);
    world.witness.messages.length = 0;
    world.assertUnharmed();
  });
});
