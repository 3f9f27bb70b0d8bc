import assert from "node:assert/strict";
import { test } from "node:test";
import type { Origin } from "../../core/index.ts";
import { directPeer } from "../peer.ts";
import { isNameValueList, parseBase64, SECONDS_MAX, toWebMessage } from "../web-message.ts";

test("base64 is read with its padding, and nothing else is", () => {
  assert.deepEqual(parseBase64(""), Buffer.alloc(0));
  assert.deepEqual(parseBase64("AP8="), Buffer.from([0, 255]));
  for (const wrong of ["AP8", "A===", "AP8=\n", "AP-_", "AP8=AP8=", "=AP8"])
    assert.equal(parseBase64(wrong), null, wrong);
});

test("user properties are pairs of texts", () => {
  assert.equal(isNameValueList([]), true);
  assert.equal(
    isNameValueList([
      ["a", "b"],
      ["a", ""],
    ]),
    true,
  );
  for (const wrong of [null, {}, "ab", ["ab"], [["a"]], [["a", "b", "c"]], [["a", 1]], [["a", "b"], null]]) {
    assert.equal(isNameValueList(wrong), false, JSON.stringify(wrong));
  }
});

test("an expiry counts from when the message came; 0 is for ever", () => {
  const origin: Origin = {
    tenant: "",
    device: "d",
    client: "c",
    user: "",
    via: [],
    protocol: "test",
    protocolVersion: "1",
    listener: "test",
    node: "n",
    peer: directPeer("test", "192.0.2.1", 1),
  };
  const fields = { topic: "t", payload: Buffer.from("x"), qos: 1, retain: true, expiryS: 0, properties: null } as const;
  const forever = toWebMessage(origin, fields, 1_000);
  assert.deepEqual([forever.topic, forever.qos, forever.retain, forever.expiresAt], ["t", 1, true, 0]);
  assert.equal(toWebMessage(origin, { ...fields, expiryS: 60 }, 1_000).expiresAt, 61_000);
  assert.equal(toWebMessage(origin, { ...fields, expiryS: SECONDS_MAX }, 0).expiresAt, 4_294_967_295_000);
});
