// Between "no more" and "goodbye": messages that were accepted, and wait for a device which is here, get time to go out.
// A device that takes none of them keeps nobody waiting.

import type { Clock } from "../core/index.ts";

const LOOK_MS = 10;
/** When nothing has moved for so long, nothing will. */
const STALL_MS = 1_000;

/** As much of the core as is asked here. */
interface Queues {
  waitingMessages(): number;
}

/**
 * Resolves with how many messages still wait: 0, or those that nobody took.
 * @param limitMs no longer than this, whatever moves
 */
export async function drainQueues(core: Queues, clock: Clock, limitMs: number, deadline: AbortSignal): Promise<number> {
  const end = clock.now() + limitMs;
  let waiting = core.waitingMessages();
  let movedAt = clock.now();
  while (waiting > 0 && !deadline.aborted && clock.now() < end && clock.now() - movedAt < STALL_MS) {
    await pause(clock, deadline);
    const left = core.waitingMessages();
    if (left < waiting) movedAt = clock.now();
    waiting = left;
  }
  return waiting;
}

function pause(clock: Clock, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      deadline.removeEventListener("abort", end);
      clock.disarm(timer);
      resolve();
    };
    const timer = clock.arm({ onTimer: end }, 0, LOOK_MS);
    deadline.addEventListener("abort", end);
  });
}
