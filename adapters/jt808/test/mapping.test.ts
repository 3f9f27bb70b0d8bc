// Verdicts to results; and the small parts that keep count.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Verdict, isAccepted } from "../../../core/index.ts";
import { AuthCodes, KnownTerminals } from "../admission.ts";
import { listenerOptions } from "../config.ts";
import { Result, resultOf } from "../mapping.ts";

test("a terminal is told ok exactly when the core has the message", () => {
  for (const verdict of Object.values(Verdict)) {
    assert.equal(resultOf(verdict) === Result.Ok, isAccepted(verdict), String(verdict));
  }
});

test("codes: bound to phone and secret", () => {
  const codes = new AuthCodes("0123456789abcdef");
  const code = Buffer.from(codes.codeOf("138"));
  assert.ok(codes.isCodeOf("138", code));
  assert.ok(!codes.isCodeOf("139", code));
  assert.ok(!codes.isCodeOf("138", code.subarray(1)));
  assert.ok(!codes.isCodeOf("138", new Uint8Array(0)));
  assert.ok(!new AuthCodes(null).isCodeOf("138", code));
});

test("known terminals: listed for ever, seen ones bounded with the oldest forgotten first", () => {
  const known = new KnownTerminals(new Set(["1"]));
  for (let n = 0; n < 100_001; n++) known.remember(`2${n}`);
  assert.deepEqual(
    [known.has("1"), known.has("20"), known.has("21"), known.has("2100000"), known.has("3")],
    [true, false, true, true, false],
  );
});

test("configuration: everything has a default", () => {
  const options = listenerOptions({ port: 1 });
  assert.deepEqual(
    Object.values(options).filter((value) => value === undefined),
    [],
  );
  assert.equal(options.authentication, "accept-any");
  assert.equal(options.version, null);
});
