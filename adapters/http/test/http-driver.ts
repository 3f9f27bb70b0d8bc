// A device that speaks HTTP, as the contract suite plays it: requests on kept connections, and an event stream.

import { Agent, request } from "node:http";
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type {
  Address,
  Answer,
  ContractDriver,
  DeviceClient,
  Publishing,
  Who,
} from "../../../conformance/adapter-kit/index.ts";
import { EventReader } from "./event-reader.ts";

const encodeTopic = (topic: string): string => topic.split("/").map(encodeURIComponent).join("/");

function identity({ client, user, password }: Who): Record<string, string> {
  const named = { "tributary-client": Buffer.from(client).toString("latin1") };
  if (user === null) return named;
  return { ...named, authorization: `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}` };
}

/** Node lets the event loop end while only idle connections are left: a test that waits for their end would not live to see it. */
class WaitingAgent extends Agent {
  override keepSocketAlive(socket: Duplex): boolean {
    (socket as Socket).ref();
    return true;
  }
}

class HttpClient implements DeviceClient {
  readonly closed: Promise<void>;
  readonly #at: Address;
  readonly #who: Who;
  readonly #agent = new WaitingAgent({ keepAlive: true });
  readonly #running = new Set<ClientRequest>();
  #hungUp: () => void = () => undefined;
  #events: EventReader | null = null;

  constructor(at: Address, who: Who) {
    this.#at = at;
    this.#who = who;
    this.closed = new Promise((resolve) => (this.#hungUp = resolve));
  }

  /** Any request that must be authenticated; true when it was let in. */
  async connect(): Promise<boolean> {
    const asked = this.#begin("GET", "/v1/topics/kit/first", {});
    asked.on("socket", (socket) => socket.once("close", () => this.#hungUp()));
    asked.end();
    const status = await this.#answered(asked);
    if (status !== 404) this.destroy();
    return status === 404;
  }

  async publish({ topic, payload, qos }: Publishing): Promise<Answer> {
    const asked = this.#begin("POST", `/v1/topics/${encodeTopic(topic)}?qos=${qos}`, {});
    asked.end(payload);
    return (await this.#answered(asked)) === 202 ? "taken" : "refused";
  }

  async subscribe(filter: string): Promise<Answer> {
    const asked = this.#begin("GET", `/v1/subscribe?qos=1&filter=${encodeURIComponent(filter)}`, {});
    asked.end();
    const response = await this.#response(asked);
    if (response.statusCode !== 200) return "refused";
    this.#events = new EventReader(response);
    response.once("close", () => this.#hungUp());
    await this.#events.next("start");
    return "taken";
  }

  async receive(): Promise<number> {
    const { data } = await this.#events!.next("message");
    return Number((data as { payload: string }).payload.trim());
  }

  pause(): void {
    this.#events?.pause();
  }
  resume(): void {
    this.#events?.resume();
  }
  async close(): Promise<void> {
    this.destroy();
    await this.closed;
  }
  destroy(): void {
    for (const asked of this.#running) asked.destroy();
    this.#agent.destroy();
  }

  #begin(method: string, path: string, headers: OutgoingHttpHeaders): ClientRequest {
    const { host, port } = this.#at;
    const all = { ...identity(this.#who), ...headers };
    const asked = request({ host, port, method, path, headers: all, agent: this.#agent });
    asked.on("error", () => undefined);
    this.#running.add(asked);
    asked.once("close", () => this.#running.delete(asked));
    return asked;
  }

  #response(asked: ClientRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      asked.once("response", resolve);
      asked.once("close", () => reject(new Error("hung up before the answer")));
    });
  }

  async #answered(asked: ClientRequest): Promise<number> {
    const response = await this.#response(asked);
    // An event loop's turn is needed for the agent to take the connection back.
    await response.resume().toArray();
    return response.statusCode ?? 0;
  }
}

function post(who: Who, topic: string, payload: string): Buffer {
  const headers = Object.entries({
    host: "localhost",
    "content-length": `${Buffer.byteLength(payload)}`,
    ...identity(who),
  });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([
    Buffer.from(`POST /v1/topics/${topic} HTTP/1.1\r\n${lines}\r\n`, "latin1"),
    Buffer.from(payload),
  ]);
}

export const httpDriver: ContractDriver = {
  publishQos: 1,
  deliveryQos: [0, 1],
  content: "free",
  exclusive: false,
  async connect(at, who) {
    const client = new HttpClient(at, who);
    return (await client.connect()) ? client : "refused";
  },
  delivery: (n, bytes) => ({ topic: "kit/t", payload: `${n}`.padEnd(bytes) }),
  session(who) {
    const requests = [post(who, "kit/a?qos=1", "one"), post(who, "kit/%C3%BC", "two\r\n\r\n"), post(who, "kit/c", "")];
    const bytes = Buffer.concat(requests);
    return {
      bytes,
      publishEnds: requests.map((_, index) => Buffer.concat(requests.slice(0, index + 1)).length),
      isAnswered: (received) =>
        Buffer.from(received).toString("latin1").split("HTTP/1.1 202 ").length === requests.length + 1,
    };
  },
  oversize(who) {
    const head = post(who, "kit/big", "").toString("latin1");
    const chunked = head.replace("content-length: 0", "transfer-encoding: chunked");
    return {
      bytes: Buffer.from(`${chunked}7fffffff\r\n`, "latin1"),
      filler: 65,
      isRefused: (received) => Buffer.from(received).includes("HTTP/1.1 413 "),
    };
  },
};
