// A link as its vehicles see it: what carries their frames, and what they may ask of it.

import type { Gbt32960Frame } from "gbt32960-parser";
import type { CloseReason, Peer, Principal } from "../../core/index.ts";
import type { ListenerContext } from "./context.ts";
import type { DataFault, LinkFault } from "./faults.ts";

/** A platform that has logged in on a link. */
export interface Platform {
  readonly code: string;
  readonly principal: Principal;
}

export interface Link {
  readonly context: ListenerContext;
  readonly peer: Peer;
  /** null: a vehicle's own link, or nobody has logged in yet. */
  readonly platform: Platform | null;
  /** False: the output is full. */
  send(frame: Gbt32960Frame): boolean;
  /** Reads no more frames until `release`. */
  hold(): void;
  release(): void;
  onFault(code: LinkFault | DataFault): void;
  /** A vehicle without a session has been refused a message. */
  onRefused(code: LinkFault): void;
  /** A message was taken without a login. */
  onUnannounced(): void;
  /** A vehicle has no session (any more). */
  onGone(vin: string): void;
  close(reason: CloseReason): void;
}
