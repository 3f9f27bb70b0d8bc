// `tributary pub` and `tributary sub`: the clients for people without mosquitto.

import { randomUUID } from "node:crypto";

import type { Child } from "../processes/child.ts";
import { tributary } from "../processes/gateway.ts";
import type { Delivery, Publisher, Received, Receiver, Scene } from "./scene.ts";

function options(scene: Scene): string[] {
  return [
    "-p",
    String(scene.gateway.port("mqtt")),
    ...(scene.authority === null ? [] : ["--cafile", scene.authority]),
    ...(scene.account === null ? [] : ["-u", scene.account.name, "-P", scene.account.password]),
  ];
}

export class TributaryPub implements Publisher {
  readonly name = "tributary pub";
  readonly #options: readonly string[];

  constructor(scene: Scene) {
    this.#options = options(scene);
  }

  async publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    const args = ["pub", ...this.#options, "-t", topic, "-q", String(qos), "-f", "-", ...(retain ? ["-r"] : [])];
    await tributary(args, payload).succeeds();
  }

  async close(): Promise<void> {}
}

export class TributarySub implements Receiver {
  readonly name = "tributary sub";
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** It says nothing when it has subscribed; the gateway's list of clients does. */
  static async open(scene: Scene, filters: readonly string[], qos: 0 | 1): Promise<TributarySub> {
    const id = `sub-${randomUUID()}`;
    const args = [
      "sub",
      ...options(scene),
      "-i",
      id,
      "-q",
      String(qos),
      "-v",
      ...filters.flatMap((one) => ["-t", one]),
    ];
    const child = tributary(args);
    try {
      await scene.gateway.client(id, (row) => row.filters.length === filters.length);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return new TributarySub(child);
  }

  /** A message is a line here: payloads must have no LF. */
  async received(topic: string, count: number): Promise<readonly Received[]> {
    const head = `${Buffer.from(topic).toString("latin1")} `;
    return this.#child.until(`${count} × ${topic}`, () => {
      const lines = this.#child.output.split("\n").slice(0, -1);
      const found = lines.filter((line) => line.startsWith(head)).map((line) => line.slice(head.length));
      if (found.length < count) return null;
      return found.map((text) => ({ topic, payload: Buffer.from(text, "latin1"), qos: null, retain: null }));
    });
  }

  async close(): Promise<void> {
    await this.#child.stop();
  }
}
