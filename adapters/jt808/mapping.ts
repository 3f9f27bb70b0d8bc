// What is what in every profile, without state: message ids, results, verdicts to results. Everything here is pure.

import { Verdict } from "../../core/index.ts";

export const MessageId = {
  Ack: 0x0001,
  Heartbeat: 0x0002,
  Deregister: 0x0003,
  TimeRequest: 0x0004,
  Register: 0x0100,
  Authenticate: 0x0102,
  Location: 0x0200,
  LocationBatch: 0x0704,
  Media: 0x0801,
  Compressed: 0x0901,
  Key: 0x0a00,
  /** T/JSATL 12: the files of an alarm, one of them, its end. */
  AttachmentList: 0x1210,
  FileInfo: 0x1211,
  FileDone: 0x1212,
  GeneralAnswer: 0x8001,
  Resend: 0x8003,
  TimeAnswer: 0x8004,
  RegisterAnswer: 0x8100,
  MediaAnswer: 0x8800,
  PlatformKey: 0x8a00,
  FileAnswer: 0x9212,
} as const;

/** Results of a general answer. */
export const Result = { Ok: 0, Failed: 1, BadMessage: 2, Unsupported: 3 } as const;
export type Result = (typeof Result)[keyof typeof Result];

/** Results of a registration. */
export const RegisterResult = { Ok: 0, RegisteredAlready: 3, NoSuchTerminal: 4 } as const;

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
