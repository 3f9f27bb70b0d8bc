// What is what in every profile, without state: verdicts to results, commands to the messages that answer them, failed
// commands to their reports. Everything here is pure.

import { formatId } from "jt808-parser";
import { Verdict } from "../../core/index.ts";
import type { MessageProperties } from "../../core/index.ts";
import type { CommandProblem } from "./profile.ts";

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

/** Of every message that is published here. */
export const jsonProperties: MessageProperties = Object.freeze({
  contentType: "application/json",
  payloadIsText: true,
  responseTopic: null,
  correlationData: null,
  user: Object.freeze([]),
});

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
