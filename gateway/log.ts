// The log: JSON lines from pino on standard error (standard output belongs to the start-up table and to the commands'
// answers). Written in the background, and flushed before the process ends.

import { destination, pino } from "pino";

import type { Log } from "../core/index.ts";
import type { Settings } from "./config/schema.ts";

export interface ProcessLog extends Log {
  /** Writes what waits, at once. */
  flush(): void;
}

/** Lines that wait for a slow reader of standard error; further ones are dropped. */
const BUFFER_MAX_BYTES = 8_388_608;

export function createLog(level: Settings["log"]["level"], node: string): ProcessLog {
  const stream = destination({ fd: 2, sync: false, maxLength: BUFFER_MAX_BYTES });
  const logger = pino(
    {
      level,
      base: { node },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    stream,
  );
  return {
    debug: (fields, text) => logger.debug(fields, text),
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    flush: () => {
      try {
        stream.flushSync();
      } catch {
        // Nobody reads standard error any more; there is nobody to tell.
      }
    },
  };
}
