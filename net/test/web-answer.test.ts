import assert from "node:assert/strict";
import { test } from "node:test";
import { faultBody, lastAnswer } from "../web-answer.ts";

test("the last answer on a socket is whole: its length counts bytes, and it says that it is the last", () => {
  const body = faultBody("denied", 'not für "you"');
  assert.deepEqual(JSON.parse(body), { error: { code: "denied", message: 'not für "you"' } });
  const [head, rest] = lastAnswer(403, body).split("\r\n\r\n");
  assert.equal(rest, body);
  const [status, ...headers] = head!.split("\r\n");
  assert.equal(status, "HTTP/1.1 403 Forbidden");
  assert.deepEqual(headers, [
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.from(body).length}`,
    "Connection: close",
  ]);
});
