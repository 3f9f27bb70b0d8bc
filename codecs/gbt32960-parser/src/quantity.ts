// hot path
// Numbers on the wire: how wide they are, and what they mean. The two highest values of every width are no numbers but
// the standard's words for "abnormal" and "invalid", unless a field says otherwise.

import { own } from "./field.ts";
import type { Given, Marks, NativeValue } from "./field.ts";

export type Width = 1 | 2 | 4;

export interface Meaning {
  /** Unit of the shown value. */
  readonly unit?: string;
  /** Raw steps in one unit: 10 where the wire counts tenths. */
  readonly per?: number;
  /** In units: what a raw 0 stands for. */
  readonly offset?: number;
  /** Greatest raw value that the standard allows. */
  readonly max?: number;
  /** Shown by name; a number without one is shown as it is. */
  readonly names?: Readonly<Record<number, string>>;
  /** false: all values are values. */
  readonly hasSentinels?: false;
}

export class Quantity {
  readonly width: Width;
  readonly unit: string;
  readonly per: number;
  readonly offset: number;
  readonly max: number;
  readonly names: Readonly<Record<number, string>> | null;
  readonly #numbers: ReadonlyMap<unknown, number>;
  readonly #offsetSteps: number;
  /** Raw values from here on are sentinels: abnormal, and one above it invalid. */
  readonly #abnormal: number;

  constructor(width: Width, meaning: Meaning = {}) {
    this.width = width;
    this.unit = meaning.unit ?? "";
    this.per = meaning.per ?? 1;
    this.offset = meaning.offset ?? 0;
    this.#offsetSteps = this.offset * this.per;
    this.max = meaning.max ?? Infinity;
    this.names = meaning.names ?? null;
    this.#numbers = new Map(Object.entries(meaning.names ?? {}).map(([number, name]) => [name, Number(number)]));
    this.#abnormal = meaning.hasSentinels === false ? Infinity : abnormalOf(width);
  }

  get wire(): string {
    return `u${this.width * 8}`;
  }

  /** For the tables of the README. */
  get description(): string {
    if (this.names !== null)
      return Object.entries(this.names)
        .map(([number, name]) => `${number} ${name}`)
        .join(", ");
    const step = this.per === 1 ? this.unit : `${1 / this.per} ${this.unit}`.trimEnd();
    const offset = this.offset === 0 ? "" : `${step === "" ? "" : ", "}offset ${this.offset}`;
    return `${step}${offset}`.replace("-", "−");
  }

  isSentinel(raw: number): boolean {
    return raw >= this.#abnormal;
  }

  show(raw: number, key: string, marks: Marks): NativeValue {
    if (raw >= this.#abnormal) {
      (raw === this.#abnormal ? marks.abnormal : marks.invalid).push(key);
      return null;
    }
    if (this.names !== null) {
      const name = this.names[raw];
      if (name !== undefined) return name;
      marks.outOfRange.push(key);
      return raw;
    }
    if (raw > this.max) marks.outOfRange.push(key);
    return this.inUnits(raw);
  }

  /** In units, without a look at what it may stand for. */
  inUnits(raw: number): number {
    return this.per === 1 ? raw + this.offset : (raw + this.#offsetSteps) / this.per;
  }

  /** A number that nothing is to be said about. */
  isOrdinary(raw: number): boolean {
    return raw <= this.max && raw < this.#abnormal && this.names === null;
  }

  /** `from`: the record that the value stands in, whose `abnormal` list tells which of the two a null is. */
  parse(native: unknown, key: string, from: Given): unknown {
    if (native === null && this.#abnormal !== Infinity) return this.#abnormal + (isAbnormal(from, key) ? 0 : 1);
    if (typeof native === "string") return this.#numbers.get(native) ?? native;
    return typeof native === "number" && this.names === null ? Math.round((native - this.offset) * this.per) : native;
  }
}

/** 0xFE, 0xFFFE, 0xFFFFFFFE; "invalid" is one more. */
export function abnormalOf(width: Width): number {
  return 2 ** (width * 8) - 2;
}

export function isAbnormal(from: Given, key: string): boolean {
  const marks = own(from, "abnormal");
  return Array.isArray(marks) && marks.includes(key);
}
