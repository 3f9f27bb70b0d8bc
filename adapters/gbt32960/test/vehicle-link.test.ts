// Vehicles with a link of their own, on real sockets before a scripted core: what they are answered, what is published,
// who may speak.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Response } from "gbt32960-parser";
import { CloseReason, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { dataOf, frameBytes, loginOf, logoutOf, reportOf, timeOf } from "./gbt32960-device.ts";
import { startRig } from "./rig.ts";

const VIN = "LSVAU2A37N2100001";
const OTHER = "LSVAU2A37N2100002";
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("a life: login, report, re-issue, heartbeat, time, logout; each answered with its own time", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  for (const [command, data] of [
    [Command.VehicleLogin, loginOf(0, 7)],
    [Command.Report, reportOf(1)],
    [Command.Reissue, reportOf(2)],
    [Command.VehicleLogout, logoutOf(3, 7)],
  ] as const) {
    const answer = await device.ask(command, data);
    assert.deepEqual([answer.response, answer.id, hex(answer.data)], [Response.Ok, VIN, hex(data.subarray(0, 6))]);
  }
  const [login, report, , logout] = rig.published();
  assert.deepEqual(
    rig.topics(),
    ["login", "report", "reissue", "logout"].map((name) => `gbt32960/${VIN}/up/${name}`),
  );
  assert.deepEqual(login!.json["body"], {
    time: "2025-11-20T10:00:00+08:00",
    serial: 7,
    iccid: "89860000000000000001",
    batteries: 0,
    codes: [],
  });
  assert.equal(report!.json["version"], "2016");
  assert.equal(report!.message.properties?.contentType, "application/json");
  assert.equal(logout!.json["serialFault"], undefined);
  const session = rig.gateway.sessionOf(VIN);
  assert.deepEqual([session.closed, session.options.device, session.options.via], [CloseReason.Normal, null, []]);
});

test("heartbeats and time requests are answered and not published: the time is Beijing's", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  assert.equal(await device.login(), Response.Ok);
  const heartbeat = await device.ask(Command.Heartbeat);
  assert.deepEqual([heartbeat.response, heartbeat.data.length], [Response.Ok, 0]);
  const time = await device.ask(Command.TimeSync);
  assert.equal(hex(time.data), "1a0101080000", "2026-01-01T08:00:00");
  assert.equal(rig.published().length, 1);
});

test("each verdict has its flag, and no refusal is told as ok; a login that is not taken leaves no session", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  await device.login();
  const told: Record<string, number> = {};
  for (const [name, verdict] of Object.entries(Verdict)) {
    if (verdict === Verdict.Pending) continue;
    rig.gateway.script.publish = () => verdict;
    told[name] = await device.report();
  }
  const refused = Object.keys(told).filter((name) => told[name] !== Response.Ok);
  assert.deepEqual(
    Object.keys(told).filter((name) => told[name] === Response.Ok),
    ["Accepted", "NoSubscriber"],
  );
  assert.ok(refused.every((name) => told[name] === Response.Error));
  const second = await rig.open(OTHER);
  rig.gateway.script.publish = () => Verdict.Denied;
  assert.equal(await second.login(), Response.Error);
  assert.equal(rig.gateway.sessionOf(OTHER).closed, CloseReason.Protocol);
});

test("what comes again is answered again and published once; after a refusal it is a new try", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  await device.login();
  rig.gateway.script.publish = () => Verdict.Overload;
  const data = reportOf(50);
  const repeat = async (): Promise<number> => {
    const from = device.frames.length;
    device.send(Command.Report, data);
    return (await device.find(({ command }) => command === Command.Report, "an answer", from)).response;
  };
  assert.equal(await repeat(), Response.Error);
  rig.gateway.script.publish = () => Verdict.Accepted;
  assert.equal(await repeat(), Response.Ok);
  assert.equal(await repeat(), Response.Ok);
  assert.equal(rig.published().length, 3, "the login, the refused one and the taken one");
  // The same data unit as a re-issue is another message.
  assert.equal(await device.flag(Command.Reissue, data), Response.Ok);
  rig.clock.advance(299_000);
  assert.equal(await repeat(), Response.Ok);
  assert.equal(rig.published().length, 4);
});

test("a repetition of what waits for its verdict is answered once", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  await device.login();
  rig.gateway.script.publish = () => Verdict.Pending;
  const from = device.frames.length;
  for (let n = 0; n < 3; n++) device.send(Command.Report, reportOf(9));
  const session = rig.gateway.sessionOf(VIN);
  await rig.gateway.until(() => session.pending.length === 1, "a publish");
  await device.flag(Command.Heartbeat);
  session.settle(session.pending[0]!, Verdict.Accepted);
  await device.find(({ command }) => command === Command.Report, "the answer", from);
  await device.flag(Command.Heartbeat);
  assert.equal(device.frames.slice(from).filter(({ command }) => command === Command.Report).length, 1);
});

test("data before login: refused, or taken as a login, and never without the gateway", async (t) => {
  const strict = await startRig(t, { unauthenticatedFramesMax: 3 });
  const stranger = await strict.open(VIN);
  assert.equal(await stranger.report(), Response.Error);
  assert.equal(await stranger.flag(Command.Heartbeat), Response.Ok);
  assert.equal(strict.gateway.authentications.length, 0);
  stranger.send(Command.Report, reportOf(30));
  await stranger.closed;
  assert.equal(strict.faults()["GBT32960_NOT_LOGGED_IN"], 3);
  const open = await startRig(t, { dataBeforeLogin: "accept" });
  const known = await open.open(VIN);
  assert.equal(await known.report(), Response.Ok);
  assert.deepEqual(open.topics(), [`gbt32960/${VIN}/up/report`]);
  open.gateway.script.authenticate = () => new Refusal(RefusalReason.BadCredentials, "test");
  const unknown = await open.open(OTHER);
  assert.equal(await unknown.report(), Response.Error);
});

test("refusals by version: 2025 knows of VINs that do not exist", async (t) => {
  const rig = await startRig(t);
  rig.gateway.script.authenticate = () => new Refusal(RefusalReason.BadCredentials, "test");
  assert.equal(await (await rig.open(VIN, 2016)).login(), Response.Error);
  assert.equal(await (await rig.open(VIN, 2025)).login(), Response.NoSuchVin);
  rig.gateway.script.authenticate = () => new Refusal(RefusalReason.RateLimited, "test");
  assert.equal(await (await rig.open(VIN, 2025)).login(), Response.Error);
});

test("password: iccid asks the gateway with the number of the SIM card, and takes no stranger", async (t) => {
  const rig = await startRig(t, { password: "iccid", tenant: "acme" });
  const device = await rig.open(VIN);
  assert.equal(await device.login(), Response.Ok);
  const { credentials } = rig.gateway.authentications[0]!;
  assert.deepEqual(
    [credentials.client, credentials.user, Buffer.from(credentials.password!).toString()],
    [VIN, `acme/${VIN}`, "89860000000000000001"],
  );
});

test("another vehicle on a vehicle's link: refused, and too often is too often", async (t) => {
  const rig = await startRig(t, { unauthenticatedFramesMax: 2 });
  const device = await rig.open(VIN);
  await device.login();
  const other = device.beside(OTHER);
  assert.equal(await other.flag(Command.VehicleLogin, loginOf(40)), Response.Error);
  assert.equal(await device.report(), Response.Ok);
  other.send(Command.Report, reportOf(41));
  await device.closed;
  assert.equal(rig.faults()["GBT32960_OTHER_VEHICLE"], 3);
  assert.equal(rig.gateway.sessions.length, 1);
});

test("ids that are no names: refused before anybody is asked", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open("a/b");
  for (const vin of ["a/b", "+", "#", "..", "", "x y"]) {
    assert.equal(await device.beside(vin).flag(Command.VehicleLogin, loginOf(device.next)), Response.Error, vin);
  }
  assert.equal(rig.gateway.authentications.length, 0);
  assert.equal(rig.faults()["GBT32960_ID"], 6);
});

test("serials: marked where they break the rules, or enforced", async (t) => {
  const marking = await startRig(t);
  const device = await marking.open(VIN);
  assert.equal(await device.login(0), Response.Ok);
  assert.equal(await device.login(5), Response.Ok);
  assert.equal(await device.flag(Command.VehicleLogout, logoutOf(10, 6)), Response.Ok);
  assert.deepEqual(
    marking.published().map(({ json }) => json["serialFault"]),
    ["out_of_range", undefined, "not_of_login"],
  );
  const enforcing = await startRig(t, { loginSerials: "enforce" });
  const strict = await enforcing.open(VIN);
  assert.equal(await strict.login(0), Response.Error);
  assert.equal(await strict.login(5), Response.Ok);
  assert.equal(await strict.flag(Command.VehicleLogout, logoutOf(10, 6)), Response.Error);
  assert.equal(await strict.report(), Response.Ok, "it is still there");
  assert.equal(await strict.flag(Command.VehicleLogout, logoutOf(11, 5)), Response.Ok);
  assert.equal(enforcing.faults()["GBT32960_SERIAL"], 2);
});

test("undecoded: published with bytes and reason, told as an error, and the link stays", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  await device.login();
  // A position that ends early.
  assert.equal(await device.flag(Command.Report, reportOf(20).subarray(0, 12)), Response.Error);
  const undecoded = rig.published().at(-1)!;
  assert.equal(undecoded.topic, `gbt32960/${VIN}/up/undecoded`);
  assert.equal(undecoded.json["hex"], hex(reportOf(20).subarray(0, 12)));
  assert.deepEqual(undecoded.json["fault"], { code: "GBT32960_BODY_SHORT", field: "units[0].latitude" });
  assert.equal(await device.report(), Response.Ok);
  const newer = await rig.open(OTHER, 2025);
  await newer.login();
  assert.equal(await newer.flag(Command.Report, reportOf(21).subarray(0, 9)), Response.Structure);
});

test("what nobody laid out goes to transparent, and is answered", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  await device.login();
  const data = Buffer.concat([timeOf(3), Buffer.from("cafe", "hex")]);
  const answer = await device.ask(0xc5, data);
  assert.deepEqual([answer.response, hex(answer.data)], [Response.Ok, hex(timeOf(3))]);
  const { topic, json } = rig.published().at(-1)!;
  assert.deepEqual([topic, json["command"], json["hex"]], [`gbt32960/${VIN}/up/transparent`, "0xc5", hex(data)]);
});

test("terminalAnswers: echo repeats what a terminal of 2016 sent, with the gateway's time", async (t) => {
  const rig = await startRig(t, { terminalAnswers: "echo" });
  const login = loginOf();
  const older = await rig.open(VIN);
  older.send(Command.VehicleLogin, login);
  const echo = await older.find(({ command }) => command === Command.VehicleLogin, "the answer");
  assert.equal(hex(echo.data), `1a0101080000${hex(login.subarray(6))}`);
  const newer = await rig.open(OTHER, 2025);
  const short = await newer.ask(Command.VehicleLogin, loginOf(0, 1, 2025));
  assert.equal(hex(short.data), hex(login.subarray(0, 6)));
  // Late, it still has all of it.
  rig.gateway.script.publish = () => Verdict.Pending;
  const report = reportOf(2);
  const from = older.frames.length;
  older.send(Command.Report, report);
  const session = rig.gateway.sessionOf(VIN);
  await rig.gateway.until(() => session.pending.length === 1, "a publish");
  session.settle(session.pending[0]!, Verdict.Accepted);
  const late = await older.find(({ command }) => command === Command.Report, "the answer", from);
  assert.equal(hex(late.data.subarray(6)), hex(report.subarray(6)));
});

test("reportAnswers: errors keeps silent about what was taken", async (t) => {
  const rig = await startRig(t, { reportAnswers: "errors" });
  const device = await rig.open(VIN);
  await device.login();
  device.send(Command.Report, reportOf(1));
  await device.flag(Command.Heartbeat);
  rig.gateway.script.publish = () => Verdict.Denied;
  assert.equal(await device.flag(Command.Report, reportOf(2)), Response.Error);
  assert.equal(device.frames.filter(({ command }) => command === Command.Report).length, 1);
});

test("activation (2025): published without a session, answered by its own command, and not for ever", async (t) => {
  const rig = await startRig(t, { unauthenticatedFramesMax: 3 });
  const device = await rig.open(VIN, 2025);
  const native = {
    chipId: "CHIP0001",
    publicKey: "00",
    vin: VIN,
    signature: { algorithm: "SM2", r: "01", s: "02" },
  };
  const data = dataOf(Command.Activation, native, 0, 2025);
  device.send(Command.Activation, data);
  const answer = await device.command();
  assert.deepEqual([answer.command, answer.version, hex(answer.data)], [Command.ActivationResult, 2025, "0100"]);
  const { topic, json } = rig.published()[0]!;
  assert.equal(topic, `gbt32960/${VIN}/up/activation`);
  assert.equal(json["signature"], "undetermined");
  assert.equal(rig.gateway.open.length, 0);
  rig.gateway.script.publish = () => Verdict.Denied;
  device.send(Command.Activation, dataOf(Command.Activation, native, 1, 2025));
  assert.equal(hex((await device.command()).data), "0200");
  device.send(Command.Activation, dataOf(Command.Activation, native, 2, 2025));
  await device.closed;
});

test("key exchange (2025): the key is nobody else's business, and nothing of it is repeated", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN, 2025);
  await device.login();
  const from = device.frames.length;
  const native = {
    encryption: "AES-128",
    key: "53454352455430313233343536373839",
    validFrom: "2025-01-01T00:00:00+08:00",
    validUntil: "2026-01-01T00:00:00+08:00",
  };
  device.send(Command.KeyExchange, dataOf(Command.KeyExchange, native, 0, 2025));
  const answer = await device.find(({ command }) => command === Command.KeyExchange, "the answer", from);
  assert.deepEqual([answer.response, answer.data.length], [Response.Ok, 0]);
  const { topic, json, message } = rig.published().at(-1)!;
  assert.equal(topic, `gbt32960/${VIN}/up/key_exchange`);
  assert.ok(!Buffer.from(message.payload).toString().includes(native.key));
  assert.equal((json["body"] as Record<string, unknown>)["encryption"], "AES-128");
});

test("the same vehicle on a new link takes the old one over; a lost link is told", async (t) => {
  const rig = await startRig(t);
  const older = await rig.open(VIN);
  await older.login();
  const newer = await rig.open(VIN);
  assert.equal(await newer.login(2), Response.Ok);
  await older.closed;
  assert.deepEqual(rig.topics(), [`gbt32960/${VIN}/up/login`, `gbt32960/${VIN}/up/login`]);
  newer.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end");
  const last = rig.published().at(-1)!;
  assert.equal(last.topic, `gbt32960/${VIN}/up/offline`);
  assert.deepEqual(last.json, {
    message: "offline",
    vin: VIN,
    reason: "connection_lost",
    receivedAt: "2026-01-01T00:00:00.000Z",
  });
});

test("idle links are closed; bad frames are stepped over, too many in a row end the link", async (t) => {
  const rig = await startRig(t, { idleTimeoutMs: 60_000, badFramesMax: 3 });
  const device = await rig.open(VIN);
  await device.login();
  const bad = frameBytes(Command.Heartbeat, VIN);
  bad[bad.length - 1]! ^= 1;
  device.tcp.write(Buffer.concat([bad, bad]));
  assert.equal(await device.report(), Response.Ok);
  rig.clock.advance(59_999);
  await turns(2);
  assert.equal(rig.gateway.sessionOf(VIN).closed, null);
  rig.clock.advance(1);
  await device.closed;
  assert.equal(rig.gateway.sessionOf(VIN).closed, CloseReason.KeepAlive);
  const noisy = await rig.open(VIN);
  noisy.tcp.write(Buffer.concat([bad, bad, bad]));
  await noisy.closed;
  assert.deepEqual(rig.faults(), { GBT32960_CHECKSUM: 5, GBT32960_BAD_FRAMES: 1 });
});

test("a length that is wrong holds back what is behind it for frameTimeoutMs, and no longer", async (t) => {
  const rig = await startRig(t, { frameTimeoutMs: 5_000 });
  const device = await rig.open(VIN);
  await device.login();
  const long = frameBytes(Command.Report, VIN, reportOf(1));
  long[22] = 0x7f;
  device.tcp.write(Buffer.concat([long, frameBytes(Command.Report, VIN, reportOf(2))]));
  await turns(5);
  rig.clock.advance(5_000);
  await device.find(({ data }) => hex(data) === hex(timeOf(2)), "the answer to the second report");
  assert.equal(rig.faults()["GBT32960_INCOMPLETE"], 1);
});
