// SM2 signatures: the example of the standard, every damage to it, and both readings of what a report's signature covers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FRAME_MAX_BYTES, Gbt32960Bodies, Gbt32960Decoder, Gbt32960Frame, signedPart } from "gbt32960-parser";
import type { Signed } from "gbt32960-parser";
import { checkSignature } from "../sm2-signature.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

// GM/T 0003.5, annex A: key, user id "1234567812345678", message "message digest".
const KEY = bytes(
  "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
);
const R = bytes("f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3");
const S = bytes("b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
const MESSAGE = new TextEncoder().encode("message digest");
const OTHER = new TextEncoder().encode("message");

function signed(change: Partial<Signed> = {}): Signed {
  return { algorithm: 1, r: R, s: S, bytes: MESSAGE, bytesWithType: null, ...change };
}

function flipped(from: Uint8Array, at: number): Uint8Array {
  return from.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

test("the example of the standard, with the key in both forms", () => {
  const valid = { result: "valid", reading: "without_type" };
  assert.deepEqual(checkSignature(signed(), KEY), valid);
  assert.deepEqual(checkSignature(signed(), Uint8Array.of(4, ...KEY)), valid);
  assert.deepEqual(checkSignature(signed({ bytes: OTHER, bytesWithType: MESSAGE }), KEY), {
    result: "valid",
    reading: "with_type",
  });
});

test("anything changed: invalid", () => {
  for (const at of [0, 16, 31]) {
    assert.deepEqual(checkSignature(signed({ r: flipped(R, at) }), KEY), { result: "invalid" });
    assert.deepEqual(checkSignature(signed({ s: flipped(S, at) }), KEY), { result: "invalid" });
  }
  assert.deepEqual(checkSignature(signed({ bytes: OTHER }), KEY), { result: "invalid" });
  assert.deepEqual(checkSignature(signed(), KEY, "another id"), { result: "invalid" });
  const zero = new Uint8Array(32);
  const large = new Uint8Array(32).fill(0xff);
  for (const wrong of [zero, large, new Uint8Array(0), new Uint8Array(33)]) {
    assert.deepEqual(checkSignature(signed({ r: wrong }), KEY), { result: "invalid" });
    assert.deepEqual(checkSignature(signed({ s: wrong }), KEY), { result: "invalid" });
  }
});

test("other algorithms, and keys that are no point of the curve: undetermined", () => {
  for (const algorithm of [0, 2, 3]) {
    assert.deepEqual(checkSignature(signed({ algorithm }), KEY), { result: "undetermined" });
  }
  const offCurve = KEY.map((byte, i) => (i === 63 ? byte ^ 1 : byte));
  for (const key of [offCurve, KEY.subarray(1), new Uint8Array(64).fill(0xff), new Uint8Array(0)]) {
    assert.deepEqual(checkSignature(signed(), key), { result: "undetermined" });
  }
});

test("a recorded report: what its signature covers, by both readings", () => {
  const fixtures = new URL("../../../codecs/gbt32960-parser/fixtures/gbt32960.jsonl", import.meta.url);
  const line = readFileSync(fixtures, "utf8")
    .split("\n")
    .find((one) => one.includes('"g089"'))!;
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  decoder.push(bytes((JSON.parse(line) as { hex: string }).hex));
  const frame = decoder.next();
  assert.ok(frame instanceof Gbt32960Frame);
  const part = signedPart(frame, new Gbt32960Bodies().read(frame)!)!;
  assert.equal(part.algorithm, 1);
  assert.deepEqual([part.r.length, part.s.length], [32, 32]);
  assert.equal(part.bytesWithType!.length, part.bytes.length + 1);
  assert.equal(part.bytesWithType!.at(-1), 0xff);
  assert.deepEqual(part.bytes, frame.data.subarray(0, frame.data.length - 70));
  // Nobody published the vehicle's key: the standard's is a key like any other, and the wrong one.
  assert.deepEqual(checkSignature(part, KEY), { result: "invalid" });
});
