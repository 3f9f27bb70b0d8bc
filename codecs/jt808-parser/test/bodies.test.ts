// Every vector of a message that has a layout, field by field against the decode of an independent program
// (`reference`).

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gb18030, Jt808Bodies, Jt808Frame, plainFrame } from "../src/index.ts";
import type { Jt808Body, RawRecord } from "../src/index.ts";
import { bytesOf, decodeAll, hexOf, ofKind, versionOf, vectors } from "./vectors.ts";
import type { Vector } from "./vectors.ts";

const bodies = new Jt808Bodies();
const text = new Gb18030();
const known = vectors.filter((vector) => vector.kind === "frame" && bodies.row(Number(vector.msg_id)) !== null);

interface Case {
  readonly frame: Jt808Frame;
  readonly body: Jt808Body;
}

function open(vector: Vector): Case {
  const [frame] = decodeAll([bytesOf(vector.hex)]);
  assert.ok(frame instanceof Jt808Frame);
  const body = bodies.read(frame, [versionOf(vector)]);
  assert.ok(body !== null);
  return { frame, body };
}

/** Our raw record in the shape of the independent decode. */
function asReference(fields: RawRecord): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (name.endsWith("_hex")) continue;
    if (name === "extra") out[name] = (value as RawRecord[]).map(itemAsReference);
    else if (Array.isArray(value)) out[name] = value.map((one) => asReference(one as RawRecord));
    else out[name] = value instanceof Uint8Array ? hexOf(value) : value;
  }
  return out;
}

function itemAsReference(one: RawRecord): Record<string, unknown> {
  if (one["data"] instanceof Uint8Array) return { id: one["id"], hex: hexOf(one["data"]) };
  return { id: one["id"], [one["name"] as string]: one["value"] };
}

/** Reads the reference's item by the reference's own idea of it: a name and a value, or bytes. */
function checkItem(ours: Record<string, unknown>, theirs: Record<string, unknown>, raw: RawRecord): void {
  assert.equal(ours["id"], theirs["id"]);
  const stated = Object.keys(theirs).filter((name) => !["id", "len", "hex"].includes(name));
  for (const name of stated) {
    const value = theirs[name];
    if (name === "carriage_temp_raw") assert.equal(ours["carriage_temp"], value);
    else if (name === "tire_pressure") assert.deepEqual([...(raw["value"] as Uint8Array)], value);
    else assert.deepEqual(ours[name], value, name);
  }
  if (stated.length === 0 && "hex" in ours) assert.equal(ours["hex"], theirs["hex"]);
}

function checkReference(fields: RawRecord, reference: Record<string, unknown>): void {
  const ours = asReference(fields);
  const theirs = { ...reference };
  if (typeof theirs["code_len"] === "number") {
    assert.equal(text.encode(String(ours["code"])).length, theirs["code_len"]);
    delete theirs["code_len"];
  }
  delete theirs["_tail"];
  for (const [name, value] of Object.entries(theirs)) {
    if (name === "extra") {
      const items = fields["extra"] as RawRecord[];
      const expected = value as Record<string, unknown>[];
      assert.equal(items.length, expected.length);
      items.forEach((one, i) => checkItem(itemAsReference(one), expected[i]!, one));
    } else if (name === "location") {
      const locations = fields["location"] as RawRecord[];
      const expected = value as Record<string, unknown>[];
      assert.equal(locations.length, expected.length);
      locations.forEach((one, i) => checkReference(one, expected[i]!));
    } else {
      assert.deepEqual(ours[name], value, name);
    }
  }
  assert.deepEqual(Object.keys(ours).toSorted(), Object.keys(theirs).toSorted());
}

test("frame: every field of the reference", async (t) => {
  for (const vector of known) {
    await t.test(`${vector.id} ${vector.msg_id} ${vector.version}`, () => {
      const { body } = open(vector);
      const reference = vector.reference!;
      if (reference["_error"] !== undefined) {
        assert.equal(body.fault?.code, "JT808_BODY_SHORT");
        return;
      }
      assert.equal(body.fault, null);
      assert.equal(hexOf(body.tail), reference["_tail"] ?? "");
      checkReference(body.fields, reference);
    });
  }
});

test("fragment-set: the joined body, every field of the reference", () => {
  const sets = ofKind("fragment-set").filter((vector) => bodies.row(Number(vector.msg_id)) !== null);
  assert.equal(sets.length, 2);
  for (const vector of sets) {
    const frames = decodeAll([bytesOf(vector.hex)]) as Jt808Frame[];
    const first = frames[0]!;
    assert.equal(bodies.read(first, [2019]), null, "a fragment's body is opaque");
    const joined = Uint8Array.from(frames.flatMap((frame) => [...frame.body]));
    const whole = plainFrame(first.id, first.form, first.protocolVersion, first.phone, first.serial, joined);
    const body = bodies.read(whole, [versionOf(vector)])!;
    assert.equal(body.fault, null);
    checkReference(body.fields, vector.reference!);
  }
});
