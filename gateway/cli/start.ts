// `tributary start`: runs a gateway until a signal ends it.

import { CertificateError, ListenError } from "../../net/faults.ts";
import { createNetKit } from "../../net/kit.ts";
import { adapterModules } from "../adapters.ts";
import { CommandError, ExitCode } from "../exit-code.ts";
import { GatewayRun } from "../gateway-run.ts";
import { listenerTable, writePortsFile } from "../listener-table.ts";
import { createLog } from "../log.ts";
import { RunState } from "../run-state.ts";
import { readBuild } from "../version.ts";
import { nodeName } from "../config/schema.ts";
import { readConfig } from "./read-config.ts";
import { Supervisor } from "./supervisor.ts";

export interface StartOptions {
  readonly config?: string;
  readonly portsFile?: string;
}

/** Resolves when the gateway is ready; the process then lives on by its listeners. */
export async function start(options: StartOptions): Promise<void> {
  const { settings } = readConfig(options.config, adapterModules);
  const log = createLog(settings.log.level, nodeName(settings));
  const run = new GatewayRun({
    settings,
    modules: adapterModules,
    kit: createNetKit({ log }),
    log,
    build: readBuild(),
    processMetrics: true,
  });
  new Supervisor(run, log, settings.shutdown).watch();
  try {
    await run.start();
  } catch (error) {
    log.flush();
    if (error instanceof ListenError) throw new CommandError(ExitCode.Unavailable, error.message);
    if (error instanceof CertificateError) throw new CommandError(ExitCode.Config, error.message);
    throw error;
  }
  // A signal came first.
  if (run.state !== RunState.Ready) return;
  if (options.portsFile !== undefined) writePortsFile(options.portsFile, run.listeners);
  const ms = Math.round(performance.now());
  process.stdout.write(`${listenerTable(run.listeners)}ready in ${ms} ms\n`);
  log.info({ version: run.build.version, ms }, "ready");
}
