// The native profile: engineering units, ISO times, a topic for each kind of message.

import { BodyFault, BodyFaultCode, Command, DATA_MAX_BYTES, Encryption, parseHex, toHex } from "gbt32960-parser";
import type { Gbt32960Bodies, Gbt32960Body, Gbt32960Frame, Gbt32960Version, NativeRecord } from "gbt32960-parser";
import { parseJsonObject } from "../../core/index.ts";
import { envelopeOf, parseBase64 } from "../../net/command-envelope.ts";
import { CommandFault } from "./faults.ts";
import { isAnswer } from "./mapping.ts";
import { CommandProblem } from "./profile.ts";
import type { CommandTarget, DownCommand, MessageName, Profile, UplinkContext } from "./profile.ts";

export const nativeProfile: Profile = Object.freeze({
  upTopic: (vin: string, message: MessageName) => `gbt32960/${vin}/up/${message}`,
  downTopic: (vin: string) => `gbt32960/${vin}/down`,
  toJson,
  fromJson,
});

const encryptionNames: Readonly<Record<number, string>> = Object.freeze({
  [Encryption.Rsa]: "RSA",
  [Encryption.Aes128]: "AES-128",
  [Encryption.Sm2]: "SM2",
  [Encryption.Sm4]: "SM4",
  [Encryption.Abnormal]: "abnormal",
  [Encryption.Invalid]: "invalid",
});

const flagNames: readonly string[] = Object.freeze([
  "",
  "ok",
  "error",
  "vin_repeated",
  "no_such_vin",
  "signature",
  "structure",
  "decryption",
]);

/** "ok", "error", …; a flag that the standard does not name as its number. */
export function flagName(flag: number): string | number {
  return flag > 0 && flag < flagNames.length ? flagNames[flag]! : flag;
}

export function formatCode(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}

/** What is between a sender and the gateway, and nobody else's business: by command, the field that holds it. */
const secrets: ReadonlyMap<number, string> = Object.freeze(
  new Map([
    [Command.PlatformLogin, "password"],
    [Command.KeyExchange, "key"],
  ]),
);

function toJson(frame: Gbt32960Frame, body: Gbt32960Body | null, context: UplinkContext): string {
  const out: NativeRecord = {
    command: formatCode(frame.command),
    message: context.message,
    vin: context.vin,
    version: String(frame.version),
    receivedAt: new Date(context.receivedAt).toISOString(),
  };
  if (context.platform !== null) out["platform"] = context.platform;
  if (context.encryption !== Encryption.None) {
    out["encryption"] = encryptionNames[context.encryption] ?? context.encryption;
  }
  if (isAnswer(frame)) out["response"] = frame.isCommand ? null : flagName(frame.response);
  if (context.reference !== null) out["reference"] = context.reference;
  const secret = secrets.get(frame.command) ?? null;
  let isExact = false;
  if (body !== null) {
    const { fields, exact } = body.toNative();
    if (secret !== null) delete fields[secret];
    out["body"] = fields;
    isExact = exact;
  }
  const fault = body?.fault ?? null;
  if (fault !== null) out["fault"] = { code: fault.code, field: fault.field };
  else if (context.fault !== null) out["fault"] = { code: context.fault, field: "" };
  if (context.signature !== null) out["signature"] = context.signature;
  if (context.serialFault !== null) out["serialFault"] = context.serialFault;
  if (!isExact && secret === null) out["hex"] = toHex(frame.data);
  return JSON.stringify(out);
}

/**
 * A command as people write it: `{ "command": "query" | "set" | "control" | … | "0x82" | 130, "body": {…} | "hex" |
 * "raw": "base64", "reference": "…", "ttl": seconds }`.
 */
function fromJson(payload: Uint8Array, bodies: Gbt32960Bodies, target: CommandTarget): DownCommand | CommandProblem {
  const json = parseJsonObject(payload);
  if (json === null) return new CommandProblem(CommandFault.Json, "", null, null);
  const { reference, ttlMs, fault } = envelopeOf(json);
  const command = commandCode(json["command"], bodies);
  if (command === null) return new CommandProblem(CommandFault.Command, "command", null, reference);
  if (fault !== null) return new CommandProblem(codeOf(fault), fault, command, reference);
  const data = commandData(command, json, bodies, target);
  if (data instanceof BodyFault) return new CommandProblem(data.code, data.field, command, reference);
  if (typeof data === "string") return new CommandProblem(CommandFault.Body, data, command, reference);
  return { command, data, reference, ttlMs };
}

function codeOf(fault: "reference" | "ttl"): CommandFault {
  return fault === "ttl" ? CommandFault.Ttl : CommandFault.Body;
}

function commandCode(written: unknown, bodies: Gbt32960Bodies): number | null {
  if (typeof written === "number") return Number.isInteger(written) && written >= 0 && written <= 0xff ? written : null;
  if (typeof written !== "string") return null;
  if (/^0x[0-9a-f]{1,2}$/i.test(written)) return Number(written);
  const row = bodies.rowNamed(written);
  return row === null || row.direction === "up" ? null : row.command;
}

/** Text: the key that holds no data unit. Without one it is that of the layout where there is one, and empty otherwise. */
function commandData(
  command: number,
  json: Readonly<Record<string, unknown>>,
  bodies: Gbt32960Bodies,
  { version, now }: CommandTarget,
): Uint8Array | BodyFault | "body" | "raw" {
  const { body, raw } = json;
  if (raw !== undefined) {
    if (body !== undefined || typeof raw !== "string") return "raw";
    return within(parseBase64(raw)) ?? "raw";
  }
  if (typeof body === "string") return within(parseHex(body)) ?? "body";
  if (body !== undefined && !isRecord(body)) return "body";
  return laidOut(command, version, body ?? {}, bodies, now);
}

function laidOut(
  command: number,
  version: Gbt32960Version,
  body: object,
  bodies: Gbt32960Bodies,
  now: number,
): Uint8Array | BodyFault | "body" {
  const layout = bodies.layout(version, command, "command");
  if (layout === null) return Object.keys(body).length === 0 ? new Uint8Array(0) : "body";
  return bodies.writeNative(layout, { time: new Date(now).toISOString(), ...body });
}

function within(bytes: Uint8Array | null): Uint8Array | BodyFault | null {
  return bytes !== null && bytes.length > DATA_MAX_BYTES ? new BodyFault(BodyFaultCode.TooLong, "") : bytes;
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
