// hot path
// The end of the event loop's turn: whoever has gathered output in this turn is flushed once, after all sockets that
// were readable have been read. The turn also owns the memory that all its wires share while they gather.

import { OutputBuffers } from "./output-buffers.ts";

/** Must not throw. */
export interface Flushable {
  flush(): void;
}

export class Turn {
  /** Shared by all wires that are flushed by this turn. */
  readonly buffers = new OutputBuffers();
  /** Grows by one when a turn ends: what was computed under another count is of an earlier turn. */
  count = 0;
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];
  readonly #run = (): void => this.flush();

  /** True while something waits for the end of this turn: `count` will then grow before anything else is read. */
  get isPending(): boolean {
    return this.#waiting.length > 0;
  }

  /** `target.flush()` runs once at the end of this turn. The caller makes sure that it is not added twice. */
  add(target: Flushable): void {
    if (this.#waiting.push(target) === 1) setImmediate(this.#run);
  }

  /** What setImmediate calls. Also for a stop that does not wait for it. Who is added meanwhile waits for the next turn. */
  flush(): void {
    const run = this.#waiting;
    this.#waiting = this.#spare;
    this.#spare = run;
    this.count++;
    for (let i = 0; i < run.length; i++) run[i]!.flush();
    run.length = 0;
    if (this.#waiting.length === 0) this.buffers.reset();
  }
}
