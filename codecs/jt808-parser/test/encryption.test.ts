// Ciphers as hooks, and what a compressed message holds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Jt808Encoder, decrypted, encrypted, framesInside, gzipIn, plainFrame } from "../src/index.ts";
import type { BodyCipher } from "../src/index.ts";
import { bytesOf, decodeAll, framesOf, hexOf, ofKind, vectors } from "./vectors.ts";

const flip: BodyCipher = {
  decrypt: (body) => (body.length === 0 ? null : body.map((byte) => byte ^ 0x55)),
  encrypt: (body) => body.map((byte) => byte ^ 0x55),
};
const cipherOf = (phone: string, kind: number): BodyCipher | null => (kind === 2 && phone.endsWith("9") ? flip : null);
const plain = plainFrame(0x0200, 2013, 0, "000000000009", 7, Uint8Array.of(1, 2, 3));

test("what a cipher encrypts it decrypts; the bits say which it was, the rest of the header stays", () => {
  const secret = encrypted(plain, 2, cipherOf)!;
  assert.deepEqual([secret.encryption, hexOf(secret.body), secret.serial], [2, "545756", 7]);
  const [read] = framesOf(decodeAll([new Jt808Encoder().encode(secret)]));
  const again = decrypted(read!, cipherOf)!;
  assert.deepEqual([again.encryption, hexOf(again.body), again.serial], [0, "010203", 7]);
});

test("without a cipher, or with one that cannot, a body stays opaque", () => {
  assert.equal(decrypted(plain, cipherOf), plain, "in clear");
  assert.equal(encrypted(plain, 1, cipherOf), null);
  assert.equal(encrypted(plainFrame(1, 2013, 0, "1", 0, plain.body), 2, cipherOf), null, "another terminal's");
  const empty = encrypted(plainFrame(1, 2013, 0, "9", 0, new Uint8Array(0)), 2, cipherOf)!;
  assert.equal(decrypted(empty, cipherOf), null, "its cipher cannot");
  const long: BodyCipher = { decrypt: () => null, encrypt: () => new Uint8Array(1024) };
  assert.equal(
    encrypted(plain, 3, () => long),
    null,
    "too long for a frame",
  );
  for (const { hex } of ofKind("encrypted")) {
    assert.equal(decrypted(framesOf(decodeAll([bytesOf(hex)]))[0]!, cipherOf), null);
  }
});

test("GZIP in a compressed message is found, other bytes are not taken for it", () => {
  const bodies = vectors
    .filter(({ msg_id: id, kind }) => id === "0x0901" && kind === "frame")
    .map(({ hex }) => framesOf(decodeAll([bytesOf(hex)]))[0]!.body);
  assert.ok(bodies.length >= 3);
  assert.deepEqual(
    bodies.map((body) => gzipIn(body)?.length ?? 0).toSorted((a, b) => a - b),
    [0, 0, 31],
  );
  assert.equal(gzipIn(Uint8Array.of(0, 0, 0, 2, 0x1f, 0x8b)), null, "no room for a header");
  assert.ok(gzipIn(Buffer.concat([Buffer.alloc(4), gzipSync("x")])) !== null);
});

test("inflated bytes that are frames, from the first byte to the last", () => {
  const bytes = new Jt808Encoder().encode(plain);
  assert.deepEqual(
    framesInside(Buffer.concat([bytes, bytes]))?.map(({ serial }) => serial),
    [7, 7],
  );
  assert.equal(framesInside(plain.body), null);
  assert.equal(framesInside(new Uint8Array(0)), null);
  assert.equal(framesInside(Buffer.concat([Buffer.of(0), bytes])), null, "more than frames");
  assert.equal(framesInside(bytes.subarray(0, -1)), null, "a piece of a frame");
  assert.equal(framesInside(bytes.with(5, 0xff)), null, "a bad frame");
});
