// The JSON of EMQX's GB/T 32960 gateway, both ways, so that its applications can stay as they are: keys in their
// spelling, raw integers, times of six numbers. Pure. Where that gateway loses data or fails, the answer here is the one
// that its own shape suggests; the README lists those cases.

import { BodyFault, BodyFaultCode, Command, beijingTime, customBytes, toHex } from "gbt32960-parser";
import type {
  Gbt32960Bodies,
  Gbt32960Body,
  Gbt32960Frame,
  Gbt32960Version,
  RawRecord,
  RawValue,
} from "gbt32960-parser";
import { emqxUnits, hexLists } from "./profile-emqx-units.ts";
import type { EmqxField } from "./profile-emqx-units.ts";

/** JSON. */
export interface EmqxRecord {
  [key: string]: unknown;
}

const SIGNATURE_TYPE = 0xff;
const ICCID_BYTES = 20;
const USERNAME_BYTES = 12;
const PASSWORD_BYTES = 20;
const CHIP_ID_BYTES = 16;
const PACK_CODE_BYTES = 24;

const topics: Readonly<Record<number, string>> = Object.freeze({
  [Command.VehicleLogin]: "vlogin",
  [Command.Report]: "info",
  [Command.Reissue]: "reinfo",
  [Command.VehicleLogout]: "vlogout",
  [Command.PlatformLogin]: "plogin",
  [Command.PlatformLogout]: "plogout",
  [Command.Activation]: "activation",
  [Command.Query]: "response",
  [Command.Set]: "response",
  [Command.Control]: "response",
});

/** The level behind `upstream/` that a frame is published to; null: heartbeats and time requests are not. */
export function emqxTopic(command: number): string | null {
  if (command === Command.Heartbeat || command === Command.TimeSync) return null;
  return topics[command] ?? "transparent";
}

/**
 * A frame as EMQX would publish it. `body`: what the codec read of its plain data unit; null for a data unit without a
 * layout (unknown command, encrypted), which then is base64. null: the data unit is not what its layout says, and there
 * is nothing that an application could make of it.
 */
export function toEmqx(frame: Gbt32960Frame, body: Gbt32960Body | null): EmqxRecord | null {
  const data = body === null ? base64(frame.data) : isReadable(body) ? emqxData(frame, body) : null;
  return data === null ? null : { Cmd: frame.command, Vin: frame.id, Encrypt: frame.encryption, Data: data };
}

/** A unit of an unknown type is still something: EMQX shows it as custom data. */
function isReadable(body: Gbt32960Body): boolean {
  const code = body.fault?.code;
  if (code === BodyFaultCode.Unit || code === BodyFaultCode.Count) return true;
  return body.isClean;
}

function emqxData(frame: Gbt32960Frame, body: Gbt32960Body): EmqxRecord {
  const { fields } = body;
  const out: EmqxRecord = {};
  if (fields["time"] !== undefined) out["Time"] = emqxTime(fields["time"]);
  switch (frame.command) {
    case Command.Report:
    case Command.Reissue:
      out["Infos"] = emqxInfos(frame.version, body);
      return out;
    case Command.VehicleLogin:
      return fields["serial"] === undefined ? out : login(fields, out);
    case Command.VehicleLogout:
    case Command.PlatformLogout:
      return fields["serial"] === undefined ? out : Object.assign(out, { Seq: fields["serial"] });
    case Command.PlatformLogin:
      return fields["serial"] === undefined ? out : platformLogin(fields, out);
    case Command.Activation:
      return fields["chip_id"] === undefined ? out : activation(fields, out);
    case Command.ActivationResult:
      return fields["status"] === undefined
        ? out
        : Object.assign(out, { ActivationStatus: fields["status"], Info: fields["info"] });
    case Command.KeyExchange:
      return fields["key"] === undefined ? out : keyExchange(fields, out);
    case Command.Query:
    case Command.Set:
      return fields["count"] === undefined ? out : parameters(fields, out);
    case Command.Control:
      return fields["command"] === undefined ? out : control(fields, out);
    default:
      return out;
  }
}

function emqxTime(time: RawValue | undefined): EmqxRecord {
  const { year, month, day, hour, minute, second } = time as RawRecord;
  return { Year: year, Month: month, Day: day, Hour: hour, Minute: minute, Second: second };
}

/** Texts keep the NULs of their fields. */
function padded(value: RawValue | undefined, width: number): string {
  return (typeof value === "string" ? value : "").padEnd(width, "\0");
}

function login(fields: RawRecord, out: EmqxRecord): EmqxRecord {
  const codes = fields["codes"] as string[];
  out["Seq"] = fields["serial"];
  out["ICCID"] = padded(fields["iccid"], ICCID_BYTES);
  const packs = fields["pack_counts"];
  if (packs === undefined) {
    const width = Number(fields["code_len"]);
    out["Num"] = fields["count"];
    out["Length"] = width;
    out["Id"] = codes.map((code) => padded(code, width)).join("");
    return out;
  }
  let first = 0;
  out["BmsNum"] = fields["bms_count"];
  out["BatteryPackCounts"] = packs;
  out["BatteryPackEncodings"] = (packs as number[]).map((count) => {
    first += count;
    return codes.slice(first - count, first).map((code) => padded(code, PACK_CODE_BYTES));
  });
  return out;
}

function platformLogin(fields: RawRecord, out: EmqxRecord): EmqxRecord {
  out["Seq"] = fields["serial"];
  out["Username"] = padded(fields["username"], USERNAME_BYTES);
  out["Password"] = padded(fields["password"], PASSWORD_BYTES);
  out["Encrypt"] = fields["encrypt"];
  return out;
}

function activation(fields: RawRecord, out: EmqxRecord): EmqxRecord {
  const key = fields["public_key"] as Uint8Array;
  out["ChipID"] = padded(fields["chip_id"], CHIP_ID_BYTES);
  out["PubKeyLen"] = key.length;
  out["PubKey"] = upperHex(key);
  out["VIN"] = fields["vin"];
  out["Signature"] = signature(fields["signature"] as RawRecord);
  return out;
}

function signature(fields: RawRecord): EmqxRecord {
  const r = fields["r"] as Uint8Array;
  const s = fields["s"] as Uint8Array;
  return {
    Type: "Signature",
    SignatureType: fields["sign_type"],
    RLength: r.length,
    RValue: upperHex(r),
    SLength: s.length,
    SValue: upperHex(s),
  };
}

function keyExchange(fields: RawRecord, out: EmqxRecord): EmqxRecord {
  const key = fields["key"] as Uint8Array;
  out["KeyType"] = fields["key_type"];
  out["KeyLength"] = key.length;
  out["Key"] = upperHex(key);
  out["ActiveTime"] = emqxTime(fields["start"]);
  out["ExpireTime"] = emqxTime(fields["end"]);
  return out;
}

function parameters(fields: RawRecord, out: EmqxRecord): EmqxRecord {
  const params = (fields["params"] ?? []) as RawRecord[];
  out["Total"] = fields["count"];
  out["Params"] = params.map((one) => {
    const { data, id, value } = one;
    return { [formatId(Number(id))]: data instanceof Uint8Array ? base64(data) : value };
  });
  return out;
}

function control(fields: RawRecord, out: EmqxRecord): EmqxRecord {
  const { param, upgrade, warning } = fields;
  out["Command"] = fields["command"];
  if (upgrade !== undefined) out["Param"] = renamed(upgrade as RawRecord, upgradeKeys, "");
  else if (warning !== undefined) out["Param"] = renamed(warning as RawRecord, warningKeys, "");
  else out["Param"] = base64(param as Uint8Array);
  return out;
}

const upgradeKeys: readonly (readonly [raw: string, key: string])[] = [
  ["dialName", "DialingName"],
  ["username", "Username"],
  ["password", "Password"],
  ["address", "Ip"],
  ["port", "Port"],
  ["manufacturer", "ManufacturerId"],
  ["hardwareVersion", "HardwareVer"],
  ["firmwareVersion", "SoftwareVer"],
  ["url", "UpgradeUrl"],
  ["timeLimit", "Timeout"],
];
const warningKeys: typeof upgradeKeys = [
  ["level", "Level"],
  ["text", "Message"],
];

function renamed(fields: RawRecord, keys: typeof upgradeKeys, missing: string): EmqxRecord {
  return Object.fromEntries(keys.map(([raw, key]) => [key, fields[raw] ?? missing]));
}

function emqxInfos(version: Gbt32960Version, body: Gbt32960Body): EmqxRecord[] {
  const units = (body.fields["units"] ?? []) as RawRecord[];
  const table = emqxUnits(version);
  const infos = units.map((unit): EmqxRecord => {
    const type = Number(unit["type"]);
    if (unit["data"] instanceof Uint8Array) return custom(customBytes(type, unit["data"]));
    if (type === SIGNATURE_TYPE) return signature(unit);
    const row = table.find((one) => one.type === type);
    const shown: EmqxRecord = { Type: row?.name };
    return row === undefined ? shown : Object.assign(shown, shownFields(unit, row.fields, version));
  });
  if (body.tail.length > 0) infos.push(custom(body.tail));
  return infos;
}

function custom(bytes: Uint8Array): EmqxRecord {
  return { Type: "CustomData", Data: base64(bytes) };
}

function shownFields(unit: RawRecord, fields: readonly EmqxField[], version: Gbt32960Version): EmqxRecord {
  const out: EmqxRecord = {};
  for (const [raw, key, records] of fields) {
    const value = unit[raw];
    if (records !== undefined) {
      out[key] = (value as RawRecord[]).map((one) => shownFields(one, records, version));
    } else if (hexLists.includes(raw)) {
      out[key] = (value as number[]).map((code) => faultCode(code, version));
    } else out[key] = value;
  }
  return out;
}

/** Four digits in 2016, where they are enough; EMQX prints asterisks where they are not. */
function faultCode(code: number, version: Gbt32960Version): string {
  const digits = version === 2016 && code <= 0xffff ? 4 : 8;
  return code.toString(16).toUpperCase().padStart(digits, "0");
}

function upperHex(bytes: Uint8Array): string {
  return toHex(bytes).toUpperCase();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** An id as EMQX writes it: "0x0A". */
function formatId(id: number): string {
  return `0x${id.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** A command as the application gave it, as a command code and its data unit. */
export interface EmqxCommand {
  readonly command: number;
  readonly data: Uint8Array;
}

/** Down-link JSON to a command; or which key does not fit. `moment`: its time, ms since the epoch. */
export function fromEmqx(
  json: unknown,
  version: Gbt32960Version,
  moment: number,
  bodies: Gbt32960Bodies,
): EmqxCommand | BodyFault {
  if (!isRecord(json)) return new BodyFault(BodyFaultCode.FieldType, "");
  const time = beijingTime(moment) ?? undefined;
  switch (json["Action"]) {
    case "Query":
      return written(version, Command.Query, { time, ids: queryIds(json["Ids"]) }, bodies);
    case "Setting":
      return written(version, Command.Set, { time, params: settings(json["Params"]) }, bodies);
    case "Control":
      return written(version, Command.Control, { time, ...controlFields(json) }, bodies);
    case undefined:
      return new BodyFault(BodyFaultCode.FieldMissing, "Action");
    default:
      return new BodyFault(BodyFaultCode.FieldRange, "Action");
  }
}

function written(
  version: Gbt32960Version,
  command: number,
  fields: RawRecord | Record<string, unknown>,
  bodies: Gbt32960Bodies,
): EmqxCommand | BodyFault {
  const layout = bodies.layout(version, command, "command");
  if (layout === null) return new BodyFault(BodyFaultCode.FieldRange, "Action");
  const data = bodies.write(layout, fields);
  return data instanceof BodyFault ? data : { command, data };
}

/** A number, or text like "0x01"; anything else is handed on, and refused when it is written. */
function parsedId(id: unknown): unknown {
  return typeof id === "string" && /^0x[0-9a-f]{1,2}$/i.test(id) ? Number(id) : id;
}

function queryIds(ids: unknown): unknown {
  return Array.isArray(ids) ? ids.map(parsedId) : ids;
}

/** A host's length is put before it where it is missing. */
function settings(params: unknown): unknown {
  if (!Array.isArray(params)) return params;
  const out: { id: unknown; value?: unknown; data?: unknown }[] = [];
  for (const one of params) {
    for (const [name, value] of Object.entries(isRecord(one) ? one : {})) {
      const id = parsedId(name);
      const length = id === 0x05 ? 0x04 : id === 0x0e ? 0x0d : null;
      if (length !== null && typeof value === "string" && !out.some((before) => before.id === length)) {
        out.push({ id: length, value: value.length });
      }
      if (typeof id === "number" && id > 0x10) out.push({ id, data: fromBase64(value) });
      else out.push({ id, value });
    }
  }
  return out;
}

function controlFields(json: Record<string, unknown>): Record<string, unknown> {
  const command = parsedId(json["Command"]);
  const param = json["Param"];
  if (isRecord(param)) {
    const isUpgrade = command === 0x01;
    const fields = given(param, isUpgrade ? upgradeKeys : warningKeys);
    return { command, [isUpgrade ? "upgrade" : "warning"]: fields };
  }
  return param === undefined || param === "" ? { command } : { command, param: fromBase64(param) };
}

function given(param: Record<string, unknown>, keys: typeof upgradeKeys): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [raw, key] of keys) if (Object.hasOwn(param, key) && param[key] !== "") out[raw] = param[key];
  return out;
}

function fromBase64(value: unknown): unknown {
  if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return value;
  return Uint8Array.from(Buffer.from(value, "base64"));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
