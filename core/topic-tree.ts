// Topics (not filters) level by level, so that a filter finds the topics that it matches without looking at all of
// them: retained messages for a new subscription, cached routes that a changed subscription makes stale.

const DOLLAR = 0x24;

class TreeNode<T> {
  value: T | null = null;
  children: Map<string, TreeNode<T>> | null = null;
}

export class TopicTree<T> {
  readonly #root = new TreeNode<T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(topic: string): T | null {
    let node: TreeNode<T> | undefined = this.#root;
    for (const level of topic.split("/")) {
      node = node.children?.get(level);
      if (node === undefined) return null;
    }
    return node.value;
  }

  set(topic: string, value: T): void {
    let node = this.#root;
    for (const level of topic.split("/")) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) {
        child = new TreeNode<T>();
        node.children.set(level, child);
      }
      node = child;
    }
    if (node.value === null) this.#size++;
    node.value = value;
  }

  delete(topic: string): void {
    const levels = topic.split("/");
    const path = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)!.children?.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path.at(-1)!;
    if (last.value === null) return;
    last.value = null;
    this.#size--;
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth]!;
      if (node.value !== null || (node.children !== null && node.children.size > 0)) return;
      path[depth - 1]!.children?.delete(levels[depth - 1]!);
    }
  }

  /**
   * Calls `visit` for every topic that the filter matches. Gives up, with false, after looking at `visitsMax` nodes:
   * the caller names its limit. `visit` must not change the tree.
   */
  match(filter: string, visitsMax: number, visit: (value: T) => void): boolean {
    const walk = new Walk<T>(this.#root, filter.split("/"), visitsMax, visit);
    return walk.from(this.#root, 0);
  }
}

class Walk<T> {
  readonly #root: TreeNode<T>;
  readonly #levels: readonly string[];
  readonly #visit: (value: T) => void;
  #visitsLeft: number;

  constructor(root: TreeNode<T>, levels: readonly string[], visitsMax: number, visit: (value: T) => void) {
    this.#root = root;
    this.#levels = levels;
    this.#visit = visit;
    this.#visitsLeft = visitsMax;
  }

  from(node: TreeNode<T>, at: number): boolean {
    if (this.#visitsLeft-- <= 0) return false;
    if (at === this.#levels.length) {
      if (node.value !== null) this.#visit(node.value);
      return true;
    }
    const level = this.#levels[at]!;
    // `a/#` matches `a` itself [MQTT-4.7.1-2].
    if (level === "#" && node.value !== null) this.#visit(node.value);
    if (node.children === null) return true;
    if (level !== "+" && level !== "#") {
      const child = node.children.get(level);
      return child === undefined || this.from(child, at + 1);
    }
    for (const [name, child] of node.children) {
      // [MQTT-4.7.2-1] The first level only; `at` stays where a # is.
      if (node === this.#root && name.charCodeAt(0) === DOLLAR) continue;
      if (!this.from(child, level === "#" ? at : at + 1)) return false;
    }
    return true;
  }
}
