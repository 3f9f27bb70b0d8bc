// hot path
// The members of one shared subscription: each message goes to one of them.

import type { ShareStrategy } from "./limits.ts";
import type { Message } from "./message.ts";
import { Subscription } from "./subscription.ts";
import type { Sharing } from "./subscription.ts";

export class ShareGroup implements Sharing {
  /** What stands for the group in the index. */
  readonly entry: Subscription;
  readonly #strategy: ShareStrategy;
  readonly #members: Subscription[] = [];
  #turn = 0;

  constructor(filter: string, strategy: ShareStrategy) {
    this.#strategy = strategy;
    this.entry = new Subscription(filter, null, this, 0, false, false, null);
  }

  get size(): number {
    return this.#members.length;
  }

  /** Number of members after it. */
  add(member: Subscription): number {
    return this.#members.push(member);
  }

  /** Number of members after it. */
  remove(member: Subscription): number {
    const at = this.#members.indexOf(member);
    if (at >= 0) this.#members.splice(at, 1);
    return this.#members.length;
  }

  /**
   * Hands the message to one member. Round robin: the next in turn. Sticky: the same one for the same publisher, as long
   * as the members stay the same, so that the publisher's order is kept. A member that is connected and has room goes
   * before one that is connected, that one before one that is away. False when there is nobody.
   */
  offer(message: Message): boolean {
    const members = this.#members;
    const count = members.length;
    if (count === 0) return false;
    const first = this.#strategy === "sticky" ? publisherHash(message) % count : this.#next(count);
    let fallback: Subscription | null = null;
    for (let i = 0; i < count; i++) {
      const member = members[(first + i) % count]!;
      const outbox = member.outbox;
      if (outbox === null) continue;
      // A sticky publisher's messages wait in the queue of its member rather than overtake one another elsewhere.
      if (outbox.isAttached && (this.#strategy === "sticky" || outbox.hasRoom)) return outbox.offer(message, member);
      if (fallback === null || (outbox.isAttached && fallback.outbox?.isAttached === false)) fallback = member;
    }
    return fallback?.outbox?.offer(message, fallback) ?? false;
  }

  #next(count: number): number {
    const turn = this.#turn;
    this.#turn = turn + 1 >= 0x3fffffff ? 0 : turn + 1;
    return turn % count;
  }
}

/** FNV-1a over the publisher's name. */
function publisherHash(message: Message): number {
  const { client, device } = message.origin;
  let hash = 0x811c9dc5;
  for (let i = 0; i < client.length; i++) hash = Math.imul(hash ^ client.charCodeAt(i), 0x01000193);
  for (let i = 0; i < device.length; i++) hash = Math.imul(hash ^ device.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
