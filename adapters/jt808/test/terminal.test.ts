// One terminal's frames in order: retransmissions, waiting for the session and for verdicts, evictions, versions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseReason, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { startRig } from "./bench-link.ts";
import { answerIn, bodyOf, frameBytes, locationFields } from "./jt808-device.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const location = bodyOf(0x0200, 2013, locationFields);

test("a retransmission is answered again and published once; after a refusal it is a new try", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  const repeat = async (): Promise<number[]> => {
    const before = device.frames.length;
    device.send(0x0200, location, 7);
    await device.find(() => device.frames.length > before, "another answer");
    return device.frames.slice(before).map((frame) => answerIn(frame)!.result);
  };
  rig.gateway.script.publish = () => Verdict.Overload;
  assert.deepEqual(await repeat(), [1]);
  rig.gateway.script.publish = () => Verdict.Accepted;
  assert.deepEqual(await repeat(), [0]);
  assert.deepEqual(await repeat(), [0]);
  assert.equal(rig.published().length, 2, "the refused one and the taken one");
  // The same serial with another body is another message.
  device.send(0x0200, bodyOf(0x0200, 2013, { ...locationFields, time: "251120101113" }), 7);
  await rig.gateway.until(() => rig.published().length === 3, "the other message");
  // Long after, serials have come round.
  rig.clock.advance(200_000);
  device.send(0x0002);
  await rig.gateway.until(() => rig.published().length === 4, "a heartbeat");
  rig.clock.advance(250_000);
  device.send(0x0200, location, 7);
  await rig.gateway.until(() => rig.published().length === 5, "the first body again");
});

test("a retransmission that overtakes the verdict is answered once", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  rig.gateway.script.publish = () => Verdict.Pending;
  device.send(0x0200, location, 7);
  device.send(0x0200, location, 7);
  device.send(0x0200, location, 8);
  const session = rig.gateway.sessionOf(ID);
  await rig.gateway.until(() => session.pending.length === 2, "two publishes");
  for (const receipt of session.pending.slice()) session.settle(receipt, Verdict.Accepted);
  await device.awaitAnswer(0x0200, 8);
  assert.equal(device.frames.filter((frame) => answerIn(frame)?.seq === 7).length, 1);
});

test("while a session is being opened, frames wait, and a flood of them stops the reading", async (t) => {
  const rig = await startRig(t);
  const letGo = rig.gateway.hold("openSession");
  const device = await rig.open(PHONE);
  const many = 300;
  const frames: Uint8Array[] = [];
  for (let n = 0; n < many; n++) {
    frames.push(frameBytes(0x0200, PHONE, n, bodyOf(0x0200, 2013, { ...locationFields, altitude: n })));
  }
  device.tcp.write(Buffer.concat(frames));
  await turns(5);
  assert.equal(rig.published().length, 0);
  letGo();
  await device.awaitAnswer(0x0200, many - 1);
  const altitudes = rig.published().map(({ json }) => (json["body"] as { altitude: number }).altitude);
  assert.deepEqual(altitudes, [...Array(many).keys()]);
});

test("verdicts that never come stop the reading, and let it go on when they do", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  rig.gateway.script.publish = () => Verdict.Pending;
  const session = rig.gateway.sessionOf(ID);
  const frames: Uint8Array[] = [];
  for (let n = 0; n < 1000; n++) {
    frames.push(frameBytes(0x0200, PHONE, n + 10, bodyOf(0x0200, 2013, { ...locationFields, altitude: n })));
  }
  device.tcp.write(Buffer.concat(frames));
  await turns(20);
  assert.equal(session.pending.length, 256, "bounded");
  rig.gateway.script.publish = () => Verdict.Accepted;
  for (const receipt of session.pending.slice()) session.settle(receipt, Verdict.Accepted);
  await device.awaitAnswer(0x0200, 1009);
  assert.equal(rig.published().length, 1001);
});

test("version: 2011 is learned from the registration, and may be set", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.ask(
    0x0100,
    bodyOf(0x0100, 2011, {
      province: 1,
      city: 2,
      manufacturer: "A",
      model: "B",
      dev_id: "C",
      color: 1,
      license_number: "D",
    }),
  );
  await device.result(0x0200, location);
  assert.deepEqual(
    rig.published().map(({ json }) => json["version"]),
    ["2011", "2011"],
  );
  const fixed = await startRig(t, { version: 2019 });
  const other = await fixed.open(PHONE);
  await other.result(0x0200, location);
  assert.equal(fixed.published()[0]!.json["version"], "2019");
});

test("the first command comes after the first answer", async (t) => {
  const rig = await startRig(t);
  const ask = rig.gateway.openSession.bind(rig.gateway);
  rig.gateway.openSession = async (principal, options, device) => {
    const session = await ask(principal, options, device);
    if (!(session instanceof Refusal)) {
      rig.gateway.sessionOf(ID).send({ topic: "t", payload: JSON.stringify({ id: 0x8104 }), qos: 1 });
    }
    return session;
  };
  const device = await rig.open(PHONE);
  device.send(0x0102, Buffer.from("x"));
  await device.command();
  assert.deepEqual(
    device.frames.map(({ id }) => id),
    [0x8001, 0x8104],
  );
  device.send(0x0104, Uint8Array.of(0, 1, 0));
  await rig.gateway.until(() => rig.gateway.sessionOf(ID).inFlight === 0, "the command's end");
});

test("a link of many is not closed for one that is not let in, and goes on after an eviction", async (t) => {
  const rig = await startRig(t, { allowMultipleTerminals: true, unauthenticatedFramesMax: 3 });
  rig.gateway.script.authenticate = (_, { client }) =>
    client === ID ? null : new Refusal(RefusalReason.BadCredentials, "test");
  const device = await rig.open(PHONE);
  const stranger = device.beside("013800138001");
  for (let n = 0; n < 6; n++) {
    stranger.send(0x0200, location, 100 + n);
    assert.equal(answerIn(await device.awaitAnswer(0x0200, 100 + n))!.result, 1);
  }
  assert.equal(rig.gateway.authentications.length, 3, "nobody is asked for ever");
  stranger.send(0x0102, Buffer.from("code"), 200);
  await device.awaitAnswer(0x0102, 200);
  assert.equal(rig.gateway.authentications.length, 4);
  // Many wait for a verdict that never comes; then the session is taken away.
  await device.result(0x0002);
  rig.gateway.script.publish = () => Verdict.Pending;
  const frames: Uint8Array[] = [];
  for (let n = 0; n < 400; n++) {
    frames.push(frameBytes(0x0200, PHONE, 1000 + n, bodyOf(0x0200, 2013, { ...locationFields, altitude: n })));
  }
  device.tcp.write(Buffer.concat(frames));
  const session = rig.gateway.sessionOf(ID);
  await rig.gateway.until(() => session.pending.length === 256, "a full window");
  await turns(5);
  rig.gateway.script.publish = () => Verdict.Accepted;
  session.disconnect(CloseReason.Kicked);
  assert.equal(answerIn(await device.awaitAnswer(0x0200, 1399))!.result, 0);
  assert.notEqual(rig.gateway.sessionOf(ID), session);
});

test("verdicts that come in the middle of another publish keep the order", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  const session = rig.gateway.sessionOf(ID);
  let published = 0;
  rig.gateway.script.publish = () => {
    published++;
    // Every third publish settles all that is open, from within.
    if (published % 3 === 0) for (const receipt of session.pending.slice()) session.settle(receipt, Verdict.Accepted);
    return published >= 599 ? Verdict.Accepted : Verdict.Pending;
  };
  const frames: Uint8Array[] = [];
  for (let n = 0; n < 600; n++) {
    frames.push(frameBytes(0x0200, PHONE, n + 1, bodyOf(0x0200, 2013, { ...locationFields, altitude: n })));
  }
  device.tcp.write(Buffer.concat(frames));
  await device.awaitAnswer(0x0200, 600);
  const altitudes = rig
    .published()
    .slice(1)
    .map(({ json }) => (json["body"] as { altitude: number }).altitude);
  assert.deepEqual(altitudes, [...Array(600).keys()]);
});
