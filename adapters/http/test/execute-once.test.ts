// Requests with an Idempotency-Key, over real sockets.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Verdict } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { basic, codeOf, withRig } from "./rig.ts";

const key = (value: string) => ({ ...basic("acme/truck-7"), "idempotency-key": value });

suite("Idempotency-Key", () => {
  test("the same request is answered again and published once", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#", "acme");
      const first = await rig.post("a", "x", key("k1"));
      const again = await rig.post("a", "x", key("k1"));
      assert.deepEqual([first.status, first.text], [again.status, again.text]);
      assert.equal(first.headers["idempotency-replayed"], undefined);
      assert.equal(again.headers["idempotency-replayed"], "true");
      assert.equal(messages.length, 1);
      assert.equal((await rig.post("a", "x", key("k2"))).status, 202);
      assert.equal(messages.length, 2);
    }));

  test("another body, topic, query or type under the same key is 422", () =>
    withRig({}, async (rig) => {
      assert.equal((await rig.post("a", "x", key("k"))).status, 202);
      for (const [topic, body, type] of [
        ["a", "y", undefined],
        ["b", "x", undefined],
        ["a?qos=1", "x", undefined],
        ["a", "x", "text/csv"],
      ] as const) {
        const headers = { ...key("k"), ...(type !== undefined && { "content-type": type }) };
        const answer = await rig.post(topic, body, headers);
        assert.deepEqual([answer.status, codeOf(answer)], [422, "idempotency_key_reused"]);
      }
    }));

  test("another principal's key is another key", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#", "acme");
      await rig.post("a", "x", key("k"));
      await rig.post("a", "x", { ...basic("acme/truck-8"), "idempotency-key": "k" });
      assert.equal(messages.length, 2);
    }));

  test("a concurrent duplicate waits for the first", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      gateway.script.publish = () => Verdict.Pending;
      const both = [rig.post("a", "x", key("k")), rig.post("a", "x", key("k"))];
      await gateway.until(() => gateway.sessions.some(({ pending }) => pending.length > 0), "a publish");
      const other = rig.post("b", "x", { ...key("other") });
      await gateway.until(() => gateway.sessions[0]!.pending.length === 2, "the other publish");
      const session = gateway.sessions[0]!;
      assert.equal(session.publications.length, 2, "the duplicate was not published");
      while (session.pending.length > 0) session.settle(session.pending[0]!, Verdict.Denied);
      const answers = await Promise.all([...both, other]);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [403, 403, 403],
      );
    });
  });

  test("an answer that asks to come back is not remembered", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      gateway.script.publish = () => Verdict.Overload;
      assert.equal((await rig.post("a", "x", key("k"))).status, 503);
      gateway.script.publish = () => Verdict.Accepted;
      assert.equal((await rig.post("a", "x", key("k"))).status, 202);
    });
  });

  test("a key that is none is 400", () =>
    withRig({}, async (rig) => {
      for (const value of ["", "a b", "x".repeat(256)]) {
        assert.equal((await rig.post("a", "x", key(value))).status, 400, value);
      }
    }));
});
