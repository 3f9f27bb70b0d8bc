// `GET /v1/topics/{topic}`, over real sockets.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Verdict } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { basic, codeOf, withRig } from "./rig.ts";

suite("GET /v1/topics/{topic}", () => {
  test("the payload as it was published, and what is known of it", () =>
    withRig({}, async (rig) => {
      await rig.post("a/b?qos=1&retain", "21.5", { "content-type": "text/csv", "tributary-client": "sensor" });
      const answer = await rig.ask("/v1/topics/a/b");
      assert.deepEqual([answer.status, answer.text], [200, "21.5"]);
      const { headers } = answer;
      assert.equal(headers["content-type"], "text/csv");
      assert.equal(headers["content-length"], "4");
      assert.equal(headers["tributary-received-at"], new Date(rig.clock.now()).toISOString());
      assert.equal(headers["last-modified"], new Date(rig.clock.now()).toUTCString());
      assert.deepEqual(
        ["qos", "retain", "publisher", "protocol"].map((name) => headers[`tributary-${name}`]),
        ["1", "true", "sensor", "http"],
      );
    }));

  test("any bytes", () =>
    withRig({}, async (rig) => {
      const payload = Buffer.from([...Array(256).keys()]);
      await rig.post("a", payload);
      const answer = await rig.ask("/v1/topics/a");
      assert.deepEqual(answer.body, payload);
      assert.equal(answer.headers["content-type"], "application/octet-stream");
    }));

  test("no browser takes it for a page of this gateway", () =>
    withRig({}, async (rig) => {
      await rig.post("a", "<script>alert(1)</script>", { "content-type": "text/html" });
      const { headers } = await rig.ask("/v1/topics/a");
      assert.equal(headers["content-type"], "text/html");
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["content-security-policy"], "sandbox; default-src 'none'");
    }));

  test("HEAD: the same without the body", () =>
    withRig({}, async (rig) => {
      await rig.post("a", "21.5");
      const got = await rig.ask("/v1/topics/a");
      const head = await rig.ask("/v1/topics/a", { method: "HEAD" });
      assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", "4"]);
      assert.equal(head.headers.etag, got.headers.etag);
      assert.equal((await rig.ask("/v1/topics/b", { method: "HEAD" })).status, 404);
    }));

  test("304 while it is the same message, 200 once it is another, also with the same payload", () =>
    withRig({}, async (rig) => {
      await rig.post("a", "x");
      const first = await rig.ask("/v1/topics/a");
      const etag = first.headers.etag ?? "";
      assert.match(etag, /^"[\w-]{22}"$/);
      for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const again = await rig.ask("/v1/topics/a", { headers: { "if-none-match": tag } });
        assert.deepEqual([again.status, again.text, again.headers.etag], [304, "", etag], tag);
      }
      assert.equal((await rig.ask("/v1/topics/a", { headers: { "if-none-match": '"other"' } })).status, 200);
      await rig.post("a", "x");
      const newer = await rig.ask("/v1/topics/a", { headers: { "if-none-match": etag } });
      assert.equal(newer.status, 200);
      assert.notEqual(newer.headers.etag, etag);
    }));

  test("nothing known is 404; not allowed is 403; not well formed is 400", () =>
    withRig({}, async (rig) => {
      const none = await rig.ask("/v1/topics/none");
      assert.deepEqual([none.status, codeOf(none)], [404, "no_value"]);
      assert.equal((await rig.ask("/v1/topics/denied/a")).status, 403);
      assert.equal((await rig.ask("/v1/topics/a/%23")).status, 400);
      assert.equal((await rig.ask("/v1/topics/a?qos=1")).status, 400);
    }));

  test("one tenant does not see another's", () =>
    withRig({}, async (rig) => {
      await rig.post("a", "x", basic("acme/truck-7"));
      assert.equal((await rig.ask("/v1/topics/a", { headers: basic("acme/truck-8") })).status, 200);
      assert.equal((await rig.ask("/v1/topics/a", { headers: basic("other/truck-7") })).status, 404);
      assert.equal((await rig.ask("/v1/topics/a")).status, 404);
    }));

  test("expired is gone", () =>
    withRig({}, async (rig) => {
      await rig.post("a?expiry=10", "x");
      assert.equal((await rig.ask("/v1/topics/a")).status, 200);
      rig.clock.advance(10_001);
      assert.equal((await rig.ask("/v1/topics/a")).status, 404);
    }));

  test("what the core says of a reading", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      for (const [verdict, status] of [
        [Verdict.Denied, 403],
        [Verdict.Overload, 503],
        [Verdict.NotSupported, 400],
        [Verdict.Closed, 503],
      ] as const) {
        gateway.script.read = () => ({ verdict, message: null });
        assert.equal((await rig.ask("/v1/topics/a")).status, status);
      }
    });
  });
});
