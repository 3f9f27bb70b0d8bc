import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { assert as assertProperty, array, jsonValue, property } from "fast-check";
import { parseBatch } from "../batch.ts";
import type { WebMessage } from "../../../net/web-message.ts";
import { HttpFault } from "../faults.ts";

const parse = (value: unknown, itemsMax = 10) => parseBatch(Buffer.from(JSON.stringify(value)), itemsMax);

function one(entry: unknown): WebMessage | HttpFault {
  const items = parse([entry]);
  assert.ok(!(items instanceof HttpFault));
  assert.equal(items.length, 1);
  return items[0]!;
}
function item(value: unknown): WebMessage {
  const parsed = one(value);
  assert.ok(!(parsed instanceof HttpFault), parsed instanceof HttpFault ? parsed.message : "");
  return parsed;
}

suite("a batch", () => {
  test("is a JSON array", () => {
    for (const value of [{}, "x", 1, null, true]) assert.equal((parse(value) as HttpFault).code, "invalid_batch");
    for (const body of ["", "[", "[1,]", "\u0000"]) {
      assert.equal((parseBatch(Buffer.from(body), 10) as HttpFault).code, "invalid_json");
    }
    assert.equal((parseBatch(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 10) as HttpFault).code, "invalid_json");
  });
  test("may be empty", () => assert.deepEqual(parse([]), []));
  test("has a greatest length", () => {
    assert.equal((parse([{}, {}, {}], 2) as HttpFault).status, 413);
    assert.equal((parse([{}, {}], 2) as unknown[]).length, 2);
  });
  test("keeps the order, good and bad", () => {
    const items = parse([{ topic: "a" }, 5, { topic: "b" }]) as (WebMessage | HttpFault)[];
    assert.deepEqual(
      items.map((entry) => (entry instanceof HttpFault ? entry.code : entry.topic)),
      ["a", "invalid_item", "b"],
    );
  });
});

suite("an item", () => {
  test("by its defaults", () => {
    const { topic, payload, qos, retain, expiryS, properties } = item({ topic: "t" });
    assert.deepEqual([topic, payload.length, qos, retain, expiryS, properties], ["t", 0, 0, false, 0, null]);
  });
  test("with everything", () => {
    const value = {
      topic: "t",
      payload: "ü",
      qos: 1,
      retain: true,
      expiry: 60,
      contentType: "a/b",
      properties: [["k", "v"]],
    };
    const { payload, qos, retain, expiryS, properties } = item(value);
    assert.deepEqual([Buffer.from(payload).toString(), qos, retain, expiryS], ["ü", 1, true, 60]);
    assert.equal(properties?.contentType, "a/b");
    assert.equal(properties?.payloadIsText, true);
    assert.deepEqual(properties?.user, [["k", "v"]]);
  });
  test("base64", () => assert.deepEqual([...item({ topic: "t", payloadBase64: "AP8=" }).payload], [0, 255]));
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [5, /object/],
    [null, /object/],
    [[], /object/],
    [{}, /topic/],
    [{ topic: 5 }, /topic/],
    [{ topic: "t", qos: 2 }, /qos/],
    [{ topic: "t", qos: "1" }, /qos/],
    [{ topic: "t", retain: "true" }, /retain/],
    [{ topic: "t", expiry: -1 }, /expiry/],
    [{ topic: "t", expiry: 1.5 }, /expiry/],
    [{ topic: "t", expiry: 2 ** 32 }, /expiry/],
    [{ topic: "t", payload: 5 }, /payload/],
    [{ topic: "t", payload: { a: 1 } }, /payload/],
    [{ topic: "t", payload: "x", payloadBase64: "AA==" }, /payloadBase64/],
    [{ topic: "t", payloadBase64: "A" }, /base64/],
    [{ topic: "t", payloadBase64: "AA=" }, /base64/],
    [{ topic: "t", payloadBase64: 5 }, /base64/],
    [{ topic: "t", contentType: 5 }, /contentType/],
    [{ topic: "t", properties: { a: "b" } }, /properties/],
    [{ topic: "t", properties: [["a"]] }, /properties/],
    [{ topic: "t", properties: [["a", 5]] }, /properties/],
    [{ topic: "t", foo: 1, bar: 2 }, /foo, bar/],
  ];
  for (const [value, message] of wrong) {
    test(`${JSON.stringify(value)} is refused`, () => {
      const fault = one(value);
      assert.ok(fault instanceof HttpFault);
      assert.match(fault.message, message);
    });
  }
  test("an own key __proto__ is an unknown key", () => {
    const items = parseBatch(Buffer.from('[{"topic":"t","__proto__":{"qos":1}}]'), 10);
    assert.ok(!(items instanceof HttpFault));
    assert.match((items[0] as HttpFault).message, /__proto__/);
  });
});

test("whatever JSON comes, every item is judged and nothing throws", () => {
  assertProperty(
    property(array(jsonValue()), (values) => {
      const items = parse(values, 1000);
      assert.ok(!(items instanceof HttpFault));
      assert.equal(items.length, values.length);
    }),
  );
});
