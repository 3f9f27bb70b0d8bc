// A client that sends whatever bytes it is told and reads the server's packets with mqtt-packet's parser: what this
// adapter writes is judged by other people's code.

import { connect as connectSocket, type Socket } from "node:net";
import { parser, type Packet } from "mqtt-packet";

import { bytes, connect, type ConnectFields } from "./packets.ts";

/** How long a test waits for one packet before it calls the server silent, ms. */
const PATIENCE_MS = 5000;

export type Received = Packet & Record<string, unknown>;

export class RawClient {
  readonly #socket: Socket;
  readonly #packets: Received[] = [];
  readonly #raw: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  private constructor(socket: Socket, protocolVersion: number) {
    this.#socket = socket;
    const reader = parser({ protocolVersion });
    reader.on("packet", (packet) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      this.#packets.push(packet as Received);
      this.#wake();
    });
    reader.on("error", (error: unknown) => socket.destroy(error instanceof Error ? error : new Error(String(error))));
    socket.on("data", (chunk) => {
      this.#raw.push(chunk);
      reader.parse(chunk);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** A connected socket, nothing sent. */
  static async open(port: number, protocolVersion = 4): Promise<RawClient> {
    const socket = connectSocket({ port, host: "127.0.0.1", noDelay: true });
    const client = new RawClient(socket, protocolVersion);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** CONNECT sent, CONNACK read and positive. */
  static async connect(port: number, fields: ConnectFields = {}): Promise<RawClient> {
    const client = await RawClient.open(port, fields.level ?? 4);
    client.send(connect(fields));
    const answer = await client.next("connack");
    const code = answer["reasonCode"] ?? answer["returnCode"];
    if (code !== 0) throw new Error(`refused: ${String(code)}`);
    client.connack = answer;
    return client;
  }

  connack: Received | null = null;
  /** For tests that count. */
  seen = 0;

  send(...parts: readonly Uint8Array[]): void {
    this.#socket.write(bytes(...parts));
  }

  /** The next packet; fails when it is another one than expected, when the server closes, and when it is silent. */
  async next(cmd?: string): Promise<Received> {
    const packet = await this.#take();
    if (packet === null) throw new Error(`closed instead of ${cmd ?? "a packet"}`);
    if (cmd !== undefined && packet.cmd !== cmd) throw new Error(`${packet.cmd} instead of ${cmd}`);
    return packet;
  }

  /** What the server says until it closes. Fails when it stays open. */
  async untilClosed(): Promise<Received[]> {
    const said: Received[] = [];
    for (let packet = await this.#take(); packet !== null; packet = await this.#take()) said.push(packet);
    return said;
  }

  /** Everything that was received, as bytes. */
  get raw(): Buffer {
    return Buffer.concat(this.#raw);
  }
  /** Packets that came in and were not asked for. */
  get unread(): number {
    return this.#packets.length;
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  /** Goes away without a word; resolves when the server has closed as well. */
  async destroy(): Promise<void> {
    this.#socket.destroy();
    await this.untilClosed();
  }

  async #take(): Promise<Received | null> {
    const deadline = setTimeout(() => {
      this.#socket.destroy();
      this.#timedOut = true;
    }, PATIENCE_MS);
    try {
      while (this.#packets.length === 0 && !this.#isClosed) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(deadline);
    }
    const packet = this.#packets.shift();
    if (packet === undefined && this.#timedOut) throw new Error("the server neither answered nor closed");
    return packet ?? null;
  }

  #timedOut = false;

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
