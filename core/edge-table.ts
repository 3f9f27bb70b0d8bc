// hot path
// The trie's literal edges, all in one open-addressing table of integers: (node, level) → child. Twelve bytes an edge
// instead of a Map per node, and no pointer for the garbage collector to follow.

const EMPTY = 0;
const FIRST_CAPACITY = 64;
const NONE = -1;

export class EdgeTable {
  /** Node + 1 (0 = free slot), level, child: three numbers a slot. */
  #slots: Int32Array<ArrayBuffer> = new Int32Array(FIRST_CAPACITY * 3);
  #mask = FIRST_CAPACITY - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The child, or -1. */
  get(node: number, level: number): number {
    const slots = this.#slots;
    const key = node + 1;
    for (let i = hash(node, level) & this.#mask; ; i = (i + 1) & this.#mask) {
      const at = i * 3;
      const found = slots[at]!;
      if (found === EMPTY) return NONE;
      if (found === key && slots[at + 1] === level) return slots[at + 2]!;
    }
  }

  /** The edge must not be there yet. */
  add(node: number, level: number, child: number): void {
    if ((this.#size + 1) * 3 > (this.#mask + 1) * 2) this.#grow();
    this.#put(node, level, child);
    this.#size++;
  }

  /** The edge must be there. Moves back what stood behind it, so that no tombstones gather. */
  delete(node: number, level: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = hash(node, level) & mask;
    while (slots[hole * 3] !== node + 1 || slots[hole * 3 + 1] !== level) hole = (hole + 1) & mask;
    for (let i = (hole + 1) & mask; slots[i * 3] !== EMPTY; i = (i + 1) & mask) {
      const home = hash(slots[i * 3]! - 1, slots[i * 3 + 1]!) & mask;
      // Still reachable where it stands when its home lies in (hole, i].
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      slots.copyWithin(hole * 3, i * 3, i * 3 + 3);
      hole = i;
    }
    slots[hole * 3] = EMPTY;
    this.#size--;
  }

  #put(node: number, level: number, child: number): void {
    const slots = this.#slots;
    let i = hash(node, level) & this.#mask;
    while (slots[i * 3] !== EMPTY) i = (i + 1) & this.#mask;
    slots[i * 3] = node + 1;
    slots[i * 3 + 1] = level;
    slots[i * 3 + 2] = child;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] !== EMPTY) this.#put(old[at]! - 1, old[at + 1]!, old[at + 2]!);
    }
  }
}

function hash(node: number, level: number): number {
  let h = Math.imul(node, 0x9e3779b1) ^ Math.imul(level, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
