// The event streams of one gateway's HTTP listeners, by their tokens: found again by who resumes, bounded in number
// for all and for each principal.

import { randomBytes } from "node:crypto";
import type { CloseReason, Clock } from "../../core/index.ts";
import type { Turn } from "../../net/turn.ts";
import { EventStream } from "./event-stream.ts";
import type { StreamLimits, StreamOwner } from "./event-stream.ts";

export interface StreamRegistryLimits extends StreamLimits {
  readonly max: number;
  readonly perPrincipalMax: number;
}

/** Where a reader wants to go on. */
export interface ResumePoint {
  readonly stream: EventStream;
  readonly after: number;
}

/** 96 bits: nobody finds another one's stream by guessing, and resuming needs its principal as well. */
const TOKEN_BYTES = 12;
const idForm = /^([A-Za-z0-9_-]{16})\.(0|[1-9][0-9]{0,14})$/;

export class StreamRegistry implements StreamOwner {
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #limits: StreamRegistryLimits;
  readonly #streams = new Map<string, EventStream>();
  readonly #perScope = new Map<string, number>();

  constructor(clock: Clock, turn: Turn, limits: StreamRegistryLimits) {
    this.#clock = clock;
    this.#turn = turn;
    this.#limits = limits;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** null: a limit is reached. A stream that waits for its reader counts until its window is over. */
  open(scope: string, request: string): EventStream | null {
    const own = this.#perScope.get(scope) ?? 0;
    if (this.#streams.size >= this.#limits.max || own >= this.#limits.perPrincipalMax) return null;
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const stream = new EventStream(token, scope, request, this.#clock, this.#turn, this.#limits, this);
    this.#streams.set(token, stream);
    this.#perScope.set(scope, own + 1);
    return stream;
  }

  /** null: not known (any more), another one's, or of another request; which of them, nobody is told. */
  find(lastEventId: string | undefined, scope: string, request: string): ResumePoint | null {
    const parts = lastEventId === undefined ? null : idForm.exec(lastEventId);
    if (parts === null) return null;
    const stream = this.#streams.get(parts[1]!);
    const after = Number(parts[2]);
    if (stream === undefined || stream.scope !== scope || stream.request !== request) return null;
    return after > stream.last ? null : { stream, after };
  }

  onStreamClosed(stream: EventStream): void {
    if (!this.#streams.delete(stream.token)) return;
    const left = (this.#perScope.get(stream.scope) ?? 1) - 1;
    if (left === 0) this.#perScope.delete(stream.scope);
    else this.#perScope.set(stream.scope, left);
  }

  closeAll(reason: CloseReason): void {
    for (const stream of this.#streams.values()) stream.close(reason);
  }
}
