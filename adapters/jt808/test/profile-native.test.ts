// The native profile: frames to JSON, JSON to commands.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Jt808Bodies, Jt808Frame, plainFrame } from "jt808-parser";
import { Result } from "../mapping.ts";
import { nativeProfile } from "../profile-native.ts";
import { CommandProblem } from "../profile.ts";
import type { UplinkContext } from "../profile.ts";
import { bodyOf, locationFields } from "./jt808-device.ts";

const native = nativeProfile(true);
const bodies = new Jt808Bodies();
const context: UplinkContext = {
  device: "1",
  version: 2013,
  receivedAt: 0,
  reference: null,
  unknownAreUnsupported: false,
};
const frame = (id: number, body: Uint8Array, serial = 1): Jt808Frame =>
  plainFrame(id, 2013, 0, "000000000001", serial, body);

test("a terminal that shows 12 digits and 20 is one", () => {
  assert.equal(native.clientId("013800138000"), native.clientId("00000000013800138000"));
});

test("messages that serve the link are published, or not", () => {
  assert.deepEqual(
    [0x0001, 0x0002, 0x0100].map((id) => native.isConsumed(id)),
    [false, false, false],
  );
  assert.deepEqual(
    [0x0001, 0x0002, 0x0100].map((id) => nativeProfile(false).isConsumed(id)),
    [false, true, true],
  );
});

test("topics", () => {
  assert.equal(native.upTopic("138", "location"), "jt808/138/up/location");
  assert.equal(native.downTopic("138"), "jt808/138/down");
});

test("JSON says everything: the bytes stand beside what the fields do not say", () => {
  const exact = frame(0x0200, bodyOf(0x0200, 2013, locationFields));
  assert.equal(JSON.parse(native.toJson(exact, bodies.read(exact, [2013]), context).json).hex, undefined);
  const longer = frame(0x0001, Uint8Array.of(0, 1, 0x83, 0, 0, 9));
  assert.equal(JSON.parse(native.toJson(longer, bodies.read(longer, [2013]), context).json).hex, "000183000009");
  const odd = frame(0x0200, Uint8Array.of(...exact.body, 0xff));
  const json = JSON.parse(native.toJson(odd, bodies.read(odd, [2013]), context).json);
  assert.deepEqual(json.fault, { code: "JT808_BODY_ELEMENT", field: "extra" });
  assert.equal(json.body.latitude, 30);
  assert.equal(json.hex.length, odd.body.length * 2);
});

test("an authentication's code is in no message, whatever its body looks like", () => {
  for (const [body, version] of [
    [Buffer.from("s3cret"), 2013],
    [Buffer.from("\u0006s3cret"), 2019],
    [Buffer.from("s3cret\0"), 2011],
    [Buffer.from("\u0006s3cret123456789012345V1234567890123456789too much"), 2019],
  ] as const) {
    const one = frame(0x0102, body);
    const { json } = native.toJson(one, bodies.read(one, [version]), context);
    assert.ok(!json.includes("s3cret") && !json.includes(body.toString("hex")), json);
  }
  const fragment = new Jt808Frame(0x0102, 0x2000, 2013, 0, "000000000001", 1, 2, 1, Buffer.from("s3cret"));
  const { json } = native.toJson(fragment, null, context);
  assert.ok(!json.includes(Buffer.from("s3cret").toString("hex")), json);
});

test("an encrypted body stays opaque", () => {
  const one = new Jt808Frame(0x0200, 0x0400, 2013, 0, "000000000001", 1, 0, 0, Uint8Array.of(1, 2));
  const uplink = native.toJson(one, bodies.read(one, [2013]), { ...context, unknownAreUnsupported: true });
  assert.equal(uplink.message, "0x0200");
  assert.equal(uplink.result, Result.Ok);
  const json = JSON.parse(uplink.json);
  assert.deepEqual([json.encryption, json.hex, json.body], [1, "0102", undefined]);
});

test("commands are read from what people write", () => {
  const read = (json: unknown) => native.fromJson(Buffer.from(JSON.stringify(json)), bodies, 2013);
  const command = read({ id: "time_answer", body: {} });
  assert.ok(command instanceof CommandProblem);
  assert.equal(command.code, "JT808_BODY_UNKNOWN", "2013 has no such message");
  assert.deepEqual(read({ id: 33536, body: "FF" }), {
    id: 0x8300,
    body: Uint8Array.of(255),
    serial: null,
    reference: null,
    ttlMs: null,
  });
  const raw = read({ id: "0x8F01", raw: Buffer.alloc(3000, 7).toString("base64"), ttl: 1.5, reference: "r" });
  assert.ok(!(raw instanceof CommandProblem));
  assert.deepEqual([raw.id, raw.body.length, raw.body[2999], raw.ttlMs, raw.reference], [0x8f01, 3000, 7, 1500, "r"]);
  const long = read({ id: 33536, reference: "x".repeat(257) });
  assert.ok(long instanceof CommandProblem);
  assert.equal(long.field, "reference");
  assert.ok(native.fromJson(Uint8Array.of(0xff, 0xfe), bodies, 2013) instanceof CommandProblem, "no UTF-8");
});
