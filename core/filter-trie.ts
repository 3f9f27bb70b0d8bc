// hot path
// Filters with wildcards, level by level. Nodes are numbers, literal edges live in one table, `+` edges in an array;
// what hangs at a node is the head of the list of subscriptions to that very filter.

import { EdgeTable } from "./edge-table.ts";
import { LevelNames } from "./level-names.ts";
import type { Subscription } from "./subscription.ts";

const ROOT = 0;
const NONE = -1;
const DOLLAR = 0x24;
const FIRST_NODES = 64;

export class FilterTrie {
  readonly #names = new LevelNames();
  readonly #edges = new EdgeTable();
  /** By node: child by `+` (0 = none, since nobody's child is the root), number of children, first subscription of the filter that ends here, of the one that ends here with `#`. */
  #plus: Int32Array<ArrayBuffer> = new Int32Array(FIRST_NODES);
  #children: Int32Array<ArrayBuffer> = new Int32Array(FIRST_NODES);
  readonly #exact: (Subscription | null)[] = [null];
  readonly #hash: (Subscription | null)[] = [null];
  readonly #freeNodes: number[] = [];
  /** Level numbers of the topic that is being matched. Grows to the deepest topic seen, which the topic limits bound. */
  #levels: Int32Array<ArrayBuffer> = new Int32Array(16);

  /** First subscription of exactly this filter, or null. */
  get(filter: string): Subscription | null {
    const levels = filter.split("/");
    const endsInHash = levels.at(-1) === "#";
    let node = ROOT;
    for (let i = 0; i < levels.length - (endsInHash ? 1 : 0); i++) {
      node = this.#child(node, levels[i]!);
      if (node === NONE) return null;
    }
    return (endsInHash ? this.#hash : this.#exact)[node] ?? null;
  }

  /** Sets the first subscription of this filter, making its path. */
  set(filter: string, head: Subscription): void {
    const levels = filter.split("/");
    const endsInHash = levels.at(-1) === "#";
    let node = ROOT;
    for (let i = 0; i < levels.length - (endsInHash ? 1 : 0); i++) {
      const child = this.#child(node, levels[i]!);
      node = child === NONE ? this.#addChild(node, levels[i]!) : child;
    }
    (endsInHash ? this.#hash : this.#exact)[node] = head;
  }

  /** Removes the filter, and what of its path nobody else needs. */
  delete(filter: string): void {
    const levels = filter.split("/");
    const endsInHash = levels.at(-1) === "#";
    const path = [ROOT];
    for (let i = 0; i < levels.length - (endsInHash ? 1 : 0); i++) {
      const child = this.#child(path[i]!, levels[i]!);
      if (child === NONE) return;
      path.push(child);
    }
    (endsInHash ? this.#hash : this.#exact)[path.at(-1)!] = null;
    for (let depth = path.length - 1; depth > 0; depth--) {
      const node = path[depth]!;
      if (this.#children[node] !== 0 || this.#exact[node] !== null || this.#hash[node] !== null) return;
      this.#removeChild(path[depth - 1]!, levels[depth - 1]!, node);
    }
  }

  /** Appends to `found` the first subscription of every filter that matches the topic. */
  match(topic: string, found: Subscription[]): void {
    const depth = this.#split(topic);
    // [MQTT-4.7.2-1] A leading wildcard does not match a topic that begins with `$`.
    if (topic.charCodeAt(0) === DOLLAR) {
      const level = this.#levels[0]!;
      const child = level === NONE ? NONE : this.#edges.get(ROOT, level);
      if (child !== NONE) this.#walk(child, 1, depth, found);
      return;
    }
    this.#walk(ROOT, 0, depth, found);
  }

  get nodes(): number {
    return this.#exact.length - this.#freeNodes.length;
  }

  #walk(from: number, at: number, depth: number, found: Subscription[]): void {
    let node = from;
    for (let i = at; ; i++) {
      const rest = this.#hash[node];
      if (rest !== null && rest !== undefined) found.push(rest);
      if (i === depth) break;
      const level = this.#levels[i]!;
      const literal = level === NONE ? NONE : this.#edges.get(node, level);
      const plus = this.#plus[node]!;
      if (plus !== 0) {
        if (literal !== NONE) this.#walk(literal, i + 1, depth, found);
        node = plus;
      } else if (literal === NONE) return;
      else node = literal;
    }
    const exact = this.#exact[node];
    if (exact !== null && exact !== undefined) found.push(exact);
  }

  #split(topic: string): number {
    let depth = 0;
    for (let start = 0; start <= topic.length;) {
      let end = topic.indexOf("/", start);
      if (end === -1) end = topic.length;
      if (depth === this.#levels.length) this.#levels = grown(this.#levels);
      this.#levels[depth++] = this.#names.find(topic.slice(start, end));
      start = end + 1;
    }
    return depth;
  }

  #child(node: number, name: string): number {
    if (name === "+") return this.#plus[node] === 0 ? NONE : this.#plus[node]!;
    const level = this.#names.find(name);
    return level === NONE ? NONE : this.#edges.get(node, level);
  }

  #addChild(parent: number, name: string): number {
    const node = this.#freeNodes.pop() ?? this.#exact.length;
    if (node >= this.#plus.length) {
      this.#plus = grown(this.#plus);
      this.#children = grown(this.#children);
    }
    this.#plus[node] = 0;
    this.#children[node] = 0;
    this.#exact[node] = null;
    this.#hash[node] = null;
    if (name === "+") this.#plus[parent] = node;
    else this.#edges.add(parent, this.#names.acquire(name), node);
    this.#children[parent] = this.#children[parent]! + 1;
    return node;
  }

  #removeChild(parent: number, name: string, node: number): void {
    if (name === "+") this.#plus[parent] = 0;
    else {
      const level = this.#names.find(name);
      this.#edges.delete(parent, level);
      this.#names.release(level);
    }
    this.#children[parent] = this.#children[parent]! - 1;
    this.#freeNodes.push(node);
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
