// Fragments of one terminal to whole messages. Several sets may be under way at once, also of one shape (id and total):
// a fragment goes where its serial fits. Number 1 with a serial that fits nowhere begins a new set, and so does any other
// number. Nothing here knows the time: it is passed in, and whoever asks for what is missing is told when.

import type { Jt808Frame } from "./frame.ts";
import { FragmentSet } from "./fragment-set.ts";

export interface ReassemblyLimits {
  /** Sets of one terminal under way at once; for one more, the oldest is given up. */
  readonly setsMax: number;
  /** Fragments of one message. */
  readonly fragmentsMax: number;
  /** Bytes of all sets of one terminal; for more, the oldest are given up. */
  readonly bytesMax: number;
  /** How long after the last new fragment the missing ones are asked for, and how long after that again, ms. */
  readonly askAfterMs: number;
  /** How often in a row they are asked for without any coming. */
  readonly asksMax: number;
  /** How long a set may take from its first fragment on, ms. */
  readonly lifeMs: number;
  /**
   * Strict terminals send a fragment again under its first serial. True: one that was asked for is taken under any serial;
   * then two sets of the same shape may mix.
   */
  readonly anySerialWhenAsked: boolean;
}

/** Bytes that all terminals of one listener may keep together. */
export class ReassemblyBudget {
  readonly bytesMax: number;
  used: number;
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
    this.used = 0;
  }
}

export const Placement = {
  /** Kept; others are missing. */
  Kept: 1,
  /** It was there already, or belongs to a message that was complete before. */
  Duplicate: 2,
  /** The message is whole: `set.joined()`, and then `settle`. */
  Whole: 3,
  /** Its message is whole and not settled yet. */
  Unsettled: 4,
  /** Number 0, or above the total: no fragment. */
  Malformed: 5,
  /** More fragments than `fragmentsMax`, or more bytes than `bytesMax`. */
  TooLarge: 6,
  /** The budget of all terminals is used up. Later may work. */
  Overload: 7,
} as const;
export type Placement = (typeof Placement)[keyof typeof Placement];

export interface Placed {
  readonly placement: Placement;
  /** Where it went; null when it went nowhere. */
  readonly set: FragmentSet | null;
  /** Sets that had to go for it, incomplete. */
  readonly givenUp: readonly FragmentSet[];
}

/** Messages that were complete not long ago: their fragments may come again. */
const FINISHED_MAX = 4;
const FINISHED_MS = 400_000;

/** What is kept of a message: by what its fragments are known again. */
class Finished {
  readonly id: number;
  readonly until: number;
  readonly #hashes: Int32Array;
  readonly #serials: Uint16Array;

  constructor(set: FragmentSet, until: number) {
    this.id = set.id;
    this.until = until;
    this.#hashes = Int32Array.from(set.fragments, ({ body }) => hashOf(body));
    this.#serials = Uint16Array.from(set.fragments, ({ serial }) => serial);
  }

  had(frame: Jt808Frame): boolean {
    const index = frame.fragmentNumber - 1;
    if (frame.id !== this.id || frame.fragmentTotal !== this.#serials.length) return false;
    return this.#serials[index] === frame.serial && this.#hashes[index] === hashOf(frame.body);
  }
}

const NONE: readonly FragmentSet[] = Object.freeze([]);

/** One terminal's. */
export class Reassembly {
  readonly #limits: ReassemblyLimits;
  readonly #budget: ReassemblyBudget;
  /** Oldest first. */
  #sets: FragmentSet[];
  readonly #finished: Finished[];

  constructor(limits: ReassemblyLimits, budget: ReassemblyBudget) {
    this.#limits = limits;
    this.#budget = budget;
    this.#sets = [];
    this.#finished = [];
  }

  /** Sets under way. */
  get size(): number {
    return this.#sets.length;
  }

  /** Bytes in them. */
  get bytes(): number {
    return this.#sets.reduce((sum, set) => sum + set.bytes, 0);
  }

  /** A frame with its fragment bit set. Its body is copied when it is kept. */
  add(frame: Jt808Frame, now: number): Placed {
    const { fragmentTotal: total, fragmentNumber: number } = frame;
    if (number === 0 || number > total) return placed(Placement.Malformed, null);
    if (total > this.#limits.fragmentsMax) return placed(Placement.TooLarge, null);
    const anySerial = this.#limits.anySerialWhenAsked;
    const same = this.#sets.find((set) => set.isOf(frame) && set.holds(frame, anySerial && set.wasAsked));
    if (same !== undefined) {
      const isPending = same.completedBy === number;
      return placed(isPending ? Placement.Unsettled : Placement.Duplicate, same);
    }
    const set = this.#setFor(frame) ?? this.#setClearedFor(frame, now);
    if (set === null && this.#wasFinished(frame, now)) return placed(Placement.Duplicate, null);
    return this.#keep(set ?? new FragmentSet(frame, total, now), frame, now);
  }

  /**
   * What became of a whole message. Taken: its fragments are remembered as duplicates for a while. Not taken: the fragment
   * that made it whole is forgotten, so that it completes the message again when it is sent again, or asked for.
   */
  settle(set: FragmentSet, isTaken: boolean, now: number): void {
    if (!this.#sets.includes(set)) return;
    if (isTaken) {
      this.#remove(set);
      this.#remember(set, now);
      return;
    }
    this.#budget.used -= set.bytes;
    set.reopen();
    this.#budget.used += set.bytes;
    this.#hear(set, now);
  }

  /** When `late` has something to say next; Infinity: no set waits. */
  get nextDue(): number {
    let due = Infinity;
    for (const set of this.#sets) if (set.completedBy === 0 && set.dueAt < due) due = set.dueAt;
    return due;
  }

  /** The sets whose missing fragments are to be asked for now, and those that are given up: these are here no more. */
  late(now: number): { readonly ask: readonly FragmentSet[]; readonly givenUp: readonly FragmentSet[] } {
    const ask: FragmentSet[] = [];
    const givenUp: FragmentSet[] = [];
    for (const set of this.#sets) {
      if (set.completedBy !== 0 || set.dueAt > now) continue;
      if (set.asked >= this.#limits.asksMax || now - set.startedAt >= this.#limits.lifeMs) {
        givenUp.push(set);
        continue;
      }
      set.asked++;
      set.wasAsked = true;
      set.dueAt = now + this.#limits.askAfterMs;
      ask.push(set);
    }
    for (const set of givenUp) this.#remove(set);
    return { ask, givenUp };
  }

  /** Everything that is under way, given up: the terminal has gone. */
  clear(): readonly FragmentSet[] {
    const sets = this.#sets;
    for (const set of sets) this.#budget.used -= set.bytes;
    this.#sets = [];
    return sets.filter((set) => set.completedBy === 0);
  }

  /** The set whose serials fit best, the newest of equals; null: none. */
  #setFor(frame: Jt808Frame): FragmentSet | null {
    let best: FragmentSet | null = null;
    let least = Infinity;
    for (const set of this.#sets) {
      if (set.completedBy !== 0 || !set.isOf(frame) || set.has(frame.fragmentNumber)) continue;
      const distance = set.distanceOf(frame.fragmentNumber, frame.serial);
      const isAskedFor = distance < 0 && set.wasAsked && this.#limits.anySerialWhenAsked;
      if (distance < 0 && !isAskedFor) continue;
      const rank = isAskedFor ? Number.MAX_SAFE_INTEGER : distance;
      if (rank > least) continue;
      best = set;
      least = rank;
    }
    return best;
  }

  /** A set that has the frame's exact neighbour, freed of what contradicts it; null: none. */
  #setClearedFor(frame: Jt808Frame, now: number): FragmentSet | null {
    for (const set of this.#sets) {
      if (set.completedBy !== 0 || !set.isOf(frame) || set.has(frame.fragmentNumber)) continue;
      const displaced = set.displacedBy(frame.fragmentNumber, frame.serial, now);
      if (displaced === null) continue;
      displaced.dueAt = now + this.#limits.askAfterMs;
      this.#sets.push(displaced);
      return set;
    }
    return null;
  }

  #keep(set: FragmentSet, frame: Jt808Frame, now: number): Placed {
    const { bytesMax, setsMax } = this.#limits;
    const length = frame.body.length;
    const isNew = set.count === 0;
    if (set.bytes + length > bytesMax) {
      this.#remove(set);
      return placed(Placement.TooLarge, null, isNew ? NONE : [set]);
    }
    const givenUp: FragmentSet[] = [];
    while (this.#sets.length + (isNew ? 1 : 0) > setsMax || this.bytes + length > bytesMax) {
      const oldest = this.#sets.find((one) => one !== set && one.completedBy === 0);
      if (oldest === undefined) return placed(Placement.Overload, null, givenUp);
      this.#remove(oldest);
      givenUp.push(oldest);
    }
    if (this.#budget.used + length > this.#budget.bytesMax) return placed(Placement.Overload, null, givenUp);
    this.#budget.used += length;
    if (isNew) this.#sets.push(set);
    set.add(frame);
    this.#hear(set, now);
    if (set.isWhole) this.#dropSuperseded(set);
    return placed(set.isWhole ? Placement.Whole : Placement.Kept, set, givenUp);
  }

  #hear(set: FragmentSet, now: number): void {
    set.heardAt = now;
    set.dueAt = now + this.#limits.askAfterMs;
    set.asked = 0;
  }

  /** Asked for some, a terminal may have sent all of it again under new serials: what is part of that need not be had twice. */
  #dropSuperseded(whole: FragmentSet): void {
    const isSuperseded = (set: FragmentSet): boolean =>
      set.wasAsked && set.id === whole.id && set.total === whole.total && !set.isWhole && set.isPartOf(whole);
    for (const set of this.#sets.filter(isSuperseded)) this.#remove(set);
  }

  #remove(set: FragmentSet): void {
    const at = this.#sets.indexOf(set);
    if (at < 0) return;
    this.#sets.splice(at, 1);
    this.#budget.used -= set.bytes;
  }

  #remember(set: FragmentSet, now: number): void {
    this.#finished.push(new Finished(set, now + FINISHED_MS));
    if (this.#finished.length > FINISHED_MAX) this.#finished.shift();
  }

  #wasFinished(frame: Jt808Frame, now: number): boolean {
    return this.#finished.some((one) => now <= one.until && one.had(frame));
  }
}

/** FNV-1a, 32 bits. */
function hashOf(body: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < body.length; i++) hash = Math.imul(hash ^ body[i]!, 0x01000193);
  return hash | 0;
}

function placed(placement: Placement, set: FragmentSet | null, givenUp: readonly FragmentSet[] = NONE): Placed {
  return { placement, set, givenUp };
}
