// What users write under `commands` of a listener, and what code passes of it.

import { Type } from "typebox";
import type { CommandDeskOptions } from "../../net/command-desk.ts";

const DEFAULTS = { answerTimeoutMs: 60_000, retransmissionsMax: 2, ttlMs: 600_000, queueMax: 32 } as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Longest life of a command. */
export const TTL_MAX_MS = 7 * DAY_MS;

export const commandSchema = Type.Object(
  {
    answerTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: HOUR_MS,
        default: DEFAULTS.answerTimeoutMs,
        description: "How long a vehicle may take to answer a command before it is sent again, ms.",
      }),
    ),
    retransmissionsMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10,
        default: DEFAULTS.retransmissionsMax,
        description: "How often it is sent again.",
      }),
    ),
    ttlMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: TTL_MAX_MS,
        default: DEFAULTS.ttlMs,
        description: "How long a command lives that does not say it itself, ms.",
      }),
    ),
    queueMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1024,
        default: DEFAULTS.queueMax,
        description: "Commands that one vehicle is given at once; further ones wait in its session.",
      }),
    ),
    reports: Type.Optional(
      Type.Boolean({
        description:
          "Publish every state of every command (`command`). If left out: in the native profile, not in others.",
      }),
    ),
  },
  { additionalProperties: false, description: "Commands to vehicles." },
);

export function commandOptions(config: Type.Static<typeof commandSchema> = {}, isNative = true): CommandDeskOptions {
  const wait = config.answerTimeoutMs ?? DEFAULTS.answerTimeoutMs;
  const sendings = 1 + (config.retransmissionsMax ?? DEFAULTS.retransmissionsMax);
  return Object.freeze({
    answerWaitsMs: Object.freeze(Array.from({ length: sendings }, () => wait)),
    ttlMs: config.ttlMs ?? DEFAULTS.ttlMs,
    queueMax: config.queueMax ?? DEFAULTS.queueMax,
    reports: config.reports ?? isNative,
  });
}
