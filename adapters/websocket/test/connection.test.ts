// The sub-protocol tributary.v1.json, over real sockets.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CloseReason, Outcome, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import { frame, Opcode } from "./raw-web-socket.ts";
import { Page, withRig } from "./rig.ts";

suite("connect", () => {
  test("tells what was granted", () =>
    withRig({ config: { json: { inflightMax: 50 } } }, async (rig) => {
      const page = await Page.open(rig);
      page.send({ type: "connect", client: "page", user: "acme/u", password: "p", expiry: 60, inflight: 80 });
      assert.deepEqual(await page.next(), {
        type: "connected",
        client: "page",
        resumed: false,
        expiry: 60,
        inflight: 50,
        payloadMaxBytes: 1_048_576,
      });
      const session = rig.gateway.sessionOf("page");
      const { exclusive, clean, expiryMs, inflightMax } = session.options;
      assert.deepEqual([exclusive, clean, expiryMs, inflightMax], [true, false, 60_000, 50]);
      assert.deepEqual([session.origin.tenant, session.origin.user], ["acme", "u"]);
      page.raw.destroy();
    }));

  test("without a client id, one is assigned and told", () =>
    withRig({}, async (rig) => {
      const page = await Page.open(rig);
      page.send({ type: "connect" });
      assert.equal((await page.next())["client"], "assigned-1");
      page.raw.destroy();
    }));

  test("a token; or the credentials of the upgrade request, where the frame has none", () =>
    withRig({}, async (rig) => {
      const headers = { Authorization: `Basic ${Buffer.from("acme/u:p").toString("base64")}` };
      for (const [upgrade, fields] of [
        [{}, { token: "t" }],
        [headers, {}],
        [headers, { user: "acme/other", password: "q" }],
      ] as const) {
        const page = await Page.open(rig, upgrade);
        page.send({ type: "connect", client: "c", ...fields });
        await page.next();
        page.raw.destroy();
      }
      const asked = rig.gateway.authentications.map(({ credentials: { user, password, token } }) => [
        user,
        password === null ? null : Buffer.from(password).toString(),
        token,
      ]);
      assert.deepEqual(asked, [
        [null, null, "t"],
        ["acme/u", "p", null],
        ["acme/other", "q", null],
      ]);
    }));

  test("a refusal is told, with a reason, and the connection closed with 4401", () =>
    withRig({}, async (rig) => {
      rig.gateway.script.authenticate = () => new Refusal(RefusalReason.BadCredentials, "no such user");
      const page = await Page.open(rig);
      page.send({ type: "connect" });
      assert.deepEqual(await page.next(), { type: "refused", reason: "bad_credentials", message: "no such user" });
      assert.equal(await page.raw.closeCode(), 4401);
      page.raw.destroy();
    }));

  test("comes first, and once", () =>
    withRig({}, async (rig) => {
      const page = await Page.open(rig);
      page.send({ type: "publish", topic: "t" }, { type: "ping" }, { type: "connect" });
      assert.equal((await page.next())["code"], "not_connected");
      assert.equal((await page.next())["type"], "pong");
      assert.equal((await page.next())["type"], "connected");
      page.send({ type: "connect" });
      assert.equal((await page.next())["code"], "already_connected");
      page.raw.destroy();
    }));

  test("comes in time, or the connection is closed", () =>
    withRig({ listener: { firstFrameTimeoutMs: 1_000 } }, async (rig) => {
      const page = await Page.open(rig);
      rig.gateway.clock.advance(1_000);
      assert.equal(await page.raw.closeCode(), 1008);
      page.raw.destroy();
    }));

  test("a will is held; only `disconnect` discards it", () =>
    withRig({}, async (rig) => {
      const will = { topic: "w", payload: "gone", delay: 5 };
      for (const [goodbye, reason] of [
        [{ type: "disconnect" }, CloseReason.Normal],
        [{ type: "disconnect", will: true }, CloseReason.NormalWithWill],
        [null, CloseReason.ConnectionLost],
      ] as const) {
        const page = await Page.connected(rig, { will });
        const session = rig.gateway.sessions.at(-1)!;
        assert.deepEqual([session.options.will?.topic, session.options.will?.delayMs], ["w", 5_000]);
        if (goodbye !== null) {
          page.send(goodbye);
          assert.equal(await page.raw.closeCode(), 1000);
        }
        page.raw.destroy();
        await rig.gateway.until(() => session.closed !== null, "the end of the session");
        assert.equal(session.closed, reason);
      }
    }));
});

suite("publish", () => {
  test("answered with the verdict by its id; without id only when it was not taken", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      rig.gateway.script.publish = (_session, { topic }) => (topic === "no" ? Verdict.Denied : Verdict.NoSubscriber);
      page.send(
        { type: "publish", id: 1, topic: "yes" },
        { type: "publish", topic: "yes" },
        { type: "publish", id: "two", topic: "no" },
        { type: "publish", topic: "no" },
      );
      assert.deepEqual(await page.next(), { type: "published", id: 1, verdict: "no_subscriber" });
      assert.deepEqual(await page.next(), { type: "published", id: "two", verdict: "denied" });
      assert.deepEqual(await page.next(), { type: "error", code: "denied", message: "the message was not taken" });
      assert.equal(rig.meter.protocolErrors.size, 0, "a refused message is no fault of the frame");
      page.raw.destroy();
    }));

  test("late verdicts find their ids, also when an id came twice", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      rig.gateway.script.publish = () => Verdict.Pending;
      page.send({ type: "publish", id: 1, topic: "a" }, { type: "publish", id: 1, topic: "b" });
      const session = rig.gateway.sessionOf("page");
      await rig.gateway.until(() => session.pending.length === 2, "two that wait");
      const [first, second] = session.pending;
      session.settle(second!, Verdict.Denied);
      session.settle(first!, Verdict.Accepted);
      assert.deepEqual([(await page.next())["verdict"], (await page.next())["verdict"]], ["denied", "accepted"]);
      page.raw.destroy();
    }));

  test("no more wait than may", () =>
    withRig({ config: { json: { pendingMax: 2 } } }, async (rig) => {
      const page = await Page.connected(rig);
      rig.gateway.script.publish = () => Verdict.Pending;
      page.send(...[1, 2, 3].map((id) => ({ type: "publish", id, topic: "a" })));
      assert.deepEqual(await page.next(), { type: "published", id: 3, verdict: "overload" });
      page.raw.destroy();
    }));
});

suite("subscribe", () => {
  test("each filter has its outcome, ahead of what it brings", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      rig.gateway.script.subscribe = (_session, { filter }) => (filter === "b" ? Verdict.Denied : Verdict.Accepted);
      page.send({ type: "subscribe", id: 1, filters: [{ filter: "a", qos: 1 }, "b"] });
      assert.deepEqual(await page.next(), {
        type: "subscribed",
        id: 1,
        results: [
          { filter: "a", verdict: "accepted", qos: 1 },
          { filter: "b", verdict: "denied", qos: 0 },
        ],
      });
      page.send({ type: "unsubscribe", id: 2, filters: ["a", "x"] });
      assert.deepEqual(await page.next(), {
        type: "unsubscribed",
        id: 2,
        results: [
          { filter: "a", verdict: "accepted" },
          { filter: "x", verdict: "no_subscriber" },
        ],
      });
      page.raw.destroy();
    }));

  test("frames behind a subscribe wait for it, in their order", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      const letGo = rig.gateway.hold("subscribe");
      page.send(
        { type: "subscribe", id: 1, filters: ["a"] },
        { type: "publish", id: 2, topic: "a" },
        { type: "unsubscribe", id: 3, filters: ["a"] },
        { type: "publish", id: 4, topic: "a" },
      );
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      assert.equal(rig.gateway.sessionOf("page").publications.length, 0);
      letGo();
      const ids = [];
      for (let n = 0; n < 4; n++) ids.push((await page.next())["id"]);
      assert.deepEqual(ids, [1, 2, 3, 4]);
      page.raw.destroy();
    }));
});

suite("messages", () => {
  test("QoS 1 is acknowledged by its id, QoS 2 in two steps that the page does not see", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      const session = rig.gateway.sessionOf("page");
      for (const qos of [0, 1, 2] as const) session.send({ topic: "t", payload: `${qos}`, qos });
      const [none, first, second] = [await page.next(), await page.next(), await page.next()];
      assert.equal(none["id"], undefined);
      page.send({ type: "ack", id: first["id"] }, { type: "ack", id: second["id"] });
      await rig.gateway.until(() => session.inFlight === 0, "both acknowledgements");
      assert.deepEqual(
        session.acknowledgements.map(({ outcome, known }) => [outcome, known]),
        [
          [Outcome.Completed, true],
          [Outcome.Received, true],
          [Outcome.Completed, true],
        ],
      );
      page.send({ type: "ack", id: 500 });
      assert.deepEqual((await page.next())["code"], "unknown_ack");
      page.raw.destroy();
    }));

  test("the core's goodbye is told by the code of the close", () =>
    withRig({}, async (rig) => {
      for (const [reason, code] of [
        [CloseReason.TakenOver, 4409],
        [CloseReason.Kicked, 4403],
        [CloseReason.Banned, 4403],
        [CloseReason.SlowConsumer, 4429],
        [CloseReason.Stopping, 1001],
      ] as const) {
        const page = await Page.connected(rig);
        rig.gateway.sessions.at(-1)!.disconnect(reason);
        assert.equal(await page.raw.closeCode(), code);
        page.raw.destroy();
      }
    }));

  test("a stop closes with 1001", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      const stopped = rig.adapter.stop(AbortSignal.timeout(1_000));
      assert.equal(await page.raw.closeCode(), 1001);
      page.raw.socket.end(frame(Opcode.Close, Buffer.from([3, 233])));
      await stopped;
      assert.equal(rig.gateway.sessionOf("page").closed, CloseReason.Stopping);
    }));
});

suite("bad frames", () => {
  test("are told, and the connection goes on until there are too many", () =>
    withRig({ config: { json: { faultsMax: 3 } } }, async (rig) => {
      const page = await Page.connected(rig);
      page.raw.sendText("{", '{"type":"nonsense","id":7}');
      assert.equal((await page.next())["code"], "bad_json");
      assert.deepEqual((await page.next())["id"], 7);
      page.send({ type: "publish", id: 8, topic: "t" });
      assert.equal((await page.next())["type"], "published");
      page.raw.sendText("[]", '{"type":"publish","id":9,"topic":"t"}');
      assert.equal((await page.next())["code"], "bad_frame");
      assert.equal(await page.raw.closeCode(), 1008);
      assert.equal(rig.gateway.sessionOf("page").publications.length, 1, "nothing behind the last one counts");
      assert.equal(rig.gateway.sessionOf("page").closed, CloseReason.Protocol);
      assert.equal(rig.meter.protocolErrors.get("WEBSOCKET_JSON"), 3);
      page.raw.destroy();
    }));

  test("a binary frame closes with 1003", () =>
    withRig({}, async (rig) => {
      const page = await Page.connected(rig);
      page.raw.socket.write(frame(Opcode.Binary, "x"));
      assert.equal(await page.raw.closeCode(), 1003);
      page.raw.destroy();
    }));

  test("a message that is too long closes with 1009", () =>
    withRig({ config: { frameMaxBytes: 2_000 } }, async (rig) => {
      const page = await Page.connected(rig);
      page.raw.socket.write(frame(Opcode.Text, "x".repeat(2_001)).subarray(0, 100));
      assert.equal(await page.raw.closeCode(), 1009);
      assert.equal(rig.meter.protocolErrors.get("WEBSOCKET_FRAME"), 1);
      await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of the session");
      page.raw.destroy();
    }));
});
