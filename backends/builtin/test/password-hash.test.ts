// Hashes at rest: made and read back, known answers, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  createToken,
  hashPassword,
  hashToken,
  parsePasswordHash,
  parseTokenHash,
  tokenDigest,
  verifyPassword,
} from "../password-hash.ts";

const CHEAP = { ln: 10, r: 8, p: 1 };
const bytes = (text: string) => new TextEncoder().encode(text);

test("a password verifies against its own hash only", async () => {
  const text = await hashPassword(bytes("correct horse"), CHEAP);
  assert.match(text, /^\$scrypt\$ln=10,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  const hash = parsePasswordHash(text);
  assert.ok(hash);
  assert.equal(await verifyPassword(bytes("correct horse"), hash), true);
  assert.equal(await verifyPassword(bytes("correct horse "), hash), false);
  assert.equal(await verifyPassword(bytes(""), hash), false);
});

test("the same password gets another salt each time", async () => {
  assert.notEqual(await hashPassword(bytes("x"), CHEAP), await hashPassword(bytes("x"), CHEAP));
});

test("the vector of RFC 7914, section 12 (N = 1024, r = 8, p = 16)", async () => {
  const hash =
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
  const expected = {
    ln: 10,
    r: 8,
    p: 16,
    salt: bytes("NaCl"),
    hash: Uint8Array.from(Buffer.from(hash, "hex")),
  };
  assert.equal(await verifyPassword(bytes("password"), expected), true);
});

const salt = "A".repeat(22);
const hash = "A".repeat(43);
for (const text of [
  "",
  "secret",
  `$scrypt$ln=15,r=8,p=1$${salt}`,
  `$scrypt$ln=9,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=21,r=8,p=1$${salt}$${hash}`,
  `$scrypt$ln=20,r=32,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=0,p=1$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=17$${salt}$${hash}`,
  `$scrypt$ln=15,r=8,p=1$short$${hash}`,
  `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${hash}`,
]) {
  test(`not a usable hash: ${text.slice(0, 40) || "(empty)"}`, () => assert.equal(parsePasswordHash(text), null));
}

test("tokens", () => {
  const token = createToken();
  assert.match(token, /^[\w-]{43}$/);
  assert.notEqual(token, createToken());
  assert.equal(parseTokenHash(hashToken(token)), tokenDigest(token));
  assert.equal(tokenDigest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(parseTokenHash("$sha256$xyz"), null);
});
