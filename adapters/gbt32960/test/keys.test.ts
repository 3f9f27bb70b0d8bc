// Encrypted data units on a link: opened where there is a key, refused where it does not fit, passed on where there is
// none; and signatures of 2025.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Command, Encryption, Response, toHex } from "gbt32960-parser";
import { availableEncryptions, createDataCipher } from "../encryption.ts";
import type { VehicleKeys } from "../encryption.ts";
import { Keys } from "../keys.ts";
import { frameBytes, framesIn as framesOf, reportOf, timeOf } from "./gbt32960-device.ts";
import { startRig } from "./rig.ts";

const VIN = "LSVAU2A37N2100001";
const KEY = "000102030405060708090a0b0c0d0e0f";
const none: VehicleKeys = { aes128: null, sm4: null, rsa: null };
const zeros = (size: number): Uint8Array => new Uint8Array(size);

function encrypted(data: Uint8Array, method: number, keys: Partial<VehicleKeys>): Uint8Array {
  const bytes = createDataCipher(() => ({ ...none, ...keys }), zeros).encrypt(data, method, VIN);
  assert.ok(bytes !== null);
  return bytes;
}

const aes = { key: Buffer.from(KEY, "hex"), mode: "cbc", iv: null } as const;

test("opened, published as if it had come plain, and answered with the time that was hidden", async (t) => {
  const rig = await startRig(t, { ciphers: { aes128: { key: KEY, mode: "cbc" } } });
  const device = await rig.open(VIN);
  await device.login();
  const from = device.frames.length;
  const data = encrypted(reportOf(7), Encryption.Aes128, { aes128: aes });
  device.tcp.write(frameBytes(Command.Report, VIN, data, 2016, Response.Command, Encryption.Aes128));
  const answer = await device.find(({ command }) => command === Command.Report, "the answer", from);
  assert.deepEqual([answer.response, toHex(answer.data), answer.encryption], [Response.Ok, toHex(timeOf(7)), 1]);
  const { topic, json } = rig.published().at(-1)!;
  assert.equal(topic, `gbt32960/${VIN}/up/report`);
  assert.equal(json["encryption"], "AES-128");
  assert.equal((json["body"] as Record<string, unknown>)["time"], "2025-11-20T10:00:07+08:00");
});

test("a key that does not fit: undecoded with the bytes as they came, and the flag for it in 2025", async (t) => {
  const rig = await startRig(t, { ciphers: { aes128: { key: "ff".repeat(16), mode: "cbc" } } });
  for (const [vin, version, flag] of [
    [VIN, 2016, Response.Error],
    ["LSVAU2A37N2100002", 2025, Response.Decryption],
  ] as const) {
    const device = await rig.open(vin, version);
    await device.login();
    const from = device.frames.length;
    const data = encrypted(reportOf(7), Encryption.Aes128, { aes128: aes });
    device.tcp.write(frameBytes(Command.Report, vin, data, version, Response.Command, Encryption.Aes128));
    const answer = await device.find(({ command }) => command === Command.Report, "the answer", from);
    assert.deepEqual([answer.response, answer.data.length], [flag, 0]);
    const { topic, json } = rig.published().findLast((one) => one.topic.includes(vin))!;
    assert.equal(topic, `gbt32960/${vin}/up/undecoded`);
    assert.deepEqual([json["hex"], json["fault"]], [toHex(data), { code: "GBT32960_DECRYPTION", field: "" }]);
  }
});

test("no key: published as it came, and taken", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(VIN);
  await device.login();
  const from = device.frames.length;
  const data = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  device.tcp.write(frameBytes(Command.Report, VIN, data, 2016, Response.Command, Encryption.Sm2));
  const answer = await device.find(({ command }) => command === Command.Report, "the answer", from);
  assert.deepEqual([answer.response, answer.data.length], [Response.Ok, 0]);
  const { topic, json } = rig.published().at(-1)!;
  assert.deepEqual(
    [topic, json["encryption"], json["hex"], json["body"]],
    [`gbt32960/${VIN}/up/report`, "SM2", toHex(data), undefined],
  );
});

test("keys of one vehicle go before those of all; RSA by a file", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tributary-keys-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const path = join(folder, "key.pem");
  writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }));
  const keys = new Keys({
    aes128: { key: "ff".repeat(16), mode: "ecb" },
    rsa: { privateKey: path, padding: "oaep" },
    vehicles: { [VIN]: { aes128: { key: KEY, mode: "cbc", iv: "00".repeat(16) } } },
  });
  const data = reportOf(1);
  const opened = (method: number, bytes: Uint8Array, vin = VIN): string | null => {
    const [frame] = framesOf(frameBytes(Command.Report, vin, bytes, 2016, Response.Command, method));
    const plain = keys.opened(frame!);
    return plain === null ? null : toHex(plain.data);
  };
  const own = encrypted(data, Encryption.Aes128, { aes128: { ...aes, iv: zeros(16) } });
  assert.equal(opened(Encryption.Aes128, own), toHex(data));
  assert.equal(opened(Encryption.Aes128, own, "LSVAU2A37N2100002"), null, "others have another key");
  const rsa = encrypted(data, Encryption.Rsa, { rsa: { privateKey: null, publicKey, padding: "oaep" } });
  assert.equal(opened(Encryption.Rsa, rsa), toHex(data));
  const sm4 = Buffer.alloc(16);
  assert.equal(opened(Encryption.Sm4, sm4), toHex(sm4), "no key: as it came");
  assert.throws(() => new Keys({ rsa: { privateKey: join(folder, "none.pem"), padding: "oaep" } }), /ENOENT/);
});

test("SM4, where this process has it", { skip: skipOf(Encryption.Sm4) }, () => {
  const key = { key: Buffer.from(KEY, "hex"), mode: "ecb", iv: null } as const;
  const keys = new Keys({ sm4: { key: KEY, mode: "ecb" } });
  const data = encrypted(reportOf(1), Encryption.Sm4, { sm4: key });
  const [frame] = framesOf(frameBytes(Command.Report, VIN, data, 2025, Response.Command, Encryption.Sm4));
  assert.equal(toHex(keys.opened(frame!)!.data), toHex(reportOf(1)));
});

/** The curve's base point: a public key like others. */
const signatureKey = [
  "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7",
  "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
].join("");

/** Unit 0xFF alone: SM2, R and S of 32 bytes that sign nothing. */
function signed(n: number): Uint8Array {
  return Buffer.concat([timeOf(n), Buffer.from(`ff010020${"01".repeat(32)}0020${"02".repeat(32)}`, "hex")]);
}

test("a signature that is not right is refused with the flag for it, by vehicles whose key is known", async (t) => {
  const rig = await startRig(t, { ciphers: { vehicles: { [VIN]: { signatureKey } } } });
  const device = await rig.open(VIN, 2025);
  await device.login();
  assert.equal(await device.flag(Command.Report, signed(1)), Response.Signature);
  const forged = rig.published().at(-1)!;
  assert.deepEqual([forged.topic, forged.json["signature"]], [`gbt32960/${VIN}/up/undecoded`, "invalid"]);
  const other = await rig.open("LSVAU2A37N2100002", 2025);
  await other.login();
  assert.equal(await other.flag(Command.Report, signed(1)), Response.Ok);
  assert.equal(rig.published().at(-1)!.json["signature"], undefined, "nobody can check it");
});

function skipOf(method: number): string | false {
  return availableEncryptions().includes(method) ? false : "this OpenSSL was built without it";
}
