// Terminals over UDP: a session by phone number, answered where it has authenticated last, and what a forged source gets.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Jt808Frame } from "jt808-parser";
import { Random } from "../../../conformance/random.ts";
import { Refusal, RefusalReason } from "../../../core/index.ts";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { bodyOf, frameBytes, locationFields } from "./jt808-device.ts";
import { UdpDevice } from "./udp-device.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const IDLE_MS = 300_000;
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

async function udp(
  t: TestContext,
  listener: object = {},
): Promise<Rig & { device(phone?: string): Promise<UdpDevice> }> {
  const rig = await startRig(t, { transport: "udp", ...listener });
  return { ...rig, device: (phone = PHONE) => UdpDevice.open(t, rig.listeners()[0]!.port, phone) };
}

const isCommand = ({ id }: Jt808Frame): boolean => id === 0x8300;
const topics = (rig: Rig): string[] => rig.published().map(({ topic }) => topic.split("/").at(-1)!);

async function codeOf(device: UdpDevice): Promise<Uint8Array> {
  device.send(0x0100, register);
  const { body } = await device.find(({ id }) => id === 0x8100, "an answer to the registration");
  assert.equal(body[2], 0);
  return body.subarray(3);
}

test("registration, authentication, reports and commands in datagrams", async (t) => {
  const rig = await udp(t);
  const device = await rig.device();
  assert.equal(await device.result(0x0102, await codeOf(device)), 0);
  assert.equal(await device.result(0x0200, location), 0);
  assert.deepEqual(topics(rig), ["register", "authenticate", "location"]);
  const session = rig.gateway.sessionOf(ID);
  session.send({ topic: `jt808/${ID}/down`, payload: JSON.stringify({ id: "0x8300", body: "00" }), qos: 1 });
  const { serial } = await device.find(isCommand, "a command");
  device.send(0x0001, bodyOf(0x0001, 2013, { seq: serial, id: 0x8300, result: 0 }));
  await rig.gateway.until(() => session.acknowledgements.length === 1, "its end");
  assert.deepEqual(rig.listeners()[0]!.transport, "udp");
});

test("several frames in a datagram, and a frame in several", async (t) => {
  const rig = await udp(t, { sessionMessages: "consume" });
  const device = await rig.device();
  const long = device.frame(0x0200, location, 101);
  device.datagram(device.frame(0x0002, undefined, 99), device.frame(0x0200, location, 100), long.subarray(0, 20));
  device.datagram(long.subarray(20, 21));
  device.datagram(long.subarray(21), device.frame(0x0002, undefined, 102));
  await device.find(({ body }) => body[1] === 102, "the last answer");
  assert.deepEqual(
    device.frames.map(({ body }) => body[1]),
    [99, 100, 101, 102],
  );
  assert.deepEqual(topics(rig), ["location", "location"]);
});

test("after a lost piece, the next frame is read", async (t) => {
  const rig = await udp(t, { sessionMessages: "consume" });
  const device = await rig.device();
  const cut = device.frame(0x0200, location, 1);
  device.datagram(cut.subarray(0, 30));
  assert.equal(await device.result(0x0002), 0);
  assert.deepEqual(topics(rig), []);
});

test("a terminal that shows its code at another address is answered there, and commands follow it", async (t) => {
  const rig = await udp(t);
  const before = await rig.device();
  const code = await codeOf(before);
  assert.equal(await before.result(0x0102, code), 0);
  const after = await rig.device();
  assert.equal(await after.result(0x0200, location), 1, "not before it has shown it");
  assert.equal(await after.result(0x0102, code), 0);
  assert.equal(await after.result(0x0200, location), 0);
  assert.equal(rig.gateway.open.length, 1);
  rig.gateway
    .sessionOf(ID)
    .send({ topic: `jt808/${ID}/down`, payload: JSON.stringify({ id: "0x8300", body: "00" }), qos: 0 });
  await after.find(isCommand, "the command at the new address");
  assert.ok(!before.frames.some(isCommand));
  // And back again.
  assert.equal(await before.result(0x0200, location), 1);
  assert.equal(await before.result(0x0102, code), 0);
  assert.equal(await before.result(0x0200, location), 0);
});

for (const authentication of ["accept-any", "accept-known", "require-auth"]) {
  test(`${authentication}: a source without the code gets nothing of a terminal that is here`, async (t) => {
    const rig = await udp(t, { authentication, commands: { reports: false } });
    const device = await rig.device();
    // A code of ours proves something everywhere; the word of the gateway's own users does, too.
    const code = await codeOf(device);
    assert.equal(await device.result(0x0102, code), 0);
    const session = rig.gateway.sessionOf(ID);
    const before = rig.published().length;
    const forged = await rig.device();
    const asNobody = rig.gateway.authenticate.bind(rig.gateway);
    rig.gateway.authenticate = (peer, credentials) => asNobody(peer, { ...credentials, user: null });
    for (const body of [Buffer.from("wrong"), new Uint8Array(0), code.subarray(1)])
      assert.equal(await forged.result(0x0102, body), 1);
    assert.equal(await forged.result(0x0200, location), 1);
    assert.equal(await forged.result(0x0003), 1);
    forged.send(0x0100, register);
    const refused = await forged.find(({ id }) => id === 0x8100, "an answer to the registration");
    assert.deepEqual([...refused.body.subarray(2)], [3], "registered already, and no code");
    assert.equal(session.closed, null);
    assert.equal(rig.published().length, before);
    session.send({ topic: `jt808/${ID}/down`, payload: JSON.stringify({ id: "0x8300", body: "00" }), qos: 0 });
    await device.find(isCommand, "the command where it belongs");
    await turns(3);
    assert.ok(!forged.frames.some(isCommand));
    assert.equal(await device.result(0x0200, location), 0);
  });
}

test("a terminal that has never shown a code keeps its place until it is silent", async (t) => {
  const rig = await udp(t, { sessionMessages: "consume" });
  const before = await rig.device();
  assert.equal(await before.result(0x0200, location), 0);
  const after = await rig.device();
  const asNobody = rig.gateway.authenticate.bind(rig.gateway);
  rig.gateway.authenticate = (peer, credentials) => asNobody(peer, { ...credentials, user: null });
  assert.equal(await after.result(0x0200, location), 1);
  assert.equal(await after.result(0x0102, Buffer.from("anything")), 1);
  rig.clock.advance(IDLE_MS);
  assert.equal(await after.result(0x0200, location), 0);
  assert.equal(rig.gateway.open.length, 1);
});

test("a claim that comes to nothing leaves the terminal where it was", async (t) => {
  const rig = await udp(t);
  const device = await rig.device();
  const code = await codeOf(device);
  assert.equal(await device.result(0x0102, code), 0);
  rig.gateway.script.open = () => new Refusal(RefusalReason.QuotaExceeded, "test");
  const other = await rig.device();
  assert.equal(await other.result(0x0102, code), 1);
  rig.gateway.script.open = () => null;
  assert.equal(await other.result(0x0200, location), 1, "it is still held");
  assert.equal(await device.result(0x0200, location), 0);
});

test("a terminal on a stream is not taken by a datagram either", async (t) => {
  const rig = await startRig(t, {}, { listeners: [{ port: 0 }, { port: 0, transport: "udp" }] });
  const stream = await rig.open(PHONE);
  assert.equal(await stream.result(0x0200, location), 0);
  const forged = await UdpDevice.open(t, rig.listeners()[1]!.port, PHONE);
  assert.equal(await forged.result(0x0200, location), 1);
  assert.equal(await stream.result(0x0200, location), 0);
  stream.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "its end");
  assert.equal(await forged.result(0x0200, location), 0, "nobody holds it now");
});

test("goodbye and silence end the session; nothing is left", async (t) => {
  const rig = await udp(t);
  const [one, other] = [await rig.device(), await rig.device("013800138001")];
  assert.equal(await one.result(0x0200, location), 0);
  assert.equal(await other.result(0x0200, location), 0);
  assert.equal(await one.result(0x0003), 0);
  await rig.gateway.until(() => rig.gateway.open.length === 1, "the end of the first");
  rig.clock.advance(IDLE_MS);
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of both");
  assert.equal(rig.gateway.meter("jt808").connections, 0);
});

test("many terminals of one source, where that is allowed", async (t) => {
  const rig = await udp(t, { allowMultipleTerminals: true });
  const one = await rig.device();
  one.datagram(
    ...["013800138000", "013800138001", "013800138002"].map((phone) => frameBytes(0x0200, phone, 1, location)),
  );
  await rig.gateway.until(() => rig.gateway.open.length === 3, "three sessions");
  assert.deepEqual(rig.gateway.open.map(({ origin }) => origin.device).toSorted(), [
    "13800138000",
    "13800138001",
    "13800138002",
  ]);
});

test("what only streams have is refused over UDP, and the other way round", async (t) => {
  for (const [listener, key] of [
    [{ transport: "udp", tls: { cert: "c", key: "k" } }, "tls"],
    [{ transport: "udp", proxyProtocol: "allow" }, "proxyProtocol"],
    [{ transport: "udp", proxyProtocol: { mode: "require" } }, "proxyProtocol"],
    [{ transport: "udp", attachments: true, multimedia: { directory: "x" } }, "attachments"],
    [{ datagrams: { sourceRatePerSecond: 1 } }, "datagrams"],
  ] as const)
    await assert.rejects(startRig(t, listener), new RegExp(`/listeners/0/${key}"`));
});

test("random and mutilated datagrams: nothing fails, and who is here stays", async (t) => {
  const rig = await udp(t, { sessionMessages: "consume", datagrams: { sourceRatePerSecond: 1_000_000 } });
  const device = await rig.device();
  assert.equal(await device.result(0x0200, location), 0);
  const asNobody = rig.gateway.authenticate.bind(rig.gateway);
  rig.gateway.authenticate = (peer, credentials) => asNobody(peer, { ...credentials, user: null });
  const random = Random.fromEnvironment();
  t.diagnostic(`TRIBUTARY_SEED=${random.seed}`);
  const good = [
    frameBytes(0x0200, PHONE, 7, location),
    frameBytes(0x0100, PHONE, 8, register),
    frameBytes(0x0102, PHONE, 9, Buffer.from("code")),
    frameBytes(0x0001, PHONE, 10, Uint8Array.of(0, 1, 0x83, 0, 0)),
  ];
  const hostile = await Promise.all(Array.from({ length: 4 }, () => rig.device()));
  for (let n = 0; n < 4000; n++) {
    const one = Buffer.from(good[n % good.length]!);
    if (n % 3 === 0) one.set(random.bytes(one.length));
    else one[random.below(one.length)] = random.below(256);
    hostile[n % hostile.length]!.datagram(one.subarray(0, n % 5 === 0 ? random.below(one.length) : one.length));
    if (n % 200 === 0) await turns(1);
  }
  assert.equal(await device.result(0x0200, location), 0);
  assert.deepEqual(rig.gateway.log.of("error"), []);
  assert.equal(rig.gateway.open.filter(({ origin }) => origin.device === ID).length, 1);
});
