// The options that all simulators share.

import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { wholeNumber } from "../connection-options.ts";

export interface SimFlags {
  readonly host: string;
  readonly interval: number;
  readonly duration: number;
  readonly window: number;
  readonly heartbeat: number;
  readonly connectRate: number;
  readonly json?: boolean;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);
const DURATION_MAX_MS = 30 * 86_400_000;

/** "500ms", "5s", "2m", "1h"; a number alone is seconds. */
export function durationMs(text: string): number {
  const [, digits = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = digits === "" ? Number.NaN : Number(digits) * UNITS.get(unit)!;
  if (ms <= DURATION_MAX_MS) return ms;
  throw new InvalidArgumentError("expected a time as 500ms, 5s, 2m or 1h.");
}

export function addSimOptions(command: Command): Command {
  return command
    .helpOption("--help", "display help for command")
    .option("-h, --host <host>", "gateway", "127.0.0.1")
    .option(
      "--interval <time>",
      "between two reports of one device; 0: the next when one is answered",
      durationMs,
      5000,
    )
    .option("--window <count>", "with --interval 0: reports of one device in flight", wholeNumber(1, 10_000), 10)
    .option("--duration <time>", "how long (until it is interrupted)", durationMs, Number.POSITIVE_INFINITY)
    .option("--heartbeat <time>", "between two heartbeats", durationMs, 60_000)
    .option("--connect-rate <count>", "links opened per second", wholeNumber(1, 100_000), 1000)
    .option("--json", "print a summary as JSON in the end, and no lines");
}
