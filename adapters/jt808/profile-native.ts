// The native profile: engineering units, ISO times, a topic for each kind of message. A terminal is known by its number
// without leading zeros, so that one that shows 12 digits and 20 is one.

import { BodyFault, BodyFaultCode, canonicalPhone, formatId, parseHex, toHex } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, Jt808Body, Jt808Frame, NativeRecord } from "jt808-parser";
import { parseJsonObject } from "../../core/index.ts";
import { envelopeOf, parseBase64 } from "../../net/command-envelope.ts";
import { DOWN_BODY_MAX_BYTES } from "./down-message.ts";
import { CommandFault } from "./faults.ts";
import { MessageId, Result, isSessionMessage } from "./mapping.ts";
import { CommandProblem } from "./profile.ts";
import type { Command, Part, Profile, Uplink, UplinkContext } from "./profile.ts";

/** `publishSessionMessages`: also registration, authentication, heartbeat, deregistration and time request. */
export function nativeProfile(publishSessionMessages: boolean): Profile {
  return Object.freeze({
    clientId: canonicalPhone,
    upTopic: (client: string, message: string) => `jt808/${client}/up/${message}`,
    downTopic: (client: string) => `jt808/${client}/down`,
    isConsumed: (id: number) => !publishSessionMessages && isSessionMessage(id),
    toJson,
    positionsOf,
    fromJson,
  });
}

function toJson(frame: Jt808Frame, body: Jt808Body | null, context: UplinkContext): Uplink {
  const id = formatId(frame.id);
  const tooShort = body !== null && body.fault?.code === BodyFaultCode.Short;
  const message = body === null ? id : tooShort ? "undecoded" : body.row.name;
  const out: NativeRecord = {
    id,
    message,
    device: context.device,
    phone: frame.phone,
    serial: frame.serial,
    version: String(body?.version ?? context.version),
    receivedAt: new Date(context.receivedAt).toISOString(),
  };
  if (context.reference !== null) out["reference"] = context.reference;
  if (frame.isFragment) out["fragment"] = { total: frame.fragmentTotal, number: frame.fragmentNumber };
  if (frame.encryption !== 0) out["encryption"] = frame.encryption;
  const isSecret = frame.id === MessageId.Authenticate;
  let isExact = false;
  if (body !== null) {
    const { fields, exact } = body.toNative();
    if (isSecret) delete fields["code"];
    out["body"] = fields;
    isExact = exact;
    if (body.fault !== null) out["fault"] = { code: body.fault.code, field: body.fault.field };
  }
  // The code of an authentication is a secret between the terminal and us.
  if (!isExact && !isSecret) out["hex"] = toHex(frame.body);
  const isUnsupported = body === null && context.unknownAreUnsupported && !frame.isFragment && frame.encryption === 0;
  const result = tooShort ? Result.BadMessage : isUnsupported ? Result.Unsupported : Result.Ok;
  return { message, json: JSON.stringify(out), result };
}

/** A `location` for each position of a batch that can be read; the batch itself has all of them. */
function positionsOf(frame: Jt808Frame, body: Jt808Body, context: UplinkContext): Part[] {
  const { locations, type } = body.toNative().fields;
  if (!Array.isArray(locations)) return [];
  const count = locations.length;
  const parts: Part[] = [];
  for (const [index, location] of locations.entries()) {
    if (typeof location !== "object" || location === null || "undecoded" in location) continue;
    const json = JSON.stringify({
      id: formatId(MessageId.Location),
      message: "location",
      device: context.device,
      phone: frame.phone,
      serial: frame.serial,
      version: String(body.version),
      receivedAt: new Date(context.receivedAt).toISOString(),
      batch: { type: type ?? null, number: index + 1, count },
      body: location,
    });
    parts.push({ message: "location", json });
  }
  return parts;
}

/**
 * A command as people write it: `{ "id": "0x8300" | 33536 | name, "body": {…} | "hex" | "raw": "base64", "reference": "…",
 * "ttl": seconds }`.
 */
function fromJson(payload: Uint8Array, bodies: Jt808Bodies, version: BodyVersion): Command | CommandProblem {
  const json = parseJsonObject(payload);
  if (json === null) return new CommandProblem(CommandFault.Json, "", null, null);
  const { reference, ttlMs, fault } = envelopeOf(json);
  const id = commandId(json["id"], bodies);
  if (id === null) return new CommandProblem(CommandFault.Id, "id", null, reference);
  if (fault !== null) return new CommandProblem(codeOf(fault), fault, id, reference);
  const body = commandBody(id, json, bodies, version);
  if (body instanceof BodyFault) return new CommandProblem(body.code, body.field, id, reference);
  if (typeof body === "string") return new CommandProblem(CommandFault.Body, body, id, reference);
  return { id, body, serial: null, reference, ttlMs };
}

function codeOf(fault: "reference" | "ttl"): CommandFault {
  return fault === "ttl" ? CommandFault.Ttl : CommandFault.Body;
}

function commandId(written: unknown, bodies: Jt808Bodies): number | null {
  if (typeof written === "number")
    return Number.isInteger(written) && written >= 0 && written <= 0xffff ? written : null;
  if (typeof written !== "string") return null;
  if (/^0x[0-9a-f]{1,4}$/i.test(written)) return Number(written);
  const row = bodies.rowNamed(written);
  return row?.direction === "down" ? row.id : null;
}

/** Text: the key that holds no body. Without a body it is empty. */
function commandBody(
  id: number,
  json: Readonly<Record<string, unknown>>,
  bodies: Jt808Bodies,
  version: BodyVersion,
): Uint8Array | BodyFault | "body" | "raw" {
  const { body, raw } = json;
  if (raw !== undefined) {
    if (body !== undefined || typeof raw !== "string") return "raw";
    return within(parseBase64(raw)) ?? "raw";
  }
  if (body === undefined) return new Uint8Array(0);
  if (typeof body === "object" && body !== null) return bodies.writeNative(id, version, body, DOWN_BODY_MAX_BYTES);
  return (typeof body === "string" ? within(parseHex(body)) : null) ?? "body";
}

function within(bytes: Uint8Array | null): Uint8Array | BodyFault | null {
  return bytes !== null && bytes.length > DOWN_BODY_MAX_BYTES ? new BodyFault(BodyFaultCode.TooLong, "") : bytes;
}
