// Between the process and the gateway: signals, and what must not happen.

import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

import type { Settings } from "../config/schema.ts";
import { ExitCode } from "../exit-code.ts";
import type { GatewayRun } from "../gateway-run.ts";
import type { ProcessLog } from "../log.ts";

/** Of the deadline: then what still runs is cut off; the rest is for cutting. */
const CUT_AT = 0.9;
/** `npm start` passes a terminal's Ctrl-C on, although it has reached us already. */
const SAME_INTERRUPT_MS = 250;

type StopSignal = "SIGTERM" | "SIGINT";

export class Supervisor {
  readonly #run: GatewayRun;
  readonly #log: ProcessLog;
  readonly #shutdown: Settings["shutdown"];
  /** When the first signal to stop came; 0 = none did. */
  #stopAskedAt = 0;

  constructor(run: GatewayRun, log: ProcessLog, shutdown: Settings["shutdown"]) {
    this.#run = run;
    this.#log = log;
    this.#shutdown = shutdown;
  }

  watch(): void {
    process.on("SIGTERM", () => this.#onStopSignal("SIGTERM"));
    process.on("SIGINT", () => this.#onStopSignal("SIGINT"));
    process.on("SIGHUP", () => void this.#run.reload());
    process.on("uncaughtException", (error) => this.#onBug(error));
    process.on("unhandledRejection", (error) => this.#onBug(error));
    // Who read our output may be gone (`tributary start | head`): that ends nothing.
    process.stdout.on("error", () => undefined);
  }

  #onStopSignal(signal: StopSignal): void {
    const now = performance.now();
    if (this.#stopAskedAt === 0) {
      this.#stopAskedAt = now;
      void this.#stop(signal);
      return;
    }
    if (signal === "SIGINT" && now - this.#stopAskedAt < SAME_INTERRUPT_MS) return;
    this.#log.warn({ signal }, "second signal, ending at once");
    this.#exit(128 + constants.signals[signal]);
  }

  async #stop(signal: StopSignal): Promise<void> {
    const { drainDelayMs, deadlineMs } = this.#shutdown;
    this.#log.info({ signal, drainDelayMs, deadlineMs }, "stopping");
    this.#run.drain();
    if (drainDelayMs > 0) await delay(drainDelayMs);
    setTimeout(() => {
      this.#log.error({ deadlineMs }, "not stopped within the deadline");
      this.#exit(ExitCode.Software);
    }, deadlineMs);
    try {
      await this.#run.stop(AbortSignal.timeout(Math.floor(deadlineMs * CUT_AT)));
    } catch (error) {
      this.#log.error({ error }, "stopped, with errors");
      this.#exit(ExitCode.Software);
    }
    this.#log.info({ ms: Math.round(performance.now() - this.#stopAskedAt) }, "stopped");
    await this.#log.close();
    process.exit(ExitCode.Ok);
  }

  #onBug(error: unknown): void {
    this.#log.error({ error }, "a bug: unhandled error, ending");
    this.#exit(ExitCode.Software);
  }

  #exit(code: number): never {
    this.#log.flush();
    process.exit(code);
  }
}
