// Commands: from JSON to the terminal, acknowledged by its answer, sent again, given up; every state is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Jt808Frame } from "jt808-parser";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { Message, Outcome, type Origin } from "../../../core/index.ts";
import { Turn } from "../../../net/turn.ts";
import { AuthCodes } from "../admission.ts";
import { AnswerWriter } from "../answers.ts";
import { listenerOptions } from "../config.ts";
import { ListenerContext } from "../context.ts";
import { Downlink } from "../downlink.ts";
import { Holders } from "../holders.ts";
import type { Link } from "../link.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { bodyOf } from "./jt808-device.ts";
import type { Jt808Device } from "./jt808-device.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const ORIGIN: Origin = Object.freeze({
  tenant: "",
  device: "app",
  client: "app",
  user: "",
  via: [],
  protocol: "test",
  protocolVersion: "",
  listener: "test",
  node: "",
  peer: {
    address: "",
    port: 0,
    proxy: null,
    listener: "test",
    secure: false,
    certificate: null,
    serverName: null,
  },
});

interface Scene {
  readonly rig: Rig;
  readonly device: Jt808Device;
  readonly send: (command: unknown, qos?: 0 | 1) => void;
  /** As a general answer. */
  readonly answer: (serial: number, id: number, result?: number) => void;
  readonly outcomes: () => Outcome[];
  /** What the application was told, as "reference state" and what else there is to say. */
  readonly told: () => string[];
  readonly until: (count: number) => Promise<string[]>;
}

async function scene(t: TestContext, listener: object = {}): Promise<Scene> {
  const rig = await startRig(t, { sessionMessages: "consume", idleTimeoutMs: 3_600_000, ...listener });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  const session = rig.gateway.sessionOf(ID);
  await rig.gateway.until(() => session.writable, "a session that takes commands");
  const told = (): string[] =>
    rig
      .published()
      .filter(({ topic }) => topic === `jt808/${ID}/up/command`)
      .map(({ json }) => [json["reference"], json["state"], json["code"], json["result"]].filter(Boolean).join(" "));
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
    told,
    until: async (count) => {
      await rig.gateway.until(() => told().length >= count, `${count} reports`);
      return told();
    },
  };
}

test("the session is subscribed to the terminal's own commands, at QoS 1", async (t) => {
  const { rig } = await scene(t);
  const [filter, request] = [...rig.gateway.sessionOf(ID).subscriptions][0]!;
  assert.deepEqual([filter, request.qos], [`jt808/${ID}/down`, 1]);
});

test("raw hex or base64 for any id, ids as numbers, hex text or names, and layouts by field", async (t) => {
  const { send, device, answer } = await scene(t);
  send({ id: 0x8300, body: "01b2e2" }, 0);
  const text = await device.command();
  assert.deepEqual([text.id, Buffer.from(text.body).toString("hex")], [0x8300, "01b2e2"]);
  answer(text.serial, text.id);
  send({ id: "0x8F01" }, 0);
  const empty = await device.command();
  assert.deepEqual([empty.id, empty.body.length], [0x8f01, 0]);
  answer(empty.serial, empty.id);
  send({ id: "0xF001", raw: "AQI=" }, 0);
  const raw = await device.command();
  assert.deepEqual([raw.id, [...raw.body]], [0xf001, [1, 2]]);
  send({ id: "platform_ack", body: { serial: 3, id: "0x0200", result: "alarm_handled" } }, 0);
  const ack = await device.find((frame) => frame.id === 0x8001 && frame.body[4] === 4, "the written answer");
  assert.equal(Buffer.from(ack.body).toString("hex"), "0003020004");
});

test("a command is done when the terminal answers it by serial and id; its answer is published with its reference", async (t) => {
  const { rig, send, device, answer, outcomes, told, until } = await scene(t);
  send({ id: "0x8300", body: "00", reference: "job-7" });
  const { serial } = await device.command();
  answer(serial + 1, 0x8300);
  answer(serial, 0x8301);
  const acks = () => rig.published().filter(({ topic }) => topic === `jt808/${ID}/up/ack`);
  await rig.gateway.until(() => acks().length === 2, "two answers to something else");
  assert.deepEqual([outcomes(), told()], [[], ["job-7 queued", "job-7 sent"]]);
  answer(serial, 0x8300);
  assert.deepEqual(await until(3), ["job-7 queued", "job-7 sent", "job-7 done ok"]);
  assert.deepEqual(outcomes(), [Outcome.Completed]);
  const { json } = acks()[2]!;
  assert.deepEqual([json["reference"], json["body"]], ["job-7", { serial, id: "0x8300", result: "ok" }]);
  const last = rig.published().find(({ json: report }) => report["state"] === "done")!.json;
  assert.deepEqual(
    [last["device"], last["command"], last["serial"], last["attempts"], last["at"]],
    [ID, "0x8300", serial, 1, "2026-01-01T00:00:00.000Z"],
  );
});

test("a command that the terminal refuses has failed", async (t) => {
  const { send, device, answer, outcomes, until } = await scene(t);
  send({ id: "0x8300", body: "00", reference: "r" });
  answer((await device.command()).serial, 0x8300, 3);
  assert.deepEqual((await until(3))[2], "r failed JT808_COMMAND_REFUSED unsupported");
  assert.deepEqual(outcomes(), [Outcome.Rejected]);
});

test("a command with an answer of its own is acknowledged first, and not sent again", async (t) => {
  const { rig, send, device, answer, outcomes, until } = await scene(t);
  send({ id: "0x8107", reference: "what" });
  const { serial } = await device.command();
  answer(serial, 0x8107);
  await until(3);
  // From here on it is the terminal's: the core is told, so that it does not come twice.
  assert.deepEqual(outcomes(), [Outcome.Completed]);
  const before = device.frames.length;
  rig.clock.advance(300_000);
  await turns(3);
  assert.equal(device.frames.length, before);
  device.send(0x0107, new Uint8Array(0));
  assert.deepEqual(await until(4), ["what queued", "what sent", "what acknowledged ok", "what done ok"]);
  assert.equal(rig.published().find(({ json }) => json["id"] === "0x0107")!.json["reference"], "what");
  assert.deepEqual(outcomes(), [Outcome.Completed]);
});

test("what no terminal answers is done when it is written", async (t) => {
  const { send, outcomes, until } = await scene(t);
  send({ id: "0x8800", body: "00000001", reference: "r" });
  assert.deepEqual(await until(3), ["r queued", "r sent", "r done"]);
  assert.deepEqual(outcomes(), [Outcome.Completed]);
});

test("one command at a time of each kind of answer, in order; kinds do not wait for each other", async (t) => {
  const { send, device, answer, outcomes, rig } = await scene(t);
  for (let n = 0; n < 5; n++) send({ id: "0x8300", body: `0${n}` }, n % 2 === 0 ? 1 : 0);
  send({ id: "0x8107" });
  const first = await device.command();
  assert.equal(first.body[0], 0);
  assert.equal((await device.command()).id, 0x8107);
  let { serial } = first;
  for (let n = 0; n < 5; n++) {
    answer(serial, 0x8300);
    if (n === 4) break;
    const next = await device.command();
    assert.deepEqual([next.id, next.body[0]], [0x8300, n + 1]);
    ({ serial } = next);
  }
  await rig.gateway.until(() => outcomes().length === 3, "the three of QoS 1");
});

test("a queue that is full holds the core, and goes on when there is room", async (t) => {
  const { rig, send, device, answer } = await scene(t, { commands: { queueMax: 2 } });
  const session = rig.gateway.sessionOf(ID);
  for (let n = 0; n < 5; n++) send({ id: "0x8300", body: `0${n}` }, 0);
  assert.deepEqual([session.delivered, session.refusals], [2, 1]);
  for (let n = 0; n < 5; n++) {
    const { serial, body } = await device.command();
    assert.equal(body[0], n);
    answer(serial, 0x8300);
  }
  await rig.gateway.until(() => session.delivered === 5, "all of them");
});

test("sent again after 10, 20, 60 s with the same serial, given up after 240 s", async (t) => {
  const { rig, send, device, outcomes, until } = await scene(t);
  send({ id: "0x8300", body: "00", reference: "r" });
  const first = await device.command();
  for (const wait of [10_000, 20_000, 60_000]) {
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
  assert.equal((await until(3))[2], "r failed JT808_COMMAND_UNANSWERED");
  assert.deepEqual(outcomes(), [Outcome.Rejected]);
});

test("a command lives as long as it says, counted from its publication", async (t) => {
  const { rig, send, device, outcomes, until } = await scene(t, { commands: { ttlMs: 50_000 } });
  send({ id: "0x8300", body: "00", reference: "short", ttl: 5 });
  send({ id: "0x8107", reference: "usual" });
  await device.command();
  rig.clock.advance(4999);
  await turns(2);
  assert.equal((await until(4)).length, 4);
  rig.clock.advance(1);
  assert.equal((await until(5))[4], "short expired");
  rig.clock.advance(45_000);
  assert.equal((await until(6))[5], "usual expired");
  assert.deepEqual(outcomes(), [Outcome.Rejected, Outcome.Rejected]);
});

test("what cannot be sent is rejected and reported by code and field, and the next one goes on", async (t) => {
  const { rig, send, device, outcomes } = await scene(t);
  const cases: readonly (readonly [unknown, string, string?])[] = [
    ["{", "JT808_COMMAND_JSON"],
    [[1], "JT808_COMMAND_JSON"],
    ["null", "JT808_COMMAND_JSON"],
    [{}, "JT808_COMMAND_ID", "id"],
    [{ id: 65536 }, "JT808_COMMAND_ID", "id"],
    [{ id: "constructor" }, "JT808_COMMAND_ID", "id"],
    [{ id: "location" }, "JT808_COMMAND_ID", "id"],
    [{ id: 0x8300, body: "0" }, "JT808_COMMAND_BODY", "body"],
    [{ id: 0x8300, body: 7 }, "JT808_COMMAND_BODY", "body"],
    [{ id: 0x8300, raw: "A" }, "JT808_COMMAND_BODY", "raw"],
    [{ id: 0x8300, raw: "AQI=", body: "00" }, "JT808_COMMAND_BODY", "raw"],
    [{ id: 0x8300, body: "00", reference: 7 }, "JT808_COMMAND_BODY", "reference"],
    [{ id: 0x8300, body: "00", ttl: 0 }, "JT808_COMMAND_TTL", "ttl"],
    [{ id: 0x8300, body: "00", ttl: 604_801 }, "JT808_COMMAND_TTL", "ttl"],
    [{ id: "0x8FFF", body: { text: "hello" } }, "JT808_BODY_UNKNOWN"],
    [{ id: 0x8001, body: { serial: 70000 } }, "JT808_FIELD_RANGE", "seq"],
    [{ id: 0x8300, body: "00".repeat(1_048_577) }, "JT808_BODY_TOO_LONG"],
  ];
  for (const [command] of cases) send(command);
  send({ id: 0x8800, body: "00000001" });
  await device.command();
  const failed = () => rig.published().filter(({ json }) => json["state"] === "failed");
  await rig.gateway.until(() => failed().length === cases.length, "the reports");
  assert.deepEqual(
    failed().map(({ json }) => [json["code"], json["field"]]),
    cases.map(([, code, field]) => [code, field]),
  );
  assert.deepEqual(outcomes(), [...cases.map(() => Outcome.Rejected), Outcome.Completed]);
});

test("reports can be switched off", async (t) => {
  const { rig, send, device, answer, outcomes, told } = await scene(t, { commands: { reports: false } });
  send({ id: "0x8300", body: "00" });
  answer((await device.command()).serial, 0x8300);
  await rig.gateway.until(() => outcomes().length === 1, "its end");
  await turns(3);
  assert.deepEqual(told(), []);
});

test("the end of the link ends the waiting, and is told", async (t) => {
  const { rig, send, device, until } = await scene(t);
  send({ id: "0x8300", body: "00", reference: "a" });
  send({ id: "0x8300", body: "00", reference: "b" });
  await device.command();
  device.tcp.destroy();
  assert.deepEqual((await until(5)).slice(3), [
    "a failed JT808_COMMAND_CONNECTION_LOST",
    "b failed JT808_COMMAND_CONNECTION_LOST",
  ]);
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of the session");
  assert.equal(rig.clock.armed, 0);
});

test("where the session outlives its link, what the core keeps is not reported as lost", async (t) => {
  const { rig, send, device, answer, until } = await scene(t, { sessionExpiryMs: 60_000 });
  send({ id: "0x8300", body: "00", reference: "kept" });
  send({ id: "0x8107", reference: "taken" });
  const [text, query] = [await device.command(), await device.command()];
  answer(query.serial, query.id);
  await until(5);
  device.tcp.destroy();
  assert.deepEqual((await until(6)).slice(5), ["taken failed JT808_COMMAND_CONNECTION_LOST ok"]);
  await turns(3);
  assert.equal((await until(6)).length, 6);
  assert.ok(text.serial < query.serial);
  assert.equal(rig.clock.armed, 0);
});

const word = (value: number): number[] => [value >> 8, value & 0xff];
const LONG = Buffer.from(Array.from({ length: 2500 }, (_, n) => n & 0xff));

test("a long command goes out in fragments with serials in a row; an answer to any of them will do", async (t) => {
  for (const answered of [0, 1, 2]) {
    const { send, device, answer, until } = await scene(t);
    send({ id: "0xF002", raw: LONG.toString("base64"), reference: "long" });
    const parts = [await device.command(), await device.command(), await device.command()];
    assert.deepEqual(
      parts.map(({ fragmentNumber, fragmentTotal, serial }) => [fragmentNumber, fragmentTotal, serial]),
      [1, 2, 3].map((number) => [number, 3, (parts[0]!.serial + number - 1) & 0xffff]),
    );
    assert.ok(Buffer.concat(parts.map(({ body }) => body)).equals(LONG));
    answer(parts[answered]!.serial, 0xf002);
    assert.equal((await until(3))[2], "long done ok");
  }
});

test("the fragments that a terminal misses are sent again, also after it has answered one of them", async (t) => {
  const { rig, send, device, answer, until } = await scene(t);
  send({ id: "0xF002", raw: LONG.toString("base64") });
  const parts = [await device.command(), await device.command(), await device.command()];
  const [first] = parts;
  device.send(0x0005, Uint8Array.of(...word(first!.serial), 0, 2, 0, 1, 0, 3));
  assert.deepEqual([await device.command(), await device.command()], [parts[0], parts[2]]);
  answer(first!.serial, 0xf002);
  await until(3);
  // In the form of 2013, and by the platform's id, as some terminals do.
  device.send(0x0005, Uint8Array.of(...word(first!.serial), 1, 0, 2));
  assert.deepEqual(await device.command(), parts[1]);
  device.send(0x8003, Uint8Array.of(...word(first!.serial), 1, 0, 2));
  assert.deepEqual(await device.command(), parts[1]);
  const serial = device.send(0x0005, Uint8Array.of(...word(first!.serial + 7), 1, 0, 2));
  const refused = await device.awaitAnswer(0x0005, serial);
  assert.equal(refused.body[4], 1);
  const answered = device.frames.filter(({ id, body }) => id === 0x8001 && body[2] === 0 && body[3] === 5);
  assert.equal(answered.length, 1, "the fragments are the answer");
  assert.ok(rig.published().some(({ json }) => json["id"] === "0x0005"));
});

test("serials that an outstanding command still uses are passed over", () => {
  const gateway = new FakeGateway({ clock: new FakeClock(), protocol: "jt808" });
  const context = new ListenerContext(
    gateway,
    new Turn(),
    listenerOptions({ port: 0 }),
    new AuthCodes(null),
    new Holders(),
  );
  const frames: Jt808Frame[] = [];
  const link = { context, send: (frame: Jt808Frame) => frames.push(frame) > 0 } as unknown as Link;
  const answers = new AnswerWriter(context.bodies, PHONE);
  const downlink = new Downlink({ phone: ID, session: null, version: 2013, publish: () => {} }, link, answers);
  const send = (id: string, bytes: number): void => {
    const json = JSON.stringify({ id, raw: Buffer.alloc(bytes).toString("base64") });
    downlink.deliver(0, Message.of(ORIGIN, "x", Buffer.from(json)), 0);
  };
  answers.skipTo(100);
  send("0x8107", 0);
  answers.skipTo(103);
  send("0x8201", 2000);
  answers.skipTo(99);
  send("0x8300", 2500);
  assert.deepEqual(
    frames.map(({ id, serial }) => `${id.toString(16)} ${serial}`),
    ["8107 100", "8201 103", "8201 104", "8300 105", "8300 106", "8300 107"],
  );
  downlink.end(true);
});
