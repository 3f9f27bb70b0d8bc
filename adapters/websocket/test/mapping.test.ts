import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as assertProperty, property, string, uint8Array } from "fast-check";
import { CloseReason, closeReasonNames, DeliveryFlag, Message, Verdict } from "../../../core/index.ts";
import type { MessageProperties, Origin, QoS } from "../../../core/index.ts";
import { CloseCode, closeCodeOf } from "../faults.ts";
import { toWebMessage } from "../../../net/web-message.ts";
import { errorFrame, messageFrame, publishedFrame, toWill } from "../mapping.ts";

const origin = { client: "c", device: "d", protocol: "mqtt" } as unknown as Origin;

function published(topic: string, payload: Uint8Array, properties: MessageProperties | null = null): Message {
  const message = Message.of(origin, topic, payload, 0, false, 0, properties);
  Message.stamp(message, 1, Date.UTC(2026, 0, 1));
  return message;
}
const read = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
const base = {
  type: "message",
  topic: "t",
  payload: "x",
  receivedAt: "2026-01-01T00:00:00.000Z",
  publisher: { client: "c", device: "d", protocol: "mqtt" },
};

test("a message, plain", () => {
  const frame = read(messageFrame(0, published("t", Buffer.from("x")), 0, 0, null));
  assert.deepEqual(frame, { ...base, qos: 0, retain: false });
});

test("a message with everything that depends on the receiver", () => {
  const flags = DeliveryFlag.Retain | DeliveryFlag.Redelivered;
  const frame = read(messageFrame(5, published("t", Buffer.from("x")), 1, flags, [7, 8]));
  assert.deepEqual(frame, { ...base, qos: 1, retain: true, redelivered: true, id: 5, identifiers: [7, 8] });
});

test("plain receivers share the bytes; others come from the same encoding", () => {
  const message = published("t", Buffer.from("x"));
  const first = messageFrame(0, message, 0, 0, null);
  assert.equal(messageFrame(0, message, 0, 0, null), first);
  assert.deepEqual(read(messageFrame(9, message, 1, 0, null)), { ...base, qos: 1, retain: false, id: 9 });
  assert.deepEqual(read(first), { ...base, qos: 0, retain: false });
});

test("properties stand where there are any", () => {
  const properties = {
    contentType: "a/b",
    payloadIsText: true,
    responseTopic: "r",
    correlationData: Buffer.from([1]),
    user: [["k", "v"]] as const,
  };
  const frame = read(messageFrame(0, published("t", Buffer.from("x"), properties), 0, 0, null));
  const { contentType, responseTopic, correlationBase64, properties: pairs } = frame;
  assert.deepEqual([contentType, responseTopic, correlationBase64, pairs], ["a/b", "r", "AQ==", [["k", "v"]]]);
});

test("any topic and payload comes back", () => {
  assertProperty(
    property(string({ unit: "binary" }), uint8Array(), (name, payload) => {
      const topic = name.toWellFormed();
      for (const qos of [0, 1] as QoS[]) {
        const frame = read(messageFrame(qos, published(topic, payload), qos, 0, null));
        assert.equal(frame["topic"], topic);
        const { payload: text, payloadBase64: base64 } = frame as { payload?: string; payloadBase64?: string };
        const back = text === undefined ? Buffer.from(base64!, "base64") : Buffer.from(text);
        assert.deepEqual(new Uint8Array(back), payload);
      }
    }),
  );
});

test("times are counted from now", () => {
  const fields = { topic: "t", payload: Buffer.from("x"), qos: 1 as const, retain: true, properties: null };
  const message = toWebMessage(origin, { ...fields, expiryS: 60 }, 1_000);
  assert.deepEqual([message.expiresAt, message.qos, message.retain], [61_000, 1, true]);
  assert.equal(toWebMessage(origin, { ...fields, expiryS: 0 }, 1_000).expiresAt, 0);
  const will = toWill({ ...fields, expiryS: 60, delayS: 5 });
  assert.deepEqual([will.expiryMs, will.delayMs, will.qos], [60_000, 5_000, 1]);
});

test("answers", () => {
  assert.equal(publishedFrame('a"b', Verdict.Denied), '{"type":"published","id":"a\\"b","verdict":"denied"}');
  assert.equal(errorFrame("c", "m", null), '{"type":"error","code":"c","message":"m"}');
  assert.equal(errorFrame("c", "m", 5), '{"type":"error","id":5,"code":"c","message":"m"}');
});

test("every close reason has a code that a browser accepts", () => {
  for (const reason of Object.values(CloseReason)) {
    const code = closeCodeOf(reason);
    assert.ok(
      code === 1000 || code === 1001 || code === 1008 || (code >= 4000 && code < 5000),
      closeReasonNames[reason],
    );
  }
  assert.equal(closeCodeOf(CloseReason.TakenOver), CloseCode.TakenOver);
  assert.equal(closeCodeOf(CloseReason.Stopping), CloseCode.Stopping);
  assert.equal(closeCodeOf(CloseReason.Kicked), CloseCode.Kicked);
});
