// hot path
// The end of the event loop's turn: whoever has gathered output in this turn is flushed once, after all sockets that
// were readable have been read. Where many wires have gathered some, they are flushed ahead of that, so that their peers
// work while we go on reading: with one message in flight on each of 100 connections, both sides would otherwise wait for
// each other by turns. The turn also owns the memory that all its wires share while they gather.

import { OutputBuffers } from "./output-buffers.ts";

/** Must not throw. */
export interface Flushable {
  flush(): void;
}

/** Somebody who gathers bytes for one peer. Must not throw. */
export interface Gathering extends Flushable {
  /** As flush, but once in a turn: does nothing when it was called under the same count before. */
  flushAhead(turn: number): void;
}

/** So many that gather are flushed ahead of the turn's end. */
const AHEAD_MIN = 16;

export class Turn {
  /** Shared by all wires that are flushed by this turn. */
  readonly buffers = new OutputBuffers();
  /** Grows by one when a turn ends: what was computed under another count is of an earlier turn. */
  count = 0;
  #waiting: Flushable[] = [];
  #spareWaiting: Flushable[] = [];
  #gathering: Gathering[] = [];
  #spareGathering: Gathering[] = [];
  /** Of those who gather: the ones before it had their flush ahead. */
  #ahead = 0;
  #isPending = false;
  readonly #run = (): void => this.flush();

  /** True while something waits for the end of this turn: `count` will then grow before anything else is read. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** `target.flush()` runs once at the end of this turn, before the wires' own. The caller does not add it twice. */
  add(target: Flushable): void {
    this.#waiting.push(target);
    if (!this.#isPending) this.#schedule();
  }

  /** The same for a wire, which may also be flushed ahead. */
  gather(wire: Gathering): void {
    this.#gathering.push(wire);
    if (!this.#isPending) this.#schedule();
  }

  /** Between two chunks of input, where nobody is in the middle of gathering. */
  checkpoint(): void {
    const wires = this.#gathering;
    const end = wires.length;
    if (end - this.#ahead < AHEAD_MIN) return;
    for (let i = this.#ahead; i < end; i++) wires[i]!.flushAhead(this.count);
    this.#ahead = end;
  }

  /** What setImmediate calls. Also for a stop that does not wait for it. Who is added meanwhile waits for the next turn. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = this.#spareWaiting;
    this.#spareWaiting = waiting;
    this.#isPending = false;
    this.count++;
    for (let i = 0; i < waiting.length; i++) waiting[i]!.flush();
    waiting.length = 0;
    // Taken over only now: what the others wrote goes out as well.
    const wires = this.#gathering;
    this.#gathering = this.#spareGathering;
    this.#spareGathering = wires;
    this.#ahead = 0;
    for (let i = 0; i < wires.length; i++) wires[i]!.flush();
    wires.length = 0;
    if (this.#gathering.length === 0) this.buffers.reset();
  }

  #schedule(): void {
    this.#isPending = true;
    setImmediate(this.#run);
  }
}
