// The EMQX-compatible profile: topics, client ids and JSON of the gateway that many platforms were built against, so that
// moving is a change of configuration. A terminal is known by the digits of its header, leading zeros included.

import { BodyFault, BodyFaultCode, HeaderForm } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, Jt808Body, Jt808Frame, NativeRecord, TextCoder } from "jt808-parser";
import { parseJsonObject } from "../../core/index.ts";
import { DOWN_BODY_MAX_BYTES } from "./down-message.ts";
import type { EmqxOptions } from "./emqx-config.ts";
import { CommandFault } from "./faults.ts";
import { MessageId, Result } from "./mapping.ts";
import { CommandProblem } from "./profile.ts";
import type { Command, Part, Profile, Uplink, UplinkContext } from "./profile.ts";
import { downBody } from "./profile-emqx-down.ts";
import { shownDigits, upBody, upPositions } from "./profile-emqx-up.ts";
import type { EmqxShape } from "./profile-emqx-up.ts";
import { shownIds } from "./profile-emqx-tables.ts";

/** What the gateway itself says of a terminal; the compatible format has no place for it on its own topic. */
const reports: ReadonlySet<string> = Object.freeze(new Set(["command", "undecoded"]));
const UP_MESSAGE = "up";

export function emqxProfile(options: EmqxOptions, text: TextCoder): Profile {
  const shape: EmqxShape = Object.freeze({ legacyBitOrder: options.legacyBitOrder, text });
  const up = topicOf(options.mountpoint, options.upTopic);
  const down = topicOf(options.mountpoint, options.downTopic);
  return Object.freeze({
    clientId: shownDigits,
    upTopic: (client: string, message: string) => (reports.has(message) ? `${up(client)}/${message}` : up(client)),
    downTopic: down,
    isConsumed: (id: number) => options.consumed.has(id) || (options.ignoresUnknown && !shownIds.has(id)),
    toJson: (frame: Jt808Frame, body: Jt808Body | null, context: UplinkContext) => toJson(frame, body, context, shape),
    positionsOf: (frame: Jt808Frame, body: Jt808Body) => positionsOf(frame, body, shape),
    fromJson: (payload: Uint8Array, bodies: Jt808Bodies, version: BodyVersion) =>
      fromJson(payload, bodies, version, text),
  });
}

/** By client id. A topic that repeats the mount point, as older configurations do, has it once. */
function topicOf(mountpoint: string, topic: string): (client: string) => string {
  const [mount, rest] = [mountpoint, topic].map((template) => template.replaceAll("${", "{")) as [string, string];
  const whole = rest.startsWith(mount) ? rest : mount + rest;
  const parts = whole.split(/\{(?:clientid|phone)\}/);
  return (client) => parts.join(client);
}

/** The whole message; of an authentication, its code, too. */
export function upMessage(frame: Jt808Frame, body: Jt808Body | null, shape: EmqxShape): NativeRecord {
  return { header: upHeader(frame, frame.id, frame.body.length), body: upBody(frame, body, shape) };
}

function upHeader(frame: Jt808Frame, id: number, length: number): NativeRecord {
  const header: NativeRecord = {
    msg_id: id,
    encrypt: frame.encryption,
    len: length,
    phone: shownDigits(frame.phone),
    msg_sn: frame.serial,
  };
  if (frame.form === HeaderForm.V2019) header["proto_ver"] = frame.protocolVersion;
  if (frame.isFragment) {
    header["frag_total"] = frame.fragmentTotal;
    header["frag_sn"] = frame.fragmentNumber;
  }
  return header;
}

/** Under the batch's own serial. */
function positionsOf(frame: Jt808Frame, body: Jt808Body, shape: EmqxShape): readonly Part[] {
  return upPositions(frame, body, shape).map(({ length, position }) => ({
    message: UP_MESSAGE,
    json: JSON.stringify({ header: upHeader(frame, MessageId.Location, length), body: position }),
  }));
}

function toJson(frame: Jt808Frame, body: Jt808Body | null, context: UplinkContext, shape: EmqxShape): Uplink {
  const message = upMessage(frame, body, shape);
  // The code of an authentication is a secret between the terminal and us, whatever its body looks like.
  if (frame.id === MessageId.Authenticate) message["body"] = {};
  const isShort = body?.fault?.code === BodyFaultCode.Short;
  const isOpaque = frame.isFragment || frame.encryption !== 0;
  const isUnsupported = body === null && context.unknownAreUnsupported && !isOpaque;
  const result = isShort ? Result.BadMessage : isUnsupported ? Result.Unsupported : Result.Ok;
  return { message: UP_MESSAGE, json: JSON.stringify(message), result };
}

/** `{ "header": { "msg_id": 33536, "msg_sn": 7 }, "body": { "flag": 1, "text": "…" } }`; only `msg_id` is needed. */
function fromJson(
  payload: Uint8Array,
  bodies: Jt808Bodies,
  version: BodyVersion,
  text: TextCoder,
): Command | CommandProblem {
  const json = parseJsonObject(payload);
  if (json === null) return new CommandProblem(CommandFault.Json, "", null, null);
  const header = recordIn(json["header"]);
  const id = wordIn(header?.["msg_id"]);
  if (header === null || id === null) return new CommandProblem(CommandFault.Id, "header.msg_id", null, null);
  const serial = header["msg_sn"] === undefined ? null : wordIn(header["msg_sn"]);
  if (serial === null && header["msg_sn"] !== undefined) {
    return new CommandProblem(CommandFault.Body, "header.msg_sn", id, null);
  }
  const written = json["body"] === undefined ? {} : recordIn(json["body"]);
  if (written === null) return new CommandProblem(CommandFault.Body, "body", id, null);
  const body = downBody(id, written, bodies, version, text, DOWN_BODY_MAX_BYTES);
  if (body instanceof BodyFault)
    return new CommandProblem(body.code, body.field === "" ? "body" : `body.${body.field}`, id, null);
  return { id, body, serial, reference: null, ttlMs: null };
}

function recordIn(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function wordIn(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff ? value : null;
}
