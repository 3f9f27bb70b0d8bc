// A web page that speaks tributary.v1.json, as the contract suite plays it.

import { once } from "node:events";
import { WebSocket } from "ws";
import type { Answer, ContractDriver, DeviceClient, Publishing, Who } from "../../../conformance/adapter-kit/index.ts";
import { Watch } from "../../../conformance/watch.ts";
import { JSON_PROTOCOL } from "../upgrade.ts";
import { frame, json, Opcode, parseServer, upgradeRequest } from "./raw-web-socket.ts";

interface Received {
  readonly type: string;
  readonly id?: number;
  readonly verdict?: string;
  readonly payload?: string;
  readonly results?: readonly { readonly verdict: string }[];
}

const isTaken = (verdict: string | undefined): boolean => verdict === "accepted" || verdict === "no_subscriber";
const connectFrame = (who: Who) => ({
  type: "connect",
  client: who.client,
  ...(who.user !== null && { user: who.user, password: who.password ?? "" }),
});

class PageClient implements DeviceClient {
  readonly closed: Promise<void>;
  readonly #page: WebSocket;
  readonly #received: Received[] = [];
  readonly #watch = new Watch();
  #id = 0;
  #isClosed = false;

  constructor(page: WebSocket) {
    this.#page = page;
    page.on("error", () => undefined);
    page.on("message", (data: Buffer) => {
      const received = JSON.parse(data.toString()) as Received;
      this.#received.push(received);
      if (received.type === "message" && received.id !== undefined) this.#send({ type: "ack", id: received.id });
      this.#watch.changed();
    });
    this.closed = new Promise((resolve) => {
      page.on("close", () => {
        this.#isClosed = true;
        this.#watch.changed();
        resolve();
      });
    });
  }

  async connect(who: Who): Promise<boolean> {
    this.#send(connectFrame(who));
    try {
      return (await this.#next(({ type }) => type === "connected" || type === "refused")).type === "connected";
    } catch {
      return false;
    }
  }

  async publish({ topic, payload, qos }: Publishing): Promise<Answer> {
    const id = ++this.#id;
    this.#send({ type: "publish", id, topic, payloadBase64: Buffer.from(payload).toString("base64"), qos });
    const { verdict } = await this.#next((received) => received.type === "published" && received.id === id);
    return isTaken(verdict) ? "taken" : "refused";
  }

  async subscribe(filter: string): Promise<Answer> {
    const id = ++this.#id;
    this.#send({ type: "subscribe", id, filters: [{ filter, qos: 1 }] });
    const { results } = await this.#next((received) => received.type === "subscribed" && received.id === id);
    return isTaken(results?.[0]?.verdict) ? "taken" : "refused";
  }

  async receive(): Promise<number> {
    const { payload } = await this.#next(({ type }) => type === "message");
    return Number(payload!.trim());
  }

  pause(): void {
    this.#page.pause();
  }
  resume(): void {
    this.#page.resume();
  }
  async close(): Promise<void> {
    this.#send({ type: "disconnect" });
    await this.closed;
  }
  destroy(): void {
    this.#page.terminate();
  }

  #send(value: object): void {
    this.#page.send(JSON.stringify(value), () => undefined);
  }

  async #next(wanted: (received: Received) => boolean): Promise<Received> {
    const find = (): number => this.#received.findIndex(wanted);
    await this.#watch.until(
      () => find() >= 0,
      () => this.#isClosed,
      "the answer",
    );
    return this.#received.splice(find(), 1)[0]!;
  }
}

export const jsonDriver: ContractDriver = {
  publishQos: 1,
  deliveryQos: [0, 1, 2],
  content: "free",
  exclusive: true,
  async connect(at, who) {
    const page = new WebSocket(`ws://${at.host}:${at.port}/mqtt`, JSON_PROTOCOL, { perMessageDeflate: false });
    const client = new PageClient(page);
    await once(page, "open");
    return (await client.connect(who)) ? client : "refused";
  },
  delivery: (n, bytes) => ({ topic: "kit/t", payload: `${n}`.padEnd(bytes) }),
  session(who) {
    const pieces = [
      upgradeRequest(JSON_PROTOCOL),
      json(connectFrame(who)),
      json({ type: "publish", id: 1, topic: "kit/a", payload: "one", qos: 1 }),
      json({ type: "subscribe", id: 2, filters: ["kit/#"] }),
      json({ type: "publish", id: 3, topic: "kit/ü", payloadBase64: "AP8=" }),
      frame(Opcode.Text, '{"type":"unsubscribe","id":4,', { fin: false }),
      frame(Opcode.Continuation, '"filters":["kit/#"]}'),
    ];
    const answers = ["connected", "published", "subscribed", "published", "unsubscribed"];
    const endOf = (count: number): number => Buffer.concat(pieces.slice(0, count)).length;
    return {
      bytes: Buffer.concat(pieces),
      publishEnds: [endOf(3), endOf(5)],
      isAnswered: (received) => {
        const types = parseServer(received)?.frames.map(({ payload }) => JSON.parse(payload.toString()).type as string);
        return JSON.stringify(types) === JSON.stringify(answers);
      },
    };
  },
  oversize(who) {
    const huge = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
    return {
      bytes: Buffer.concat([upgradeRequest(JSON_PROTOCOL), json(connectFrame(who)), huge]),
      filler: 65,
      isRefused: (received) => parseServer(received)?.frames.some(({ opcode }) => opcode === Opcode.Close) === true,
    };
  },
};
