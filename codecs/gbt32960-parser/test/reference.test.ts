// Every vector with an independent decode (`reference`): the same fields, all of them, by our layouts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isRawTime } from "../src/index.ts";
import type { Gbt32960Body, RawValue } from "../src/index.ts";
import { bodies, bodyOf, frameOf, hexOf, sound } from "./vectors.ts";

function two(part: number): string {
  return String(part).padStart(2, "0");
}

/** What the independent decode calls differently, or shows as text. */
function asReference(value: RawValue): unknown {
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(asReference);
  if (typeof value !== "object") return value;
  if (isRawTime(value)) {
    const { year, month, day, hour, minute, second } = value;
    return `20${two(year)}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
  }
  const out: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) out[name === "units" ? "infos" : name] = asReference(one);
  if (value["data"] instanceof Uint8Array && value["type"] !== undefined) {
    delete out["data"];
    out["length"] = value["data"].length;
    out["hex"] = hexOf(value["data"]);
  }
  return out;
}

function compared(body: Gbt32960Body): unknown {
  const out = asReference(body.fields) as Record<string, unknown>;
  if (body.row.name === "control") {
    const written = bodies.write(body.layout, body.fields);
    assert.ok(written instanceof Uint8Array);
    out["param_hex"] = hexOf(written.subarray(7));
    for (const name of ["param", "upgrade", "warning"]) delete out[name];
  }
  return out;
}

const clean = sound.filter((vector) => vector.reference !== undefined && !("_error" in vector.reference));
/** Sent as a command, but with the data unit of an answer: the reference takes it as a list of ids, its source as values. */
const MISLABELLED = "g069";

test("every reference field", async (t) => {
  assert.equal(clean.length, 89);
  for (const vector of clean) {
    if (vector.id === MISLABELLED) continue;
    await t.test(vector.id, () => assert.deepEqual(compared(bodyOf(vector.hex)), vector.reference));
  }
});

test("a query that holds values is read as values", () => {
  const body = bodyOf(sound.find((vector) => vector.id === MISLABELLED)!.hex);
  assert.ok(body.isClean);
  assert.deepEqual(body.toNative().fields["parameters"], {
    storePeriod: 5000,
    platformHost: "google.com",
    publicHost: "www.google.com",
  });
});

test("data units that do not parse to their end: what was read stays, the rest is handed out", () => {
  const broken = sound.filter((vector) => vector.reference !== undefined && "_error" in vector.reference);
  const found = broken.map((vector) => {
    const body = bodyOf(vector.hex);
    return `${vector.id} ${body.fault?.code} ${body.fault?.field} ${body.tail.length}`;
  });
  assert.deepEqual(found, [
    "g039 GBT32960_BODY_SHORT units[0].mileage 6",
    "g040 GBT32960_BODY_SHORT units[0].motor_faults 7",
    "g048 GBT32960_BODY_SHORT units[0].data 101",
    "g049 GBT32960_BODY_UNIT units[1] 32",
    // An answer with nothing in it is an answer.
    "g070 undefined undefined 0",
  ]);
});

test("commands without a layout", () => {
  for (const id of ["g001", "g077", "g101"]) {
    assert.equal(bodies.read(frameOf(sound.find((vector) => vector.id === id)!.hex)), null, id);
  }
});
