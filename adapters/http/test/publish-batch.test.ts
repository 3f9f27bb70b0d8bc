// `POST /v1/publish`, over real sockets.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Verdict } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { withRig } from "./rig.ts";
import type { Answer, Rig } from "./rig.ts";

const publish = (rig: Rig, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  rig.ask("/v1/publish", { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
const results = (answer: Answer) => (answer.json as { results: Record<string, unknown>[] }).results;

suite("POST /v1/publish", () => {
  test("every message has its own result, in order", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("a/#");
      const batch = [
        { topic: "a/1", payload: "one", qos: 1, retain: true, expiry: 60, contentType: "text/plain" },
        { topic: "denied/1", payload: "two" },
        { topic: 3 },
        { topic: "a/+", payload: "four" },
        { topic: "b/5", payloadBase64: "AP8=" },
      ];
      const answer = await publish(rig, JSON.stringify(batch));
      assert.equal(answer.status, 207);
      assert.deepEqual(
        results(answer).map(({ status }) => status),
        [202, 403, 400, 400, 202],
      );
      assert.equal(results(answer)[0]!["matched"], true);
      assert.equal(results(answer)[4]!["matched"], false);
      assert.deepEqual((results(answer)[1]!["error"] as { code: string }).code, "denied");
      assert.equal(messages.length, 1);
      assert.deepEqual([messages[0]!.qos, messages[0]!.properties?.contentType], [1, "text/plain"]);
    }));

  test("all taken is 202, in the order of the list", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      const topics = Array.from({ length: 100 }, (_, n) => `t/${n}`);
      const answer = await publish(rig, JSON.stringify(topics.map((topic) => ({ topic }))));
      assert.equal(answer.status, 202);
      assert.deepEqual(
        messages.map(({ topic }) => topic),
        topics,
      );
    }));

  test("waits for verdicts that come late, each for its own", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      gateway.script.publish = (_session, message) => (message.topic === "b" ? Verdict.Accepted : Verdict.Pending);
      const asked = publish(rig, '[{"topic":"a"},{"topic":"b"},{"topic":"c"}]');
      await gateway.until(() => gateway.sessions[0]?.pending.length === 2, "two that wait");
      const session = gateway.sessions[0]!;
      session.settle(session.pending[1]!, Verdict.Denied);
      session.settle(session.pending[0]!, Verdict.NoSubscriber);
      const statuses = results(await asked).map(({ status }) => status);
      assert.deepEqual(statuses, [202, 202, 403]);
    });
  });

  test("what is no batch is 400; too long, or too large, is 413", () =>
    withRig({ config: { batchItemsMax: 3, batchMaxBytes: 2_000 } }, async (rig) => {
      assert.equal((await publish(rig, "{}")).status, 400);
      assert.equal((await publish(rig, "[")).status, 400);
      assert.equal((await publish(rig, "[{},{},{},{}]")).status, 413);
      assert.equal((await publish(rig, JSON.stringify([{ topic: "a", payload: "x".repeat(2_000) }]))).status, 413);
      assert.equal((await rig.ask("/v1/publish", { method: "POST" })).status, 400);
      assert.equal((await rig.ask("/v1/publish?qos=1", { method: "POST", body: "[]" })).status, 400);
    }));

  test("a batch may be larger than one message, and one message in it may not", () =>
    withRig({ limits: { messageMaxBytes: 1_000 } }, async (rig) => {
      const payloads = [900, 900, 1_100].map((size) => ({ topic: "a", payload: "x".repeat(size) }));
      const answer = await publish(rig, JSON.stringify(payloads));
      assert.deepEqual(
        results(answer).map(({ status }) => status),
        [202, 202, 413],
      );
    }));

  test("with an Idempotency-Key: once", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      const first = await publish(rig, '[{"topic":"a"}]', { "idempotency-key": "k" });
      const again = await publish(rig, '[{"topic":"a"}]', { "idempotency-key": "k" });
      assert.equal(first.text, again.text);
      assert.equal(messages.length, 1);
    }));
});
