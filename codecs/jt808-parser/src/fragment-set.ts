// The fragments of one message as far as they have come, in the order of their numbers. What stands between two of them
// is known by serial: they are sent in order, so a fragment belongs here only when its serial lies where its number does.
// Terminals leave serials out (other messages go between), so the serials need not be consecutive.

import { Attribute, Jt808Frame } from "./frame.ts";

/** How much further a serial may be than the numbers say: `total` and this. */
const SERIAL_SLACK = 64;

/** What the fragments of one message have in common. */
interface Shape {
  readonly id: number;
  readonly form: Jt808Frame["form"];
  readonly protocolVersion: number;
  readonly phone: string;
  readonly attributes: number;
}

class Fragment {
  readonly number: number;
  readonly serial: number;
  readonly body: Uint8Array;
  constructor(number: number, serial: number, body: Uint8Array) {
    this.number = number;
    this.serial = serial;
    this.body = body;
  }
}

export class FragmentSet implements Shape {
  readonly id: number;
  readonly total: number;
  /** Of the first fragment that came. */
  readonly form: Jt808Frame["form"];
  readonly protocolVersion: number;
  readonly phone: string;
  readonly attributes: number;
  /** ms, as its user counts: when the first fragment came, and the last that was new. */
  readonly startedAt: number;
  heardAt: number;
  /** When it is to be looked at again. */
  dueAt: number;
  /** How often in a row the missing ones were asked for without any coming. */
  asked: number;
  /** They were asked for at some time. */
  wasAsked: boolean;
  /** Bodies in it. */
  bytes: number;
  /** The number that made it whole; 0: it is not. */
  completedBy: number;
  /** By number, ascending. Grows with what comes, not with what is promised. */
  #fragments: Fragment[] = [];

  constructor(frame: Shape, total: number, now: number) {
    this.id = frame.id;
    this.total = total;
    this.form = frame.form;
    this.protocolVersion = frame.protocolVersion;
    this.phone = frame.phone;
    this.attributes = frame.attributes;
    this.startedAt = now;
    this.heardAt = now;
    this.dueAt = now;
    this.asked = 0;
    this.wasAsked = false;
    this.bytes = 0;
    this.completedBy = 0;
  }

  /** How many have come. */
  get count(): number {
    return this.#fragments.length;
  }

  get isWhole(): boolean {
    return this.#fragments.length === this.total;
  }

  /** Those that have come, ascending. Bodies are this set's own. */
  get fragments(): readonly { readonly number: number; readonly serial: number; readonly body: Uint8Array }[] {
    return this.#fragments;
  }

  /** Serial of number 1; while that is missing, what it would be if the serials were consecutive. */
  get firstSerial(): number {
    const first = this.#fragments[0];
    return first === undefined ? 0 : (first.serial - first.number + 1) & 0xffff;
  }

  /** Number 1's body, or null while it is missing. */
  get firstBody(): Uint8Array | null {
    const first = this.#fragments[0];
    return first?.number === 1 ? first.body : null;
  }

  isOf(frame: Jt808Frame): boolean {
    const isAlike = ((this.attributes ^ frame.attributes) & Attribute.EncryptionMask) === 0;
    return this.id === frame.id && this.total === frame.fragmentTotal && isAlike;
  }

  has(number: number): boolean {
    return this.#fragments[this.#placeOf(number)]?.number === number;
  }

  /** The very same fragment, come again; `anySerial`: or the same under another serial. */
  holds(frame: Jt808Frame, anySerial: boolean): boolean {
    const found = this.#fragments[this.#placeOf(frame.fragmentNumber)];
    if (found?.number !== frame.fragmentNumber || !isSame(found.body, frame.body)) return false;
    return anySerial || found.serial === frame.serial;
  }

  /**
   * How far the serial is from where its number would have it, 0 being exact; -1: it does not belong between its
   * neighbours. Only for a number that is missing.
   */
  distanceOf(number: number, serial: number): number {
    const at = this.#placeOf(number);
    const before = this.#fragments[at - 1];
    const after = this.#fragments[at];
    const window = this.total + SERIAL_SLACK;
    let distance = 0;
    if (before !== undefined) {
      const ahead = (serial - before.serial) & 0xffff;
      if (ahead > window) return -1;
      distance += Math.abs(ahead - (number - before.number));
    }
    if (after !== undefined) {
      const ahead = (after.serial - serial) & 0xffff;
      if (ahead > window) return -1;
      distance += Math.abs(ahead - (after.number - number));
    }
    return distance;
  }

  /**
   * What was put in here for want of a better place, and contradicts this serial, goes out into a set of its own: null
   * unless another fragment here stands exactly as far from this one as their numbers say.
   */
  displacedBy(number: number, serial: number, now: number): FragmentSet | null {
    const start = (serial - number) & 0xffff;
    if (!this.#fragments.some((one) => ((one.serial - one.number) & 0xffff) === start)) return null;
    const window = this.total + SERIAL_SLACK;
    const out = new FragmentSet(this, this.total, now);
    const isAgainst = (one: Fragment): boolean =>
      ((one.number < number ? serial - one.serial : one.serial - serial) & 0xffff) > window;
    out.#take(this.#fragments.filter(isAgainst));
    if (out.count > 0) this.#take(this.#fragments.filter((one) => !isAgainst(one)));
    return out.count === 0 ? null : out;
  }

  /** The body is copied. Only for a number that is missing. */
  add(frame: Jt808Frame): void {
    const fragment = new Fragment(frame.fragmentNumber, frame.serial, frame.body.slice());
    this.#fragments.splice(this.#placeOf(fragment.number), 0, fragment);
    this.bytes += fragment.body.length;
    if (this.isWhole) this.completedBy = fragment.number;
  }

  /** The fragment that made it whole goes again: its message was refused, and may come another time. */
  reopen(): void {
    const [gone] = this.#fragments.splice(this.#placeOf(this.completedBy), 1);
    this.bytes -= gone?.body.length ?? 0;
    this.completedBy = 0;
  }

  /** Numbers of those that are missing, ascending, at most `max`. */
  missing(max: number): number[] {
    const out: number[] = [];
    let number = 1;
    for (const fragment of this.#fragments) {
      while (number < fragment.number && out.length < max) out.push(number++);
      number = fragment.number + 1;
    }
    while (number <= this.total && out.length < max) out.push(number++);
    return out;
  }

  /** True when every fragment of this set is one of the other's, too. */
  isPartOf(other: FragmentSet): boolean {
    return this.#fragments.every(({ number, body }) => {
      const found = other.#fragments[other.#placeOf(number)];
      return found?.number === number && isSame(found.body, body);
    });
  }

  /** The whole message as one frame: its length field says nothing, its serial is that of number 1. */
  joined(): Jt808Frame {
    const body = new Uint8Array(this.bytes);
    let at = 0;
    for (const fragment of this.#fragments) {
      body.set(fragment.body, at);
      at += fragment.body.length;
    }
    const attributes = this.attributes & ~(Attribute.Fragmented | Attribute.LengthMask);
    return new Jt808Frame(
      this.id,
      attributes,
      this.form,
      this.protocolVersion,
      this.phone,
      this.firstSerial,
      0,
      0,
      body,
    );
  }

  #take(fragments: Fragment[]): void {
    this.#fragments = fragments;
    this.bytes = fragments.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** Where a number stands, or would stand. Nearly always the end. */
  #placeOf(number: number): number {
    const fragments = this.#fragments;
    let high = fragments.length;
    if (high === 0 || fragments[high - 1]!.number < number) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fragments[middle]!.number < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
