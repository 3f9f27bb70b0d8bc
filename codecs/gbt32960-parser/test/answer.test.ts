// Answers in both forms, ciphers as the codec sees them, and what a signature covers.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BodyFault,
  DATA_MAX_BYTES,
  Encryption,
  Gbt32960Frame,
  Response,
  answerTo,
  decryptedFrame,
  encryptedFrame,
  signedPart,
} from "../src/index.ts";
import type { AnswerForm, DataCipher } from "../src/index.ts";
import { bodies, byId, frameOf, framed, hexOf } from "./vectors.ts";

const TIME = "1a070706370f";
const NOW = Date.parse("2026-08-27T10:00:00+08:00");
const NOW_HEX = "1a081b0a0000";

function answered(command: number, data: string, form: AnswerForm): string {
  const answer = answerTo(frameOf(framed(2016, command, 0xfe, data)), Response.Ok, form, NOW);
  assert.ok(answer !== null);
  assert.deepEqual(
    [answer.version, answer.command, answer.response, answer.encryption, answer.id],
    [2016, command, Response.Ok, Encryption.None, "LTESTVIN000000001"],
  );
  return hexOf(answer.data);
}

test("answers: the message's time, or the platform's and all the rest", () => {
  assert.equal(answered(0x04, `${TIME}002a`, "time"), TIME);
  assert.equal(answered(0x04, `${TIME}002a`, "echo"), `${NOW_HEX}002a`);
  assert.equal(answered(0x07, "", "time"), "");
  assert.equal(answered(0x07, "", "echo"), "");
  assert.equal(answered(0x08, "", "time"), NOW_HEX);
  assert.equal(answered(0x08, "", "echo"), NOW_HEX);
  assert.equal(answered(0x04, "1a07", "time"), "");
});

test("answers have no answers; a moment that has no year in the field leaves the time as it was", () => {
  for (const response of [0x00, 0x01, 0x02, 0x03, 0x55]) {
    assert.equal(answerTo(frameOf(framed(2016, 0x04, response, TIME)), Response.Ok, "time", NOW), null);
  }
  const frame = frameOf(framed(2025, 0x04, 0xfe, `${TIME}002a`));
  assert.equal(hexOf(answerTo(frame, Response.Structure, "echo", Number.NaN)!.data), `${TIME}002a`);
});

/** Every byte plus one. */
const plusOne: DataCipher = {
  decrypt: (data, encryption) => (encryption === Encryption.Sm4 ? data.map((byte) => byte - 1) : null),
  encrypt: (data, encryption) => (encryption === Encryption.Sm4 ? data.map((byte) => byte + 1) : null),
};

test("ciphers: encrypted before the BCC, decrypted behind it; no key is a fault", () => {
  const frame = frameOf(framed(2025, 0x04, 0xfe, `${TIME}002a`));
  assert.equal(decryptedFrame(frame, plusOne), frame);
  assert.equal(encryptedFrame(frame, Encryption.None, plusOne), frame);
  const secret = encryptedFrame(frame, Encryption.Sm4, plusOne);
  assert.ok(secret instanceof Gbt32960Frame);
  assert.equal(secret.isPlain, false);
  assert.equal(bodies.read(secret), null);
  const opened = decryptedFrame(secret, plusOne);
  assert.ok(opened instanceof Gbt32960Frame);
  assert.equal(hexOf(opened.data), `${TIME}002a`);
  const unknown = decryptedFrame(secret.withData(Encryption.Invalid, secret.data), plusOne);
  assert.ok(unknown instanceof BodyFault && unknown.code === "GBT32960_BODY_CIPHER");
  const impossible = encryptedFrame(frame, Encryption.Sm2, plusOne);
  assert.ok(impossible instanceof BodyFault && impossible.code === "GBT32960_BODY_CIPHER");
  const doubling: DataCipher = { ...plusOne, encrypt: () => new Uint8Array(DATA_MAX_BYTES + 1) };
  const tooLong = encryptedFrame(frame, Encryption.Sm4, doubling);
  assert.ok(tooLong instanceof BodyFault && tooLong.code === "GBT32960_BODY_TOO_LONG");
});

test("signatures: what they cover in reports and activations, by both readings", () => {
  const report = frameOf(framed(2025, 0x02, 0xfe, `${TIME}0200 ff 01 0002aabb 0002ccdd`));
  const inReport = signedPart(report, bodies.read(report)!);
  assert.equal(hexOf(inReport!.bytes), `${TIME}0200`);
  assert.equal(hexOf(inReport!.bytesWithType!), `${TIME}0200ff`);
  assert.deepEqual([inReport!.algorithm, hexOf(inReport!.r), hexOf(inReport!.s)], [1, "aabb", "ccdd"]);
  const activation = frameOf(byId("g097").hex);
  const inActivation = signedPart(activation, bodies.read(activation)!);
  assert.equal(hexOf(inActivation!.bytes), hexOf(activation.data.subarray(0, -9)));
  assert.equal(inActivation!.bytesWithType, null);
});

function signedOf(hex: string): unknown {
  const frame = frameOf(hex);
  return signedPart(frame, bodies.read(frame)!);
}

test("signatures: none, one that is not last, one in a data unit that is not whole, one in an answer", () => {
  assert.equal(signedOf(framed(2025, 0x02, 0xfe, `${TIME}0200`)), null);
  assert.equal(signedOf(framed(2025, 0x02, 0xfe, TIME)), null);
  assert.equal(signedOf(framed(2025, 0x02, 0xfe, `${TIME}ff 01 0001aa 0001bb 0200`)), null);
  assert.equal(signedOf(framed(2025, 0x02, 0xfe, `${TIME}ff 01 0001aa 0001bb 33`)), null);
  assert.equal(signedOf(framed(2016, 0x02, 0xfe, `${TIME}0200`)), null);
  assert.equal(signedOf(framed(2025, 0x09, 0x01, TIME)), null);
});
