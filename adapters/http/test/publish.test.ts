// Publishing, over real sockets: against the real core for what happens, against a scripted one for what it may say.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CloseReason, Refusal, RefusalReason, Verdict, verdictNames } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { basic, codeOf, messageOf, withRig } from "./rig.ts";

suite("POST /v1/topics/{topic}", () => {
  test("reaches a subscriber as it was sent, and says so", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      const answer = await rig.post("a/b%20c//d?qos=1&retain=true&expiry=60", "hello", { "content-type": "text/csv" });
      assert.equal(answer.status, 202);
      const { verdict, matched } = answer.json as Record<string, unknown>;
      assert.deepEqual([verdict, matched], ["accepted", true]);
      const [message] = messages;
      assert.ok(message !== undefined);
      assert.deepEqual([message.topic, message.qos], ["a/b c//d", 1]);
      assert.equal(Buffer.from(message.payload).toString(), "hello");
      assert.equal(message.expiresAt, rig.clock.now() + 60_000);
      assert.equal(message.properties?.contentType, "text/csv");
      assert.equal(message.origin.protocol, "http");
    }));

  test("nobody there: taken, and said", () =>
    withRig({}, async (rig) => {
      const answer = await rig.post("a", "x");
      assert.equal(answer.status, 202);
      assert.equal((answer.json as { verdict: string }).verdict, "no_subscriber");
    }));

  test("any bytes, and none", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      const payloads = [Buffer.from([...Array(256).keys()]), Buffer.alloc(0), Buffer.alloc(100_000, 7)];
      for (const payload of payloads) assert.equal((await rig.post("a", payload)).status, 202);
      const chunked = await rig.post("a", "chunked", { "transfer-encoding": "chunked" });
      assert.equal(chunked.status, 202);
      const got = messages.map(({ payload }) => Buffer.from(payload));
      assert.deepEqual(got, [...payloads, Buffer.from("chunked")]);
    }));

  test("JSON and text are bytes like others", () =>
    withRig({}, async (rig) => {
      const { messages } = await rig.subscriber("#");
      await rig.post("a", "{not json", { "content-type": "application/json" });
      await rig.post("a", "ü", { "content-type": "text/plain" });
      assert.deepEqual(
        messages.map(({ payload }) => Buffer.from(payload).toString()),
        ["{not json", "ü"],
      );
    }));

  const bad: readonly (readonly [string, RegExp])[] = [
    ["a?foo=1&bar=2", /foo, bar/],
    ["a?qos=2", /qos/],
    ["a?qos=1&qos=1", /qos/],
    ["a?qos=", /qos/],
    ["a?retain=yes", /retain/],
    ["a?expiry=-1", /expiry/],
    ["a?expiry=1.5", /expiry/],
    ["a?expiry=99999999999", /expiry/],
    ["a?QoS=1", /QoS/],
    ["a?__proto__=1", /__proto__/],
    ["a?constructor=1", /constructor/],
    ["%zz", /percent/],
    ["", /well formed/],
    ["%2B", /well formed/],
    ["a/%23", /well formed/],
    ["%00", /well formed/],
  ];
  test("what is not well formed is 400, and named", () =>
    withRig({}, async (rig) => {
      for (const [path, message] of bad) {
        const answer = await rig.post(path, "x");
        assert.equal(answer.status, 400, path);
        assert.match(messageOf(answer), message, path);
      }
    }));

  test("a Content-Type that is none is 415", () =>
    withRig({}, async (rig) => {
      assert.equal((await rig.post("a", "x", { "content-type": "nonsense" })).status, 415);
    }));

  test("a topic as long as headers may be is no parameter that is cut", () =>
    withRig({}, async (rig) => {
      const topic = `a/${"b".repeat(10_000)}`;
      assert.equal((await rig.post(topic, "x")).status, 202);
      assert.equal((await rig.ask(`/v1/topics/${topic}`)).text, "x");
    }));

  test("over the limit is 413 before it is buffered, with Content-Length and without", () =>
    withRig({ limits: { messageMaxBytes: 1_000 } }, async (rig) => {
      assert.equal((await rig.post("a", Buffer.alloc(1_000))).status, 202);
      const declared = await rig.raw();
      declared.write("POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n");
      assert.match(String(await new Promise((resolve) => declared.once("data", resolve))), /^HTTP\/1.1 413 /);
      declared.destroy();
      const streamed = await rig.raw();
      streamed.write("POST /v1/topics/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n");
      streamed.write(Buffer.alloc(1_001));
      assert.match(String(await new Promise((resolve) => streamed.once("data", resolve))), /^HTTP\/1.1 413 /);
      streamed.destroy();
    }));

  test("quota: 429 with Retry-After", () =>
    withRig({ limits: { sessionMessages: { perSecond: 1, burst: 2 } } }, async (rig) => {
      const who = basic("acme/truck-7");
      const answers = [];
      for (let n = 0; n < 3; n++) answers.push(await rig.post("a", "x", who));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [202, 202, 429],
      );
      assert.equal(answers[2]!.headers["retry-after"], "1");
      rig.clock.advance(1_000);
      assert.equal((await rig.post("a", "x", who)).status, 202);
    }));
});

suite("every verdict and refusal, as the publisher is told", () => {
  test("verdicts, at once and late", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      const statuses = new Map([
        [Verdict.Accepted, 202],
        [Verdict.NoSubscriber, 202],
        [Verdict.Denied, 403],
        [Verdict.InvalidTopic, 400],
        [Verdict.InvalidMessage, 400],
        [Verdict.TooLarge, 413],
        [Verdict.RateLimited, 429],
        [Verdict.QuotaExceeded, 403],
        [Verdict.Overload, 503],
        [Verdict.NotSupported, 400],
      ]);
      for (const [verdict, status] of statuses) {
        gateway.script.publish = () => verdict;
        assert.equal((await rig.post("a", "x")).status, status, verdictNames[verdict]);
        gateway.script.publish = () => Verdict.Pending;
        const late = rig.post("a", "x");
        await gateway.until(() => gateway.sessions.at(-1)!.pending.length === 1, "a publish");
        const session = gateway.sessions.at(-1)!;
        session.settle(session.pending[0]!, verdict);
        const answer = await late;
        assert.equal(answer.status, status, `${verdictNames[verdict]}, late`);
        if (status === 429 || status === 503) assert.equal(answer.headers["retry-after"], "1");
        if (status >= 400) assert.ok(codeOf(answer).length > 0);
      }
    });
    assert.deepEqual(gateway.violations, []);
  });

  test("no verdict in time is 503, and what comes after it hurts nobody", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway, config: { settleTimeoutMs: 5_000 } }, async (rig) => {
      gateway.script.publish = () => Verdict.Pending;
      const asked = rig.post("a", "x");
      await gateway.until(
        () => gateway.sessions.length === 1 && gateway.sessions[0]!.pending.length === 1,
        "a publish",
      );
      gateway.clock.advance(5_000);
      const answer = await asked;
      assert.deepEqual([answer.status, codeOf(answer)], [503, "settle_timeout"]);
      const session = gateway.sessions[0]!;
      session.settle(session.pending[0]!, Verdict.Accepted);
    });
    assert.equal(gateway.clock.armed, 0);
  });

  test("a session that is closed while a publish waits is 503", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      gateway.script.publish = () => Verdict.Pending;
      const asked = rig.post("a", "x");
      await gateway.until(
        () => gateway.sessions.length === 1 && gateway.sessions[0]!.pending.length === 1,
        "a publish",
      );
      gateway.sessions[0]!.disconnect(CloseReason.Kicked);
      const answer = await asked;
      assert.deepEqual([answer.status, codeOf(answer)], [503, "closed"]);
    });
  });

  test("refusals", async () => {
    const gateway = new FakeGateway({ protocol: "http" });
    await withRig({ gateway }, async (rig) => {
      const statuses = new Map([
        [RefusalReason.BadCredentials, 401],
        [RefusalReason.NotAuthorized, 403],
        [RefusalReason.Banned, 403],
        [RefusalReason.InvalidClient, 400],
        [RefusalReason.QuotaExceeded, 429],
        [RefusalReason.RateLimited, 429],
        [RefusalReason.Unavailable, 503],
      ]);
      for (const [reason, status] of statuses) {
        gateway.script.authenticate = () => new Refusal(reason, "x");
        const answer = await rig.post("a", "x");
        assert.equal(answer.status, status);
        if (status === 401) assert.match(answer.headers["www-authenticate"] ?? "", /^Basic realm=.*, Bearer realm=/);
        if (status === 429 || status === 503) assert.equal(answer.headers["retry-after"], "1");
      }
      assert.equal(gateway.sessions.length, 0);
    });
  });
});
