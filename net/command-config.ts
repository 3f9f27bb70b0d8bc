// What users write under `commands` of a listener whose devices take commands, and what code passes of it. Protocols
// differ in the times that their standards name.

import { Type } from "typebox";
import type { CommandDeskOptions } from "./command-desk.ts";

const TTL_MS = 600_000;
const QUEUE_MAX = 32;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Longest life of a command; also the longest that an answer is waited for. */
export const COMMAND_TTL_MAX_MS = 7 * DAY_MS;

/** What a protocol's standard says of commands that are not answered. */
export interface CommandTimes {
  readonly answerTimeoutMs: number;
  readonly retransmissionsMax: number;
  /** constant: the same wait after each sending; growing: the n-th time n + 1 times as long as the time before. */
  readonly waits: "constant" | "growing";
}

/** Its type is that of every protocol. */
export function commandSchema(times: CommandTimes) {
  return Type.Object(
    {
      answerTimeoutMs: Type.Optional(
        Type.Integer({
          minimum: 100,
          maximum: HOUR_MS,
          default: times.answerTimeoutMs,
          description: "How long a device may take to answer a command before it is sent again, ms.",
        }),
      ),
      retransmissionsMax: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 10,
          default: times.retransmissionsMax,
          description:
            times.waits === "growing"
              ? "How often it is sent again; the n-th time is waited n + 1 times as long as the time before."
              : "How often it is sent again.",
        }),
      ),
      ttlMs: Type.Optional(
        Type.Integer({
          minimum: 1000,
          maximum: COMMAND_TTL_MAX_MS,
          default: TTL_MS,
          description: "How long a command lives that does not say it itself, ms.",
        }),
      ),
      queueMax: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1024,
          default: QUEUE_MAX,
          description: "Commands that one device is given at once; further ones wait in its session.",
        }),
      ),
      reports: Type.Optional(
        Type.Boolean({
          description:
            "Publish every state of every command (`command`). If left out: in the native profile, not in others.",
        }),
      ),
    },
    { additionalProperties: false, description: "Commands to devices." },
  );
}

export type CommandConfig = Type.Static<ReturnType<typeof commandSchema>>;

/** Everything present. `reports`: whether states are published when nothing is said. */
export function commandOptions(
  config: CommandConfig | undefined,
  times: CommandTimes,
  reports: boolean,
): CommandDeskOptions {
  const first = config?.answerTimeoutMs ?? times.answerTimeoutMs;
  const waits = [first];
  for (let n = 1; n <= (config?.retransmissionsMax ?? times.retransmissionsMax); n++) {
    const factor = times.waits === "growing" ? n + 1 : 1;
    waits.push(Math.min(waits[n - 1]! * factor, COMMAND_TTL_MAX_MS));
  }
  return Object.freeze({
    answerWaitsMs: Object.freeze(waits),
    ttlMs: config?.ttlMs ?? TTL_MS,
    queueMax: config?.queueMax ?? QUEUE_MAX,
    reports: config?.reports ?? reports,
  });
}
