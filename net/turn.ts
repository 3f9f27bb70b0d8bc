// hot path
// The end of the event loop's turn: whoever has gathered output in this turn is flushed once, after all sockets that
// were readable have been read.

export interface Flushable {
  flush(): void;
}

export class Turn {
  #waiting: Flushable[] = [];
  #spare: Flushable[] = [];
  readonly #run = (): void => this.flush();

  /** `target.flush()` runs once at the end of this turn. The caller makes sure that it is not added twice. */
  add(target: Flushable): void {
    if (this.#waiting.push(target) === 1) setImmediate(this.#run);
  }

  /** What setImmediate calls. Also for a stop that does not wait for it. */
  flush(): void {
    const run = this.#waiting;
    this.#waiting = this.#spare;
    this.#spare = run;
    for (let i = 0; i < run.length; i++) run[i]!.flush();
    run.length = 0;
  }
}
