// A log that keeps its lines instead of printing them: a test stays quiet, and can ask what was said.

import type { Log } from "../core/index.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly text: string;
}

/** Lines kept at most; the oldest go first, and `dropped` counts them. */
const LINES_MAX = 10_000;

export class SilentLog implements Log {
  readonly lines: LogLine[] = [];
  dropped = 0;

  debug(fields: object, text: string): void {
    this.#keep("debug", fields, text);
  }
  info(fields: object, text: string): void {
    this.#keep("info", fields, text);
  }
  warn(fields: object, text: string): void {
    this.#keep("warn", fields, text);
  }
  error(fields: object, text: string): void {
    this.#keep("error", fields, text);
  }

  /** The lines of one level, oldest first. */
  of(level: LogLine["level"]): LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  #keep(level: LogLine["level"], fields: object, text: string): void {
    if (this.lines.length === LINES_MAX) {
      this.lines.shift();
      this.dropped++;
    }
    this.lines.push({ level, fields, text });
  }
}
