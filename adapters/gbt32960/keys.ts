// The keys of one listener: whose data units can be opened, and whose signatures are checked.

import { createPrivateKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { BodyFault, Command, Encryption, decryptedFrame, signedPart } from "gbt32960-parser";
import type { DataCipher, Gbt32960Body, Gbt32960Frame } from "gbt32960-parser";
import type { CipherConfig, SymmetricConfig } from "./cipher-config.ts";
import { createDataCipher } from "./encryption.ts";
import type { SymmetricKey, VehicleKeys } from "./encryption.ts";
import { checkSignature } from "./sm2-signature.ts";
import type { SignatureCheck } from "./sm2-signature.ts";

export class Keys {
  readonly #common: VehicleKeys;
  readonly #byVin: ReadonlyMap<string, VehicleKeys>;
  readonly #signatureKeys: ReadonlyMap<string, Uint8Array>;
  readonly #cipher: DataCipher;

  /** Throws when a file cannot be read, or holds no RSA key. */
  constructor(config: CipherConfig) {
    const { aes128, sm4, rsa, vehicles = {} } = config;
    this.#common = {
      aes128: symmetricKey(aes128),
      sm4: symmetricKey(sm4),
      rsa: rsa === undefined ? null : { ...rsa, privateKey: privateKeyIn(rsa.privateKey), publicKey: null },
    };
    const own = Object.entries(vehicles);
    this.#byVin = new Map(own.map(([vin, keys]) => [vin, this.#withCommon(keys)]));
    this.#signatureKeys = new Map(
      own.flatMap(([vin, { signatureKey }]) =>
        signatureKey === undefined ? [] : [[vin, Buffer.from(signatureKey, "hex")]],
      ),
    );
    this.#cipher = createDataCipher((vin) => this.#keysOf(vin), randomBytes);
  }

  /** Plain where there is a key; as it came where there is none; null where there is one and it does not fit. */
  opened(frame: Gbt32960Frame): Gbt32960Frame | null {
    if (frame.isPlain || !this.#hasKey(frame)) return frame;
    const plain = decryptedFrame(frame, this.#cipher);
    return plain instanceof BodyFault ? null : plain;
  }

  /** null: there is no signature, or no key to check it with. An activation brings the key itself. */
  check(frame: Gbt32960Frame, body: Gbt32960Body | null): SignatureCheck["result"] | null {
    if (frame.version !== 2025 || body === null) return null;
    const given = frame.command === Command.Activation ? body.fields["public_key"] : undefined;
    const key = given instanceof Uint8Array ? given : this.#signatureKeys.get(frame.vin);
    const signed = key === undefined ? null : signedPart(frame, body);
    return key === undefined || signed === null ? null : checkSignature(signed, key).result;
  }

  #keysOf(vin: string): VehicleKeys {
    return this.#byVin.get(vin) ?? this.#common;
  }

  #withCommon(own: { readonly aes128?: SymmetricConfig; readonly sm4?: SymmetricConfig }): VehicleKeys {
    const { aes128, sm4, rsa } = this.#common;
    return { aes128: symmetricKey(own.aes128) ?? aes128, sm4: symmetricKey(own.sm4) ?? sm4, rsa };
  }

  #hasKey({ vin, encryption }: Gbt32960Frame): boolean {
    const keys = this.#keysOf(vin);
    if (encryption === Encryption.Rsa) return keys.rsa !== null;
    if (encryption === Encryption.Aes128) return keys.aes128 !== null;
    return encryption === Encryption.Sm4 && keys.sm4 !== null;
  }
}

function symmetricKey(config: SymmetricConfig | undefined): SymmetricKey | null {
  if (config === undefined) return null;
  const iv = config.iv === undefined ? null : Buffer.from(config.iv, "hex");
  return { key: Buffer.from(config.key, "hex"), mode: config.mode, iv };
}

function privateKeyIn(path: string): ReturnType<typeof createPrivateKey> {
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType !== "rsa") throw new Error(`${path} holds no RSA key`);
  return key;
}
