// The ciphers that the standard names for data units, with node:crypto. It names them and says no more: neither mode
// nor padding, neither IV nor the form of a key. So those are settings of each key, and both sides must agree on them.
//
// SM2 (4) is not here: Node has no way to it. publicEncrypt and privateDecrypt refuse SM2 keys, diffieHellman and
// createECDH refuse the curve, and sign and verify know no user id but the empty one (sm2-signature.ts verifies without
// them). SM4 depends on how OpenSSL was built; `availableEncryptions` tells.

import { constants, createCipheriv, createDecipheriv, getCiphers, privateDecrypt, publicEncrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { DATA_MAX_BYTES, Encryption } from "gbt32960-parser";
import type { DataCipher } from "gbt32960-parser";

const KEY_BYTES = 16;
const IV_BYTES = 16;
/** RSA costs about a millisecond a block: what needs more blocks is refused, so that one frame cannot stop the process. */
const RSA_BLOCKS_MAX = 64;
const PKCS1_OVERHEAD_BYTES = 11;
/** OAEP with SHA-1, OpenSSL's and nearly everybody's default. */
const OAEP_OVERHEAD_BYTES = 42;

/** A key of AES-128 or SM4. Padding is PKCS #7. */
export interface SymmetricKey {
  /** 16 bytes. */
  readonly key: Uint8Array;
  readonly mode: "ecb" | "cbc";
  /** For cbc, 16 bytes; null: it stands in front of the encrypted bytes, a new one in each frame. */
  readonly iv: Uint8Array | null;
}

export interface RsaKeys {
  /** The platform's own, for what comes; null: it cannot be read. */
  readonly privateKey: KeyObject | null;
  /** The vehicle's, for what goes; null: it cannot be written. */
  readonly publicKey: KeyObject | null;
  readonly padding: "pkcs1" | "oaep";
}

export interface VehicleKeys {
  readonly aes128: SymmetricKey | null;
  readonly sm4: SymmetricKey | null;
  readonly rsa: RsaKeys | null;
}

/** The encryption codes that this process can work with, given keys. */
export function availableEncryptions(): readonly number[] {
  const ciphers = getCiphers();
  const hasSm4 = ciphers.includes("sm4-ecb") && ciphers.includes("sm4-cbc");
  return [Encryption.Rsa, Encryption.Aes128, ...(hasSm4 ? [Encryption.Sm4] : [])];
}

/** `keysOf`: the keys of a vehicle or platform, by its id without padding; null: it has none. */
export function createDataCipher(
  keysOf: (vin: string) => VehicleKeys | null,
  randomBytes: (size: number) => Uint8Array,
): DataCipher {
  const available = availableEncryptions();
  const work = (
    vin: string,
    encryption: number,
    symmetric: (key: SymmetricKey, name: string) => Uint8Array | null,
    rsa: (keys: RsaKeys) => Uint8Array | null,
  ): Uint8Array | null => {
    const keys = keysOf(vin);
    if (keys === null || !available.includes(encryption)) return null;
    try {
      if (encryption === Encryption.Rsa) return keys.rsa === null ? null : rsa(keys.rsa);
      const key = encryption === Encryption.Aes128 ? keys.aes128 : keys.sm4;
      const name = encryption === Encryption.Aes128 ? "aes-128" : "sm4";
      return key === null || key.key.length !== KEY_BYTES ? null : symmetric(key, `${name}-${key.mode}`);
    } catch {
      // A wrong key or damaged bytes: node:crypto tells it by throwing.
      return null;
    }
  };
  return Object.freeze({
    decrypt: (data: Uint8Array, encryption: number, vin: string) =>
      work(
        vin,
        encryption,
        (key, name) => decryptBlocks(data, key, name),
        (keys) => decryptRsa(data, keys),
      ),
    encrypt: (data: Uint8Array, encryption: number, vin: string) =>
      work(
        vin,
        encryption,
        (key, name) => encryptBlocks(data, key, name, randomBytes),
        (keys) => encryptRsa(data, keys),
      ),
  });
}

function decryptBlocks(data: Uint8Array, key: SymmetricKey, name: string): Uint8Array | null {
  const isPrefixed = key.mode === "cbc" && key.iv === null;
  if (isPrefixed && data.length < IV_BYTES) return null;
  const iv = key.mode === "ecb" ? null : (key.iv ?? data.subarray(0, IV_BYTES));
  const decipher = createDecipheriv(name, key.key, iv);
  return joined(decipher.update(isPrefixed ? data.subarray(IV_BYTES) : data), decipher.final());
}

function encryptBlocks(
  data: Uint8Array,
  key: SymmetricKey,
  name: string,
  randomBytes: (size: number) => Uint8Array,
): Uint8Array {
  const isPrefixed = key.mode === "cbc" && key.iv === null;
  const iv = key.mode === "ecb" ? null : (key.iv ?? randomBytes(IV_BYTES));
  const cipher = createCipheriv(name, key.key, iv);
  const encrypted = joined(cipher.update(data), cipher.final());
  return isPrefixed && iv !== null ? joined(iv, encrypted) : encrypted;
}

/** Blocks as long as the key's modulus, one after the other. */
function decryptRsa(data: Uint8Array, keys: RsaKeys): Uint8Array | null {
  const blockBytes = modulusBytes(keys.privateKey);
  const blocks = data.length / blockBytes;
  if (keys.privateKey === null || blocks < 1 || !Number.isInteger(blocks) || blocks > RSA_BLOCKS_MAX) return null;
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += blockBytes) {
    parts.push(privateDecrypt({ key: keys.privateKey, padding: paddingOf(keys) }, data.subarray(at, at + blockBytes)));
  }
  return joined(...parts);
}

function encryptRsa(data: Uint8Array, keys: RsaKeys): Uint8Array | null {
  const overhead = keys.padding === "oaep" ? OAEP_OVERHEAD_BYTES : PKCS1_OVERHEAD_BYTES;
  const modulus = modulusBytes(keys.publicKey);
  const room = modulus - overhead;
  const blocks = Math.max(1, Math.ceil(data.length / room));
  if (keys.publicKey === null || room < 1 || blocks > RSA_BLOCKS_MAX || blocks * modulus > DATA_MAX_BYTES) return null;
  const parts: Uint8Array[] = [];
  for (let block = 0; block < blocks; block++) {
    const part = data.subarray(block * room, (block + 1) * room);
    parts.push(publicEncrypt({ key: keys.publicKey, padding: paddingOf(keys) }, part));
  }
  return joined(...parts);
}

function paddingOf(keys: RsaKeys): number {
  return keys.padding === "oaep" ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING;
}

/** Infinity for what is no RSA key: nothing is a multiple of that. */
function modulusBytes(key: KeyObject | null): number {
  return (key?.asymmetricKeyDetails?.modulusLength ?? Infinity) / 8;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
