// The profile `emqx` of a listener: the topics and the JSON of EMQX's gateway, so that moving is a change of
// configuration. The JSON itself is made in profile-emqx.ts. What that gateway never had (undecoded data units, states of
// commands) gets levels of its own below the same mount point.

import { BodyFault, Command } from "gbt32960-parser";
import type { Gbt32960Bodies, Gbt32960Body, Gbt32960Frame } from "gbt32960-parser";
import { parseJsonObject } from "../../core/index.ts";
import { CommandFault } from "./faults.ts";
import { CommandProblem } from "./profile.ts";
import type { CommandTarget, DownCommand, MessageName, Profile, UplinkContext } from "./profile.ts";
import { fromEmqx, toEmqx } from "./profile-emqx.ts";
import type { EmqxRecord } from "./profile-emqx.ts";
import { nativeProfile } from "./profile-native.ts";

const levels: Readonly<Record<MessageName, string | null>> = Object.freeze({
  login: "vlogin",
  report: "info",
  reissue: "reinfo",
  logout: "vlogout",
  platform_login: "plogin",
  platform_logout: "plogout",
  activation: "activation",
  key_exchange: "transparent",
  response: "response",
  transparent: "transparent",
  undecoded: "decode_error",
  offline: null,
  command: "command",
});

/** Keys that are shown empty, and by whose command: what they hold is between a sender and the gateway. */
const secrets: ReadonlyMap<number, string> = Object.freeze(
  new Map([
    [Command.PlatformLogin, "Password"],
    [Command.KeyExchange, "Key"],
  ]),
);

/** `mountpoint`: what stands before both topics, `{clientid}` or `${clientid}` for the VIN in it. */
export function emqxProfile(mountpoint: string): Profile {
  const mount = (vin: string): string => mountpoint.replaceAll(/\$?\{clientid\}/g, () => vin);
  return Object.freeze({
    upTopic: (vin: string, message: MessageName) => {
      const level = levels[message];
      return level === null ? null : `${mount(vin)}upstream/${level}`;
    },
    downTopic: (vin: string) => `${mount(vin)}dnstream`,
    toJson,
    fromJson,
  });
}

/** A data unit that cannot be used has no shape there: it is published as the native profile does. */
function toJson(frame: Gbt32960Frame, body: Gbt32960Body | null, context: UplinkContext): string {
  const record = context.fault === null ? toEmqx(frame, body) : null;
  if (record === null) return nativeProfile.toJson(frame, body, context);
  const secret = secrets.get(frame.command);
  const content = record["Data"];
  if (secret !== undefined && isRecord(content) && secret in content) content[secret] = "";
  return JSON.stringify(record);
}

/** `{raw: base64, command: …}` of the native profile is taken, too: for what the other shape has no words. */
function fromJson(payload: Uint8Array, bodies: Gbt32960Bodies, target: CommandTarget): DownCommand | CommandProblem {
  const json = parseJsonObject(payload);
  if (json === null) return new CommandProblem(CommandFault.Json, "", null, null);
  if (json["Action"] === undefined && json["command"] !== undefined)
    return nativeProfile.fromJson(payload, bodies, target);
  const made = fromEmqx(json, target.version, target.now, bodies);
  if (made instanceof BodyFault) return new CommandProblem(made.code, made.field, null, null);
  return { command: made.command, data: made.data, reference: null, ttlMs: null };
}

function isRecord(value: unknown): value is EmqxRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
