// A configuration before it is checked: plain values, and for each of them where it was written and whether it is text
// whose type is still open (what comes from the environment is text, whatever its key wants).

import { parse } from "yaml";

import { pointerOf } from "./problem.ts";
import type { Path, Place } from "./problem.ts";

export type Mapping = Record<string, unknown>;

export class ConfigTree {
  root: Mapping;
  readonly #values = new Map<string, Place>();
  readonly #keys = new Map<string, Place>();
  /** Text with an open type, by pointer: the variables that it came from. */
  readonly #texts = new Map<string, string>();
  readonly #start: Place;

  constructor(start: Place) {
    this.root = {};
    this.#start = start;
  }

  mark(path: Path, value: Place, key: Place | null): void {
    this.#values.set(pointerOf(path), value);
    if (key !== null) this.#keys.set(pointerOf(path), key);
  }

  markText(path: Path, variables: string): void {
    this.#texts.set(pointerOf(path), variables);
  }

  /** Where the value was written; where it is missing, where that which should hold it was. */
  placeOf(path: Path): Place {
    return this.#find(this.#values, path) ?? this.#start;
  }

  /** Where the key was written. */
  placeOfKey(path: Path): Place {
    return this.#keys.get(pointerOf(path)) ?? this.placeOf(path);
  }

  /** The exact place of a value that was written, or null: then it is a default. */
  writtenAt(path: Path): Place | null {
    return this.#values.get(pointerOf(path)) ?? null;
  }

  variablesOf(path: Path): string | null {
    return this.#texts.get(pointerOf(path)) ?? null;
  }

  get(path: Path): unknown {
    let value: unknown = this.root;
    for (const step of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Mapping)[step];
    }
    return value;
  }

  set(path: Path, value: unknown): void {
    const last = path.at(-1);
    if (last === undefined) this.root = value as Mapping;
    else (this.get(path.slice(0, -1)) as Mapping)[last] = value;
  }

  /**
   * Reads text with an open type as YAML: `1883`, `true`, `[a, b]`, `{ mode: require }`. And a key with nothing behind
   * it as an empty mapping. True when that made it something else: check again.
   */
  settle(path: Path): boolean {
    const value = this.get(path);
    if (value === null) {
      this.set(path, {});
      return true;
    }
    if (typeof value !== "string" || !this.#texts.has(pointerOf(path))) return false;
    let settled: unknown;
    try {
      settled = parse(value);
    } catch {
      return false;
    }
    if (typeof settled === "string" || settled === null) return false;
    this.set(path, settled);
    this.#markWithin(path, settled, this.placeOf(path));
    return true;
  }

  #markWithin(path: Path, value: unknown, place: Place): void {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      this.mark([...path, key], place, place);
      this.#markWithin([...path, key], inner, place);
    }
  }

  #find(places: ReadonlyMap<string, Place>, path: Path): Place | null {
    for (let length = path.length; length >= 0; length--) {
      const place = places.get(pointerOf(path.slice(0, length)));
      if (place !== undefined) return place;
    }
    return null;
  }
}
