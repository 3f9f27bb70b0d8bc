// Server-sent events as a reader sees them: the text taken apart by the rules of the standard, events waited for by name.

import type { IncomingMessage } from "node:http";

export interface ReadEvent {
  readonly name: string;
  readonly id: string | null;
  /** As JSON. */
  readonly data: unknown;
}

const PATIENCE_MS = 5_000;

export class EventReader {
  readonly events: ReadEvent[] = [];
  /** Lines that begin with a colon. */
  comments = 0;
  isEnded = false;
  readonly #response: IncomingMessage;
  #text = "";
  #watchers: (() => void)[] = [];

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#onText(text));
    response.on("error", () => undefined);
    response.on("close", () => {
      this.isEnded = true;
      this.#changed();
    });
  }

  /** Takes the first event of that name; those before it are passed over. */
  async next(name: string): Promise<ReadEvent> {
    const at = await this.#until(() => this.events.findIndex((event) => event.name === name), name);
    return this.events.splice(0, at + 1)[at]!;
  }

  async ended(): Promise<void> {
    await this.#until(() => (this.isEnded ? 0 : -1), "the end of the stream", true);
  }
  async commented(count: number): Promise<void> {
    await this.#until(() => (this.comments >= count ? 0 : -1), `${count} comments`);
  }

  pause(): void {
    this.#response.pause();
  }
  resume(): void {
    this.#response.resume();
  }
  /** Goes away without a word. */
  destroy(): void {
    this.#response.destroy();
  }

  #onText(text: string): void {
    this.#text += text;
    for (let end; (end = this.#text.indexOf("\n\n")) !== -1;) {
      this.#onBlock(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 2);
    }
    this.#changed();
  }

  #onBlock(block: string): void {
    let name = "message";
    let id: string | null = null;
    let data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) this.comments++;
      if (line.startsWith("event: ")) name = line.slice(7);
      if (line.startsWith("id: ")) id = line.slice(4);
      if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (data !== "") this.events.push({ name, id, data: JSON.parse(data) });
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  async #until(look: () => number, what: string, isEnd = false): Promise<number> {
    if (look() >= 0) return look();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const watcher = (): void => {
      if (look() >= 0) resolve();
      else if (this.isEnded && !isEnd) reject(new Error(`the stream ended before: ${what}`));
    };
    this.#watchers.push(watcher);
    const timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), PATIENCE_MS);
    try {
      watcher();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    }
    return look();
  }
}
