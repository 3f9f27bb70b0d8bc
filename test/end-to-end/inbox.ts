// Where clients that live in this process put what they receive, for tests to wait on.

import { within } from "../processes/deadline.ts";
import type { Received } from "./scene.ts";

export class Inbox {
  readonly #received: Received[] = [];
  readonly #waiting = new Set<() => void>();

  add(received: Received): void {
    this.#received.push(received);
    for (const look of this.#waiting) look();
  }

  /** All of a topic, as soon as there are `count`. */
  async of(topic: string, count: number): Promise<readonly Received[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Received[]>();
    const look = (): void => {
      const found = this.#received.filter((one) => one.topic === topic);
      if (found.length >= count) resolve(found);
    };
    this.#waiting.add(look);
    try {
      look();
      return await within(`${count} × ${topic}`, promise, () => `received: ${this.#summary()}`);
    } finally {
      this.#waiting.delete(look);
    }
  }

  #summary(): string {
    return this.#received.map(({ topic, payload }) => `${topic} (${payload.length} bytes)`).join(", ");
  }
}
