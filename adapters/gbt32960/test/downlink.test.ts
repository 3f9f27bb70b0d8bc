// Commands: from JSON to frames, one of a kind at a time, sent again, answered, refused, expired, lost; each state told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Response, toHex } from "gbt32960-parser";
import { Verdict } from "../../../core/index.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import type { Gbt32960Device } from "./gbt32960-device.ts";
import { dataOf, timeOf } from "./gbt32960-device.ts";
import { startRig } from "./rig.ts";
import type { Rig } from "./rig.ts";

const VIN = "LSVAU2A37N2100001";

interface Told {
  readonly state: string;
  readonly [key: string]: unknown;
}

function give(rig: Rig, json: object | string, qos: 0 | 1 = 1): void {
  const payload = typeof json === "string" ? json : JSON.stringify(json);
  rig.gateway.sessionOf(VIN).send({ topic: `gbt32960/${VIN}/down`, payload, qos });
}

/** What was told of commands, without the times. */
async function told(rig: Rig, count: number): Promise<Told[]> {
  const all = (): Told[] =>
    rig
      .published()
      .filter(({ topic }) => topic === `gbt32960/${VIN}/up/command`)
      .map(({ json }) => {
        const { at, vin, ...rest } = json;
        assert.equal(vin, VIN);
        assert.match(String(at), /^2026-01-01T00:/);
        return rest as Told;
      });
  await rig.gateway.until(() => all().length >= count, `${count} reports`);
  return all();
}

async function vehicle(rig: Rig, version: 2016 | 2025 = 2016): Promise<Gbt32960Device> {
  const device = await rig.open(VIN, version);
  assert.equal(await device.login(), Response.Ok);
  assert.deepEqual([...rig.gateway.sessionOf(VIN).subscriptions.keys()], [`gbt32960/${VIN}/down`]);
  return device;
}

test("a query and its answer: every state is told, the answer is published with the reference", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  give(rig, { command: "query", body: { parameters: ["reportPeriod", "platformHost"] }, reference: "job-1" });
  const query = await device.command();
  assert.deepEqual([query.command, query.response, query.id], [Command.Query, Response.Command, VIN]);
  assert.equal(toHex(query.data), "1a010108000003020405", "now, three ids: a host is asked for with its length");
  const answer = dataOf(Command.Query, { parameters: { reportPeriod: 10 } }, 1, 2016, "answer");
  device.send(Command.Query, answer, Response.Ok);
  assert.deepEqual(await told(rig, 3), [
    { command: "0x80", reference: "job-1", state: "queued" },
    { command: "0x80", reference: "job-1", state: "sent", attempts: 1 },
    { command: "0x80", reference: "job-1", state: "done", attempts: 1, response: "ok" },
  ]);
  const { json } = rig.published().find(({ topic }) => topic.endsWith("/response"))!;
  assert.deepEqual([json["reference"], json["response"]], ["job-1", "ok"]);
  assert.deepEqual((json["body"] as Record<string, unknown>)["parameters"], { reportPeriod: 10 });
  const session = rig.gateway.sessionOf(VIN);
  assert.deepEqual(
    session.acknowledgements.map(({ known, outcome }) => [known, outcome]),
    [[true, 1]],
  );
  await device.flag(Command.Heartbeat);
  assert.ok(!device.frames.some(({ command, isCommand }) => command === Command.Query && !isCommand), "never answered");
});

test("set and control, by name, by code, as hex and as base64", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  give(rig, { command: "set", body: { parameters: { reportPeriod: 20 } } });
  give(rig, { command: "control", body: { time: "2025-11-20T10:00:00+08:00", command: "reset" } });
  give(rig, { command: "0xC0", body: "cafe" });
  give(rig, { command: 0xc1, raw: Buffer.from("babe", "hex").toString("base64") });
  const frames = [];
  for (let n = 0; n < 4; n++) frames.push(await device.command());
  assert.deepEqual(
    frames.map(({ command, data }) => [command, toHex(data)]),
    [
      [0x81, "1a010108000001020014"],
      [0x82, "190b140a000003"],
      [0xc0, "cafe"],
      [0xc1, "babe"],
    ],
  );
});

test("one of a kind at a time: the next is sent when the one before is answered", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  give(rig, { command: "control", body: { command: "reset" }, reference: "a" });
  give(rig, { command: "control", body: { command: "power_off" }, reference: "b" });
  give(rig, { command: "query", body: { parameters: ["reportPeriod"] }, reference: "c" });
  assert.deepEqual(
    [(await device.command()).data[6], (await device.command()).command],
    [3, Command.Query],
    "another kind goes ahead",
  );
  device.send(Command.Control, timeOf(1), Response.Error);
  assert.equal((await device.command()).data[6], 2);
  const refused = (await told(rig, 7)).find(({ state }) => state === "failed");
  assert.deepEqual(refused, {
    command: "0x82",
    reference: "a",
    state: "failed",
    attempts: 1,
    code: "GBT32960_COMMAND_REFUSED",
    response: "error",
  });
});

test("an answer that keeps the flag of the command is an answer", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  give(rig, { command: "control", body: { command: "reset" } });
  const { data } = await device.command();
  device.send(Command.Control, data);
  const [, , done] = await told(rig, 3);
  assert.deepEqual(done, { command: "0x82", state: "done", attempts: 1 });
});

test("unanswered: sent again each minute, three times in all, then given up", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  give(rig, { command: "control", body: { command: "reset" } });
  await device.command();
  for (let n = 0; n < 2; n++) {
    rig.clock.advance(60_000);
    await device.command();
  }
  rig.clock.advance(60_000);
  const last = (await told(rig, 3)).at(-1)!;
  assert.deepEqual(last, { command: "0x82", state: "failed", attempts: 3, code: "GBT32960_COMMAND_UNANSWERED" });
  assert.deepEqual(
    rig.gateway.sessionOf(VIN).acknowledgements.map(({ outcome }) => outcome),
    [3],
    "rejected",
  );
});

test("a command lives as long as it says", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  give(rig, { command: "control", body: { command: "reset" }, ttl: 30 });
  await device.command();
  rig.clock.advance(30_000);
  assert.deepEqual((await told(rig, 3)).at(-1), { command: "0x82", state: "expired", attempts: 1 });
});

test("what is no command is told, and does not stop the next", async (t) => {
  const rig = await startRig(t);
  const device = await vehicle(rig);
  const wrong: readonly (readonly [object | string, string, string | undefined])[] = [
    ["[]", "GBT32960_COMMAND_JSON", undefined],
    [{ command: "report" }, "GBT32960_COMMAND", "command"],
    [{ command: 256 }, "GBT32960_COMMAND", "command"],
    [{ command: "control", body: { command: "dance" } }, "GBT32960_FIELD_TYPE", "command"],
    [{ command: "control", body: 7 }, "GBT32960_COMMAND_BODY", "body"],
    [{ command: "control", raw: "??" }, "GBT32960_COMMAND_BODY", "raw"],
    [{ command: "control", body: "00", raw: "AA==" }, "GBT32960_COMMAND_BODY", "raw"],
    [{ command: "control", reference: 1 }, "GBT32960_COMMAND_BODY", "reference"],
    [{ command: "control", ttl: -1 }, "GBT32960_COMMAND_TTL", "ttl"],
    [{ command: "0xC0", body: { a: 1 } }, "GBT32960_COMMAND_BODY", "body"],
    [{ command: "activation_result", body: { result: "ok", reason: "none" } }, "GBT32960_COMMAND_BODY", "body"],
  ];
  for (const [json] of wrong) give(rig, json);
  give(rig, { command: 0xc0 });
  assert.equal((await device.command()).command, 0xc0);
  const failed = (await told(rig, wrong.length)).filter(({ state }) => state === "failed");
  assert.deepEqual(
    failed.map(({ code, field }) => [code, field]),
    wrong.map(([, code, field]) => [code, field]),
  );
});

test("a full queue holds the core back; a link that is lost is told where it can be", async (t) => {
  const rig = await startRig(t, { commands: { queueMax: 2 } });
  const device = await vehicle(rig);
  const session = rig.gateway.sessionOf(VIN);
  for (let n = 0; n < 5; n++) give(rig, { command: "control", body: { command: "reset" }, reference: `${n}` });
  assert.equal(session.queued, 3);
  device.send(Command.Control, (await device.command()).data.slice(0, 6), Response.Ok);
  await rig.gateway.until(() => session.queued === 2, "the third");
  device.tcp.destroy();
  await rig.gateway.until(() => session.closed !== null, "the end");
  const lost = (await told(rig, 1)).filter(({ code }) => code === "GBT32960_COMMAND_CONNECTION_LOST");
  assert.deepEqual(
    lost.map(({ reference }) => reference),
    ["1", "2"],
  );
});

test("nothing is sent to a vehicle before its login is answered", async (t) => {
  const rig = await startRig(t);
  rig.gateway.script.publish = () => Verdict.Pending;
  const device = await rig.open(VIN);
  device.send(Command.VehicleLogin, dataOf(Command.VehicleLogin, { serial: 1, iccid: "1", codes: [] }));
  await rig.gateway.until(() => rig.gateway.open.some(({ pending }) => pending.length === 1), "the login");
  give(rig, { command: "0xC0", body: "00" });
  await turns(5);
  assert.equal(rig.gateway.sessionOf(VIN).queued, 1);
  const session = rig.gateway.sessionOf(VIN);
  session.settle(session.pending[0]!, Verdict.Accepted);
  await device.command();
  assert.deepEqual(
    device.frames.map(({ command }) => command),
    [Command.VehicleLogin, 0xc0],
  );
});

test("activation: application leaves the answer to a command, which is done when it is written", async (t) => {
  const rig = await startRig(t, { activation: "application", dataBeforeLogin: "accept" });
  const device = await vehicle(rig, 2025);
  const signature = { algorithm: "SM2", r: "01", s: "02" };
  const asked = { chipId: "C", publicKey: "00", vin: VIN, signature };
  device.send(Command.Activation, dataOf(Command.Activation, asked, 0, 2025));
  await device.flag(Command.Heartbeat);
  assert.ok(!device.frames.some(({ command }) => command === Command.ActivationResult));
  give(rig, { command: "activation_result", body: { result: "failed", reason: "vin_repeated" } });
  assert.equal(toHex((await device.command()).data), "0202");
  assert.equal((await told(rig, 3)).at(-1)!.state, "done");
});
