// Every vector of a message that has a layout, field by field against the decode of an independent program
// (`reference`).

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gb18030, Jt808Bodies, Jt808Frame, plainFrame } from "../src/index.ts";
import type { Jt808Body, RawRecord, RawValue } from "../src/index.ts";
import { bytesOf, decodeAll, hexOf, ofKind, versionOf, versionsOf, vectors } from "./vectors.ts";
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
  const body = bodies.read(frame, versionsOf(vector));
  assert.ok(body !== null);
  return { frame, body };
}

/** Lengths that our records do not have, because they follow from the text beside them. */
const lengthOf: Readonly<Record<string, readonly string[]>> = {
  code_len: ["code"],
  ver_len: ["version"],
  name_len: ["name"],
  ip_len: ["ip"],
  phone_len: ["phone"],
  len: ["answer", "value", "data"],
  length: ["content", "question", "info"],
};

/** Where the independent decode has other names. */
function ourName(id: string, name: string): string {
  if (id === "0x0201" && name === "location") return "params";
  if (id === "0x8003" && name === "count") return "length";
  if ((id === "0x8700" || id === "0x8701") && name === "data") return "param";
  if (id === "0x1205" && name === "type") return "av_type";
  if (name === "carriage_temp_raw") return "carriage_temp";
  return name;
}

const video = ["0x1205", "0x9205", "0x9206"];
/** What the independent decode says of the form of a body, and our name for it; null: the standard's. */
function checkForm(id: string, version: string, ours: RawRecord, name: string, width: unknown): void {
  const isStandard = ours["form"] === undefined;
  if (name === "count_width")
    assert.equal(
      ours["form"],
      [undefined, "count1", "count2"][isStandardCount(id, version, width) ? 0 : Number(width)],
    );
  else assert.equal(width, name === "maker_width" ? (isStandard ? 5 : 11) : isStandard ? 7 : 30);
}

function isStandardCount(id: string, version: string, width: unknown): boolean {
  return width === (id === "0x8003" && version === "2013" ? 1 : 2);
}

/** One-character texts of parameters that the reference does not know are bytes to it. */
function bytesOfValue(value: RawValue): Uint8Array {
  return typeof value === "string" ? text.encode(value) : (value as Uint8Array);
}

function byteLength(ours: RawRecord, names: readonly string[]): number | null {
  for (const name of names) {
    const value = ours[`${name}_hex`] ?? ours[name];
    if (typeof value === "string") return text.encode(value).length;
    if (value instanceof Uint8Array) return value.length;
    if (typeof value === "number") return null;
  }
  return null;
}

/** Every field of the reference is ours, and every field of ours is the reference's. */
function checkRecord(vector: Vector, ours: RawRecord, theirs: Readonly<Record<string, unknown>>, path: string): void {
  const id = vector.msg_id!;
  const seen = new Set<string>();
  for (const [stated, value] of Object.entries(theirs)) {
    const at = `${path}${stated}`;
    if (stated === "_tail") continue;
    if (stated.endsWith("_width")) {
      checkForm(id, vector.version, ours, stated, value);
      continue;
    }
    if (id === "0x8105" && ours["param"] === undefined && value === "") continue;
    const plain = ourName(id, stated.replace("items_hex", "data"));
    const name = plain in ours ? plain : ourName(id, stated.replace(/_hex$/, ""));
    if (!(name in ours) && lengthOf[stated] !== undefined) {
      const length = byteLength(ours, lengthOf[stated]);
      assert.ok(length === null || length === value, at);
      continue;
    }
    if (stated === "hex") {
      assert.equal(hexOf(bytesOfValue(ours["value"] ?? ours["data"]!)), value, at);
      seen.add("value").add("data");
      continue;
    }
    seen.add(name);
    if (name === "alarm" && video.includes(id)) {
      seen.add("video_alarm");
      assert.equal((ours["video_alarm"] as number) * 2 ** 32 + (ours["alarm"] as number), value, at);
    } else if (name === "extra") {
      const items = ours["extra"] as RawRecord[];
      const expected = value as Record<string, unknown>[];
      assert.equal(items.length, expected.length, at);
      items.forEach((one, i) => checkItem(itemAsReference(one), expected[i]!, one));
    } else {
      checkValue(vector, ours[name], value, at, ours[`${name}_hex`]);
    }
  }
  const unsaid = Object.keys(ours).filter(
    (name) => !seen.has(name) && !name.endsWith("_hex") && name !== "form" && name !== "width",
  );
  assert.deepEqual(unsaid, [], path);
}

function checkValue(vector: Vector, ours: unknown, theirs: unknown, at: string, exact?: unknown): void {
  if (Array.isArray(theirs)) {
    const list = ours instanceof Uint8Array ? [...ours] : (ours as RawValue[]);
    assert.equal(list.length, theirs.length, at);
    for (const [i, one] of theirs.entries()) checkValue(vector, list[i], one, `${at}[${i}]`);
  } else if (typeof theirs === "object" && theirs !== null) {
    const record = theirs as Record<string, unknown>;
    if (typeof record["hex"] === "string" && Object.keys(record).length === 1) {
      assert.equal(hexOf((exact ?? text.encode(ours as string)) as Uint8Array), record["hex"], at);
    } else checkRecord(vector, ours as RawRecord, record, `${at}.`);
  } else {
    assert.equal(ours instanceof Uint8Array ? hexOf(ours) : ours, theirs, at);
  }
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

/** Bodies that do not follow the standard's layout, so that the independent decode gives up: what becomes of each here. */
interface Unlike {
  readonly form?: string;
  readonly fault?: string;
  readonly version?: number;
  readonly tail?: string;
  /** What there is of it is what the independent decode has. */
  readonly agrees?: true;
}
const unlike: ReadonlyMap<string, Unlike> = new Map<string, Unlike>([
  // A parameter of no length, and bytes behind it.
  ["j073", { tail: "00000001" }],
  ["j074", { tail: "00000001" }],
  ["j234", { form: "alarm38_only" }],
  ["j272", { fault: "JT808_BODY_SHORT" }],
  // Two parameters are announced, one is there.
  ["j075", { fault: "JT808_BODY_COUNT", agrees: true }],
  // The body of 2013 behind a header of 2019.
  ["j340", { version: 2013 }],
  // A count of 123, and one byte behind it.
  ["j341", { fault: "JT808_BODY_SHORT" }],
  // Fields that the attribute does not announce.
  ...["j342", "j344", "j345", "j350", "j352", "j354", "j357"].map((id) => [id, { form: "all_fields" }] as const),
]);

test("frame: every field of the reference", async (t) => {
  for (const vector of known) {
    await t.test(`${vector.id} ${vector.msg_id} ${vector.version}`, () => {
      const { body } = open(vector);
      const reference = vector.reference!;
      const expected = unlike.get(vector.id);
      assert.equal(body.fault?.code, expected?.fault);
      if (expected === undefined || expected.agrees) {
        // Its items are not read by the reference as the terminal means them.
        const { items, _tail: tail, ...stated } = reference;
        const own = vector.msg_id === "0x0608" ? { items_hex: vector.hex.slice(46, -4), ...stated } : reference;
        if (own === reference) assert.equal(hexOf(body.tail), tail ?? "");
        assert.ok(own === reference || items === undefined || Array.isArray(items));
        checkRecord(vector, body.fields, own, "");
        return;
      }
      assert.ok("_error" in reference || "_tail" in reference || vector.id === "j341");
      assert.equal(body.fields["form"], expected.form);
      assert.equal(body.version, expected.version ?? versionOf(vector));
      if (expected.fault === undefined) assert.equal(hexOf(body.tail), expected.tail ?? "");
    });
  }
});

test("fragment-set: the joined body, every field of the reference", () => {
  const sets = ofKind("fragment-set").filter((vector) => vector.reference !== undefined);
  assert.equal(sets.length, 6);
  for (const vector of sets) {
    const frames = decodeAll([bytesOf(vector.hex)]) as Jt808Frame[];
    const first = frames[0]!;
    assert.equal(bodies.read(first, [2019]), null, "a fragment's body is opaque");
    const parts = frames.toSorted((a, b) => a.fragmentNumber - b.fragmentNumber);
    const joined = Uint8Array.from(parts.flatMap((frame) => [...frame.body]));
    const whole = plainFrame(first.id, first.form, first.protocolVersion, first.phone, first.serial, joined);
    const body = bodies.read(whole, versionsOf(vector))!;
    checkRecord(vector, body.fields, vector.reference!, "");
    const again = bodies.rewrite(body);
    assert.equal(hexOf(again as Uint8Array), hexOf(joined));
  }
});
