// hot path
// First in, first out, in a power-of-two ring. Holds no memory before its first use.

const FIRST_CAPACITY = 8;

export class Ring<T> {
  #slots: (T | undefined)[] | null = null;
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(value: T): void {
    let slots = this.#slots;
    if (slots === null) slots = this.#slots = Array.from({ length: FIRST_CAPACITY });
    else if (this.#size === slots.length) slots = this.#grow(slots);
    slots[(this.#head + this.#size++) & (slots.length - 1)] = value;
  }

  peek(): T | undefined {
    return this.#size === 0 || this.#slots === null ? undefined : this.#slots[this.#head];
  }

  shift(): T | undefined {
    const slots = this.#slots;
    if (this.#size === 0 || slots === null) return undefined;
    const value = slots[this.#head];
    slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (slots.length - 1);
    if (--this.#size === 0) {
      this.#head = 0;
      if (slots.length > FIRST_CAPACITY) this.#slots = null;
    }
    return value;
  }

  clear(): void {
    this.#slots = null;
    this.#head = 0;
    this.#size = 0;
  }

  #grow(old: (T | undefined)[]): (T | undefined)[] {
    const grown: (T | undefined)[] = Array.from({ length: old.length * 2 });
    for (let i = 0; i < this.#size; i++) grown[i] = old[(this.#head + i) & (old.length - 1)];
    this.#head = 0;
    this.#slots = grown;
    return grown;
  }
}
