// The listeners of one adapter as one thing: all are bound or none is, and they stop and reload together. An adapter
// that has nothing else to start and stop is one of these.

import type { Adapter, BoundListener } from "../core/index.ts";

export interface Listener {
  readonly bound: BoundListener | null;
  start(): Promise<void>;
  stop(deadline: AbortSignal): Promise<void>;
  reload(): Promise<void>;
}

/** "mqtt" for the adapter's first listener, "mqtt.1" … for the others. */
export function listenerName(adapter: string, index: number): string {
  return index === 0 ? adapter : `${adapter}.${index}`;
}

export class ListenerSet implements Adapter {
  readonly #listeners: readonly Listener[];

  constructor(listeners: readonly Listener[]) {
    this.#listeners = listeners;
  }

  /** What is bound now. */
  get listeners(): readonly BoundListener[] {
    return this.#listeners.map((listener) => listener.bound).filter((bound) => bound !== null);
  }

  /** Rejects with the first listener's error, and leaves none bound. */
  async start(): Promise<void> {
    const results = await Promise.allSettled(this.#listeners.map((listener) => listener.start()));
    const failed = results.find((result) => result.status === "rejected");
    if (failed === undefined) return;
    await this.stop(AbortSignal.abort());
    throw failed.reason;
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop(deadline)));
  }

  /** Every listener tries; rejects with the first error. */
  async reload(): Promise<void> {
    const results = await Promise.allSettled(this.#listeners.map((listener) => listener.reload()));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }
}
