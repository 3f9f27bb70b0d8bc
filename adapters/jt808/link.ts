// A link as its terminals see it: what carries their frames, and what they may ask of it.

import type { Jt808Frame } from "jt808-parser";
import type { CloseReason, Peer } from "../../core/index.ts";
import type { Attachments } from "./attachments.ts";
import type { ListenerContext } from "./context.ts";
import type { LinkFault } from "./faults.ts";

export interface Link {
  readonly context: ListenerContext;
  readonly peer: Peer;
  /** Files that are uploaded on this link; null: it carries none. */
  readonly attachments: Attachments | null;
  /** False: the output is full. */
  send(frame: Jt808Frame): boolean;
  /** One of its terminals has a session. */
  prove(): void;
  /** Reads no more frames until `release`. */
  hold(): void;
  release(): void;
  onFault(code: LinkFault): void;
  close(reason: CloseReason): void;
}
