// What every simulator's command does with its fleet: runs it until its time is over or it is interrupted, and prints.

import { CommandError, ExitCode } from "../../exit-code.ts";
import type { SimCounts } from "./sim-counts.ts";
import type { SimLink } from "./sim-link.ts";
import type { SimFlags } from "./sim-options.ts";
import { runSimulation, type SimDevice } from "./simulation.ts";

export interface SimFleet {
  readonly devices: readonly SimDevice[];
  readonly links: readonly SimLink[];
  readonly counts: SimCounts;
}

/** Fails with Unavailable when no device was ever let in. */
export async function runCommand(flags: SimFlags, fleet: SimFleet): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const isJson = flags.json === true;
  try {
    const summary = await runSimulation({
      ...fleet,
      intervalMs: flags.interval,
      durationMs: flags.duration,
      connectsPerSecond: flags.connectRate,
      stop: stop.signal,
      onLine: isJson ? null : (line) => void process.stdout.write(`${line}\n`),
    });
    const cpuSeconds = (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
    const shown = { ...summary, generatorCpuSeconds: Math.round(cpuSeconds * 100) / 100 };
    process.stdout.write(isJson ? `${JSON.stringify(shown)}\n` : `${sentence(summary)}\n`);
    if (summary.accepted === 0) throw new CommandError(ExitCode.Unavailable, "no report was accepted");
  } finally {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  }
}

function sentence(summary: Awaited<ReturnType<typeof runSimulation>>): string {
  const { seconds, reports, accepted, refused, lost, acceptedPerSecond, latencyMs, commands } = summary;
  return (
    `${reports} reports in ${seconds} s: ${accepted} accepted (${acceptedPerSecond}/s), ${refused} refused, ${lost} lost; ` +
    `answered in ${latencyMs.p50} ms (median), ${latencyMs.p99} ms (99 %); ${commands} commands answered`
  );
}
