import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJsonObject } from "../json-payload.ts";

const parsed = (text: string): unknown => parseJsonObject(Buffer.from(text));

test("an object is an object; anything else is nothing", () => {
  assert.deepEqual(parsed('{"a":[1]}'), { a: [1] });
  for (const other of ["", "null", "[1]", "1", '"x"', "{", '{"a":1}x']) assert.equal(parsed(other), null, other);
  assert.equal(parseJsonObject(Buffer.from("7b2261223a22ff227d", "hex")), null, "no UTF-8");
});
