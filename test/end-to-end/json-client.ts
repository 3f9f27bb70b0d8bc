// A program that speaks the sub-protocol tributary.v1.json, as a web page does; for what a page in a browser cannot be
// asked, such as trusting the authority of one test.

import { once } from "node:events";
import { readFileSync } from "node:fs";

import { WebSocket } from "ws";

import { within } from "../processes/deadline.ts";
import { Inbox } from "./inbox.ts";
import { webUrl } from "./scene.ts";
import type { Delivery, Publisher, Received, Receiver, Scene } from "./scene.ts";

interface Frame {
  readonly type: string;
  readonly id?: number;
  readonly verdict?: string;
  readonly topic?: string;
  readonly payload?: string;
  readonly payloadBase64?: string;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly results?: readonly { readonly filter: string; readonly verdict: string; readonly qos: number }[];
}

/** With a receiver, or without one. */
const TAKEN: readonly string[] = ["accepted", "no_subscriber"];

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export class JsonClient implements Publisher, Receiver {
  readonly name = "JSON over WebSocket";
  readonly closed: Promise<Closing>;
  readonly #socket: WebSocket;
  readonly #inbox = new Inbox();
  /** By the id of what was asked; `connected` has none and is 0. */
  readonly #waiting = new Map<number, (frame: Frame) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("message", (data: Buffer) => this.#onFrame(JSON.parse(data.toString()) as Frame));
    socket.on("error", () => undefined);
  }

  static async connect(scene: Scene): Promise<JsonClient> {
    const url = webUrl(scene, "ws", "websocket", "/mqtt");
    const { account, authority } = scene;
    const ca = authority === null ? {} : { ca: readFileSync(authority) };
    const socket = new WebSocket(url, "tributary.v1.json", ca);
    await within("the opening of a WebSocket", once(socket, "open"));
    const client = new JsonClient(socket);
    const credentials = account === null ? {} : { user: account.name, password: account.password };
    const { type } = await client.#ask(0, { type: "connect", ...credentials });
    if (type !== "connected") await client.close();
    if (type !== "connected") throw new Error(`the first answer is ${type}`);
    return client;
  }

  static async open(scene: Scene, filters: readonly string[], qos: 0 | 1): Promise<JsonClient> {
    const client = await JsonClient.connect(scene);
    const verdicts = await client.subscribe(filters, qos);
    if (verdicts.some((verdict) => verdict !== "accepted")) throw new Error(`subscribed: ${verdicts.join()}`);
    return client;
  }

  /** The verdict on each filter. */
  async subscribe(filters: readonly string[], qos: 0 | 1): Promise<string[]> {
    const id = ++this.#lastId;
    const { results } = await this.#ask(id, {
      type: "subscribe",
      id,
      filters: filters.map((filter) => ({ filter, qos })),
    });
    return results!.map(({ verdict }) => verdict);
  }

  async publish(topic: string, payload: Buffer, delivery: Delivery): Promise<void> {
    const verdict = await this.verdictOn(topic, payload, delivery);
    if (!TAKEN.includes(verdict)) throw new Error(`the verdict on ${topic} is ${verdict}`);
  }

  async verdictOn(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<string> {
    const id = ++this.#lastId;
    const payloadBase64 = payload.toString("base64");
    return (await this.#ask(id, { type: "publish", id, topic, payloadBase64, qos, retain })).verdict!;
  }

  received(topic: string, count: number): Promise<readonly Received[]> {
    return this.#inbox.of(topic, count);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await within("the closing of a WebSocket", this.closed);
  }

  async #ask(id: number, frame: object): Promise<Frame> {
    const answer = new Promise<Frame>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify(frame));
    return within(`the answer to ${JSON.stringify(frame).slice(0, 100)}`, answer);
  }

  #onFrame(frame: Frame): void {
    if (frame.type === "message") {
      const { topic, payload, payloadBase64, qos, retain, id } = frame;
      const bytes = payload === undefined ? Buffer.from(payloadBase64!, "base64") : Buffer.from(payload);
      if (id !== undefined) this.#socket.send(JSON.stringify({ type: "ack", id }));
      this.#inbox.add({ topic: topic!, payload: bytes, qos: qos!, retain: retain! });
      return;
    }
    const id = frame.id ?? 0;
    this.#waiting.get(id)?.(frame);
    this.#waiting.delete(id);
  }
}
