// hot path
// Topic levels as small integers, counted by use, so that the trie compares numbers and keeps each name once.

const UNKNOWN = -1;

export class LevelNames {
  readonly #ids = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  #uses: Int32Array<ArrayBuffer> = new Int32Array(64);
  readonly #free: number[] = [];

  /** The level's number, or -1 when no filter uses it. */
  find(name: string): number {
    return this.#ids.get(name) ?? UNKNOWN;
  }

  acquire(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) {
      this.#uses[known] = (this.#uses[known] ?? 0) + 1;
      return known;
    }
    const id = this.#free.pop() ?? this.#names.length;
    if (id >= this.#uses.length) {
      const grown = new Int32Array(this.#uses.length * 2);
      grown.set(this.#uses);
      this.#uses = grown;
    }
    this.#ids.set(name, id);
    this.#names[id] = name;
    this.#uses[id] = 1;
    return id;
  }

  release(id: number): void {
    const uses = (this.#uses[id] ?? 0) - 1;
    this.#uses[id] = uses;
    if (uses > 0) return;
    const name = this.#names[id];
    if (name !== undefined) this.#ids.delete(name);
    this.#names[id] = undefined;
    this.#free.push(id);
  }

  get size(): number {
    return this.#ids.size;
  }
}
