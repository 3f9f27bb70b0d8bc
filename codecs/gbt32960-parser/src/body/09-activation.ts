// 0x09–0x0B, new in 2025: activation of a terminal's security chip, its result, and the exchange of the key that data
// units are encrypted with.

import { Layout, binary, nested, number, text } from "../layout.ts";
import { time } from "../time.ts";
import { signatureFields } from "./units-2025.ts";

const SPACE = 0x20;
const plain = { hasSentinels: false } as const;

export const activation = new Layout([
  time("time"),
  text("chip_id", 16, { pad: SPACE }),
  binary("public_key", 2),
  text("vin", 17),
  nested("signature", new Layout(signatureFields)),
]);

export const activationResult = new Layout([
  number("status", 1, { ...plain, as: "result", names: { 1: "ok", 2: "failed" } }),
  number("info", 1, { ...plain, as: "reason", names: { 0: "none", 1: "chip_already_active", 2: "vin_repeated" } }),
]);

export const keyExchange = new Layout([
  number("key_type", 1, {
    ...plain,
    as: "encryption",
    names: { 1: "none", 2: "RSA", 3: "AES-128", 4: "SM2", 5: "SM4" },
  }),
  binary("key", 2),
  time("start", { as: "validFrom" }),
  time("end", { as: "validUntil" }),
]);
