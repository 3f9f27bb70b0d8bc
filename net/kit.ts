// What one gateway's adapters share below the protocols. Made once by the composition root, passed to every adapter.

import type { Clock, Log } from "../core/index.ts";
import { textOf } from "./faults.ts";
import { StreamProtocols } from "./stream.ts";
import { WheelClock } from "./timer-wheel.ts";
import { Turn } from "./turn.ts";

export interface NetKit {
  readonly clock: Clock;
  readonly turn: Turn;
  readonly streams: StreamProtocols;
}

export interface NetKitOptions {
  /** A clock to use instead of one of the kit's own: a test's, that stands still. */
  readonly clock?: Clock;
  /** Where a timer that failed by our own defect is reported; without it, it ends the process. */
  readonly log?: Log;
}

/** One per gateway. Its clock is for the core, too. */
export function createNetKit(options: NetKitOptions = {}): NetKit {
  const turn = new Turn();
  return { clock: options.clock ?? wheelClock(turn, options.log ?? null), turn, streams: new StreamProtocols() };
}

function wheelClock(turn: Turn, log: Log | null): WheelClock {
  if (log === null) return new WheelClock({ turn });
  const onBroken = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error({ error: textOf(error), stack }, "a timer failed by a defect of this program");
  };
  return new WheelClock({ turn, onBroken });
}
