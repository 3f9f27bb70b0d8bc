// How the command ends, in the numbers of sysexits.h, which service managers and scripts know.

export const ExitCode = {
  /** Done; or stopped by a signal, in order. */
  Ok: 0,
  /** The answer is no: not healthy, refused, nothing found. */
  No: 1,
  /** `sub -W`: the time is up. */
  TimedOut: 27,
  /** Wrong use of the command line. */
  Usage: 64,
  /** A port is in use or cannot be had; a server cannot be reached. */
  Unavailable: 69,
  /** Our own bug. */
  Software: 70,
  /** The configuration, or a file that it names, is not usable. */
  Config: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends a command: a line (or some) for people on standard error, and a code for programs. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** Stands before each line. Lines that begin with a place in a file have none, so that editors find the place. */
  readonly prefix: string;
  constructor(exitCode: ExitCode, text: string, prefix = "tributary: ") {
    super(text);
    this.exitCode = exitCode;
    this.prefix = prefix;
  }
}
