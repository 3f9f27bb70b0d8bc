// Terminals on real sockets before a scripted core: what they are answered, what is published, who may speak.

import assert from "node:assert/strict";
import { test } from "node:test";
import { putGeneralAnswer } from "jt808-parser";
import { CloseReason, Verdict } from "../../../core/index.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { answerIn, bodyOf, frameBytes, locationFields } from "./jt808-device.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const location = bodyOf(0x0200, 2013, locationFields);

function messagesOf(rig: Rig): string[] {
  return rig.published().map(({ topic }) => topic);
}

test("a life: registration, authentication, heartbeat, position, time, goodbye", async (t) => {
  const rig = await startRig(t, { authentication: "require-auth" });
  const device = await rig.open(PHONE, 2019);
  const { body } = await device.ask(
    0x0100,
    bodyOf(0x0100, 2019, {
      province: 1,
      city: 2,
      manufacturer: "A",
      model: "B",
      dev_id: "C",
      color: 1,
      license_number: "D",
    }),
  );
  assert.deepEqual([body[0], body[1], body[2]], [0, 0, 0]);
  const code = Buffer.from(body.subarray(3)).toString();
  assert.match(code, /^[\w-]{22}$/);
  const credentials = bodyOf(0x0102, 2019, { code, imei: "123456789012345", software_version: "V1" });
  assert.equal(await device.result(0x0102, credentials), 0);
  assert.equal(await device.result(0x0002), 0);
  assert.equal(await device.result(0x0200, location), 0);
  const time = await device.ask(0x0004);
  assert.equal(Buffer.from(time.body).toString("hex"), "260101000000");
  assert.equal(await device.result(0x0003), 0);
  const names = ["register", "authenticate", "heartbeat", "location", "time_request", "deregister"];
  assert.deepEqual(
    messagesOf(rig),
    names.map((name) => `jt808/${ID}/up/${name}`),
  );
  const authenticate = rig.published()[1]!;
  assert.deepEqual(authenticate.json["body"], { imei: "123456789012345", softwareVersion: "V1" });
  assert.ok(!JSON.stringify(authenticate.json).includes(code), "the code is not published");
  assert.equal(rig.gateway.open.length, 0);
  assert.deepEqual(
    rig.gateway.sessions.map(({ closed }) => closed),
    [CloseReason.Normal, CloseReason.Normal],
  );
});

test("answers go out in the header that the terminal uses, with serials of their own", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open("013800138000");
  device.send(0x0200, location, 0x7d7e);
  const first = await device.awaitAnswer(0x0200, 0x7d7e);
  assert.deepEqual([first.form, first.phone, first.serial], [2013, "013800138000", 0]);
  device.tcp.write(frameBytes(0x0002, "00000000013800138000", 5, new Uint8Array(0), 2019));
  const second = await device.awaitAnswer(0x0002, 5);
  assert.deepEqual(
    [second.form, second.phone, second.protocolVersion, second.serial],
    [2019, "00000000013800138000", 1, 1],
  );
  assert.equal(rig.gateway.sessions.length, 1, "12 digits and 20 are one terminal");
});

test("a message is JSON with what the frame says", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0200, location);
  const [{ topic, json, message }] = rig.published() as [ReturnType<Rig["published"]>[number]];
  assert.equal(topic, `jt808/${ID}/up/location`);
  assert.equal(message.properties?.contentType, "application/json");
  assert.equal(message.qos, 1);
  const { body, ...head } = json as { body: Record<string, unknown> };
  assert.deepEqual(head, {
    id: "0x0200",
    message: "location",
    device: ID,
    phone: PHONE,
    serial: 0,
    version: "2013",
    receivedAt: "2026-01-01T00:00:00.000Z",
  });
  assert.equal(body["time"], "2025-11-20T10:11:12+08:00");
  assert.deepEqual([body["latitude"], body["speed"], body["extra"]], [30, 60.1, { mileage: 300 }]);
});

test("unknown ids, fragments and bodies that are too short are published with their bytes", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0f01, Uint8Array.of(1, 0x7e, 3)), 0);
  assert.equal(await device.result(0x0200, Uint8Array.of(9, 9)), 2, "bad message");
  device.tcp.write(Buffer.from("7e080120030138001380000009000200010102030c7e", "hex"));
  const unknown = rig.published()[0]!;
  assert.equal(unknown.topic, `jt808/${ID}/up/0x0f01`);
  assert.deepEqual([unknown.json["message"], unknown.json["hex"]], ["0x0f01", "017e03"]);
  const short = rig.published()[1]!;
  assert.equal(short.topic, `jt808/${ID}/up/undecoded`);
  assert.deepEqual(short.json["fault"], { code: "JT808_BODY_SHORT", field: "" });
  assert.equal(short.json["hex"], "0909");
});

test("fragments.join off: a fragment is published as it is, with its number", async (t) => {
  const rig = await startRig(t, { fragments: { join: false } });
  const device = await rig.open(PHONE);
  const bytes = Buffer.from("080120030138001380000009000200010a0b0c", "hex");
  const parity = bytes.reduce((sum, byte) => sum ^ byte, 0);
  device.tcp.write(Buffer.concat([Buffer.of(0x7e), bytes, Buffer.of(parity, 0x7e)]));
  assert.equal(answerIn(await device.awaitAnswer(0x0801, 9))!.result, 0);
  const { topic, json } = rig.published()[0]!;
  assert.equal(topic, `jt808/${ID}/up/0x0801`);
  assert.deepEqual([json["fragment"], json["hex"]], [{ total: 2, number: 1 }, "0a0b0c"]);
});

test("unknownMessages: unsupported is answered 3, and published all the same", async (t) => {
  const rig = await startRig(t, { unknownMessages: "unsupported" });
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0f01, Uint8Array.of(1)), 3);
  assert.equal(rig.published().length, 1);
});

test("each verdict has its result, and no refusal is told as ok", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  const told: Record<string, number> = {};
  for (const [name, verdict] of Object.entries(Verdict)) {
    if (verdict === Verdict.Pending) continue;
    rig.gateway.script.publish = () => verdict;
    told[name] = await device.result(0x0200, location);
  }
  assert.deepEqual(told, {
    Accepted: 0,
    NoSubscriber: 0,
    Denied: 1,
    InvalidTopic: 1,
    InvalidMessage: 1,
    TooLarge: 2,
    RateLimited: 1,
    QuotaExceeded: 1,
    Overload: 1,
    Closed: 1,
    NotSupported: 3,
  });
});

test("another terminal on the link: refused in its own header, and too often is too often", async (t) => {
  const rig = await startRig(t, { unauthenticatedFramesMax: 3 });
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0200, location), 0);
  const other = device.beside("013800138001");
  other.send(0x0200, location, 100);
  const answer = await device.awaitAnswer(0x0200, 100);
  assert.deepEqual([answer.phone, answerIn(answer)!.result], ["013800138001", 1]);
  assert.equal(await device.result(0x0200, bodyOf(0x0200, 2013, { ...locationFields, speed: 1 })), 0);
  other.send(0x0200, location, 101);
  other.send(0x0200, location, 102);
  await device.closed;
  assert.equal(rig.faults()["JT808_OTHER_TERMINAL"], 4);
  assert.equal(rig.published().length, 2);
});

test("allowMultipleTerminals: a session each, which come and go on their own", async (t) => {
  const rig = await startRig(t, { allowMultipleTerminals: true, terminalsMax: 3 });
  const device = await rig.open("013800138000");
  for (let n = 0; n < 3; n++) device.beside(`01380013800${n}`).send(0x0200, location, 100 + n);
  for (let n = 0; n < 3; n++) assert.equal(answerIn(await device.awaitAnswer(0x0200, 100 + n))!.result, 0);
  const sessions = [0, 1, 2].map((n) => rig.gateway.sessionOf(`1380013800${n}`));
  assert.equal(new Set(sessions).size, 3);
  assert.match(sessions[1]!.origin.via[0]!, /^127\.0\.0\.1:\d+$/);
  device.beside("013800138003").send(0x0200, location, 103);
  assert.equal(answerIn(await device.awaitAnswer(0x0200, 103))!.result, 1, "one too many");
  sessions[1]!.disconnect(CloseReason.TakenOver);
  device.beside("013800138000").send(0x0002, undefined, 110);
  await device.awaitAnswer(0x0002, 110);
  assert.deepEqual(
    sessions.map(({ closed }) => closed),
    [null, CloseReason.TakenOver, null],
  );
  device.beside("013800138002").send(0x0003, undefined, 111);
  await device.awaitAnswer(0x0003, 111);
  assert.equal(sessions[2]!.closed, CloseReason.Normal);
  // Whoever speaks again is there again.
  device.beside("013800138001").send(0x0002, undefined, 112);
  await device.awaitAnswer(0x0002, 112);
  assert.equal(rig.gateway.sessionOf("13800138001").closed, null);
  device.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of all sessions");
});

test("idle: a link on which nothing comes is closed, one with heartbeats is not", async (t) => {
  const rig = await startRig(t, { idleTimeoutMs: 60_000 });
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  rig.clock.advance(50_000);
  await device.result(0x0002);
  rig.clock.advance(50_000);
  await turns(2);
  assert.equal(rig.gateway.sessionOf(ID).closed, null);
  rig.clock.advance(10_001);
  await device.closed;
  assert.equal(rig.gateway.sessionOf(ID).closed, CloseReason.KeepAlive);
});

test("bad frames: some are stepped over, too many in a row end the link", async (t) => {
  const rig = await startRig(t, { badFramesMax: 3 });
  const device = await rig.open(PHONE);
  const bad = Buffer.from("7e000200000138001380000001ff7e", "hex");
  for (let n = 0; n < 2; n++) {
    device.tcp.write(Buffer.concat([bad, bad]));
    assert.equal(await device.result(0x0002), 0);
  }
  device.tcp.write(Buffer.concat([bad, bad, bad]));
  await device.closed;
  assert.equal(rig.faults()["JT808_CHECKSUM"], 7);
  assert.equal(rig.faults()["JT808_BAD_FRAMES"], 1);
  assert.equal(rig.gateway.sessionOf(ID).closed, CloseReason.Protocol);
});

test("lenient switches reach the decoder", async (t) => {
  const rig = await startRig(t, { lenient: { wrongChecksum: true } });
  const device = await rig.open(PHONE);
  device.tcp.write(Buffer.from("7e000200000138001380000001ff7e", "hex"));
  assert.equal(answerIn(await device.awaitAnswer(0x0002, 1))!.result, 0);
});

test("a stream of something else is hung up on", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  device.tcp.write(Buffer.alloc(40_000, "0123456789cd"));
  await device.closed;
  assert.equal(rig.faults()["JT808_JUNK"], 1);
});

test("terminals that say 0x0001 are not answered", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  const body = new Uint8Array(5);
  putGeneralAnswer(body, 9, 0x8300, 0);
  device.send(0x0001, body);
  await device.result(0x0002);
  assert.equal(device.frames.length, 1);
  assert.deepEqual(rig.published()[0]!.json["body"], { serial: 9, id: "0x8300", result: "ok" });
});
