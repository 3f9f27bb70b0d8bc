// What users write under `ciphers` of a listener. The standard names ciphers and says neither mode nor padding, neither
// IV nor the form of a key, so all of that is configured with the key.

import { Type } from "typebox";

const VEHICLES_MAX = 1_000_000;

const hex = (pattern: string, description: string) => Type.String({ pattern, writeOnly: true, description });

const symmetricSchema = (name: string) =>
  Type.Object(
    {
      key: hex("^[0-9a-fA-F]{32}$", "16 bytes, hex."),
      mode: Type.Union([Type.Literal("ecb"), Type.Literal("cbc")], { description: "Padding is PKCS #7." }),
      iv: Type.Optional(
        hex("^[0-9a-fA-F]{32}$", "For cbc: 16 bytes, hex. If left out, it stands in front of the encrypted bytes."),
      ),
    },
    { additionalProperties: false, description: `Data units that are encrypted with ${name}.` },
  );

const keyProperties = {
  aes128: Type.Optional(symmetricSchema("AES-128")),
  sm4: Type.Optional(symmetricSchema("SM4 (where this process has it)")),
};

export const cipherSchema = Type.Object(
  {
    ...keyProperties,
    rsa: Type.Optional(
      Type.Object(
        {
          privateKey: Type.String({ minLength: 1, description: "Path of a PEM file: the gateway's private key." }),
          padding: Type.Union([Type.Literal("pkcs1"), Type.Literal("oaep")], { description: "OAEP is with SHA-1." }),
        },
        { additionalProperties: false, description: "Data units that are encrypted with RSA." },
      ),
    ),
    vehicles: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          {
            ...keyProperties,
            signatureKey: Type.Optional(
              Type.String({
                pattern: "^(?:04)?[0-9a-fA-F]{128}$",
                description:
                  "Public SM2 key, hex: signatures of this vehicle's reports (2025) are checked, some milliseconds each.",
              }),
            ),
          },
          { additionalProperties: false },
        ),
        { maxProperties: VEHICLES_MAX, description: "Keys of single vehicles, by VIN, before those of all." },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "Keys of encrypted data units. What there is no key for is published as it came.",
  },
);

export type CipherConfig = Type.Static<typeof cipherSchema>;
export type SymmetricConfig = Type.Static<ReturnType<typeof symmetricSchema>>;
