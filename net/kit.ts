// What one gateway's adapters share below the protocols. Made once by the composition root, passed to every adapter.

import type { Clock } from "../core/index.ts";
import type { StreamProtocols } from "./stream.ts";
import type { Turn } from "./turn.ts";

export interface NetKit {
  readonly clock: Clock;
  readonly turn: Turn;
  readonly streams: StreamProtocols;
}
