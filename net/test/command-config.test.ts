import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMAND_TTL_MAX_MS, commandOptions } from "../command-config.ts";
import { envelopeOf, parseBase64 } from "../command-envelope.ts";

const growing = { answerTimeoutMs: 10_000, retransmissionsMax: 3, waits: "growing" } as const;
const constant = { answerTimeoutMs: 60_000, retransmissionsMax: 2, waits: "constant" } as const;

test("waits as the standards have them, and as users change them", () => {
  assert.deepEqual(commandOptions(undefined, growing, true).answerWaitsMs, [10_000, 20_000, 60_000, 240_000]);
  assert.deepEqual(commandOptions({}, constant, true).answerWaitsMs, [60_000, 60_000, 60_000]);
  assert.deepEqual(commandOptions({ answerTimeoutMs: 100, retransmissionsMax: 0 }, growing, true).answerWaitsMs, [100]);
  const long = commandOptions({ answerTimeoutMs: 3_600_000, retransmissionsMax: 10 }, growing, true).answerWaitsMs;
  assert.equal(long.at(-1), COMMAND_TTL_MAX_MS);
});

test("the rest, with its defaults", () => {
  const { answerWaitsMs: _, ...rest } = commandOptions(undefined, constant, false);
  assert.deepEqual(rest, { ttlMs: 600_000, queueMax: 32, reports: false });
  const own = commandOptions({ ttlMs: 1000, queueMax: 1, reports: true }, constant, false);
  assert.deepEqual([own.ttlMs, own.queueMax, own.reports], [1000, 1, true]);
});

test("the envelope: a reference, a life time, and which of them is none", () => {
  assert.deepEqual(envelopeOf({}), { reference: null, ttlMs: null, fault: null });
  assert.deepEqual(envelopeOf({ reference: "a", ttl: 1.5 }), { reference: "a", ttlMs: 1500, fault: null });
  for (const reference of [1, null, {}, "x".repeat(257)]) {
    assert.equal(envelopeOf({ reference }).fault, "reference");
  }
  for (const ttl of [0, -1, "1", null, Number.NaN, Infinity, COMMAND_TTL_MAX_MS / 1000 + 1]) {
    assert.deepEqual(envelopeOf({ reference: "a", ttl }), { reference: "a", ttlMs: null, fault: "ttl" });
  }
});

test("base64, padded or not; anything else is none", () => {
  for (const text of ["", "AQ", "AQ==", "AQI", "AQI=", "AQID"]) {
    assert.deepEqual(parseBase64(text), Buffer.from(text, "base64"), text);
  }
  for (const text of ["A", "AQ=", "AQ===", "A Q=", "_-==", "AQID=", "??"]) assert.equal(parseBase64(text), null, text);
});
