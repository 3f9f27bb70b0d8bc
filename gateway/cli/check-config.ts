// `tributary check-config`: every problem of a configuration with its place, or "is valid".

import { createHash } from "node:crypto";

import { adapterModules } from "../adapters.ts";
import { printEffective } from "../config/effective.ts";
import { readConfig, readSource } from "./read-config.ts";

export interface CheckOptions {
  readonly config?: string;
  readonly print?: boolean;
}

export function checkConfig(options: CheckOptions): void {
  const loaded = readConfig(options.config, adapterModules);
  if (options.print === true) process.stdout.write(printEffective(loaded));
  else {
    const source = readSource(options.config);
    const digest = createHash("sha256").update(source.text, "utf8").digest("hex");
    process.stdout.write(`${source.file} is valid (sha256 ${digest})\n`);
  }
}
