// A terminal on a listener with the compatible profile: topics, identity, what is published and what is consumed, commands
// with the serial that they ask for.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Attribute, Jt808Encoder, Jt808Frame } from "jt808-parser";
import { Verdict } from "../../../core/index.ts";
import { AuthCodes, KnownTerminals } from "../admission.ts";
import { startRig } from "./bench-link.ts";
import { bodyOf, framesIn, locationFields } from "./jt808-device.ts";
import { vector } from "./vectors.ts";

const PHONE = "013800138000";
const location = bodyOf(0x0200, 2013, locationFields);

const registration = {
  province: 31,
  city: 115,
  manufacturer: "cd",
  model: "m",
  dev_id: "1",
  color: 1,
  license_number: "测A1234",
};

test("keys of the profile without the profile are a mistake", async (t) => {
  await assert.rejects(startRig(t, { emqx: {} }), /\/listeners\/0\/emqx"/);
});

test("messages go to one topic with the digits of the header; what serves the link is answered only", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(PHONE);
  assert.equal((await device.ask(0x0100, bodyOf(0x0100, 2013, registration))).body[2], 0);
  assert.equal(await device.result(0x0102, Buffer.from("x")), 0);
  assert.equal(await device.result(0x0002), 0);
  assert.equal(await device.result(0x0200, location), 0);
  assert.equal(await device.result(0x0f01, Uint8Array.of(1)), 0);
  assert.deepEqual(
    rig.published().map(({ topic, json }) => [topic, (json["header"] as { msg_id: number }).msg_id]),
    [0x0200, 0x0f01].map((id) => [`jt808/${PHONE}/${PHONE}/up`, id]),
  );
  assert.deepEqual([...rig.gateway.sessionOf(PHONE).subscriptions.keys()], [`jt808/${PHONE}/${PHONE}/dn`]);
});

test("what is consumed can be chosen; a registration is published as it is shown there", async (t) => {
  const rig = await startRig(t, {
    profile: "emqx",
    emqx: { consumed: ["0x0200"], mountpoint: "cars/", upTopic: "${phone}" },
  });
  const device = await rig.open(PHONE);
  await device.ask(0x0100, bodyOf(0x0100, 2013, registration));
  assert.equal(await device.result(0x0102, Buffer.from("s3cret")), 0);
  assert.equal(await device.result(0x0200, location), 0);
  assert.deepEqual(
    rig.published().map(({ topic, json }) => [topic, json["body"]]),
    [
      [`cars/${PHONE}`, { ...registration, manufacturer: "cd\0\0\0" }],
      [`cars/${PHONE}`, {}],
    ],
  );
});

test("the code is asked for as the terminal sent it, whatever it is written in; the user is the client id", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(PHONE);
  for (const code of [Buffer.from("测"), Buffer.from("b2e2", "hex"), Buffer.from("abc")]) {
    await device.result(0x0102, code);
    const { client, user, password } = rig.gateway.authentications.at(-1)!.credentials;
    assert.deepEqual([client, user, Buffer.from(password!)], [PHONE, PHONE, code]);
  }
});

test("a code that registration gave is right on a listener of the other profile, too", () => {
  const codes = new AuthCodes("0123456789abcdef");
  assert.ok(codes.isCodeOf("013800138000", Buffer.from(codes.codeOf("13800138000"))));
  const known = new KnownTerminals(new Set(["13800138000"]));
  assert.ok(known.has("00000000013800138000"));
});

test("a message that is denied is never told as ok", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  rig.gateway.script.publish = () => Verdict.Denied;
  assert.equal(await device.result(0x0200, location), 1);
});

test("commands: the serial that is asked for, the terminal's answer visible, what cannot be sent rejected", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  const session = rig.gateway.sessionOf(PHONE);
  await rig.gateway.until(() => session.writable, "a session that takes commands");
  const send = (payload: object): void =>
    session.send({ topic: `jt808/${PHONE}/${PHONE}/dn`, payload: JSON.stringify(payload), qos: 1 });
  send({ header: { msg_id: 0x8300, msg_sn: 4711 }, body: { flag: 1, text: "Hello" } });
  const command = await device.command();
  assert.deepEqual([command.id, command.serial, Buffer.from(command.body).toString()], [0x8300, 4711, "\u0001Hello"]);
  device.send(0x0001, bodyOf(0x0001, 2013, { seq: 4711, id: 0x8300, result: 0 }));
  await rig.gateway.until(() => rig.published().length === 1, "the terminal's answer");
  const { topic, json } = rig.published()[0]!;
  assert.equal(topic, `jt808/${PHONE}/${PHONE}/up`);
  assert.deepEqual(json["body"], { seq: 4711, id: 0x8300, result: 0 });
  await rig.gateway.until(() => session.acknowledgements.length === 1, "the acknowledgement");
  send({ header: { msg_id: 0x8300 }, body: {} });
  await rig.gateway.until(() => session.acknowledgements.length === 2, "the refusal");
  assert.equal(rig.published().length, 1, "nothing but messages of the terminal");
});

test("states of commands have a topic below", async (t) => {
  const rig = await startRig(t, { profile: "emqx", commands: { reports: true } });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  const session = rig.gateway.sessionOf(PHONE);
  await rig.gateway.until(() => session.writable, "a session that takes commands");
  session.send({ topic: `jt808/${PHONE}/${PHONE}/dn`, payload: "{}", qos: 1 });
  await rig.gateway.until(() => rig.published().length === 1, "the report");
  assert.equal(rig.published()[0]!.topic, `jt808/${PHONE}/${PHONE}/up/command`);
});

test("a terminal whose number is not of digits is answered in its own header", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const { hex, emqx } = vector("j063");
  const device = await rig.open("4f07788ef676");
  const [frame] = framesIn(Buffer.from(hex, "hex"));
  device.send(frame!.id, frame!.body, frame!.serial);
  const answer = await device.awaitAnswer(frame!.id, frame!.serial);
  assert.equal(answer.phone, "4f07788ef676");
  assert.equal(rig.gateway.sessionOf("4?07788>?676").origin.client, emqx!.header["phone"]);
});

test("positions of a batch: the batch alone, or each of them, too, in the same shape", async (t) => {
  const { emqx, hex } = vector("j178");
  const [batch] = framesIn(Buffer.from(hex, "hex"));
  const positions = emqx!.body["location"] as object[];
  for (const [batchPositions, expected] of [
    [undefined, [emqx!.body]],
    [true, [emqx!.body, ...positions]],
  ] as const) {
    const rig = await startRig(t, { profile: "emqx", ...(batchPositions === undefined ? {} : { batchPositions }) });
    const device = await rig.open(PHONE);
    assert.equal(await device.result(0x0704, batch!.body), 0);
    const published = rig.published();
    assert.deepEqual(
      published.map(({ json }) => json["body"]),
      expected,
    );
    assert.ok(published.every(({ topic }) => topic === `jt808/${PHONE}/${PHONE}/up`));
    const lengths = published.slice(1).map(({ json }) => json["header"] as { msg_id: number; len: number });
    assert.ok(lengths.every(({ msg_id }) => msg_id === 0x0200));
    if (lengths.length > 0) {
      const elements = lengths.reduce((sum, { len }) => sum + len + 2, 0);
      assert.equal(elements, batch!.body.length - 3);
    }
  }
});

test("a message in fragments is one, and media are published and answered with 0x8800", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  const { emqx, hex } = vector("j198");
  const [media] = framesIn(Buffer.from(hex, "hex"));
  const halves = [media!.body.slice(0, 20), media!.body.slice(20)];
  const frames = halves.map(
    (body, n) => new Jt808Frame(0x0801, Attribute.Fragmented, 2013, 0, PHONE, 100 + n, 2, n + 1, body),
  );
  for (const frame of frames) device.tcp.write(new Jt808Encoder().encode(frame));
  await device.find(({ id }) => id === 0x8800, "the answer to the medium");
  const [only, ...others] = rig.published();
  assert.deepEqual([only!.json["body"], others], [emqx!.body, []]);
  const { msg_id, len, frag_total } = only!.json["header"] as Record<string, number>;
  assert.deepEqual([msg_id, len, frag_total], [0x0801, media!.body.length, undefined]);
});

test("a key that is consumed is answered with ours all the same", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tributary-key-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const privateKey = join(folder, "key.pem");
  const pair = generateKeyPairSync("rsa", { modulusLength: 1024 });
  writeFileSync(privateKey, pair.privateKey.export({ type: "pkcs8", format: "pem" }));
  const rig = await startRig(t, { profile: "emqx", encryption: { rsa: { privateKey } } });
  const device = await rig.open(PHONE);
  await device.result(0x0102, Buffer.from("x"));
  const modulus = Buffer.from(pair.publicKey.export({ format: "jwk" }).n!, "base64url");
  device.send(0x0a00, Buffer.concat([Buffer.from("00010001", "hex"), modulus]));
  const key = await device.find(({ id }) => id === 0x8a00, "the platform's key");
  assert.deepEqual(Buffer.from(key.body.subarray(4)), modulus);
  assert.deepEqual(rig.published(), []);
});
