// GB 18030 both ways: the encoder's table is made of the platform's own decoder, so it must agree with it everywhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gb18030 } from "../src/index.ts";
import { bytesOf, hexOf } from "./vectors.ts";

const text = new Gb18030();

function decoded(hex: string): string {
  const bytes = bytesOf(hex);
  return text.decode(bytes, 0, bytes.length);
}

test("known codes of one, two and four bytes", () => {
  for (const [shown, hex] of [
    ["A", "41"],
    ["请停车", "c7ebcda3b3b5"],
    ["京A12345", "bea9413132333435"],
    ["€", "a2e3"],
    ["é", "a8a6"],
    ["ü", "a8b9"],
    ["ÿ", "81308b37"],
    ["😀", "9439fc36"],
  ] as const) {
    assert.equal(hexOf(text.encode(shown)), hex, shown);
    assert.equal(decoded(hex), shown);
  }
});

test("every character of Unicode but surrogates and the undefined: there and back", () => {
  let lost = 0;
  for (let point = 0; point <= 0x10ffff; point += point < 0x10000 ? 1 : 97) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const shown = String.fromCodePoint(point);
    const bytes = text.encode(shown);
    if (text.decode(bytes, 0, bytes.length) !== shown) lost++;
  }
  // U+FFFD stands for what could not be decoded, and the decoder itself lacks a few codes of the newest revision.
  assert.ok(lost < 50, `${lost} characters are lost`);
});

test("what has no code becomes a question mark; bad bytes become U+FFFD", () => {
  assert.equal(hexOf(text.encode("a\ud800b")), "613f62");
  assert.ok(decoded("61ff").startsWith("a\ufffd"));
});
