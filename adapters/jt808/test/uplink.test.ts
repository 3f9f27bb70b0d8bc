// What comes up beside plain messages: positions of batches, what cannot be read, compressed and encrypted bodies, files.

import assert from "node:assert/strict";
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { gzipSync } from "node:zlib";
import { Jt808Encoder, Jt808Frame, plainFrame } from "jt808-parser";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { Verdict } from "../../../core/index.ts";
import { withRange } from "../attachments.ts";
import { safeName } from "../media-directory.ts";
import { TerminalMemory } from "../terminal-memory.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { answerIn, bodyOf, frameBytes, locationFields } from "./jt808-device.ts";
import type { Jt808Device } from "./jt808-device.ts";
import { vector, vectors } from "./vectors.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const location = bodyOf(0x0200, 2013, locationFields);
const named = (rig: Rig, name: string): Record<string, unknown>[] =>
  rig.published().flatMap(({ topic, json }) => (topic === `jt808/${ID}/up/${name}` ? [json] : []));

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "tributary-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function compressed(bytes: Uint8Array): Uint8Array {
  const gzip = gzipSync(bytes);
  return bodyOf(0x0901, 2013, { length: gzip.length, data: gzip });
}

const filesIn = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((one) =>
    one.isFile() ? [join(one.parentPath, one.name)] : [],
  );

test("each position of a batch is a message of its own; one that cannot be read stays in the batch", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  const later = { ...locationFields, speed: 10, time: "251120101113" };
  const good = bodyOf(0x0704, 2013, { type: 1, location: [locationFields, later] });
  const body = Buffer.concat([good, Buffer.from("000212340000", "hex").subarray(0, 4)]);
  body.writeUInt16BE(3);
  assert.equal(await device.result(0x0704, body), 0);
  const [first, second, ...rest] = named(rig, "location");
  assert.equal(rest.length, 0);
  assert.deepEqual(
    [first!["batch"], second!["batch"]],
    [
      { type: "blind_area", number: 1, count: 3 },
      { type: "blind_area", number: 2, count: 3 },
    ],
  );
  assert.equal((second!["body"] as { time: string }).time, "2025-11-20T10:11:13+08:00");
  assert.equal(second!["serial"], named(rig, "location_batch")[0]!["serial"]);
  const silent = await startRig(t, { batchPositions: false });
  await (await silent.open(PHONE)).result(0x0704, good);
  assert.equal(named(silent, "location").length, 0);
});

test("a batch of which one position is refused is not told as taken", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  let count = 0;
  rig.gateway.script.publish = () => (++count === 2 ? Verdict.RateLimited : Verdict.Accepted);
  const body = bodyOf(0x0704, 2013, { type: 0, location: [locationFields, locationFields] });
  assert.equal(await device.result(0x0704, body), 1);
  assert.equal(count, 3);
});

test("frames that are none are told with their bytes and the reason, and the link goes on", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  const bad = vectors.filter(({ kind }) => kind === "malformed").slice(0, 10);
  for (const { hex } of bad) {
    device.tcp.write(Buffer.from(hex, "hex"));
    assert.equal(await device.result(0x0002), 0);
  }
  const told = named(rig, "undecoded");
  const count = Object.entries(rig.faults()).reduce(
    (sum, [code, n]) => (/_(?:CHECKSUM|LENGTH|ESCAPE|SHORT|FRAGMENT)$/.test(code) ? sum + n : sum),
    0,
  );
  assert.ok(told.length >= 8);
  assert.equal(told.length, count);
  for (const { fault, hex } of told)
    assert.ok((fault as { code: string }).code.startsWith("JT808_") && String(hex).length > 0);
});

test("on a link of many a bad frame is whose digits it shows, or nobody's", async (t) => {
  const rig = await startRig(t, { allowMultipleTerminals: true });
  const device = await rig.open(PHONE);
  device.beside("013800138001").send(0x0002);
  await device.result(0x0002);
  device.tcp.write(Buffer.from("7e000200000138001380010001ff7e7e000200000999999999990001ff7e", "hex"));
  await device.result(0x0002);
  const told = rig.published().filter(({ topic }) => topic.endsWith("/undecoded"));
  assert.deepEqual(
    told.map(({ topic }) => topic),
    ["jt808/13800138001/up/undecoded"],
  );
  assert.equal(rig.faults()["JT808_CHECKSUM"], 2);
});

test("the code of an authentication that cannot be read is not shown", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  device.tcp.write(
    frameBytes(0x0102, PHONE, 5, Buffer.from("s3cret")).map((byte, at) => (at === 12 ? byte ^ 1 : byte)),
  );
  const part = new Jt808Frame(0x0102, 0x2000, 2013, 0, PHONE, 9, 2, 1, Buffer.from("s3cret"));
  device.tcp.write(new Jt808Encoder().encode(part));
  await device.awaitAnswer(0x0102, 9);
  device.tcp.destroy();
  await rig.gateway.until(() => named(rig, "undecoded").length === 2, "what was not read");
  const all = JSON.stringify(named(rig, "undecoded"));
  assert.ok(all.includes("JT808_CHECKSUM") && all.includes("JT808_FRAGMENTS_MISSING"));
  assert.ok(!all.includes(Buffer.from("s3cret").toString("hex")), all);
});

test("compressed: whole frames become messages, other bytes stand beside, bombs stay compressed", async (t) => {
  const rig = await startRig(t, { inflatedMaxBytes: 2048 });
  const device = await rig.open(PHONE);
  const inner = Buffer.concat([frameBytes(0x0200, PHONE, 70, location), frameBytes(0x0002, PHONE, 71)]);
  assert.equal(await device.result(0x0901, compressed(inner)), 0);
  assert.deepEqual([named(rig, "location")[0]!["serial"], named(rig, "heartbeat")[0]!["serial"]], [70, 71]);
  assert.equal(await device.result(0x0901, compressed(Buffer.from("hello"))), 0);
  assert.equal(named(rig, "compressed")[1]!["inflated"], Buffer.from("hello").toString("hex"));
  assert.equal(await device.result(0x0901, compressed(frameBytes(0x0200, "013800138009", 1, location))), 0);
  assert.equal(await device.result(0x0901, compressed(new Uint8Array(100_000))), 0);
  assert.equal(named(rig, "compressed")[3]!["inflated"], undefined);
  assert.equal(named(rig, "location").length, 1, "another terminal's is not published as ours");
});

test("a version that a registration showed outlives the link, and an operator has the last word", async (t) => {
  const fields = { province: 1, city: 2, manufacturer: "A", model: "B", dev_id: "C", color: 1, license_number: "D" };
  const rig = await startRig(t, { terminalVersions: { 13800138001: 2011 } });
  const first = await rig.open(PHONE);
  assert.equal((await first.ask(0x0100, bodyOf(0x0100, 2011, fields))).id, 0x8100);
  first.tcp.destroy();
  const again = await rig.open(PHONE);
  await again.result(0x0200, location);
  assert.equal(named(rig, "location")[0]!["version"], "2011");
  const told = await rig.open("013800138001");
  await told.result(0x0200, location);
  assert.equal(rig.published().at(-1)!.json["version"], "2011");
});

test("the memory of terminals is bounded: who was silent longest is forgotten", () => {
  const memory = new TerminalMemory(2);
  memory.learnVersion("1", 2011);
  memory.learnVersion("2", 2011);
  assert.equal(memory.versionOf("1"), 2011);
  memory.learnKey("3", { exponent: 3, modulus: new Uint8Array(128) });
  assert.deepEqual([memory.versionOf("1"), memory.versionOf("2"), memory.size], [2011, null, 2]);
  assert.equal(memory.keyOf("3")?.exponent, 3);
});

test("RSA: keys are exchanged, encrypted bodies are read; what cannot be decrypted stays opaque", async (t) => {
  const path = directory(t);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const pem = join(path, "key.pem");
  writeFileSync(pem, privateKey.export({ type: "pkcs8", format: "pem" }));
  const rig = await startRig(t, { encryption: { rsa: { privateKey: pem, padding: "oaep" } } });
  const device = await rig.open(PHONE);
  const { n = "" } = publicKey.export({ format: "jwk" });
  const theirs = bodyOf(0x0a00, 2013, { e: 65_537, n: Buffer.from(n, "base64url") });
  device.send(0x0a00, theirs);
  const { body } = await device.find(({ id }) => id === 0x8a00, "0x8A00");
  const e = Buffer.from(body.subarray(0, 4)).toString("base64url");
  const key = createPublicKey({
    key: { kty: "RSA", e, n: Buffer.from(body.subarray(4)).toString("base64url") },
    format: "jwk",
  });
  const blocks = [location.subarray(0, 20), location.subarray(20)].map((piece) =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, piece),
  );
  const encoder = new Jt808Encoder();
  const secret = (serial: number, bytes: Uint8Array): Uint8Array =>
    encoder.encode(new Jt808Frame(0x0200, 0x0400, 2013, 0, PHONE, serial, 0, 0, bytes));
  device.tcp.write(secret(50, Buffer.concat(blocks)));
  assert.equal(answerIn(await device.awaitAnswer(0x0200, 50))!.result, 0);
  assert.equal((named(rig, "location")[0]!["body"] as { latitude: number }).latitude, 30);
  device.tcp.write(secret(51, new Uint8Array(128)));
  assert.equal(answerIn(await device.awaitAnswer(0x0200, 51))!.result, 0);
  assert.equal(named(rig, "0x0200")[0]!["encryption"], 1);
});

const mediaBody = (id: number, bytes: Uint8Array): Uint8Array => {
  const position = {
    alarm: 0,
    status: 2,
    latitude: 1,
    longitude: 1,
    altitude: 0,
    speed: 0,
    direction: 0,
    time: "260101000000",
  };
  return bodyOf(0x0801, 2013, { id, type: 0, format: 0, event: 1, channel: 3, location: position, multimedia: bytes });
};

test("media go to files where there is a directory; a whole one is answered by 0x8800 alone", async (t) => {
  const path = directory(t);
  const rig = await startRig(t, { multimedia: { directory: join(path, "media"), maxBytes: 1024 } });
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  const bytes = Buffer.from("a picture");
  const serial = device.send(0x0801, mediaBody(9, bytes));
  await device.find(({ id }) => id === 0x8800, "0x8800");
  await device.result(0x0002);
  assert.equal(
    device.frames.some((frame) => answerIn(frame)?.seq === serial && answerIn(frame)?.id === 0x0801),
    false,
  );
  const { file, data, bytes: size } = named(rig, "media")[0]!["body"] as { file: string; data?: string; bytes: number };
  assert.deepEqual([data, size], [undefined, 9]);
  assert.match(file, /^13800138000\/20260101T000000000Z-0-9-channel3\.jpg$/);
  assert.deepEqual(readFileSync(join(path, "media", file)), bytes);
  // A retransmission is answered again, and nothing is written.
  device.send(0x0801, mediaBody(9, bytes), serial);
  await device.find(() => device.frames.filter(({ id }) => id === 0x8800).length === 2, "0x8800 again");
  // What the core refuses is not kept.
  rig.gateway.script.publish = () => Verdict.Denied;
  assert.equal(await device.result(0x0801, mediaBody(10, bytes)), 1);
  rig.gateway.script.publish = () => Verdict.Accepted;
  await device.result(0x0002);
  for (let n = 0; n < 200 && filesIn(path).length > 1; n++) await turns(5);
  assert.equal(filesIn(path).length, 1);
});

test("a directory that cannot be written to, or is full: told as a failure, logged, and the link goes on", async (t) => {
  const path = directory(t);
  writeFileSync(join(path, "in-the-way"), "");
  const rig = await startRig(t, { multimedia: { directory: join(path, "in-the-way") } });
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x0801, mediaBody(1, new Uint8Array(9))), 1);
  assert.equal(rig.faults()["JT808_FILE"], 1);
  assert.equal(await device.result(0x0002), 0);
  const full = await startRig(t, { multimedia: { directory: join(path, "full"), directoryMaxBytes: 1024 } });
  const other = await full.open(PHONE);
  other.send(0x0801, mediaBody(1, new Uint8Array(900)));
  await other.find(({ id }) => id === 0x8800, "0x8800");
  assert.equal(await other.result(0x0801, mediaBody(2, new Uint8Array(200))), 1);
  assert.equal(filesIn(join(path, "full")).length, 1);
});

test("names of files are ours", () => {
  assert.equal(safeName("../../etc/passwd"), "__.._etc_passwd");
  assert.equal(safeName("..."), "_");
  assert.equal(safeName(""), "_");
  assert.equal(safeName("a b\0c/d.jpg"), "a_b_c_d.jpg");
  assert.equal(safeName("x".repeat(500)).length, 80);
});

test("ranges of a file: touching ones become one, in any order", () => {
  let ranges = withRange([], { offset: 10, length: 5 });
  ranges = withRange(ranges, { offset: 15, length: 5 });
  ranges = withRange(ranges, { offset: 0, length: 5 });
  assert.deepEqual(ranges, [
    { offset: 0, length: 5 },
    { offset: 10, length: 10 },
  ]);
  assert.deepEqual(withRange(ranges, { offset: 4, length: 7 }), [{ offset: 0, length: 20 }]);
  assert.deepEqual(withRange(ranges, { offset: 100, length: 1 }).length, 3);
});

function block(name: string, offset: number, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(62);
  header.write("01cd", "latin1");
  header.write(name, 4, "latin1");
  header.writeUInt32BE(offset, 54);
  header.writeUInt32BE(data.length, 58);
  return Buffer.concat([header, data]);
}

const fileBody = (name: string, size: number): Uint8Array => bodyOf(0x1211, 2013, { name, type: 0, size });

const isFileAnswer = ({ id }: Jt808Frame): boolean => id === 0x9212;

async function fileAnswer(device: Jt808Device, count: number): Promise<string> {
  await device.find(() => device.frames.filter(isFileAnswer).length === count, `answer ${count} to a file's end`);
  return Buffer.from(device.frames.filter(isFileAnswer).at(-1)!.body).toString("hex");
}

test("attachments: announced, sent in blocks, what is missing asked for, told with its file; the terminal's own link stays", async (t) => {
  const path = directory(t);
  const rig = await startRig(t, { attachments: true, multimedia: { directory: path } });
  const main = await rig.open(PHONE);
  await main.result(0x0200, location);
  const device = await rig.open(PHONE);
  const alarm = plainFrame(0x1210, 2013, 0, PHONE, 0, Buffer.from(vector("j233").hex, "hex").subarray(13, -2)).body;
  assert.equal(await device.result(0x1210, alarm), 0);
  const name = "00_65_6503_1_me.jpg";
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) & 0xff));
  assert.equal(await device.result(0x1211, fileBody(name, bytes.length)), 0);
  device.tcp.write(block(name, 3000, bytes.subarray(3000)));
  device.tcp.write(block(name, 0, bytes.subarray(0, 1000)));
  device.send(0x1212, fileBody(name, bytes.length));
  assert.equal(await fileAnswer(device, 1), `13${Buffer.from(name).toString("hex")}000101000003e8000007d0`);
  assert.equal(named(rig, "attachment_end").length, 0);
  device.tcp.write(block(name, 1000, bytes.subarray(1000, 3000)));
  device.send(0x1212, fileBody(name, bytes.length));
  assert.equal(await fileAnswer(device, 2), `13${Buffer.from(name).toString("hex")}000000`);
  const [end] = named(rig, "attachment_end");
  assert.deepEqual(readFileSync(join(path, String(end!["file"]))), bytes);
  // Its answer was lost: again, and published once.
  device.send(0x1212, fileBody(name, bytes.length));
  await fileAnswer(device, 3);
  assert.equal(named(rig, "attachment_end").length, 1);
  assert.equal(named(rig, "attachments").length, 1);
  assert.equal(await main.result(0x0002), 0, "nobody was taken over");
  device.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 1, "the end of the visit");
});

test("attachments: what was not announced, goes beyond its end, or is too large is thrown away; a broken link leaves nothing", async (t) => {
  const path = directory(t);
  const rig = await startRig(t, { attachments: true, multimedia: { directory: path, maxBytes: 4096 } });
  const device = await rig.open(PHONE);
  assert.equal(await device.result(0x1211, fileBody("big", 5000)), 1);
  assert.equal(await device.result(0x1211, fileBody("a", 10)), 0);
  device.tcp.write(block("b", 0, new Uint8Array(5)));
  device.tcp.write(block("a", 8, new Uint8Array(5)));
  device.tcp.write(block("a", 0, new Uint8Array(5)));
  assert.equal(await device.result(0x1212, fileBody("c", 1)), 1);
  assert.equal(rig.faults()["JT808_FILE"], 3);
  device.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of the link");
  for (let n = 0; n < 200 && filesIn(path).length > 0; n++) await turns(5);
  assert.deepEqual(filesIn(path), []);
  assert.ok(statSync(path).isDirectory());
});

test("attachments need a directory", async (t) => {
  await assert.rejects(startRig(t, { attachments: true }), /multimedia/);
});
