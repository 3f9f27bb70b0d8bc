// What users write under `commands` of a listener, and what code passes of it.

import { Type } from "typebox";

const DEFAULTS = {
  answerTimeoutMs: 10_000,
  retransmissionsMax: 3,
  ttlMs: 600_000,
  queueMax: 32,
} as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Longest life of a command; also the longest that an answer is waited for. */
export const TTL_MAX_MS = 7 * DAY_MS;

export const commandSchema = Type.Object(
  {
    answerTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: HOUR_MS,
        default: DEFAULTS.answerTimeoutMs,
        description: "How long a terminal may take to answer a command before it is sent again, ms.",
      }),
    ),
    retransmissionsMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10,
        default: DEFAULTS.retransmissionsMax,
        description: "How often it is sent again; the n-th time is waited n + 1 times as long as the time before.",
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
        description: "Commands that one terminal is given at once; further ones wait in its session.",
      }),
    ),
    reports: Type.Optional(
      Type.Boolean({
        description:
          "Publish every state of every command (`command`). If left out: in the native profile, not in others.",
      }),
    ),
  },
  { additionalProperties: false, description: "Commands to terminals." },
);

/** What code passes: all of it present. */
export interface CommandOptions {
  /** After each sending, ms. */
  readonly answerWaitsMs: readonly number[];
  readonly ttlMs: number;
  readonly queueMax: number;
  readonly reports: boolean;
}

export function commandOptions(config: Type.Static<typeof commandSchema> = {}, isNative = true): CommandOptions {
  const first = config.answerTimeoutMs ?? DEFAULTS.answerTimeoutMs;
  return Object.freeze({
    answerWaitsMs: answerWaits(first, config.retransmissionsMax ?? DEFAULTS.retransmissionsMax),
    ttlMs: config.ttlMs ?? DEFAULTS.ttlMs,
    queueMax: config.queueMax ?? DEFAULTS.queueMax,
    reports: config.reports ?? isNative,
  });
}

/** T(n + 1) = T(n) × (n + 1), says the standard: with 10 s 10, 20, 60, 240 s. */
function answerWaits(firstMs: number, retransmissions: number): readonly number[] {
  const waits = [firstMs];
  for (let n = 1; n <= retransmissions; n++) waits.push(Math.min(waits[n - 1]! * (n + 1), TTL_MAX_MS));
  return Object.freeze(waits);
}
