import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { HttpFault } from "../faults.ts";
import { clientOf, credentialsOf } from "../identity.ts";

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const fields = (authorization: string | undefined, client: string) => {
  const credentials = credentialsOf(authorization, client);
  assert.ok(!(credentials instanceof HttpFault));
  const { password } = credentials;
  return { ...credentials, password: password === null ? null : Buffer.from(password).toString() };
};

suite("credentials", () => {
  test("none: anonymous, under the stated id", () => {
    assert.deepEqual(fields(undefined, "x"), { client: "x", user: null, password: null, token: null });
  });
  test("Basic: the client is the user without its tenant", () => {
    assert.deepEqual(fields(basic("acme/truck-7:s"), ""), {
      client: "truck-7",
      user: "acme/truck-7",
      password: "s",
      token: null,
    });
    assert.equal(fields(basic("truck-7:s"), "").client, "truck-7");
  });
  test("Basic: a stated client id comes first", () => {
    assert.equal(fields(basic("acme/truck-7:s"), "trailer").client, "trailer");
  });
  test("Bearer", () => {
    assert.deepEqual(fields("Bearer abc", ""), { client: "", user: null, password: null, token: "abc" });
  });
  for (const header of ["Basic", "Basic !", "Digest x", ""]) {
    test(`${JSON.stringify(header)} is 401`, () => {
      const fault = credentialsOf(header, "");
      assert.ok(fault instanceof HttpFault && fault.status === 401);
    });
  }
});

suite("client id", () => {
  test("from the header, as UTF-8", () => {
    assert.equal(clientOf(Buffer.from("Jürgen").toString("latin1"), undefined), "Jürgen");
  });
  test("from the query", () => assert.equal(clientOf(undefined, "x"), "x"));
  test("from neither", () => assert.equal(clientOf(undefined, undefined), ""));
  test("the same from both", () => assert.equal(clientOf("x", "x"), "x"));
  test("two that differ", () => assert.ok(clientOf("x", "y") instanceof HttpFault));
  test("two headers", () => assert.ok(clientOf(["x", "x"], undefined) instanceof HttpFault));
});
