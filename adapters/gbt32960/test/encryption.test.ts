// Ciphers of data units: round trips through whole frames, known answers of SM4 and AES, wrong keys, limits; and what
// Node cannot do, measured, so that it shows when a newer Node can.

import assert from "node:assert/strict";
import {
  createCipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  verify,
} from "node:crypto";
import { test } from "node:test";
import {
  BodyFault,
  Command,
  Encryption,
  FRAME_MAX_BYTES,
  Gbt32960Decoder,
  Gbt32960Encoder,
  Gbt32960Frame,
  decryptedFrame,
  encryptedFrame,
} from "gbt32960-parser";
import { availableEncryptions, createDataCipher } from "../encryption.ts";
import type { SymmetricKey, VehicleKeys } from "../encryption.ts";

const VIN = "LSVAU2A37K2100001";
const KEY = Buffer.from("0123456789abcdeffedcba9876543210", "hex");
const IV = Buffer.alloc(16, 7);
const none: VehicleKeys = { aes128: null, sm4: null, rsa: null };
const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const plain = Uint8Array.from(Buffer.from("1a0707063704050001000000f90260e3c8", "hex"));
const hasSm4 = availableEncryptions().includes(Encryption.Sm4);

function cipherWith(keys: Partial<VehicleKeys>): ReturnType<typeof createDataCipher> {
  return createDataCipher((vin) => (vin === VIN ? { ...none, ...keys } : null), randomBytes);
}

function symmetric(mode: "ecb" | "cbc", iv: Uint8Array | null = null, key: Uint8Array = KEY): SymmetricKey {
  return { key, mode, iv };
}

/** Encrypted, written, read and decrypted again. */
function travelled(encryption: number, keys: Partial<VehicleKeys>, data: Uint8Array): Uint8Array {
  const cipher = cipherWith(keys);
  const frame = new Gbt32960Frame(2025, Command.Report, 0xfe, VIN, Encryption.None, data);
  const secret = encryptedFrame(frame, encryption, cipher);
  assert.ok(!(secret instanceof BodyFault));
  assert.equal(secret.encryption, encryption);
  assert.notDeepEqual(secret.data, data);
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  decoder.push(new Gbt32960Encoder().encode(secret));
  const read = decoder.next();
  assert.ok(read instanceof Gbt32960Frame);
  const opened = decryptedFrame(read, cipher);
  assert.ok(!(opened instanceof BodyFault) && opened.isPlain);
  return opened.data;
}

test("AES-128 and SM4: ECB, CBC with a fixed IV, CBC with the IV in front", async (t) => {
  for (const [name, code] of [
    ["aes128", Encryption.Aes128],
    ["sm4", Encryption.Sm4],
  ] as const) {
    for (const key of [symmetric("ecb"), symmetric("cbc", IV), symmetric("cbc")]) {
      const title = `${name} ${key.mode} ${key.iv === null ? "" : "fixed"}`;
      await t.test(title, { skip: name === "sm4" && !hasSm4 ? "OpenSSL was built without SM4" : false }, () => {
        for (const length of [0, 1, 15, 16, 17, 500]) {
          const data = Uint8Array.from(randomBytes(length));
          if (length > 0) assert.deepEqual(travelled(code, { [name]: key }, data), data);
        }
      });
    }
  }
});

test("SM4 known answer (GB/T 32907, annex A)", { skip: hasSm4 ? false : "OpenSSL was built without SM4" }, () => {
  const encrypted = cipherWith({ sm4: symmetric("ecb") }).encrypt(KEY, Encryption.Sm4, VIN)!;
  assert.equal(Buffer.from(encrypted.subarray(0, 16)).toString("hex"), "681edf34d206965e86b3e94f536e4246");
});

test("AES-128 known answer (FIPS 197, appendix B)", () => {
  const key = symmetric("ecb", null, Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex"));
  const block = Buffer.from("3243f6a8885a308d313198a2e0370734", "hex");
  const encrypted = cipherWith({ aes128: key }).encrypt(block, Encryption.Aes128, VIN)!;
  assert.equal(Buffer.from(encrypted.subarray(0, 16)).toString("hex"), "3925841d02dc09fbdc118597196a0b32");
});

test("an IV in front differs from frame to frame", () => {
  const cipher = cipherWith({ aes128: symmetric("cbc") });
  const [one, two] = [1, 2].map(() => cipher.encrypt(plain, Encryption.Aes128, VIN)!);
  assert.notDeepEqual(one, two);
  assert.equal(one!.length, 16 + 32);
});

test("RSA: blocks as long as the modulus, both paddings", () => {
  for (const padding of ["pkcs1", "oaep"] as const) {
    const keys = { rsa: { ...rsa, padding } };
    for (const length of [1, 86, 87, 117, 118, 500]) {
      const data = Uint8Array.from(randomBytes(length));
      assert.deepEqual(travelled(Encryption.Rsa, keys, data), data);
    }
  }
});

test("RSA: a frame may not buy more than 64 blocks", () => {
  const cipher = cipherWith({ rsa: { ...rsa, padding: "pkcs1" } });
  assert.equal(cipher.encrypt(new Uint8Array(65 * 117), Encryption.Rsa, VIN), null);
  assert.equal(cipher.decrypt(new Uint8Array(65 * 128), Encryption.Rsa, VIN), null);
  assert.equal(cipher.decrypt(new Uint8Array(100), Encryption.Rsa, VIN), null);
  assert.equal(cipher.decrypt(new Uint8Array(0), Encryption.Rsa, VIN), null);
});

test("no key, another vehicle, another key, damaged or cut bytes, unknown codes: null, and a fault of the frame", () => {
  const cipher = cipherWith({ aes128: symmetric("cbc") });
  const secret = cipher.encrypt(plain, Encryption.Aes128, VIN)!;
  assert.equal(cipher.decrypt(secret, Encryption.Aes128, "another"), null);
  assert.equal(cipher.decrypt(secret, Encryption.Sm4, VIN), null);
  assert.equal(cipher.decrypt(secret, Encryption.Rsa, VIN), null);
  for (const code of [0, Encryption.Sm2, Encryption.Abnormal, Encryption.Invalid]) {
    assert.equal(cipher.decrypt(secret, code, VIN), null);
    assert.equal(cipher.encrypt(plain, code, VIN), null);
  }
  for (const cut of [0, 15, 16, 31, 47]) {
    assert.equal(cipher.decrypt(secret.subarray(0, cut), Encryption.Aes128, VIN), null, `cut at ${cut}`);
  }
  const short = cipherWith({ aes128: symmetric("ecb", null, KEY.subarray(1)) });
  assert.equal(short.encrypt(plain, Encryption.Aes128, VIN), null);
  // A sound key that is not the right one: the padding is wrong in 255 of 256 cases, this is one of them.
  const wrong = cipherWith({ aes128: symmetric("ecb", null, Buffer.alloc(16, 1)) });
  const right = createCipheriv("aes-128-ecb", KEY, null);
  const block = Buffer.concat([right.update(plain), right.final()]);
  assert.equal(wrong.decrypt(block, Encryption.Aes128, VIN), null);
  const frame = new Gbt32960Frame(2016, Command.Report, 0xfe, VIN, Encryption.Sm2, secret);
  const fault = decryptedFrame(frame, cipher);
  assert.ok(fault instanceof BodyFault);
  assert.equal(fault.code, "GBT32960_BODY_CIPHER");
  const outgoing = encryptedFrame(frame.withData(Encryption.None, plain), Encryption.Sm4, cipher);
  assert.ok(outgoing instanceof BodyFault);
});

test("what Node cannot do with SM2, measured", () => {
  const point =
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
  const secret = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
  const spki = Buffer.from(`3059301306072a8648ce3d020106082a811ccf5501822d034200${point}`, "hex");
  const sec1 = Buffer.from(`30770201010420${secret}a00a06082a811ccf5501822da144034200${point}`, "hex");
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  const privateKey = createPrivateKey({ key: sec1, format: "der", type: "sec1" });
  assert.throws(() => publicEncrypt(publicKey, Buffer.from("x")));
  assert.throws(() => diffieHellman({ privateKey, publicKey }));
  const ecdh = createECDH("SM2");
  ecdh.setPrivateKey(Buffer.from(secret, "hex"));
  assert.throws(() => ecdh.computeSecret(Buffer.from(point, "hex")));
  // The example of GM/T 0003.5: right with the usual user id, and Node cannot be given one.
  const signature = Buffer.from(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    "hex",
  );
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  assert.equal(verify("sm3", Buffer.from("message digest"), key, signature), false);
});
