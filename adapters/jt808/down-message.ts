// One message to a terminal: a frame, or the fragments of a long body. Its frames are made when it is sent first, with
// serials of their own, and are the same when it is sent again.

import type { Jt808Frame } from "jt808-parser";
import type { ResendRequest } from "./answer-kinds.ts";
import type { Command } from "./profile.ts";

/** Longest body of a command: at 1,023 bytes a frame, 1,026 fragments. */
export const DOWN_BODY_MAX_BYTES = 1_048_576;

export class DownMessage {
  readonly id: number;
  readonly reference: string | null;
  /** The serial that its (first) frame is to have; null: the next one. */
  readonly serial: number | null;
  /** Empty until it is sent. */
  frames: readonly Jt808Frame[];
  /** What the terminal answered with; null: nothing yet. */
  result: number | null;
  #body: Uint8Array | null;

  constructor(command: Command) {
    this.id = command.id;
    this.reference = command.reference;
    this.serial = command.serial;
    this.frames = [];
    this.result = null;
    this.#body = command.body;
  }

  /** To be called once: the frames hold the body from then on. */
  takeBody(): Uint8Array {
    const body = this.#body;
    if (body === null) throw new Error("the body of a command is taken once");
    this.#body = null;
    return body;
  }

  /** Of its bodies. */
  get bytes(): number {
    return this.frames.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** The serial behind its last one. */
  get serialAfter(): number {
    return ((this.frames[0]?.serial ?? 0) + this.frames.length) & 0xffff;
  }

  /** True when one of its serials is one of the `count` from `serial` on. */
  overlaps(serial: number, count: number): boolean {
    const [first] = this.frames;
    return this.has(serial) || (first !== undefined && ((first.serial - serial) & 0xffff) < count);
  }

  /** True when the serial is one of its frames'. Terminals answer with the first or with the last of a set, or with each. */
  has(serial: number): boolean {
    const [first] = this.frames;
    return first !== undefined && ((serial - first.serial) & 0xffff) < this.frames.length;
  }

  /** The frames that the terminal misses; none when it asks for another set. */
  missing(request: ResendRequest): readonly Jt808Frame[] {
    if (this.frames.length < 2 || this.frames[0]!.serial !== request.serial) return [];
    const wanted = new Set(request.numbers);
    return this.frames.filter(({ fragmentNumber }) => wanted.has(fragmentNumber));
  }
}
