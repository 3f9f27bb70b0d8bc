// The configuration of a command: from --config, or the embedded default.

import { readFileSync } from "node:fs";

import { embeddedDefault, loadConfig } from "../config/load.ts";
import type { ConfigSource, Loaded } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Module } from "../config/schema.ts";
import { CommandError, ExitCode } from "../exit-code.ts";

/** Throws a CommandError with one line for each problem. */
export function readConfig(file: string | undefined, modules: readonly Module[]): Loaded {
  const loaded = loadConfig(readSource(file), process.env, modules);
  if (!Array.isArray(loaded)) return loaded;
  throw new CommandError(ExitCode.Config, loaded.map(formatProblem).join("\n"), "");
}

export function readSource(file: string | undefined): ConfigSource {
  if (file === undefined) return embeddedDefault;
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    throw new CommandError(ExitCode.Config, `cannot read the configuration: ${(error as Error).message}`);
  }
}
