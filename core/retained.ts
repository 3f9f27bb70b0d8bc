// Retained messages of one tenant: the last one of each topic that was published with the retain flag.

import type { Message } from "./message.ts";
import { TopicTree } from "./topic-tree.ts";
import { Verdict } from "./verdict.ts";

export interface RetainedLimits {
  readonly retainedMaxMessages: number;
  readonly retainedMaxBytes: number;
}

export class RetainedMessages {
  readonly #tree = new TopicTree<Message>();
  readonly #limits: RetainedLimits;
  #bytes = 0;

  constructor(limits: RetainedLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#tree.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What `set` would say: Accepted, or QuotaExceeded. Asked before the message goes anywhere. */
  admits(message: Message): Verdict {
    if (message.payloadBytes === 0) return Verdict.Accepted;
    const before = this.#tree.get(message.topic);
    const bytes = this.#bytes + costOf(message) - (before === null ? 0 : costOf(before));
    if (bytes > this.#limits.retainedMaxBytes) return Verdict.QuotaExceeded;
    if (before === null && this.#tree.size >= this.#limits.retainedMaxMessages) return Verdict.QuotaExceeded;
    return Verdict.Accepted;
  }

  /** Keeps the message, or clears the topic when its payload is empty [MQTT-3.3.1-6, MQTT-3.3.1-7]. Only what `admits` accepts. */
  set(message: Message): void {
    const before = this.#tree.get(message.topic);
    if (before !== null) this.#bytes -= costOf(before);
    if (message.payloadBytes === 0) {
      if (before !== null) this.#tree.delete(message.topic);
      return;
    }
    this.#bytes += costOf(message);
    this.#tree.set(message.topic, message.detached());
  }

  get(topic: string, now: number): Message | null {
    const message = this.#tree.get(topic);
    if (message === null) return null;
    if (!isExpired(message, now)) return message;
    this.#remove(message);
    return null;
  }

  /** The retained messages that a filter matches, oldest first. */
  match(filter: string, now: number): Message[] {
    const found: Message[] = [];
    const expired: Message[] = [];
    this.#tree.match(filter, Infinity, (message) => (isExpired(message, now) ? expired : found).push(message));
    for (const message of expired) this.#remove(message);
    return found.toSorted((a, b) => a.receivedAt - b.receivedAt);
  }

  #remove(message: Message): void {
    this.#bytes -= costOf(message);
    this.#tree.delete(message.topic);
  }
}

function costOf(message: Message): number {
  return message.topic.length + message.payloadBytes;
}

function isExpired(message: Message, now: number): boolean {
  return message.expiresAt !== 0 && message.expiresAt <= now;
}
