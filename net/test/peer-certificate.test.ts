import assert from "node:assert/strict";
import { test } from "node:test";
import { alternativeNamesOf } from "../peer-certificate.ts";

test("DNS names and URIs are taken in order, other kinds are left out", () => {
  const text = "DNS:a.example.org, IP Address:192.0.2.1, URI:urn:dev:1, email:x@example.org, DNS:b";
  assert.deepEqual(alternativeNamesOf(text), ["a.example.org", "urn:dev:1", "b"]);
});

test("a quoted name cannot pretend to be two", () => {
  assert.deepEqual(alternativeNamesOf('DNS:"a.example.org, DNS:evil", DNS:b'), ["a.example.org, DNS:evil", "b"]);
  assert.deepEqual(alternativeNamesOf(String.raw`URI:"say \"no\", DNS:evil"`), ['say "no", DNS:evil']);
  assert.deepEqual(alternativeNamesOf('email:"x, DNS:evil", DNS:b'), ["b"]);
});

test("what cannot be read ends the list", () => {
  assert.deepEqual(alternativeNamesOf(""), []);
  assert.deepEqual(alternativeNamesOf("DNS:a;DNS:b"), ["a;DNS:b"]);
  assert.deepEqual(alternativeNamesOf("nonsense"), []);
});
