// hot path
// All subscriptions of one tenant: filters without wildcards in a Map, those with in the trie, share groups beside
// them as one entry each. The index answers with whole routes; the route cache above remembers them.

import { FilterTrie } from "./filter-trie.ts";
import type { ShareStrategy } from "./limits.ts";
import { ShareGroup } from "./share-group.ts";
import type { Receiver, Sharing, Subscription } from "./subscription.ts";
import type { ParsedFilter } from "./topic.ts";

/** Who gets a message of one topic. Never changed once made. */
export class Route {
  /** One entry a receiver: overlapping subscriptions are merged. */
  readonly targets: readonly Subscription[];
  readonly groups: readonly Sharing[];
  constructor(targets: readonly Subscription[], groups: readonly Sharing[]) {
    this.targets = targets;
    this.groups = groups;
  }
}

const NO_TARGETS: readonly Subscription[] = Object.freeze([]);
const NO_GROUPS: readonly Sharing[] = Object.freeze([]);
const NOWHERE = new Route(NO_TARGETS, NO_GROUPS);

export class SubscriptionIndex {
  readonly #exact = new Map<string, Subscription>();
  readonly #trie = new FilterTrie();
  readonly #groups = new Map<string, ShareGroup>();
  readonly #strategy: ShareStrategy;
  readonly #found: Subscription[] = [];
  #size = 0;

  constructor(strategy: ShareStrategy) {
    this.#strategy = strategy;
  }

  /** Subscriptions, members of share groups included. */
  get size(): number {
    return this.#size;
  }

  /** Puts a subscription in. For a shared one, `subscription.group` is the group of `groupOf`. */
  add(parsed: ParsedFilter, subscription: Subscription): void {
    this.#size++;
    const group = this.groupOf(parsed);
    if (group === null) {
      this.#link(parsed, subscription);
      return;
    }
    if (group.add(subscription) === 1) this.#link(parsed, group.entry);
  }

  remove(parsed: ParsedFilter, subscription: Subscription): void {
    this.#size--;
    const group = this.groupOf(parsed);
    if (group === null) {
      this.#unlink(parsed, subscription);
      return;
    }
    if (group.remove(subscription) > 0) return;
    this.#unlink(parsed, group.entry);
    this.#groups.delete(groupKey(parsed));
  }

  /** The share group of a filter; made when it is not there. null for a filter that is not shared. */
  groupOf(parsed: ParsedFilter): ShareGroup | null {
    if (parsed.group === null) return null;
    const key = groupKey(parsed);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new ShareGroup(parsed.filter, this.#strategy);
      this.#groups.set(key, group);
    }
    return group;
  }

  /** Who gets a message of this topic now. */
  route(topic: string): Route {
    const found = this.#found;
    found.length = 0;
    const exact = this.#exact.get(topic);
    if (exact !== undefined) found.push(exact);
    this.#trie.match(topic, found);
    if (found.length === 0) return NOWHERE;
    if (found.length === 1 && found[0]!.next === null && found[0]!.outbox !== null) {
      return new Route([found[0]!], NO_GROUPS);
    }
    return gather(found);
  }

  #link(parsed: ParsedFilter, entry: Subscription): void {
    const head = parsed.hasWildcard ? this.#trie.get(parsed.filter) : (this.#exact.get(parsed.filter) ?? null);
    if (head !== null) {
      // Behind the head, so that the head of a long list stays where Map and trie have it.
      entry.previous = head;
      entry.next = head.next;
      if (head.next !== null) head.next.previous = entry;
      head.next = entry;
    } else if (parsed.hasWildcard) this.#trie.set(parsed.filter, entry);
    else this.#exact.set(entry.filter, entry);
  }

  #unlink(parsed: ParsedFilter, entry: Subscription): void {
    const next = entry.next;
    const previous = entry.previous;
    entry.next = null;
    entry.previous = null;
    if (next !== null) next.previous = previous;
    if (previous !== null) {
      previous.next = next;
      return;
    }
    if (parsed.hasWildcard) {
      if (next === null) this.#trie.delete(parsed.filter);
      else this.#trie.set(parsed.filter, next);
    } else if (next === null) this.#exact.delete(parsed.filter);
    else this.#exact.set(parsed.filter, next);
  }
}

/** All subscriptions behind these heads as one route; a receiver that is found twice gets one merged entry. */
function gather(heads: readonly Subscription[]): Route {
  const targets: Subscription[] = [];
  const groups: Sharing[] = [];
  // One filter never names a receiver twice: only from the second filter on can there be overlaps.
  let positions: Map<Receiver, number> | null = null;
  for (let i = 0; i < heads.length; i++) {
    if (i > 0 && positions === null && targets.length > 0) positions = positionsOf(targets);
    for (let entry: Subscription | null = heads[i]!; entry !== null; entry = entry.next) {
      const outbox = entry.outbox;
      if (outbox === null) {
        if (entry.group !== null) groups.push(entry.group);
        continue;
      }
      const at = positions?.get(outbox);
      if (at !== undefined) targets[at] = targets[at]!.merged(entry);
      else {
        positions?.set(outbox, targets.length);
        targets.push(entry);
      }
    }
  }
  return new Route(targets, groups.length === 0 ? NO_GROUPS : groups);
}

function positionsOf(targets: readonly Subscription[]): Map<Receiver, number> {
  const positions = new Map<Receiver, number>();
  for (let i = 0; i < targets.length; i++) {
    const outbox = targets[i]!.outbox;
    if (outbox !== null) positions.set(outbox, i);
  }
  return positions;
}

function groupKey(parsed: ParsedFilter): string {
  return `${parsed.group}/${parsed.filter}`;
}
