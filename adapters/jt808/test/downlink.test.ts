// Commands: from JSON to the terminal, acknowledged by its answer, sent again, given up, reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Outcome } from "../../../core/index.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { bodyOf } from "./jt808-device.ts";
import type { Jt808Device } from "./jt808-device.ts";

const PHONE = "013800138000";
const ID = "13800138000";

interface Scene {
  readonly rig: Rig;
  readonly device: Jt808Device;
  readonly send: (command: unknown, qos?: 0 | 1) => void;
  /** As a general answer. */
  readonly answer: (serial: number, id: number, result?: number) => void;
  readonly outcomes: () => Outcome[];
}

async function scene(t: TestContext, listener: object = {}): Promise<Scene> {
  const rig = await startRig(t, { sessionMessages: "consume", ...listener });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  const session = rig.gateway.sessionOf(ID);
  await rig.gateway.until(() => session.writable, "a session that takes commands");
  return {
    rig,
    device,
    send: (command, qos = 1) =>
      session.send({
        topic: `jt808/${ID}/down`,
        payload: typeof command === "string" ? command : JSON.stringify(command),
        qos,
      }),
    answer: (serial, id, result = 0) => void device.send(0x0001, bodyOf(0x0001, 2013, { seq: serial, id, result })),
    outcomes: () => session.acknowledgements.map(({ outcome }) => outcome),
  };
}

test("the session is subscribed to the terminal's own commands, at QoS 1", async (t) => {
  const { rig } = await scene(t);
  const [filter, request] = [...rig.gateway.sessionOf(ID).subscriptions][0]!;
  assert.deepEqual([filter, request.qos], [`jt808/${ID}/down`, 1]);
});

test("raw hex for any id, ids as numbers, hex text or names, and layouts by field", async (t) => {
  const { send, device } = await scene(t);
  send({ id: 0x8300, body: "01b2e2" }, 0);
  send({ id: "0x8F01" }, 0);
  send({ id: "platform_ack", body: { serial: 3, id: "0x0200", result: "alarm_handled" } }, 0);
  const [text, empty] = [await device.command(), await device.command()];
  assert.deepEqual([text.id, Buffer.from(text.body).toString("hex")], [0x8300, "01b2e2"]);
  assert.deepEqual([empty.id, empty.body.length], [0x8f01, 0]);
  const ack = await device.find((frame) => frame.id === 0x8001 && frame.body[4] === 4, "the written answer");
  assert.equal(Buffer.from(ack.body).toString("hex"), "0003020004");
});

test("a command is acknowledged when the terminal answers, and its answer is published with its reference", async (t) => {
  const { rig, send, device, answer, outcomes } = await scene(t);
  send({ id: "0x8300", body: "00", reference: "job-7" });
  const { serial } = await device.command();
  answer(serial + 1, 0x8300);
  answer(serial, 0x8301);
  await rig.gateway.until(() => rig.published().length === 2, "two answers to something else");
  assert.deepEqual(outcomes(), []);
  answer(serial, 0x8300, 3);
  await rig.gateway.until(() => outcomes().length === 1, "the acknowledgement");
  await rig.gateway.until(() => rig.published().length === 3, "the answer");
  assert.deepEqual(outcomes(), [Outcome.Completed]);
  const { topic, json } = rig.published()[2]!;
  assert.equal(topic, `jt808/${ID}/up/ack`);
  assert.equal(json["reference"], "job-7");
  assert.deepEqual(json["body"], { serial, id: "0x8300", result: "unsupported" });
});

test("a command is acknowledged by the message that answers its kind", async (t) => {
  const { rig, send, device, outcomes } = await scene(t);
  send({ id: "0x8201", reference: "where" });
  await device.command();
  device.send(0x0201, Uint8Array.of(0, 0));
  await rig.gateway.until(() => outcomes().length === 1, "the acknowledgement");
  assert.equal(rig.published()[0]!.json["reference"], "where");
});

test("what no terminal answers is done when it is written", async (t) => {
  const { rig, send, outcomes } = await scene(t);
  send({ id: "0x8800", body: "00000001" });
  await rig.gateway.until(() => outcomes().length === 1, "the acknowledgement");
  assert.deepEqual(outcomes(), [Outcome.Completed]);
});

test("one command at a time, in order", async (t) => {
  const { rig, send, device, answer, outcomes } = await scene(t);
  for (let n = 0; n < 5; n++) send({ id: "0x8300", body: `0${n}` });
  for (let n = 0; n < 5; n++) {
    const command = await device.command();
    assert.equal(command.body[0], n);
    assert.equal(rig.gateway.sessionOf(ID).inFlight, 1);
    answer(command.serial, command.id);
    await rig.gateway.until(() => outcomes().length === n + 1, "the acknowledgement");
  }
});

test("sent again after 10, 20, 60 s with the same serial, given up after 240 s, and reported", async (t) => {
  const { rig, send, device, outcomes } = await scene(t, { idleTimeoutMs: 3_600_000 });
  send({ id: "0x8300", body: "00", reference: "r" });
  const first = await device.command();
  const waits = [10_000, 20_000, 60_000];
  for (const wait of waits) {
    rig.clock.advance(wait - 1);
    await turns(2);
    rig.clock.advance(1);
    const again = await device.command();
    assert.deepEqual([again.serial, again.id], [first.serial, first.id]);
  }
  const before = device.frames.length;
  rig.clock.advance(239_999);
  await turns(3);
  assert.deepEqual([outcomes(), device.frames.length], [[], before]);
  rig.clock.advance(1);
  await rig.gateway.until(() => rig.published().length === 1, "the report");
  assert.deepEqual(outcomes(), [Outcome.Rejected]);
  const { topic, json } = rig.published()[0]!;
  assert.equal(topic, `jt808/${ID}/up/command_failed`);
  assert.deepEqual([json["command"], json["reference"], json["code"]], ["0x8300", "r", "JT808_COMMAND_UNANSWERED"]);
});

test("what cannot be sent is rejected and reported by code and field, and the next one goes on", async (t) => {
  const { rig, send, device, outcomes } = await scene(t);
  const cases: readonly (readonly [unknown, string, string])[] = [
    ["{", "JT808_COMMAND_JSON", ""],
    [[1], "JT808_COMMAND_JSON", ""],
    ["null", "JT808_COMMAND_JSON", ""],
    [{}, "JT808_COMMAND_ID", "id"],
    [{ id: 65536 }, "JT808_COMMAND_ID", "id"],
    [{ id: "constructor" }, "JT808_COMMAND_ID", "id"],
    [{ id: "location" }, "JT808_COMMAND_ID", "id"],
    [{ id: 0x8300, body: "0" }, "JT808_COMMAND_BODY", "body"],
    [{ id: 0x8300, body: 7 }, "JT808_COMMAND_BODY", "body"],
    [{ id: 0x8300, body: "00", reference: 7 }, "JT808_COMMAND_BODY", "reference"],
    [{ id: 0x8300, body: { text: "hello" } }, "JT808_BODY_UNKNOWN", ""],
    [{ id: 0x8001, body: { serial: 70000 } }, "JT808_FIELD_RANGE", "seq"],
    [{ id: 0x8300, body: "00".repeat(1024) }, "JT808_BODY_TOO_LONG", ""],
  ];
  for (const [command] of cases) send(command);
  send({ id: 0x8800, body: "00000001" });
  await device.command();
  await rig.gateway.until(() => rig.published().length === cases.length, "the reports");
  assert.deepEqual(
    rig.published().map(({ json }) => [json["code"], json["field"]]),
    cases.map(([, code, field]) => [code, field]),
  );
  assert.deepEqual(outcomes(), [...cases.map(() => Outcome.Rejected), Outcome.Completed]);
});

test("the end of the link ends the waiting", async (t) => {
  const { rig, send, device } = await scene(t);
  send({ id: 0x8300, body: "00" });
  await device.command();
  device.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of the session");
  assert.equal(rig.clock.armed, 0);
});
