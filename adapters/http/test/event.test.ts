import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as assertProperty, property, string, uint8Array } from "fast-check";
import { Message } from "../../../core/index.ts";
import type { MessageProperties, Origin } from "../../../core/index.ts";
import { controlEvent, eventId, headText, sharedBytes, tailText } from "../event.ts";

const origin = { client: "c", device: "d", protocol: "mqtt" } as unknown as Origin;

function published(topic: string, payload: Uint8Array, properties: MessageProperties | null = null): Message {
  const message = Message.of(origin, topic, payload, 0, false, 0, properties);
  Message.stamp(message, 1, Date.UTC(2026, 0, 1));
  return message;
}
const whole = (message: Message): string =>
  headText("token", 5) + Buffer.from(sharedBytes(message)).toString() + tailText(1, true, false);

test("one event, field by field", () => {
  assert.equal(
    whole(published("a/b", Buffer.from("21.5"))),
    'id: token.5\ndata: {"topic":"a/b","payload":"21.5","receivedAt":"2026-01-01T00:00:00.000Z",' +
      '"publisher":{"client":"c","device":"d","protocol":"mqtt"},"qos":1,"retain":true}\n\n',
  );
});

test("properties stand where there are any", () => {
  const properties = { contentType: "a/b", payloadIsText: false, responseTopic: null, correlationData: null };
  const text = Buffer.from(
    sharedBytes(published("t", Buffer.from("x"), { ...properties, user: [["k", "v"]] })),
  ).toString();
  assert.match(text, /"contentType":"a\/b","properties":\[\["k","v"\]\]/);
});

test("a redelivered one says so", () => {
  assert.match(tailText(1, false, true), /"redelivered":true}\n\n$/);
});

test("encoded once for all receivers", () => {
  const message = published("t", Buffer.from("x"));
  assert.equal(sharedBytes(message), sharedBytes(message));
});

test("any topic and payload is one event that gives them back", () => {
  assertProperty(
    property(string({ unit: "binary" }), uint8Array(), (name, payload) => {
      const topic = name.toWellFormed();
      const text = whole(published(topic, payload));
      assert.equal(text.indexOf("\n\n"), text.length - 2, "one event");
      assert.equal(text.includes("\r"), false);
      const data = JSON.parse(text.split("\n")[1]!.slice("data: ".length)) as Record<string, string>;
      assert.equal(data["topic"], topic);
      const back =
        data["payload"] === undefined ? Buffer.from(data["payloadBase64"]!, "base64") : Buffer.from(data["payload"]);
      assert.deepEqual(new Uint8Array(back), payload);
    }),
  );
});

test("an event of the stream itself", () => {
  assert.equal(controlEvent("start", eventId("token", 7), { a: 1 }), 'event: start\nid: token.7\ndata: {"a":1}\n\n');
  assert.equal(controlEvent("end", null, {}), "event: end\ndata: {}\n\n");
});
