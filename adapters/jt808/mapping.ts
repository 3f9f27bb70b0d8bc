// What is what, without state: frames to JSON, JSON to frames, devices to topics, verdicts to results, commands to the
// messages that answer them. Everything here is pure.

import { BodyFault, BodyFaultCode, formatId, parseHex, toHex } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, Jt808Body, Jt808Frame, NativeRecord } from "jt808-parser";
import { Verdict } from "../../core/index.ts";
import type { MessageProperties } from "../../core/index.ts";
import { CommandFault } from "./faults.ts";

export const MessageId = {
  Ack: 0x0001,
  Heartbeat: 0x0002,
  Deregister: 0x0003,
  TimeRequest: 0x0004,
  Register: 0x0100,
  Authenticate: 0x0102,
  Location: 0x0200,
  LocationBatch: 0x0704,
  GeneralAnswer: 0x8001,
  TimeAnswer: 0x8004,
  RegisterAnswer: 0x8100,
} as const;

/** Results of a general answer. */
export const Result = { Ok: 0, Failed: 1, BadMessage: 2, Unsupported: 3 } as const;
export type Result = (typeof Result)[keyof typeof Result];

/** Results of a registration. */
export const RegisterResult = { Ok: 0, NoSuchTerminal: 4 } as const;

/** The one table from what the core says of a message to what the terminal is told of it; indexed by the verdict. */
const resultByVerdict: Readonly<Record<Verdict, Result>> = Object.freeze({
  [Verdict.Pending]: Result.Failed,
  [Verdict.Accepted]: Result.Ok,
  [Verdict.NoSubscriber]: Result.Ok,
  [Verdict.Denied]: Result.Failed,
  [Verdict.InvalidTopic]: Result.Failed,
  [Verdict.InvalidMessage]: Result.Failed,
  [Verdict.TooLarge]: Result.BadMessage,
  [Verdict.RateLimited]: Result.Failed,
  [Verdict.QuotaExceeded]: Result.Failed,
  [Verdict.Overload]: Result.Failed,
  [Verdict.Closed]: Result.Failed,
  [Verdict.NotSupported]: Result.Unsupported,
});

export function resultOf(verdict: Verdict): Result {
  return resultByVerdict[verdict];
}

/** Messages that only serve the link: published or not as the listener is configured. */
export function isSessionMessage(id: number): boolean {
  return (
    id === MessageId.Heartbeat ||
    id === MessageId.Deregister ||
    id === MessageId.TimeRequest ||
    id === MessageId.Register ||
    id === MessageId.Authenticate
  );
}

export function upTopic(device: string, message: string): string {
  return `jt808/${device}/up/${message}`;
}

export function downTopic(device: string): string {
  return `jt808/${device}/down`;
}

/** Of every message that is published here. */
export const jsonProperties: MessageProperties = Object.freeze({
  contentType: "application/json",
  payloadIsText: true,
  responseTopic: null,
  correlationData: null,
  user: Object.freeze([]),
});

export interface Uplink {
  /** Last level of the topic. */
  readonly message: string;
  readonly json: string;
  /** What the terminal is told when the core takes the message. */
  readonly result: Result;
}

/** What the link knows of a frame beside its bytes. */
export interface UplinkContext {
  readonly device: string;
  readonly version: BodyVersion;
  /** ms since the epoch. */
  readonly receivedAt: number;
  /** The command's own mark, in the answer to it; or null. */
  readonly reference: string | null;
  readonly unknownAreUnsupported: boolean;
}

/** `body` is null where there is no layout: an unknown id, a fragment, an encrypted body. */
export function toUplink(frame: Jt808Frame, body: Jt808Body | null, context: UplinkContext): Uplink {
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

/** A command as people write it: `{ "id": "0x8300" | 33536 | name, "body": {…} | "hex", "reference": "…" }`. */
export interface Command {
  readonly id: number;
  readonly body: Uint8Array;
  /** Given back with the terminal's answer, or null. */
  readonly reference: string | null;
}

/** Why a command was not sent, or not answered. */
export class CommandProblem {
  readonly code: CommandFault | BodyFaultCode;
  readonly field: string;
  /** As far as they could be read. */
  readonly id: number | null;
  readonly reference: string | null;
  constructor(code: CommandFault | BodyFaultCode, field: string, id: number | null, reference: string | null) {
    this.code = code;
    this.field = field;
    this.id = id;
    this.reference = reference;
  }
}

const REFERENCE_MAX = 256;
const text = new TextDecoder("utf-8", { fatal: true });

export function toCommand(payload: Uint8Array, bodies: Jt808Bodies, version: BodyVersion): Command | CommandProblem {
  const json = parseObject(payload);
  if (json === null) return new CommandProblem(CommandFault.Json, "", null, null);
  const written = json["reference"];
  const reference = typeof written === "string" && written.length <= REFERENCE_MAX ? written : null;
  const id = commandId(json["id"], bodies);
  if (id === null) return new CommandProblem(CommandFault.Id, "id", null, reference);
  if (written !== undefined && reference === null) return new CommandProblem(CommandFault.Body, "reference", id, null);
  const body = commandBody(id, json["body"], bodies, version);
  if (body instanceof BodyFault) return new CommandProblem(body.code, body.field, id, reference);
  if (body === null) return new CommandProblem(CommandFault.Body, "body", id, reference);
  return { id, body, reference };
}

function parseObject(payload: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const json: unknown = JSON.parse(text.decode(payload));
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null;
  } catch {
    // Text that is no UTF-8 or no JSON: somebody's command, not our bug.
    return null;
  }
}

function commandId(written: unknown, bodies: Jt808Bodies): number | null {
  if (typeof written === "number")
    return Number.isInteger(written) && written >= 0 && written <= 0xffff ? written : null;
  if (typeof written !== "string") return null;
  if (/^0x[0-9a-f]{1,4}$/i.test(written)) return Number(written);
  const row = bodies.rowNamed(written);
  return row?.direction === "down" ? row.id : null;
}

/** null: neither an object nor hex. Without a body it is empty. */
function commandBody(
  id: number,
  written: unknown,
  bodies: Jt808Bodies,
  version: BodyVersion,
): Uint8Array | BodyFault | null {
  if (written === undefined) return new Uint8Array(0);
  if (typeof written === "object" && written !== null) return bodies.writeNative(id, version, written);
  if (typeof written !== "string") return null;
  const bytes = parseHex(written);
  return bytes !== null && bytes.length > 1023 ? new BodyFault(BodyFaultCode.TooLong, "") : bytes;
}

/** Messages of ours that no terminal answers: answers themselves. */
const unanswered: ReadonlySet<number> = Object.freeze(new Set([0x8001, 0x8003, 0x8004, 0x8100, 0x8800, 0x9212]));
/** Messages of ours that are answered by one of their own kind, which may come instead of a general answer. */
const ownAnswers: ReadonlyMap<number, number> = Object.freeze(
  new Map([
    [0x8104, 0x0104],
    [0x8106, 0x0104],
    [0x8107, 0x0107],
    [0x8201, 0x0201],
    [0x8500, 0x0500],
    [0x8608, 0x0608],
    [0x8700, 0x0700],
    [0x8702, 0x0702],
    [0x8801, 0x0805],
    [0x8802, 0x0802],
    [0x8a00, 0x0a00],
    [0x9003, 0x1003],
    [0x9205, 0x1205],
  ]),
);

/** Whether a terminal answers such a message at all. */
export function isAnswered(id: number): boolean {
  return !unanswered.has(id);
}

/** The id that answers it beside the general answer; 0 = none. */
export function ownAnswerOf(id: number): number {
  return ownAnswers.get(id) ?? 0;
}

/** The report of a command that was not sent, or not answered, as JSON. */
export function problemJson(problem: CommandProblem, device: string, now: number): string {
  return JSON.stringify({
    device,
    command: problem.id === null ? null : formatId(problem.id),
    ...(problem.reference === null ? {} : { reference: problem.reference }),
    code: problem.code,
    field: problem.field,
    at: new Date(now).toISOString(),
  });
}
