// Commands of the compatible profile against the bytes that its original makes of the same JSON, and against recorded
// commands of others.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BODY_VERSIONS, Gb18030, Jt808Bodies, plainFrame, toHex } from "jt808-parser";
import type { BodyVersion } from "jt808-parser";
import { emqxOptions } from "../emqx-config.ts";
import { emqxProfile } from "../profile-emqx.ts";
import { CommandProblem } from "../profile.ts";
import type { Command } from "../profile.ts";
import { Utf8OrGbk } from "../utf8-text.ts";
import { framesIn } from "./jt808-device.ts";
import { vectors, versionOf } from "./vectors.ts";
import type { Vector } from "./vectors.ts";

const text = new Utf8OrGbk();
const bodies = new Jt808Bodies(undefined, text);
const profile = emqxProfile(emqxOptions(), text);
const gbk = new Gb18030();
const gbkBodies = new Jt808Bodies(undefined, gbk);
const gbkProfile = emqxProfile(emqxOptions({ stringEncoding: "gbk" }), gbk);
type Json = Record<string, unknown>;

function commandOf(json: unknown, version: BodyVersion = 2013, isGbk = false): Command {
  const payload = Buffer.from(JSON.stringify(json));
  const command = isGbk ? gbkProfile.fromJson(payload, gbkBodies, version) : profile.fromJson(payload, bodies, version);
  if (command instanceof CommandProblem) assert.fail(`${command.code} ${command.field}`);
  return command;
}

function problemOf(json: unknown): [string, string] {
  const command = profile.fromJson(Buffer.from(typeof json === "string" ? json : JSON.stringify(json)), bodies, 2013);
  assert.ok(command instanceof CommandProblem);
  return [command.code, command.field];
}

const frameOf = (one: Vector) => framesIn(Buffer.from(one.hex, "hex"))[0]!;

const serialized = vectors.filter(({ expected_kind: kind }) => kind === "emqx-serialize");

/**
 * There, fields stand in the area that its flags do not announce, and a terminal loses its place. Ours holds what the
 * flags announce: these are the fields that are not sent.
 */
const unannounced: Readonly<Record<string, readonly string[]>> = {
  j342: ["max_speed", "overspeed_duration"],
  j344: ["start_time", "end_time", "max_speed", "overspeed_duration", "night_max_speed"],
  j345: ["max_speed", "overspeed_duration", "night_max_speed"],
  j350: ["max_speed", "overspeed_duration"],
  j352: ["max_speed", "overspeed_duration", "night_max_speed"],
  j354: ["max_speed", "overspeed_duration"],
  j357: ["max_speed", "overspeed_duration", "night_max_speed"],
};

for (const one of serialized.filter(({ id }) => !Object.hasOwn(unannounced, id))) {
  test(`${one.id} ${one.msg_id} ${one.version}: as its original writes it`, () => {
    const frame = frameOf(one);
    const command = commandOf(one.expected, versionOf(one));
    assert.deepEqual([command.id, command.serial], [frame.id, frame.serial]);
    assert.equal(toHex(command.body), toHex(frame.body));
  });
}

/** An area as it is read back: texts and numbers, and lists of them. */
function withoutUnannounced(one: Vector): unknown {
  const { body } = one.expected as { body: Json };
  const names = unannounced[one.id]!;
  const shorter = (area: unknown): Json =>
    Object.fromEntries(Object.entries(area as Json).filter(([name]) => !names.includes(name)));
  return Array.isArray(body["areas"]) ? { ...body, areas: body["areas"].map(shorter) } : shorter(body);
}

for (const one of serialized.filter(({ id }) => Object.hasOwn(unannounced, id))) {
  test(`${one.id} ${one.msg_id} ${one.version}: what its flags announce, and nothing else`, () => {
    const frame = frameOf(one);
    const command = commandOf(one.expected, versionOf(one));
    const written = plainFrame(command.id, frame.form, frame.protocolVersion, frame.phone, 1, command.body);
    const body = bodies.read(written, [versionOf(one)])!;
    assert.deepEqual([body.fault, body.tail.length], [null, 0]);
    assert.deepEqual(body.fields, withoutUnannounced(one));
  });
}

/** Parameters whose texts are base64 in this format. */
const asBytes: ReadonlySet<number> = new Set([0x23, 0x24, 0x25, 0x26]);

/** The JSON of an independent decode: `…_hex` stands for bytes there. */
function asJson(id: number, reference: Readonly<Json>): Json {
  const out: Json = {};
  for (const [name, value] of Object.entries(reference)) {
    const plain = name.replace(/_hex$/, "");
    if (Array.isArray(value)) {
      out[name] = value.map((each: unknown) => (typeof each === "object" ? asJson(id, each as Json) : each));
    } else if (name === "value" && asBytes.has(Number(reference["id"]))) {
      out["value"] = Buffer.from(value as string).toString("base64");
    } else if (name === "hex") {
      out["value"] = Buffer.from(value as string, "hex").toString("base64");
    } else if (name.endsWith("_hex")) {
      const key = id === 0x8700 || id === 0x8701 ? "param" : plain;
      out[key] = Buffer.from(value as string, "hex").toString(plain === "firmware" ? "latin1" : "base64");
    } else {
      out[name] = value;
    }
  }
  return out;
}

/** Commands that the format has, by its own list. */
const downIds: ReadonlySet<number> = new Set([
  0x8001, 0x8003, 0x8004, 0x8100, 0x8103, 0x8104, 0x8105, 0x8106, 0x8107, 0x8108, 0x8201, 0x8202, 0x8203, 0x8204,
  0x8300, 0x8301, 0x8302, 0x8303, 0x8304, 0x8400, 0x8401, 0x8500, 0x8600, 0x8601, 0x8602, 0x8603, 0x8604, 0x8605,
  0x8606, 0x8607, 0x8608, 0x8700, 0x8701, 0x8702, 0x8800, 0x8801, 0x8802, 0x8803, 0x8804, 0x8805, 0x8900, 0x8a00,
]);

const recorded = vectors.filter(
  ({ kind, msg_id, reference, expected_kind }) =>
    kind === "frame" && expected_kind !== "emqx-serialize" && reference !== undefined && downIds.has(Number(msg_id)),
);

/** What JSON by field does not say: bytes that are not of the layout, and NULs in and behind texts. */
const rawOnly: ReadonlySet<string> = new Set(["j272", "j292", "j293", "j332", "j333", "j334", "j340", "j341"]);

for (const one of recorded) {
  test(`${one.id} ${one.msg_id} ${one.version}: a recorded command again`, () => {
    const id = Number(one.msg_id);
    const bytes = frameOf(one).body;
    const raw = { raw: Buffer.from(bytes).toString("base64") };
    const body = rawOnly.has(one.id) ? raw : asJson(id, one.reference!);
    assert.equal(toHex(commandOf({ header: { msg_id: id }, body }, versionOf(one), true).body), toHex(bytes));
  });
}

test("the recorded commands are of many kinds", () => {
  assert.ok(new Set(recorded.map(({ msg_id }) => msg_id)).size >= 38);
  for (const id of rawOnly) assert.ok(recorded.some((one) => one.id === id));
});

test("only the id is needed; a serial is used when it is given", () => {
  assert.deepEqual(commandOf({ header: { msg_id: 0x8104 } }), {
    id: 0x8104,
    body: new Uint8Array(0),
    serial: null,
    reference: null,
    ttlMs: null,
  });
  assert.equal(commandOf({ header: { msg_id: 0x8104, msg_sn: 65_535, len: 7, phone: "1" }, body: {} }).serial, 65_535);
});

test("any id, as bytes", () => {
  assert.equal(toHex(commandOf({ header: { msg_id: 0xf001 }, body: { raw: "AQI=" } }).body), "0102");
});

test("a message of another version is written as in that one", () => {
  assert.equal(commandOf({ header: { msg_id: 0x8204 } }, 2011).body.length, 0);
  assert.equal(
    toHex(commandOf({ header: { msg_id: 0x8004 }, body: { time: "260120103045" } }, 2013).body),
    "260120103045",
  );
});

test("2019: the kind of a text is notice when it is not given", () => {
  assert.equal(toHex(commandOf({ header: { msg_id: 0x8300 }, body: { flag: 4, text: "a" } }, 2019).body), "040161");
});

test("texts in UTF-8 or in GBK, as configured", () => {
  const json = { header: { msg_id: 0x8300 }, body: { flag: 0, text: "测" } };
  assert.equal(toHex(commandOf(json).body), "00e6b58b");
  assert.equal(toHex(commandOf(json, 2013, true).body), "00b2e2");
});

const keyCommand = (n: string): string => toHex(commandOf({ header: { msg_id: 0x8a00 }, body: { e: 3, n } }).body);

test("a key is base64 of its 128 bytes, as in the other direction, or text", () => {
  const key = Buffer.alloc(128, 0xfe);
  assert.equal(keyCommand(key.toString("base64")), `00000003${key.toString("hex")}`);
  assert.equal(keyCommand("k".repeat(128)), `00000003${"6b".repeat(128)}`);
});

test("firmware is text", () => {
  const body = { type: 0, manufacturer: "12345", version: "v", fw_len: 4, firmware: "AQID" };
  assert.equal(toHex(commandOf({ header: { msg_id: 0x8108 }, body }).body), "00313233343501760000000441514944");
});

test("long commands are whole here; they are cut into fragments behind", () => {
  const text2000 = "x".repeat(2000);
  assert.equal(commandOf({ header: { msg_id: 0x8300 }, body: { flag: 0, text: text2000 } }).body.length, 2001);
  const long = Buffer.alloc(1_048_577).toString("base64");
  assert.deepEqual(problemOf({ header: { msg_id: 0x8900 }, body: { raw: long } }), ["JT808_BODY_TOO_LONG", "body.raw"]);
});

test("what cannot be sent, by code and field", () => {
  assert.deepEqual(problemOf("{"), ["JT808_COMMAND_JSON", ""]);
  assert.deepEqual(problemOf([1]), ["JT808_COMMAND_JSON", ""]);
  assert.deepEqual(problemOf({}), ["JT808_COMMAND_ID", "header.msg_id"]);
  assert.deepEqual(problemOf({ header: [] }), ["JT808_COMMAND_ID", "header.msg_id"]);
  for (const id of [65_536, -1, 1.5, "33536", null])
    assert.deepEqual(problemOf({ header: { msg_id: id } }), ["JT808_COMMAND_ID", "header.msg_id"]);
  assert.deepEqual(problemOf({ header: { msg_id: 1, msg_sn: "1" } }), ["JT808_COMMAND_BODY", "header.msg_sn"]);
  assert.deepEqual(problemOf({ header: { msg_id: 1 }, body: "00" }), ["JT808_COMMAND_BODY", "body"]);
  assert.deepEqual(problemOf({ header: { msg_id: 0xf001 }, body: { a: 1 } }), ["JT808_BODY_UNKNOWN", "body"]);
  assert.deepEqual(problemOf({ header: { msg_id: 0x8300 }, body: { flag: 1 } }), ["JT808_FIELD_MISSING", "body.text"]);
  assert.deepEqual(problemOf({ header: { msg_id: 0x8300 }, body: { raw: "!" } }), ["JT808_FIELD_TYPE", "body.raw"]);
  const params = [{ id: 1, value: "no base64" }];
  assert.equal(problemOf({ header: { msg_id: 0x8103 }, body: { length: 1, params } })[0], "JT808_FIELD_TYPE");
});

test("any JSON at all is a command or a problem", () => {
  const written = fc.record({
    header: fc.oneof(fc.record({ msg_id: fc.constantFrom(...downIds) }), fc.jsonValue()),
    body: fc.oneof(
      fc.dictionary(
        fc.constantFrom("length", "ids", "params", "areas", "points", "text", "flag", "id", "raw", "controls", "time"),
        fc.jsonValue(),
      ),
      fc.jsonValue(),
    ),
  });
  const property = fc.property(written, fc.constantFrom(...BODY_VERSIONS), (json, version) => {
    const made = profile.fromJson(Buffer.from(JSON.stringify(json)), bodies, version);
    assert.ok(made instanceof CommandProblem || made.body instanceof Uint8Array);
  });
  fc.assert(property, { numRuns: 2000 });
});

test("what people write breaks nothing", () => {
  for (const body of [
    '{"areas":[null,1,"x",[[]],{"id":{}}]}',
    '{"__proto__":{"flag":1},"constructor":1,"params":[null,[],{"id":"x","value":"AQ=="}]}',
    `{"areas":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    '{"controls":[{"id":1,"param":"AQ=="}],"count":1}',
  ]) {
    for (const id of downIds) {
      const payload = Buffer.from(`{"header":{"msg_id":${id}},"body":${body}}`);
      for (const version of BODY_VERSIONS) profile.fromJson(payload, bodies, version);
    }
  }
});
