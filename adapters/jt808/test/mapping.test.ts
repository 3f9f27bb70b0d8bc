// The pure half: verdicts to results, frames to JSON, JSON to commands; and the small parts that keep count.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Jt808Bodies, Jt808Frame, plainFrame } from "jt808-parser";
import { Verdict, isAccepted } from "../../../core/index.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { AuthCodes, KnownTerminals } from "../admission.ts";
import { CommandWindow } from "../commands.ts";
import { listenerOptions } from "../config.ts";
import { Duplicates, hashOf } from "../duplicates.ts";
import {
  CommandProblem,
  Result,
  downTopic,
  isAnswered,
  ownAnswerOf,
  resultOf,
  toCommand,
  toUplink,
  upTopic,
} from "../mapping.ts";
import type { UplinkContext } from "../mapping.ts";
import { bodyOf, locationFields } from "./jt808-device.ts";

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

test("a terminal is told ok exactly when the core has the message", () => {
  for (const verdict of Object.values(Verdict)) {
    assert.equal(resultOf(verdict) === Result.Ok, isAccepted(verdict), String(verdict));
  }
});

test("topics", () => {
  assert.equal(upTopic("138", "location"), "jt808/138/up/location");
  assert.equal(downTopic("138"), "jt808/138/down");
});

test("JSON says everything: the bytes stand beside what the fields do not say", () => {
  const exact = frame(0x0200, bodyOf(0x0200, 2013, locationFields));
  assert.equal(JSON.parse(toUplink(exact, bodies.read(exact, [2013]), context).json).hex, undefined);
  const longer = frame(0x0001, Uint8Array.of(0, 1, 0x83, 0, 0, 9));
  assert.equal(JSON.parse(toUplink(longer, bodies.read(longer, [2013]), context).json).hex, "000183000009");
  const odd = frame(0x0200, Uint8Array.of(...exact.body, 0xff));
  const json = JSON.parse(toUplink(odd, bodies.read(odd, [2013]), context).json);
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
    const { json } = toUplink(one, bodies.read(one, [version]), context);
    assert.ok(!json.includes("s3cret") && !json.includes(body.toString("hex")), json);
  }
  const fragment = new Jt808Frame(0x0102, 0x2000, 2013, 0, "000000000001", 1, 2, 1, Buffer.from("s3cret"));
  const { json } = toUplink(fragment, null, context);
  assert.ok(!json.includes(Buffer.from("s3cret").toString("hex")), json);
});

test("an encrypted body stays opaque", () => {
  const one = new Jt808Frame(0x0200, 0x0400, 2013, 0, "000000000001", 1, 0, 0, Uint8Array.of(1, 2));
  const uplink = toUplink(one, bodies.read(one, [2013]), { ...context, unknownAreUnsupported: true });
  assert.equal(uplink.message, "0x0200");
  assert.equal(uplink.result, Result.Ok);
  const json = JSON.parse(uplink.json);
  assert.deepEqual([json.encryption, json.hex, json.body], [1, "0102", undefined]);
});

test("commands are read from what people write", () => {
  const read = (json: unknown) => toCommand(Buffer.from(JSON.stringify(json)), bodies, 2013);
  const command = read({ id: "time_answer", body: {} });
  assert.ok(command instanceof CommandProblem);
  assert.equal(command.code, "JT808_BODY_UNKNOWN", "2013 has no such message");
  assert.deepEqual(read({ id: 33536, body: "FF" }), { id: 0x8300, body: Uint8Array.of(255), reference: null });
  const long = read({ id: 33536, reference: "x".repeat(257) });
  assert.ok(long instanceof CommandProblem);
  assert.equal(long.field, "reference");
  assert.ok(toCommand(Uint8Array.of(0xff, 0xfe), bodies, 2013) instanceof CommandProblem, "no UTF-8");
});

test("which messages answer which commands", () => {
  assert.equal(ownAnswerOf(0x8104), 0x0104);
  assert.equal(ownAnswerOf(0x8300), 0);
  assert.equal(isAnswered(0x8300), true);
  for (const id of [0x8001, 0x8003, 0x8004, 0x8100, 0x8800]) assert.equal(isAnswered(id), false);
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

test("duplicates: id, serial and body; the last 32; not for ever", () => {
  const window = new Duplicates();
  const one = frame(0x0200, Uint8Array.of(1, 2, 3));
  assert.equal(window.resultOf(one, 1000), -1, "an empty window knows nothing");
  assert.equal(window.resultOf(frame(0, new Uint8Array(0), 0), 1000), -1, "not even zeros");
  window.remember(one.id, one.serial, hashOf(one.body), 2, 1000);
  assert.equal(window.resultOf(one, 2000), 2);
  assert.equal(window.resultOf(frame(0x0200, Uint8Array.of(1, 3, 2)), 2000), -1, "the same XOR, another body");
  assert.equal(window.resultOf(frame(0x0201, one.body), 2000), -1);
  assert.equal(window.resultOf(frame(0x0200, one.body, 2), 2000), -1);
  assert.equal(window.resultOf(one, 402_000), -1);
  for (let n = 0; n < 32; n++) window.remember(1, n, 0, 0, 1000);
  assert.equal(window.resultOf(one, 2000), -1);
});

test("command window: answers by serial and id, by kind in order, late ones again", () => {
  const clock = new FakeClock();
  const fired: number[] = [];
  const window = new CommandWindow(clock, { onTimer: (tag) => void fired.push(tag) }, 1000, 1);
  window.add(1, frame(0x8201, new Uint8Array(0), 10), "a");
  window.add(2, frame(0x8201, new Uint8Array(0), 11), "b");
  assert.equal(window.takeAnswered(10, 0x8300), null);
  assert.equal(window.takeByOwnAnswer(0x0201)?.reference, "a");
  assert.ok(window.has(11) && !window.has(10));
  clock.advance(1000);
  assert.deepEqual(fired, [11]);
  assert.equal(window.late(11)?.isGivenUp, false);
  clock.advance(2000);
  assert.deepEqual(fired, [11, 11]);
  assert.equal(window.late(11)?.isGivenUp, true);
  assert.equal(window.late(11), null);
  window.add(3, frame(0x8300, new Uint8Array(0), 12), null);
  window.clear();
  assert.equal(clock.armed, 0);
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
