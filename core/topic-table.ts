// hot path
// What the core remembers of topics that are published to: the route, and the last value. Bounded; a topic that was not
// used for longest (roughly: second chance) goes first. A changed subscription makes exactly those routes stale whose
// topics its filter matches.

import { LastValue } from "./last-value.ts";
import type { Message } from "./message.ts";
import type { Route, SubscriptionIndex } from "./subscription-index.ts";
import { TopicTree } from "./topic-tree.ts";

/** Nodes looked at to find the routes that a wildcard filter touches; beyond, all routes of the tenant become stale. */
const STALE_VISITS_MAX = 4_096;
/** Entries that get a second chance in a row before one is evicted all the same. */
const SECOND_CHANCES_MAX = 8;

export interface TopicTableLimits {
  readonly topicsMax: number;
  readonly lastValueMaxBytes: number;
  readonly lastValueMessageMaxBytes: number;
}

export class TopicEntry {
  readonly topic: string;
  /** null: not known (any more). */
  route: Route | null = null;
  /** The table's generation when the route was made. */
  generation = 0;
  last: LastValue | null = null;
  /** A newer last value that still is a view of the current chunk. */
  view: Message | null = null;
  used = false;
  /** In the tree of cached routes. */
  indexed = false;
  /** Was evicted: whoever still holds it must ask again. */
  gone = false;
  constructor(topic: string) {
    this.topic = topic;
  }
}

export class TopicTable {
  readonly #entries = new Map<string, TopicEntry>();
  readonly #routed = new TopicTree<TopicEntry>();
  readonly #index: SubscriptionIndex;
  readonly #limits: TopicTableLimits;
  readonly #stale = (entry: TopicEntry): void => {
    entry.route = null;
  };
  #generation = 0;
  #lastBytes = 0;
  /** Entries whose last value still is a view of `#chunk`: copied when the next chunk comes. */
  readonly #views: TopicEntry[] = [];
  #chunk: Uint8Array | null = null;

  constructor(index: SubscriptionIndex, limits: TopicTableLimits) {
    this.#index = index;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get lastValueBytes(): number {
    return this.#lastBytes;
  }

  /** The entry of a topic, or null when it is not remembered. */
  find(topic: string): TopicEntry | null {
    return this.#entries.get(topic) ?? null;
  }

  /** The entry of a topic that is known to be well formed; made when it is not there. */
  entry(topic: string): TopicEntry {
    let entry = this.#entries.get(topic);
    if (entry !== undefined) {
      entry.used = true;
      return entry;
    }
    if (this.#entries.size >= this.#limits.topicsMax) this.#evict();
    entry = new TopicEntry(topic);
    this.#entries.set(topic, entry);
    return entry;
  }

  /** Who gets a message of this topic. Remembered from the second use on: most topics of a large fleet are used once. */
  route(entry: TopicEntry): Route {
    const known = entry.route;
    if (known !== null && entry.generation === this.#generation) return known;
    const route = this.#index.route(entry.topic);
    if (!entry.used || entry.gone) {
      entry.used = true;
      return route;
    }
    entry.route = route;
    entry.generation = this.#generation;
    if (!entry.indexed) {
      entry.indexed = true;
      this.#routed.set(entry.topic, entry);
    }
    return route;
  }

  /** A subscription to this filter came, went or changed. */
  changed(filter: string, hasWildcard: boolean): void {
    if (!hasWildcard) {
      const entry = this.#entries.get(filter);
      if (entry !== undefined) entry.route = null;
    } else if (!this.#routed.match(filter, STALE_VISITS_MAX, this.#stale)) this.#generation++;
  }

  /** Remembers the message as the topic's last value; an empty retained one clears it. */
  setLast(entry: TopicEntry, message: Message): void {
    if (entry.gone) return;
    const limits = this.#limits;
    const bytes = message.payloadBytes;
    if (
      (bytes === 0 && message.retain) ||
      bytes > limits.lastValueMessageMaxBytes ||
      bytes > limits.lastValueMaxBytes
    ) {
      this.#dropLast(entry);
      return;
    }
    // Several messages of one chunk on one topic cost one copy, of the last.
    if (message.source !== this.#chunk) {
      if (this.#views.length > 0) this.#keepViews();
      this.#chunk = message.source;
    }
    if (entry.view === null) this.#views.push(entry);
    entry.view = message;
  }

  /** The last value in memory of its own; null when there is none, or when it has expired. */
  last(topic: string, now: number): Message | null {
    this.#keepViews();
    const entry = this.#entries.get(topic);
    if (entry === undefined || entry.last === null) return null;
    if (entry.last.expiresAt !== 0 && entry.last.expiresAt <= now) {
      this.#dropLast(entry);
      return null;
    }
    return entry.last.toMessage(topic);
  }

  #keepViews(): void {
    const views = this.#views;
    for (let i = 0; i < views.length; i++) {
      const entry = views[i]!;
      const view = entry.view;
      if (view === null) continue;
      entry.view = null;
      const before = entry.last === null ? 0 : entry.last.room;
      if (entry.last === null) entry.last = new LastValue(view);
      else entry.last.keep(view);
      this.#lastBytes += entry.last.room - before;
      while (this.#lastBytes > this.#limits.lastValueMaxBytes && this.#entries.size > 0) this.#evict();
    }
    views.length = 0;
    this.#chunk = null;
  }

  #dropLast(entry: TopicEntry): void {
    entry.view = null;
    if (entry.last === null) return;
    this.#lastBytes -= entry.last.room;
    entry.last = null;
  }

  #evict(): void {
    let chances = 0;
    for (const [topic, entry] of this.#entries) {
      this.#entries.delete(topic);
      if (entry.used && chances++ < SECOND_CHANCES_MAX) {
        entry.used = false;
        this.#entries.set(topic, entry);
        continue;
      }
      this.#dropLast(entry);
      if (entry.indexed) this.#routed.delete(topic);
      entry.route = null;
      entry.gone = true;
      return;
    }
  }
}
