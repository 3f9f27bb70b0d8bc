import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { assert as assertProperty, jsonValue, property } from "fast-check";
import { FrameFault } from "../faults.ts";
import { parseFrame } from "../frames.ts";
import type { ClientFrame } from "../frames.ts";

function parse(value: unknown): ClientFrame {
  const frame = parseFrame(JSON.stringify(value));
  assert.ok(!(frame instanceof FrameFault), frame instanceof FrameFault ? frame.message : "");
  return frame;
}
function fault(text: string): FrameFault {
  const frame = parseFrame(text);
  assert.ok(frame instanceof FrameFault, text);
  return frame;
}

suite("frames that a page may send", () => {
  test("connect, by its defaults", () => {
    assert.deepEqual(parse({ type: "connect" }), {
      type: "connect",
      client: "",
      user: null,
      password: null,
      token: null,
      expiryS: 0,
      clean: true,
      inflight: 0,
      will: null,
    });
  });
  test("connect, with everything", () => {
    const will = { topic: "w", payload: "gone", qos: 1, retain: true, expiry: 9, delay: 5, contentType: "a/b" };
    const frame = parse({ type: "connect", client: "c", user: "u", password: "p", expiry: 60, inflight: 5, will });
    assert.ok(frame.type === "connect" && frame.will !== null);
    const { client, user, password, token, expiryS, clean, inflight } = frame;
    assert.deepEqual([client, user, password, token, expiryS, clean, inflight], ["c", "u", "p", null, 60, false, 5]);
    const { topic, payload, qos, retain, expiryS: life, delayS, properties } = frame.will;
    assert.deepEqual([topic, qos, retain, life, delayS, properties?.contentType], ["w", 1, true, 9, 5, "a/b"]);
    assert.equal(Buffer.from(payload).toString(), "gone");
  });
  test("a session that is to stay is not thrown away, unless that is said", () => {
    assert.equal((parse({ type: "connect", expiry: 60 }) as { clean: boolean }).clean, false);
    assert.equal((parse({ type: "connect", expiry: 60, clean: true }) as { clean: boolean }).clean, true);
  });
  test("publish, by its defaults", () => {
    const frame = parse({ type: "publish", topic: "t" });
    assert.ok(frame.type === "publish");
    const { id, topic, payload, qos, retain, expiryS, properties } = frame;
    assert.deepEqual([id, topic, payload.length, qos, retain, expiryS, properties], [null, "t", 0, 0, false, 0, null]);
  });
  test("publish, with everything", () => {
    const frame = parse({
      type: "publish",
      id: "a",
      topic: "t",
      payloadBase64: "AP8=",
      qos: 1,
      retain: true,
      expiry: 60,
      contentType: "a/b",
      responseTopic: "r",
      correlationBase64: "AQ==",
      properties: [["k", "v"]],
    });
    assert.ok(frame.type === "publish");
    assert.deepEqual(
      [frame.id, [...frame.payload], frame.qos, frame.retain, frame.expiryS],
      ["a", [0, 255], 1, true, 60],
    );
    const { contentType, payloadIsText, responseTopic, correlationData, user } = frame.properties!;
    assert.deepEqual([contentType, payloadIsText, responseTopic, user], ["a/b", false, "r", [["k", "v"]]]);
    assert.deepEqual([...correlationData!], [1]);
  });
  test("text is marked as text", () => {
    const frame = parse({ type: "publish", topic: "t", payload: "ü" });
    assert.ok(frame.type === "publish");
    assert.equal(frame.properties?.payloadIsText, true);
    assert.equal(Buffer.from(frame.payload).toString(), "ü");
  });
  test("subscribe: filters alone or with options", () => {
    const options = { filter: "b", qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2, identifier: 7 };
    assert.deepEqual(parse({ type: "subscribe", id: 1, filters: ["a", options] }), {
      type: "subscribe",
      id: 1,
      requests: [
        { filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 0 },
        options,
      ],
    });
  });
  test("unsubscribe, ack, ping, disconnect", () => {
    assert.deepEqual(parse({ type: "unsubscribe", filters: ["a"] }), { type: "unsubscribe", id: null, filters: ["a"] });
    assert.deepEqual(parse({ type: "ack", id: 5 }), { type: "ack", delivery: 5 });
    assert.deepEqual(parse({ type: "ping" }), { type: "ping" });
    assert.deepEqual(parse({ type: "disconnect", will: true }), { type: "disconnect", will: true });
  });
});

suite("frames that are refused", () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ["", "bad_json", /JSON/],
    ["{", "bad_json", /JSON/],
    ["[]", "bad_frame", /object/],
    ["null", "bad_frame", /object/],
    ["5", "bad_frame", /object/],
    ["{}", "unknown_type", /connect, publish/],
    ['{"type":5}', "unknown_type", /type/],
    ['{"type":"constructor"}', "unknown_type", /type/],
    ['{"type":"__proto__"}', "unknown_type", /type/],
    ['{"type":"publish"}', "bad_frame", /topic/],
    ['{"type":"publish","topic":5}', "bad_frame", /topic/],
    ['{"type":"publish","topic":"t","qos":2}', "bad_frame", /qos.*0 to 1/],
    ['{"type":"publish","topic":"t","qos":"1"}', "bad_frame", /qos/],
    ['{"type":"publish","topic":"t","retain":1}', "bad_frame", /retain/],
    ['{"type":"publish","topic":"t","expiry":-1}', "bad_frame", /expiry/],
    ['{"type":"publish","topic":"t","payload":5}', "bad_frame", /payload/],
    ['{"type":"publish","topic":"t","payload":"a","payloadBase64":"AA=="}', "bad_frame", /exclude/],
    ['{"type":"publish","topic":"t","payloadBase64":"A"}', "bad_frame", /base64/],
    ['{"type":"publish","topic":"t","correlationBase64":"*"}', "bad_frame", /base64/],
    ['{"type":"publish","topic":"t","properties":{"a":"b"}}', "bad_frame", /pairs/],
    ['{"type":"publish","topic":"t","id":1.5}', "bad_frame", /id/],
    ['{"type":"publish","topic":"t","id":{}}', "bad_frame", /id/],
    [`{"type":"publish","topic":"t","id":"${"x".repeat(129)}"}`, "bad_frame", /id/],
    ['{"type":"publish","topic":"t","Retain":true,"foo":1}', "bad_frame", /Retain, foo/],
    ['{"type":"publish","topic":"t","__proto__":{}}', "bad_frame", /__proto__/],
    ['{"type":"subscribe"}', "bad_frame", /filters/],
    ['{"type":"subscribe","filters":[]}', "bad_frame", /filters/],
    ['{"type":"subscribe","filters":"a"}', "bad_frame", /filters/],
    ['{"type":"subscribe","filters":[5]}', "bad_frame", /filters/],
    ['{"type":"subscribe","filters":[{}]}', "bad_frame", /filter/],
    ['{"type":"subscribe","filters":[{"filter":"a","qos":2}]}', "bad_frame", /qos/],
    ['{"type":"subscribe","filters":[{"filter":"a","x":2}]}', "bad_frame", /unknown keys: x/],
    ['{"type":"unsubscribe","filters":[{"filter":"a"}]}', "bad_frame", /filters/],
    ['{"type":"ack"}', "bad_frame", /id/],
    ['{"type":"ack","id":0}', "bad_frame", /1 to 65535/],
    ['{"type":"connect","client":5}', "bad_frame", /client/],
    ['{"type":"connect","will":5}', "bad_frame", /will/],
    ['{"type":"connect","will":{}}', "bad_frame", /topic/],
    ['{"type":"connect","will":{"topic":"t","foo":1}}', "bad_frame", /foo/],
  ];
  for (const [text, code, message] of wrong) {
    test(text.slice(0, 80) || "nothing", () => {
      const found = fault(text);
      assert.equal(found.code, code);
      assert.match(found.message, message);
    });
  }
  test("the fault carries the frame's id, where it has one", () => {
    assert.equal(fault('{"type":"publish","id":7}').id, 7);
    assert.equal(fault('{"type":"nonsense","id":"x"}').id, "x");
    assert.equal(fault('{"type":"publish","id":[]}').id, null);
  });
});

test("whatever JSON comes, it is a frame or a fault, and nothing throws", () => {
  assertProperty(
    property(jsonValue(), jsonValue(), (value, other) => {
      parseFrame(JSON.stringify(value));
      for (const type of ["connect", "publish", "subscribe", "unsubscribe", "ack", "disconnect"]) {
        const keys = ["topic", "payload", "filters", "id", "will", "properties", "qos"];
        const fields = Object.fromEntries(keys.map((key, at) => [key, at % 2 === 0 ? value : other]));
        const frame = parseFrame(JSON.stringify({ type, ...fields }));
        assert.ok(frame instanceof FrameFault || frame.type === type);
      }
    }),
  );
});
