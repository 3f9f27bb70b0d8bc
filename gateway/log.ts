// The log: JSON lines from pino on standard error (standard output belongs to the start-up table and to the commands'
// answers). Written in the background, and flushed before the process ends.

import { once } from "node:events";

import { destination, pino } from "pino";

import type { Log } from "../core/index.ts";
import type { Settings } from "./config/schema.ts";

export interface ProcessLog extends Log {
  /** Writes what waits, at once; what is being written just then may come out later than this. */
  flush(): void;
  /** Writes what waits, in order, then nothing more. Waits for a slow reader, but not for ever. */
  close(): Promise<void>;
}

/** Lines that wait for a slow reader of standard error; further ones are dropped. */
const BUFFER_MAX_BYTES = 8_388_608;
const CLOSE_TIMEOUT_MS = 500;

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
  // Nobody reads standard error any more; there is nobody to tell.
  stream.on("error", () => undefined);
  return {
    debug: (fields, text) => logger.debug(fields, text),
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    close: async () => {
      logger.level = "silent";
      stream.end();
      await once(stream, "close", { signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }).catch(() => undefined);
    },
    flush: () => {
      try {
        stream.flushSync();
      } catch {
        // As above.
      }
    },
  };
}
