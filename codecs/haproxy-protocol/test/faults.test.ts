import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DecodeFault, FaultCode } from "haproxy-protocol";
import { Fault } from "../src/faults.ts";
import { loadFixtures } from "./fixtures.ts";

const codes: readonly string[] = Object.values(FaultCode);

test("every code is in README.md, and every code in README.md exists", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rows = [...readme.matchAll(/^\| `(PROXY_[A-Z0-9_]+)` \|/gm)].map((row) => String(row[1]));
  assert.deepEqual(new Set(rows), new Set(codes));
  assert.equal(rows.length, codes.length);
});

test("there is one fault of each code, and none can be changed", () => {
  const faults = Object.values(Fault);
  assert.deepEqual(
    faults.map((fault) => fault.code),
    codes,
  );
  for (const fault of faults) {
    assert.ok(fault instanceof DecodeFault);
    assert.ok(Object.isFrozen(fault));
  }
});

test("every code that a stream can meet has a vector", () => {
  const met = new Set<string | undefined>(loadFixtures().map(({ expected }) => expected.code));
  const missing = codes.filter((code) => !met.has(code));
  assert.deepEqual(missing, [FaultCode.DatagramTruncated]);
});
