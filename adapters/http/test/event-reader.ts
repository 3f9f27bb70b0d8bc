// Server-sent events as a reader sees them: the text taken apart by the rules of the standard, events waited for by name.

import type { IncomingMessage } from "node:http";
import { Watch } from "../../../conformance/watch.ts";

export interface ReadEvent {
  readonly name: string;
  readonly id: string | null;
  /** As JSON. */
  readonly data: unknown;
}

export class EventReader {
  readonly events: ReadEvent[] = [];
  /** Lines that begin with a colon. */
  comments = 0;
  isEnded = false;
  readonly #response: IncomingMessage;
  readonly #watch = new Watch();
  #text = "";

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#onText(text));
    response.on("error", () => undefined);
    response.on("close", () => {
      this.isEnded = true;
      this.#watch.changed();
    });
  }

  /** Takes the first event of that name; those before it are passed over. */
  async next(name: string): Promise<ReadEvent> {
    const find = () => this.events.findIndex((event) => event.name === name);
    await this.#watch.until(
      () => find() >= 0,
      () => this.isEnded,
      name,
    );
    const at = find();
    return this.events.splice(0, at + 1)[at]!;
  }

  async ended(): Promise<void> {
    await this.#watch.until(
      () => this.isEnded,
      () => false,
      "the end of the stream",
    );
  }
  async commented(count: number): Promise<void> {
    await this.#watch.until(
      () => this.comments >= count,
      () => this.isEnded,
      `${count} comments`,
    );
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
    this.#watch.changed();
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
}
