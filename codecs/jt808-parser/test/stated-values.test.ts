// Vectors of all messages but those of the session, against what the vector's own source states (`expected`): every value
// that it states is found in what is read here, as often as it states it. (Which field has which value is compared with
// the independent decode, bodies.test.ts.)

import assert from "node:assert/strict";
import { test } from "node:test";
import { Jt808Bodies, Jt808Frame, canonicalPhone } from "../src/index.ts";
import type { Jt808Body, RawRecord, RawValue } from "../src/index.ts";
import { bytesOf, decodeAll, hexOf, isOfSession, vectors, versionsOf } from "./vectors.ts";
import type { Vector } from "./vectors.ts";

const bodies = new Jt808Bodies();
const known = vectors.filter(
  (vector) => vector.kind === "frame" && bodies.row(Number(vector.msg_id)) !== null && !isOfSession(vector),
);

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

/** Values as texts that both sides have: numbers, trimmed texts, times as their digits, bytes as hex and as a list. */
class Values {
  readonly #counts = new Map<string, number>();

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  take(text: string): boolean {
    const count = this.#counts.get(text) ?? 0;
    if (count > 0) this.#counts.set(text, count - 1);
    return count > 0;
  }
}

function collect(values: Values, value: RawValue): void {
  if (typeof value === "number") values.add(String(value));
  else if (typeof value === "string") values.add(value.replace(/^[\0 ]+|[\0 ]+$/g, ""));
  else if (value instanceof Uint8Array) {
    values.add(hexOf(value));
    values.add(JSON.stringify([...value]));
    if (value.length <= 4) values.add(String(value.reduce((word, byte) => word * 256 + byte, 0)));
  } else if (Array.isArray(value)) {
    values.add(`count ${value.length}`);
    for (const one of value) collect(values, one);
  } else for (const one of Object.values(value)) collect(values, one);
}

/** Of the frame, and of the source's own objects. */
const envelope: ReadonlySet<string> = new Set([
  "messageId",
  "properties",
  "protocolVersion",
  "clientId",
  "serialNo",
  "verified",
  "MsgId",
  "MsgNum",
  "TerminalPhoneNo",
  "refCnt()",
  "hexString",
]);

function leaves(path: string, value: unknown, out: [string, unknown][]): void {
  const isBytes = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number");
  if (isBytes && !/\.(id|items)$/.test(path)) out.push([path, JSON.stringify(value)]);
  else if (Array.isArray(value)) value.forEach((one, i) => leaves(`${path}.${i}`, one, out));
  else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) leaves(`${path}.${name}`, one, out);
  } else out.push([path, value]);
}

/** Dump-like sources state pairs of name and value in `_more`. */
function statedPairs(vector: Vector): [string, unknown][] {
  const expected = vector.expected as Record<string, unknown>;
  if (vector.expected_kind === "asserts") return expected["asserts"] as [string, unknown][];
  if (vector.expected_kind === "assigned") return expected["assigned"] as [string, unknown][];
  const { _more: more, ...rest } = expected;
  const out: [string, unknown][] = [];
  leaves("", rest, out);
  for (const pair of (more ?? []) as [string, unknown][]) out.push(pair);
  return out;
}

function normal(value: unknown): string {
  if (typeof value === "string" && /^20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d$/.test(value))
    return value.replace(/\D/g, "").slice(2);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Inside of what is bytes here: packets of the drive recorder, parameters of vendors, bits by name. */
function isInside(vector: Vector, path: string): boolean {
  if (/parameters\.\d+\.\w/.test(path) || /^jT808_0x8103_0x007\w\./i.test(path)) return true;
  if (/^(body|subBody)\.|0X0701_content|UnCompressMessage|CommandParameters|^JT808_0x8105\.Custom/.test(path))
    return true;
  if (vector.msg_id === "0x8300" && /^\.(Urgent|Bit\d|Display|TTS|Advert|InfoCategory|Flag)/.test(path)) return true;
  // The areas in it are compared in native.test.ts.
  if (vector.msg_id === "0x0608" && /^(jT808_0X860|item0)/.test(path)) return true;
  // Lengths that follow from the text beside them.
  return /(Len|Length|ParamLength)$/.test(path);
}

for (const kind of ["asserts", "assigned", "struct-literal", "full-json"]) {
  test(`expected: every value that is stated, ${kind}`, async (t) => {
    for (const vector of known.filter((one) => one.expected_kind === kind)) {
      await t.test(`${vector.id} ${vector.msg_id}`, () => {
        const { frame, body } = open(vector);
        const values = new Values();
        collect(values, body.fields);
        // What is missing in the body is empty, or none, to the source.
        values.add("");
        if (vector.id === "j372") values.add("count 0");
        // The source has the time of day without its leading bytes.
        if (vector.msg_id === "0x0705") values.add((body.fields["time"] as string).slice(4));
        for (const [path, value] of statedPairs(vector)) {
          const name = path.split(".").at(-1)!;
          if (typeof value === "string" && value.startsWith("expr:")) continue;
          if (vector.unconfirmed_fields?.some((one) => one.endsWith(path))) continue;
          if (name === "hexString" || name.endsWith("toHexString(encoded)"))
            assert.equal(value, vector.hex.toUpperCase());
          else if (name === "TerminalPhoneNo") assert.equal(canonicalPhone(frame.phone), value);
          else if (path.endsWith("Header.MsgNum")) assert.equal(frame.serial, value);
          else if (!isInside(vector, path) && !envelope.has(name)) {
            const text = normal(value);
            assert.ok(values.take(text) || values.take(`count ${text}`), `${path} = ${text}`);
          }
        }
      });
    }
  });
}

function asEmqx(value: RawValue): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(asEmqx);
  if (typeof value !== "object") return typeof value === "string" ? value.replace(/\0+$/, "") : value;
  const out: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) {
    if (!name.endsWith("_hex") && name !== "form") out[name] = asEmqx(one);
  }
  return out;
}

test("expected: the JSON of the field's other gateway, both directions", async (t) => {
  for (const vector of known.filter((one) => one.expected_kind.startsWith("emqx"))) {
    await t.test(`${vector.id} ${vector.msg_id}`, () => {
      const { frame, body } = open(vector);
      const expected = vector.expected as { header: Record<string, unknown>; body: RawRecord };
      assert.equal(frame.phone, expected.header["phone"]);
      assert.equal(frame.serial, expected.header["msg_sn"]);
      const stated = asEmqx(expected.body) as Record<string, unknown>;
      const ours = asEmqx(body.fields) as Record<string, unknown>;
      // Some of these texts are UTF-8 where the standard says GBK, and one has digits above 9 as the characters behind "9".
      const clean = (of: unknown): string =>
        JSON.stringify(of, (key, value: unknown) =>
          typeof value === "string" && (/[^\0-\x7f]/.test(value) || vector.id === "j171") ? `${key} text` : value,
        );
      assert.deepEqual(JSON.parse(clean(ours)), JSON.parse(clean(stated)));
    });
  }
});

test("every kind of expectation is looked at, or states no fields", () => {
  const kinds = new Set(known.map((vector) => vector.expected_kind));
  const looked = ["asserts", "assigned", "struct-literal", "full-json", "emqx-parse", "emqx-serialize"];
  assert.deepEqual([...kinds].toSorted(), [...looked, "none", "verify"].toSorted());
});
