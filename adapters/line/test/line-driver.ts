// A device that speaks lines, as the contract suite plays it.

import {
  TcpClient,
  type Answer,
  type ContractDriver,
  type DeviceClient,
  type Who,
} from "../../../conformance/adapter-kit/index.ts";
import { fromBytes, LINE_MAX_BYTES, toBytes } from "../mapping.ts";

const NEWLINE = 10;
const word = (text: string): string => fromBytes(Buffer.from(text));
const hello = ({ client, user, password }: Who): string =>
  `hello ${word(client)} ${word(user ?? "")} ${word(password ?? "")}\n`;

class LineClient implements DeviceClient {
  readonly closed: Promise<void>;
  readonly #tcp: TcpClient;
  /** Lines that were read and not asked for: answers, and messages apart from them. */
  readonly #answers: string[] = [];
  readonly #messages: string[] = [];
  #asked = 0;
  #answered = 0;

  constructor(tcp: TcpClient) {
    this.#tcp = tcp;
    this.closed = tcp.closed;
  }

  async ask(text: string): Promise<string> {
    const mine = this.#asked++;
    this.#tcp.write(Buffer.from(text));
    await this.#tcp.until(
      () => this.#sort() && this.#answers.length + this.#answered > mine,
      `an answer to ${text.slice(0, 40)}`,
    );
    return this.#answers[mine - this.#answered]!;
  }
  async publish({ topic, payload }: { topic: string; payload: Uint8Array }): Promise<Answer> {
    return (await this.ask(`pub ${word(topic)} ${fromBytes(payload)}\n`)) === "ok" ? "taken" : "refused";
  }
  async subscribe(filter: string): Promise<Answer> {
    return (await this.ask(`sub ${word(filter)}\n`)) === "ok" ? "taken" : "refused";
  }
  async receive(): Promise<number> {
    await this.#tcp.until(() => this.#sort() && this.#messages.length > 0, "a message");
    const [, , payload = ""] = this.#messages.shift()!.split(" ");
    return Number(toBytes(payload).toString().trim());
  }
  pause(): void {
    this.#tcp.pause();
  }
  resume(): void {
    this.#tcp.resume();
  }
  async close(): Promise<void> {
    this.#tcp.write(Buffer.from("bye\n"));
    await this.closed;
  }
  destroy(): void {
    this.#tcp.destroy();
  }

  /** Whole lines from the socket to where they belong. Always true. */
  #sort(): boolean {
    for (let end = 0; (end = this.#tcp.received.indexOf(NEWLINE)) !== -1;) {
      const text = Buffer.from(this.#tcp.take(end + 1))
        .toString()
        .trimEnd();
      if (text.startsWith("msg ")) this.#messages.push(text);
      else if (!text.startsWith("bye")) this.#answers.push(text);
    }
    return true;
  }
}

export const lineDriver: ContractDriver = {
  publishQos: 1,
  deliveryQos: [0],
  content: "free",
  exclusive: true,
  async connect(at, who) {
    const client = new LineClient(await TcpClient.open(at));
    return (await client.ask(hello(who))) === "ok" ? client : "refused";
  },
  delivery: (n, bytes) => ({ topic: "kit/t", payload: `${n}`.padEnd(bytes) }),
  session(who) {
    const lines = [hello(who), "pub kit/a one%0Atwo\n", "sub kit/%23\n", "pub kit/b \u00fc\n"];
    const ends = lines.map((_, index) => Buffer.byteLength(lines.slice(0, index + 1).join("")));
    return {
      bytes: Buffer.from(lines.join("")),
      publishEnds: [ends[1]!, ends[3]!],
      isAnswered: (received) => Buffer.from(received).toString() === "ok\n".repeat(lines.length),
    };
  },
  oversize: (who) => ({
    bytes: Buffer.from(`${hello(who)}pub kit/big ${"A".repeat(LINE_MAX_BYTES)}`),
    filler: 65,
    isRefused: (received) => Buffer.from(received).includes("bye protocol"),
  }),
};
