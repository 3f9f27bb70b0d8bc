// Who is behind a request, and how long that is remembered, over real sockets.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CloseReason, Verdict } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { basic, codeOf, withRig } from "./rig.ts";

suite("who publishes", () => {
  test("Basic: user, tenant and client id", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#", "acme");
      assert.equal((await rig.post("a", "x", basic("acme/truck-7"))).status, 202);
      assert.equal((await rig.post("a", "x", { ...basic("acme/truck-7"), "tributary-client": "trailer" })).status, 202);
      assert.equal((await rig.post("a?client=axle", "x", basic("acme/truck-7"))).status, 202);
      const origins = messages.map(({ origin }) => [origin.tenant, origin.user, origin.client]);
      assert.deepEqual(origins, [
        ["acme", "truck-7", "truck-7"],
        ["acme", "truck-7", "trailer"],
        ["acme", "truck-7", "axle"],
      ]);
    }));

  test("Bearer: the client is the token's user", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#", "acme");
      assert.equal((await rig.post("a", "x", { authorization: "Bearer t0ken" })).status, 202);
      assert.equal(messages[0]?.origin.client, "robot");
      assert.equal((await rig.post("a", "x", { authorization: "Bearer wrong" })).status, 401);
    }));

  test("nobody, where anonymous is not allowed", () =>
    withRig({ anonymous: false }, async (rig) => {
      const answer = await rig.post("a", "x");
      assert.equal(answer.status, 401);
      assert.equal(codeOf(answer), "bad_credentials");
      for (const authorization of ["Basic !", "Nonsense", "Digest a=b"]) {
        assert.equal((await rig.post("a", "x", { authorization })).status, 401);
      }
    }));

  test("two client ids that differ are 400", () =>
    withRig({}, async (rig) => {
      const answer = await rig.post("a?client=y", "x", { "tributary-client": "x" });
      assert.deepEqual([answer.status, codeOf(answer)], [400, "invalid_client"]);
    }));

  test("authenticated once for many requests, again when it is somebody else, or after a while", () =>
    withRig({ config: { sessions: { ageMs: 60_000, idleMs: 20_000 } } }, async (rig) => {
      const post = async (user: string, password = "secret") =>
        (await rig.post("a", "x", basic(user, password))).status;
      for (let n = 0; n < 5; n++) assert.equal(await post("acme/truck-7"), 202);
      assert.equal(rig.authentications, 1);
      assert.equal(await post("acme/truck-8"), 202);
      assert.equal(rig.authentications, 2);
      assert.equal(await post("acme/truck-7", "wrong"), 401);
      assert.equal(await post("acme/truck-7"), 202);
      assert.equal(rig.authentications, 3);
      assert.equal(rig.core.stats().sessions, 2);
      for (let n = 0; n < 4; n++) {
        rig.clock.advance(15_000);
        assert.equal(await post("acme/truck-7"), 202);
      }
      assert.equal(rig.authentications, 4, "the credentials are checked again after ageMs");
      rig.clock.advance(60_000);
      assert.equal(rig.core.stats().sessions, 0, "idle ones are closed");
    }));

  test("concurrent first requests share one authentication", () =>
    withRig({}, async (rig) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => rig.post("a", "x", basic("acme/truck-7"))));
      assert.ok(answers.every(({ status }) => status === 202));
      assert.equal(rig.authentications, 1);
    }));

  test("kept sessions are bounded", () =>
    withRig({ config: { sessions: { max: 3 } } }, async (rig) => {
      for (let n = 0; n < 10; n++) assert.equal((await rig.post(`a?client=c${n}`, "x")).status, 202);
      assert.equal(rig.core.stats().sessions, 3);
    }));

  test("a session that the core has closed is opened again", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      assert.equal((await rig.post("a", "x")).status, 202);
      gateway.sessions[0]!.disconnect(CloseReason.Kicked);
      assert.equal((await rig.post("a", "x")).status, 202);
      assert.equal(gateway.sessions.length, 2);
      gateway.sessions[1]!.closed = CloseReason.Kicked;
      gateway.script.publish = () => Verdict.Closed;
      assert.equal((await rig.post("a", "x")).status, 503);
    });
  });
});
