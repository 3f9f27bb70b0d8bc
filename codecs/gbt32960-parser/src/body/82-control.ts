// 0x82, control of a terminal: a command, and for two of them parameters of a form of their own. Parameters of another
// form, and those of users' own commands, stay bytes.

import type { BodyReader } from "../body-reader.ts";
import type { BodyWriter } from "../body-writer.ts";
import { BodyFaultCode } from "../faults.ts";
import { isRecord, own } from "../field.ts";
import type { Field, Given, NativeRecord, NativeValue, RawRecord } from "../field.ts";
import { parseHex, toHex } from "../hex.ts";
import { Layout, NO_PARTS, special } from "../layout.ts";
import type { Gb18030 } from "../text.ts";
import { time } from "../time.ts";
import { readUpgrade, writeUpgrade } from "./upgrade.ts";

export const Control = {
  Upgrade: 0x01,
  PowerOff: 0x02,
  Reset: 0x03,
  FactoryReset: 0x04,
  Disconnect: 0x05,
  Warning: 0x06,
  SamplingLink: 0x07,
} as const;

const names: readonly string[] = Object.freeze([
  "upgrade",
  "power_off",
  "reset",
  "factory_reset",
  "disconnect",
  "warning",
  "sampling_link",
]);

const command: Field = special(
  "command",
  1,
  "command",
  names.map((name, i) => `${i + 1} ${name}`).join(", "),
  (value, into): void => {
    into["command"] = names[value - 1] ?? value;
  },
  (native): unknown => {
    const value = own(native, "command");
    return typeof value === "string" && names.includes(value) ? names.indexOf(value) + 1 : value;
  },
);

function readWarning(param: Uint8Array, text: Gb18030): RawRecord | null {
  if (param.length === 0) return null;
  const value = text.decode(param, 1, param.length);
  const again = text.encode(value);
  const isExact = again.length === param.length - 1 && again.every((byte, i) => byte === param[i + 1]);
  return isExact ? { level: param[0]!, text: value } : null;
}

/** Raw: `upgrade` or `warning` where the parameters have that form, else `param`, the bytes. */
const param: Field = Object.freeze({
  name: "param",
  key: "hex",
  wire: "bytes to the end",
  meaning: "upgrade {…}, warning {level, text}, or hex",
  parts: NO_PARTS,
  read(reader: BodyReader, into: RawRecord): void {
    const bytes = reader.view(reader.remaining);
    if (into["command"] === Control.Upgrade) {
      const upgrade = readUpgrade(bytes, reader.text);
      if (upgrade !== null) into["upgrade"] = upgrade;
    } else if (into["command"] === Control.Warning) {
      const warning = readWarning(bytes, reader.text);
      if (warning !== null) into["warning"] = warning;
    }
    if (into["upgrade"] === undefined && into["warning"] === undefined) into["param"] = bytes;
  },
  write(writer: BodyWriter, from: Given): void {
    const upgrade = own(from, "upgrade");
    const warning = own(from, "warning");
    if (isRecord(upgrade)) {
      const bytes = writeUpgrade(upgrade, writer.text);
      if (bytes === null) writer.fail(BodyFaultCode.FieldRange);
      else writer.raw(bytes);
    } else if (isRecord(warning)) {
      writer.unsigned(own(warning, "level"), 1);
      const bytes = writer.encoded(own(warning, "text"));
      if (bytes !== null) writer.raw(bytes);
    } else {
      writer.raw(own(from, "param") ?? new Uint8Array(0));
    }
  },
  show(raw: RawRecord, into: NativeRecord): void {
    for (const key of ["upgrade", "warning"]) {
      const value = raw[key];
      if (isRecord(value)) into[key] = { ...(value as Record<string, NativeValue>) };
    }
    const bytes = raw["param"];
    if (bytes instanceof Uint8Array && bytes.length > 0) into["hex"] = toHex(bytes);
  },
  parse(native: Given, into: Record<string, unknown>): void {
    for (const key of ["upgrade", "warning"]) {
      const value = own(native, key);
      if (value !== undefined) into[key] = value;
    }
    const hex = own(native, "hex");
    if (hex !== undefined) into["param"] = typeof hex === "string" ? (parseHex(hex) ?? hex) : hex;
  },
});

export const control = new Layout([time("time"), command, param]);
