// Ciphers for bodies whose encryption bits are set. The standard names RSA of 1,024 bits and has keys exchanged by 0x8A00
// and 0x0A00 (exponent DWORD, modulus BYTE[128]); it names no padding, does not say how a body longer than a block is
// cut, nor which direction is encrypted with whose key, and signs nothing. Taken here: each side encrypts with the other
// side's public key, padding by configuration, blocks one behind the other.

import { constants, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { Encryption, canonicalPhone } from "jt808-parser";
import type { BodyCipher } from "jt808-parser";
import type { TerminalKey, TerminalMemory } from "./terminal-memory.ts";
import type { RsaOptions } from "./uplink-config.ts";

const MODULUS_BYTES = 128;
/** What a block's padding takes: PKCS #1 v1.5, and OAEP with SHA-1. */
const PADDING_BYTES = { pkcs1: 11, oaep: 42 } as const;

export class Ciphers {
  readonly #own: KeyObject | null;
  readonly #padding: RsaOptions["padding"];
  readonly #memory: TerminalMemory;
  /** Exponent and modulus of the platform as 0x8A00 carries them; null: no key, or none of 1,024 bits. */
  readonly publicKeyBody: Uint8Array | null;

  /** Reads the key's file; throws when that is no RSA key. */
  constructor(options: RsaOptions | null, memory: TerminalMemory) {
    this.#memory = memory;
    this.#padding = options?.padding ?? "pkcs1";
    this.#own = options === null ? null : rsaKeyIn(options.privateKey);
    this.publicKeyBody = this.#own === null ? null : keyBody(this.#own);
  }

  /** As the codec's hook wants it. */
  readonly of = (phone: string, kind: number): BodyCipher | null => {
    if (kind !== Encryption.Rsa || this.#own === null) return null;
    const own = this.#own;
    const terminal = this.#memory.keyOf(canonicalPhone(phone));
    const padding = this.#padding;
    return {
      decrypt: (body) => decryptBlocks(own, padding, body),
      encrypt: (body) => (terminal === null ? null : encryptBlocks(terminal, padding, body)),
    };
  };
}

/** The key in the body of a 0x0A00; null: it is none. */
export function keyIn(body: Uint8Array): TerminalKey | null {
  if (body.length !== 4 + MODULUS_BYTES) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return { exponent: view.getUint32(0), modulus: body.slice(4) };
}

function rsaKeyIn(path: string): KeyObject {
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType !== "rsa") throw new Error(`${path} holds no RSA key`);
  return key;
}

function keyBody(key: KeyObject): Uint8Array | null {
  const { n = "", e = "" } = key.export({ format: "jwk" });
  const modulus = Buffer.from(n, "base64url");
  const exponent = Buffer.from(e, "base64url");
  if (modulus.length !== MODULUS_BYTES || exponent.length > 4) return null;
  return Buffer.concat([Buffer.alloc(4 - exponent.length), exponent, modulus]);
}

const paddingOf = (padding: RsaOptions["padding"]): number =>
  padding === "oaep" ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING;

function decryptBlocks(key: KeyObject, padding: RsaOptions["padding"], body: Uint8Array): Uint8Array | null {
  const size = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  if (body.length === 0 || body.length % size !== 0) return null;
  const blocks: Uint8Array[] = [];
  try {
    for (let at = 0; at < body.length; at += size)
      blocks.push(privateDecrypt({ key, padding: paddingOf(padding) }, body.subarray(at, at + size)));
  } catch {
    // Encrypted with something else: the terminal's mistake, not our bug.
    return null;
  }
  return Buffer.concat(blocks);
}

function encryptBlocks(terminal: TerminalKey, padding: RsaOptions["padding"], body: Uint8Array): Uint8Array | null {
  const size = MODULUS_BYTES - PADDING_BYTES[padding];
  const blocks: Uint8Array[] = [];
  try {
    const key = publicKeyOf(terminal);
    for (let at = 0; at < body.length; at += size)
      blocks.push(publicEncrypt({ key, padding: paddingOf(padding) }, body.subarray(at, at + size)));
  } catch {
    // What the terminal gave as a key is none.
    return null;
  }
  return Buffer.concat(blocks);
}

function publicKeyOf({ exponent, modulus }: TerminalKey): KeyObject {
  const e = Buffer.alloc(4);
  e.writeUInt32BE(exponent);
  const jwk = { kty: "RSA", n: Buffer.from(modulus).toString("base64url"), e: e.toString("base64url") };
  return createPublicKey({ key: jwk, format: "jwk" });
}
