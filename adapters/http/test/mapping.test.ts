import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { assert as assertProperty, array, property, string } from "fast-check";
import { Message, RefusalReason, Verdict, verdictNames } from "../../../core/index.ts";
import type { Origin } from "../../../core/index.ts";
import { faultOfRefusal, faultOfVerdict, HttpFault } from "../faults.ts";
import { isMatch, toContentType, toHeaderText, toMessage, topicOfUrl, toProperties, toTaken } from "../mapping.ts";

const origin = { client: "c", device: "c", protocol: "http" } as unknown as Origin;

suite("topicOfUrl", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["/v1/topics/a", "a"],
    ["/v1/topics/a/b/c", "a/b/c"],
    ["/v1/topics/a/b?qos=1", "a/b"],
    ["/v1/topics//a/", "/a/"],
    ["/v1/topics/", ""],
    ["/v1/topics///", "//"],
    ["/v1/topics/a%2Fb", "a/b"],
    ["/v1/topics/a%20b", "a b"],
    ["/v1/topics/a+b", "a+b"],
    ["/v1/topics/%23", "#"],
    ["/v1/topics/100%25", "100%"],
    ["/v1/topics/%2525", "%25"],
    ["/v1/topics/%C3%BC", "ü"],
    ["/v1/topics/%F0%9F%98%80/x", "😀/x"],
    ["/v1/topics/a%3Fb?c", "a?b"],
    ["/v1/topics/v1/topics/a", "v1/topics/a"],
    ["http://host/v1/topics/a", "a"],
    ["/v1/topics/../a/./b", "../a/./b"],
    ["/v1/topics/%00", "\u0000"],
  ];
  for (const [url, topic] of cases)
    test(`${url} is ${JSON.stringify(topic)}`, () => assert.equal(topicOfUrl(url), topic));
  for (const url of ["/v1/topics/%", "/v1/topics/%zz", "/v1/topics/%C3", "/v1/topics/%ED%A0%80"]) {
    test(`${url} is refused`, () => assert.ok(topicOfUrl(url) instanceof HttpFault));
  }
  test("what a client percent-encodes level by level comes back as it was", () => {
    assertProperty(
      property(array(string({ unit: "grapheme" })), (levels) => {
        const topic = levels.join("/");
        const path = topic.split("/").map(encodeURIComponent).join("/");
        assert.equal(topicOfUrl(`/v1/topics/${path}?retain`), topic);
      }),
    );
  });
});

suite("toMessage", () => {
  test("nothing stated: QoS 0, not retained, for ever, no properties", () => {
    const message = toMessage(origin, "t", Buffer.from("x"), {}, undefined, 1000);
    assert.deepEqual([message.qos, message.retain, message.expiresAt, message.properties], [0, false, 0, null]);
  });
  test("everything stated", () => {
    const message = toMessage(origin, "t", Buffer.from("x"), { qos: "1", retain: "", expiry: "60" }, "text/csv", 1000);
    assert.deepEqual([message.qos, message.retain, message.expiresAt], [1, true, 61_000]);
    assert.equal(message.properties?.contentType, "text/csv");
  });
  for (const [retain, expected] of [
    ["true", true],
    ["1", true],
    ["false", false],
    ["0", false],
  ] as const) {
    test(`retain=${retain}`, () => {
      assert.equal(toMessage(origin, "t", Buffer.alloc(0), { retain }, undefined, 0).retain, expected);
    });
  }
  test("expiry=0 is for ever", () => {
    assert.equal(toMessage(origin, "t", Buffer.alloc(0), { expiry: "0" }, undefined, 5).expiresAt, 0);
  });
  test("curl's own Content-Type says nothing", () => {
    assert.equal(toProperties("application/x-www-form-urlencoded", false), null);
  });
});

suite("answers", () => {
  test("every verdict but the two that take the message has a fault", () => {
    for (const verdict of Object.values(Verdict)) {
      const taken = verdict === Verdict.Accepted || verdict === Verdict.NoSubscriber;
      assert.equal(faultOfVerdict(verdict) === null, taken, verdictNames[verdict]);
    }
  });
  const statuses: readonly (readonly [Verdict, number, boolean])[] = [
    [Verdict.Pending, 503, true],
    [Verdict.Denied, 403, false],
    [Verdict.InvalidTopic, 400, false],
    [Verdict.InvalidMessage, 400, false],
    [Verdict.TooLarge, 413, false],
    [Verdict.RateLimited, 429, true],
    [Verdict.QuotaExceeded, 403, false],
    [Verdict.Overload, 503, true],
    [Verdict.Closed, 503, true],
    [Verdict.NotSupported, 400, false],
  ];
  for (const [verdict, status, again] of statuses) {
    test(`${verdictNames[verdict]} is ${status}${again ? " with Retry-After" : ""}`, () => {
      const fault = faultOfVerdict(verdict);
      assert.equal(fault?.status, status);
      assert.equal((fault?.retryAfterS ?? 0) > 0, again);
    });
  }
  const refusals: readonly (readonly [RefusalReason, number])[] = [
    [RefusalReason.BadCredentials, 401],
    [RefusalReason.NotAuthorized, 403],
    [RefusalReason.Banned, 403],
    [RefusalReason.InvalidClient, 400],
    [RefusalReason.QuotaExceeded, 429],
    [RefusalReason.RateLimited, 429],
    [RefusalReason.Unavailable, 503],
  ];
  test("every refusal has a status", () => assert.equal(refusals.length, Object.keys(RefusalReason).length));
  for (const [reason, status] of refusals) {
    test(`refusal ${reason} is ${status}`, () => assert.equal(faultOfRefusal(reason).status, status));
  }
  test("toTaken is JSON", () => {
    const message = Message.of(origin, "t", Buffer.alloc(0));
    Message.stamp(message, 7, Date.UTC(2026, 0, 1));
    assert.deepEqual(JSON.parse(toTaken(Verdict.NoSubscriber, message)), {
      verdict: "no_subscriber",
      matched: false,
      sequence: 7,
      receivedAt: "2026-01-01T00:00:00.000Z",
    });
    assert.equal((JSON.parse(toTaken(Verdict.Accepted, message)) as { matched: boolean }).matched, true);
  });
});

const typed = (contentType: string | null, payloadIsText = false) =>
  toContentType({ contentType, payloadIsText, responseTopic: null, correlationData: null, user: [] });

suite("headers of a last value", () => {
  test("a type is passed on", () =>
    assert.equal(typed("application/json; charset=utf-8"), "application/json; charset=utf-8"));
  test("no type, text", () => assert.equal(typed(null, true), "text/plain; charset=utf-8"));
  test("no type", () => assert.equal(toContentType(null), "application/octet-stream"));
  for (const bad of ["", "text", "text/html\r\nSet-Cookie: a=b", "text/ü", "/", `a/${"b".repeat(300)}`]) {
    test(`${JSON.stringify(bad.slice(0, 30))} is none`, () => assert.equal(typed(bad), "application/octet-stream"));
  }
  test("names that are more than ASCII are percent-encoded", () => {
    assert.equal(toHeaderText("truck-7"), "truck-7");
    assert.equal(toHeaderText("Jürgen\n"), "J%C3%BCrgen%0A");
    assert.equal(toHeaderText("50%"), "50%25");
    assert.equal(toHeaderText("\ud800"), "%EF%BF%BD");
  });
  test("If-None-Match is compared weakly [RFC 9110, 13.1.2]", () => {
    assert.equal(isMatch(undefined, '"a"'), false);
    assert.equal(isMatch('"a"', '"a"'), true);
    assert.equal(isMatch('W/"a"', '"a"'), true);
    assert.equal(isMatch('"b", W/"a"', '"a"'), true);
    assert.equal(isMatch(" * ", '"a"'), true);
    assert.equal(isMatch('"b"', '"a"'), false);
    assert.equal(isMatch("a", '"a"'), false);
  });
});
