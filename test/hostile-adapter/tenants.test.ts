// Across tenants: who is in one has no words for another.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Message, Refusal, Verdict, type Origin } from "../../core/index.ts";
import { attempt, OPTIONS, overwrite, Recorder, request, send, text, World } from "./world.ts";

suite("hostile adapter: across tenants", () => {
  test("a forged origin is not a session's own", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    const forged: Record<string, Origin> = {
      literal: { ...session.origin, tenant: "globex" },
      clone: structuredClone(session.origin),
      inherited: Object.create(session.origin, { tenant: { value: "globex" } }),
      proxied: new Proxy(session.origin, {}),
      "somebody else's": world.strangers.origin,
      "another session's of the same tenant": world.honest.origin,
    };
    for (const [what, origin] of Object.entries(forged)) {
      const message = Message.of(origin, "open/m/x", text("x"));
      assert.equal(session.publish(message, 1), Verdict.InvalidMessage, what);
    }
    assert.equal(world.meter.verdicts[Verdict.InvalidMessage], Object.keys(forged).length);
    world.assertUnharmed();
  });

  test("an origin cannot be changed", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    for (const [name, value] of Object.entries({
      tenant: "globex",
      client: "by-acme/root",
      user: "root",
      via: ["x"],
    })) {
      overwrite(session.origin, name, value);
    }
    attempt(() => (session.origin.via as string[]).push("forged"));
    overwrite(session.origin.peer, "address", "192.0.2.99");
    assert.equal(send(session, "open/m/x", "1"), Verdict.Accepted);
    const seen = world.witness.messages[0]!.origin;
    assert.deepEqual(
      [seen.tenant, seen.client, seen.user, seen.via, seen.peer.address],
      ["acme", "m", "mallory", [], "192.0.2.7"],
    );
    world.assertUnharmed(["open/m/x"]);
  });

  test("a message of one session does not go in by another one, whoever holds both", async () => {
    const world = await World.make();
    const acme = await world.admitted();
    const globex = await world.admitted("b", {}, "globex/bob");
    const message = Message.of(acme.session.origin, "open/b/x", text("x"));
    assert.equal(globex.session.publish(message, 1), Verdict.InvalidMessage);
    await acme.session.subscribe([request("open/#")]);
    send(world.honest, "open/from-root", "hers");
    const received = acme.device.messages[0]!;
    assert.equal(acme.session.publish(received, 1), Verdict.InvalidMessage, "a message that was received");
    assert.equal(globex.session.publish(received, 1), Verdict.InvalidMessage);
    assert.equal(acme.session.publish(Message.of(received.origin, "open/m/x", text("x")), 1), Verdict.InvalidMessage);
    world.assertUnharmed(["open/from-root"]);
  });

  test("topics that look like another tenant's are one's own", async () => {
    const world = await World.make();
    const { session } = await world.admitted();
    assert.equal(send(session, "globex/open/x", "1"), Verdict.Accepted);
    assert.equal(world.witness.messages[0]!.origin.tenant, "acme");
    for (const topic of ["/globex/open", "../globex/open", "$SYS/globex", "$SYS", "$share/g/globex/x", "$share"]) {
      const verdict = send(session, topic, "1");
      assert.ok(verdict === Verdict.Denied || verdict === Verdict.InvalidTopic, topic);
    }
    assert.equal(send(session, "$mine/x", "1"), Verdict.Accepted, "`$` alone is no border");
    world.assertUnharmed(["globex/open/x", "$mine/x"]);
  });

  test("no filter reaches into another tenant", async () => {
    const world = await World.make();
    const { session, device } = await world.admitted();
    const filters = ["globex/#", "open/#", "$share/g/open/#", "$share/globex/open/#", "globex/+/+"];
    for (const filter of filters) {
      assert.equal((await session.subscribe([request(filter)]))[0]!.verdict, Verdict.Accepted, filter);
    }
    for (const topic of ["open/x", "globex/x", "globex/open/x", "x"]) {
      send(world.strangers, topic, "theirs", 0, true);
      const reading = await session.read(topic);
      assert.equal(reading.message, null, topic);
    }
    assert.deepEqual(device.topics, []);
    world.stranger.messages.length = 0;
    world.assertUnharmed();
  });

  test("the same client id in another tenant is another client", async () => {
    const world = await World.make();
    const theirs = await world.admitted("same", {}, "globex/bob");
    const ours = await world.admitted("same");
    assert.deepEqual(theirs.device.disconnects, []);
    assert.equal(send(theirs.session, "open/same/x", "1"), Verdict.Accepted);
    world.stranger.messages.length = 0;
    ours.session.close(1);
    world.assertUnharmed();
  });

  test("another user's client id is not taken over, however it is spelt", async () => {
    const world = await World.make();
    const alice = await world.admitted("alices", { expiryMs: 60_000, clean: false }, "acme/alice");
    await alice.session.subscribe([request("open/#", 1)]);
    alice.session.close(3);
    send(world.honest, "open/for-alice", "private", 1);
    world.witness.messages.length = 0;
    const spellings: [client: string, device: string | null][] = [
      ["alices", null],
      ["alices", "alices"],
      ["m", "alices"],
      ["alices\u0000alices", null],
      ["m", "alices\u0000alices"],
    ];
    for (const [client, deviceName] of spellings) {
      const principal = await world.authenticate(client);
      if (principal instanceof Refusal) continue;
      const device = new Recorder();
      const options = { ...OPTIONS, device: deviceName, clean: false, expiryMs: 60_000 };
      const session = await world.gateway.openSession(principal, options, device);
      if (session instanceof Refusal) continue;
      session.onWritable();
      assert.equal(session.resumed, false, `${client} ${deviceName}`);
      assert.deepEqual(device.topics, [], `${client} ${deviceName}`);
      session.close(1);
    }
    const again = await world.admitted("alices", { expiryMs: 60_000, clean: false }, "acme/alice");
    assert.deepEqual(again.device.topics, ["open/for-alice"]);
    world.assertUnharmed();
  });
});
