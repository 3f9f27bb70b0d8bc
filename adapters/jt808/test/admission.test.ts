// Who may speak, under which policy; registration and the codes that it gives out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseReason, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { bodyOf, locationFields } from "./jt808-device.ts";
import type { Jt808Device } from "./jt808-device.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const location = bodyOf(0x0200, 2013, locationFields);
const register = bodyOf(0x0100, 2013, {
  province: 44,
  city: 300,
  manufacturer: "ACME",
  model: "BOX-1",
  dev_id: "0000001",
  color: 1,
  license_number: "粤A12345",
});
const nobody = () => new Refusal(RefusalReason.BadCredentials, "test");

async function registered(device: Jt808Device): Promise<{ result: number; code: Uint8Array }> {
  const { body } = await device.ask(0x0100, register);
  return { result: body[2]!, code: body.subarray(3) };
}

function messagesOf(rig: Rig): string[] {
  return rig.published().map(({ topic }) => topic);
}

test("require-auth: nothing but registration before the right code, and then the link is closed", async (t) => {
  const rig = await startRig(t, { authentication: "require-auth", unauthenticatedFramesMax: 4 });
  // A gateway that lets strangers in as nobody.
  const device = await rig.open(PHONE);
  rig.gateway.script.authenticate = () => null;
  assert.equal(await device.result(0x0200, location), 1);
  assert.equal(rig.gateway.authentications.length, 0);
  const { code } = await registered(device);
  assert.equal(await device.result(0x0102, code), 0);
  assert.equal(await device.result(0x0200, location), 0);
  const other = await rig.open("013800138001");
  for (let n = 0; n < 4; n++) assert.equal(await other.result(0x0200, location), 1);
  await other.closed;
  assert.equal(rig.faults()["JT808_NOT_AUTHENTICATED"], 5);
});

test("require-auth: a stranger's code proves nothing, another phone's neither", async (t) => {
  const rig = await startRig(t, { authentication: "require-auth" });
  const gateway = rig.gateway;
  const asNobody = gateway.authenticate.bind(gateway);
  gateway.authenticate = (peer, credentials) => asNobody(peer, { ...credentials, user: null });
  const device = await rig.open(PHONE);
  const { code } = await registered(device);
  const other = await rig.open("013800138001");
  assert.equal(await other.result(0x0102, code), 1, "another phone's code");
  assert.equal(await other.result(0x0102, Buffer.from("whatever")), 1);
  assert.equal(await other.result(0x0102, new Uint8Array(0)), 1, "an empty code");
  assert.equal(await device.result(0x0102, code), 0);
  // A user whom the gateway knows has proved who he is by his own password.
  gateway.authenticate = asNobody;
  assert.equal(await other.result(0x0102, Buffer.from("password")), 0);
});

test("the gateway is asked for a user named by the phone, tenant before it; the code is the password", async (t) => {
  const rig = await startRig(t, { tenant: "acme" });
  const device = await rig.open("000013800138000".slice(-12));
  assert.equal(await device.result(0x0102, Buffer.from("s3cret")), 0);
  const { credentials } = rig.gateway.authentications[0]!;
  assert.deepEqual(
    { ...credentials, password: Buffer.from(credentials.password!).toString() },
    { client: ID, user: `acme/${ID}`, password: "s3cret", token: null },
  );
});

test("a listener's tenant keeps out whoever the gateway knows under another", async (t) => {
  const rig = await startRig(t, { tenant: "acme" });
  const ask = rig.gateway.authenticate.bind(rig.gateway);
  rig.gateway.authenticate = (peer, credentials) => ask(peer, { ...credentials, user: null });
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0200, location), 1);
  assert.equal(rig.gateway.sessions.length, 0);
});

test("accept-known: listed terminals speak at once, others after they authenticated once", async (t) => {
  const rig = await startRig(t, { authentication: "accept-known", knownTerminals: [ID] });
  const listed = await rig.open(PHONE);
  assert.equal(await listed.result(0x0200, location), 0);
  const other = await rig.open("013800138001");
  assert.equal(await other.result(0x0200, location), 1);
  assert.equal(await other.result(0x0102, Buffer.from("password")), 0);
  other.tcp.destroy();
  await other.closed;
  const again = await rig.open("013800138001");
  assert.equal(await again.result(0x0200, location), 0);
});

test("accept-any: a wrong password of a known user is refused all the same, and ends his session", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0200, location), 0);
  rig.gateway.script.authenticate = nobody;
  assert.equal(await device.result(0x0102, Buffer.from("wrong")), 1);
  assert.equal(rig.gateway.sessionOf(ID).closed, CloseReason.Protocol);
  assert.equal(await device.result(0x0200, location), 1);
});

test("authenticating again on an open session keeps it; as somebody else it is another session", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0102, Buffer.from("a")), 0);
  assert.equal(await device.result(0x0102, Buffer.from("b")), 0);
  assert.equal(rig.gateway.sessions.length, 1);
  const ask = rig.gateway.authenticate.bind(rig.gateway);
  rig.gateway.authenticate = (peer, credentials) => ask(peer, { ...credentials, user: "other" });
  assert.equal(await device.result(0x0102, Buffer.from("c")), 0);
  assert.deepEqual(
    rig.gateway.sessions.map(({ closed }) => closed),
    [CloseReason.Normal, null],
  );
});

test("registration: refused when the gateway bans, and when the message is refused", async (t) => {
  const rig = await startRig(t, { authentication: "require-auth" });
  const device = await rig.open(PHONE);
  rig.gateway.script.authenticate = () => new Refusal(RefusalReason.Banned, "test");
  assert.equal((await registered(device)).result, 4);
  rig.gateway.script.authenticate = () => null;
  rig.gateway.script.publish = () => Verdict.Denied;
  assert.equal((await registered(device)).result, 4);
  rig.gateway.script.publish = () => Verdict.Pending;
  const waiting = registered(device);
  await rig.gateway.until(() => rig.gateway.sessionOf(ID).pending.length === 1, "the registration");
  const session = rig.gateway.sessionOf(ID);
  assert.equal(session.options.exclusive, false, "it takes nobody over");
  session.settle(session.pending[0]!, Verdict.Accepted);
  assert.equal((await waiting).result, 0);
  assert.equal(rig.gateway.open.length, 0);
});

test("registration of a terminal that has a password: published when it has proved who it is", async (t) => {
  const rig = await startRig(t);
  rig.gateway.script.authenticate = (_, { password }) => (password === null ? nobody() : null);
  const device = await rig.open(PHONE);
  assert.equal((await registered(device)).result, 0);
  assert.equal(rig.gateway.sessions.length, 0);
  assert.equal(await device.result(0x0102, Buffer.from("its own code")), 0);
  assert.deepEqual(messagesOf(rig), [`jt808/${ID}/up/register`, `jt808/${ID}/up/authenticate`]);
});

test("a registration under way when the link ends leaves nothing", async (t) => {
  const rig = await startRig(t);
  rig.gateway.script.publish = () => Verdict.Pending;
  const device = await rig.open(PHONE);
  device.send(0x0100, register);
  await rig.gateway.until(() => rig.gateway.open.length === 1, "the registration's session");
  device.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "its end");
});

test("codes last as long as the secret: the same on two gateways, another with another secret", async (t) => {
  const codes: string[] = [];
  for (const authCodeSecret of ["0123456789abcdef", "0123456789abcdef", "fedcba9876543210"]) {
    const rig = await startRig(t, {}, { authCodeSecret });
    codes.push(Buffer.from((await registered(await rig.open(PHONE))).code).toString());
  }
  assert.equal(codes[0], codes[1]);
  assert.notEqual(codes[0], codes[2]);
});
