// How much memory is in use, measured after the garbage has gone: what a test may compare.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Two measurements that differ by less than this are the same, bytes. */
const SAME_BYTES = 131_072;
/** Collections until the figure has to be stable. */
const ROUNDS_MAX = 12;

/** Heap and buffers in bytes, once repeated collections free nothing more (buffers and sockets go in later turns). */
export async function memoryInUse(): Promise<number> {
  // Set at run time, so that no test needs options of its own.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("the collector cannot be called");
  let before = Infinity;
  for (let round = 0; ; round++) {
    collect();
    await new Promise<void>((resolve) => setImmediate(resolve));
    const { heapUsed, external } = process.memoryUsage();
    const now = heapUsed + external;
    if (Math.abs(before - now) < SAME_BYTES || round === ROUNDS_MAX) return now;
    before = now;
  }
}
