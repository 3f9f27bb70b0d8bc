import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAuthorization } from "../web-authorization.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const accepted: readonly (readonly [string | undefined, string | null, string | null, string | null])[] = [
  [undefined, null, null, null],
  [basic("acme/truck-7:secret"), "acme/truck-7", "secret", null],
  [basic("truck-7:se:cret"), "truck-7", "se:cret", null],
  [basic("truck-7:"), "truck-7", "", null],
  [basic(":secret"), "", "secret", null],
  [basic("Jürgen:pässword"), "Jürgen", "pässword", null],
  [basic("a:b").replace("Basic ", "bAsIc    "), "a", "b", null],
  ["Bearer abc.def-ghi_~+/==", null, null, "abc.def-ghi_~+/=="],
  ["bearer  abc  ", null, null, "abc"],
];
for (const [header, user, password, token] of accepted) {
  test(`accepts ${header}`, () => {
    assert.deepEqual(parseAuthorization(header), { user, password: password === null ? null : bytes(password), token });
  });
}

for (const header of ["", "Basic", "Basic ", "Basic !!!", `Basic ${Buffer.from("no-colon").toString("base64")}`]) {
  test(`refuses ${JSON.stringify(header)}`, () => assert.equal(parseAuthorization(header), null));
}
for (const header of ["Bearer", "Bearer ", "Bearer a b", "Bearer ü", "Digest username=x", "Token abc"]) {
  test(`refuses ${JSON.stringify(header)}`, () => assert.equal(parseAuthorization(header), null));
}
