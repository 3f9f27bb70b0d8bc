// How much memory is in use, measured after the garbage has gone: what a test may compare.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Runs a full collection now; the flag is set at run time, so that no test needs options of its own. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("the collector cannot be called");
  collect();
}

/** Heap and buffers, bytes. */
export function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
