// What test clients wait with: conditions that are looked at again whenever something has come or ended, and that fail by
// name when the end comes first, or when patience does.

import { within } from "./patience.ts";

export class Watch {
  #watchers: (() => void)[] = [];

  /** Something is new: everybody looks again. */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves when `condition` holds; rejects when `isOver` holds before it does. */
  async until(condition: () => boolean, isOver: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const watcher = (): void => {
      if (condition()) resolve();
      else if (isOver()) reject(new Error(`closed before: ${what}`));
    };
    this.#watchers.push(watcher);
    try {
      watcher();
      await within(promise, what);
    } finally {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    }
  }
}
