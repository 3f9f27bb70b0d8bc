// WebSocket frames by hand, client side: what a browser would send, and what it never would. On a plain socket, so that
// a test decides every byte.

import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { Watch } from "../../../conformance/watch.ts";

export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** A mask that hides nothing would also hide that nobody unmasks. */
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export interface FrameOptions {
  readonly fin?: boolean;
  readonly masked?: boolean;
  readonly rsv?: number;
}

export function frame(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { fin = true, masked = true, rsv = 0 } = options;
  const body = Buffer.from(payload as Uint8Array);
  const first = (fin ? 0x80 : 0) | rsv | opcode;
  const maskBit = masked ? 0x80 : 0;
  let head: Buffer;
  if (body.length < 126) head = Buffer.from([first, maskBit | body.length]);
  else if (body.length < 65_536) head = Buffer.from([first, maskBit | 126, body.length >> 8, body.length & 0xff]);
  else {
    head = Buffer.alloc(10);
    head.set([first, maskBit | 127]);
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  if (!masked) return Buffer.concat([head, body]);
  for (let at = 0; at < body.length; at++) body[at]! ^= MASK[at & 3]!;
  return Buffer.concat([head, MASK, body]);
}

export const json = (value: object): Buffer => frame(Opcode.Text, JSON.stringify(value));

export function upgradeRequest(protocol: string | null, headers: Record<string, string> = {}, path = "/mqtt"): Buffer {
  const all = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...(protocol !== null && { "Sec-WebSocket-Protocol": protocol }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
}

/** The answer to the upgrade and the whole frames behind it; null while the head is not complete. */
export function parseServer(bytes: Uint8Array): { head: string; frames: RawFrame[]; rest: Buffer } | null {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = all.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const frames: RawFrame[] = [];
  let at = end + 4;
  for (;;) {
    const next = parseFrame(all, at);
    if (next === null) break;
    frames.push({ opcode: all[at]! & 0x0f, payload: next });
    at = next.byteOffset - all.byteOffset + next.length;
  }
  return { head: all.toString("latin1", 0, end), frames, rest: all.subarray(at) };
}

/** The payload of the server's frame at `at`, or null when it is not all there. */
function parseFrame(all: Buffer, at: number): Buffer | null {
  if (all.length < at + 2) return null;
  const short = all[at + 1]!;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (all.length < at + 2 + extra) return null;
  const length = extra === 0 ? short : extra === 2 ? all.readUInt16BE(at + 2) : Number(all.readBigUInt64BE(at + 2));
  const start = at + 2 + extra;
  return all.length < start + length ? null : all.subarray(start, start + length);
}

export class RawWebSocket {
  readonly socket: Socket;
  isClosed = false;
  readonly #watch = new Watch();
  #received: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#watch.changed();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
      this.#watch.changed();
    });
  }

  static async open(port: number): Promise<RawWebSocket> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RawWebSocket(socket);
  }

  static async upgraded(port: number, protocol: string, headers: Record<string, string> = {}): Promise<RawWebSocket> {
    const raw = await RawWebSocket.open(port);
    raw.socket.write(upgradeRequest(protocol, headers));
    await raw.head();
    return raw;
  }

  /** Status line and headers of the answer. */
  async head(): Promise<string> {
    await this.until(() => parseServer(this.#received) !== null, "the answer to the upgrade");
    return parseServer(this.#received)!.head;
  }

  /** What stands behind the head, where it is no frame: the body of a refusal. */
  async body(): Promise<string> {
    await this.until(() => this.isClosed, "the end");
    return this.#received.toString().split("\r\n\r\n")[1] ?? "";
  }

  get frames(): RawFrame[] {
    return parseServer(this.#received)?.frames ?? [];
  }

  /** The first `count` frames. */
  async first(count: number): Promise<RawFrame[]> {
    await this.until(() => this.frames.length >= count, `${count} frames`);
    return this.frames.slice(0, count);
  }

  /** The code of the closing frame. */
  async closeCode(): Promise<number> {
    const find = (): RawFrame | undefined => this.frames.find(({ opcode }) => opcode === Opcode.Close);
    await this.until(() => find() !== undefined, "a closing frame");
    return find()!.payload.readUInt16BE(0);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await this.#watch.until(condition, () => this.isClosed, what);
  }

  /** Each as a frame, all in one write. */
  sendText(...texts: string[]): void {
    this.socket.write(Buffer.concat(texts.map((text) => frame(Opcode.Text, text))));
  }

  destroy(): void {
    this.socket.destroy();
  }
}
