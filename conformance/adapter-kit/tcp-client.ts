// A device's socket as drivers and byte-level cases need it: everything that came is kept and can be waited for, and it
// can stop reading. Kept apart from the protocol's words so that each driver is only words.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Watch } from "../watch.ts";
import type { Address } from "./driver.ts";

export class TcpClient {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #watch = new Watch();
  #received: Uint8Array = new Uint8Array(0);
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      const joined = new Uint8Array(this.#received.length + chunk.length);
      joined.set(this.#received);
      joined.set(chunk, this.#received.length);
      this.#received = joined;
      this.#watch.changed();
    });
    socket.on("error", () => {}); // a reset is an end like another: `close` follows
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
        this.#watch.changed();
      });
    });
  }

  /** Rejects when nobody listens. */
  static async open(at: Address): Promise<TcpClient> {
    const socket = connect({ host: at.host, port: at.port });
    await once(socket, "connect");
    return new TcpClient(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What came and was not taken yet. */
  get received(): Uint8Array {
    return this.#received;
  }

  /** Takes the first `length` bytes out of what came. */
  take(length: number): Uint8Array {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  /** False: more waits than the host takes now; see `drained`. */
  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(bytes) : true;
  }

  /** Resolves when the host took everything, the connection closed, or nothing moved for a while. */
  async drained(patienceMs: number): Promise<void> {
    if (!this.#socket.writableNeedDrain || this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    this.#socket.once("drain", resolve);
    this.#socket.once("close", resolve);
    await promise;
    clearTimeout(timer);
    this.#socket.off("drain", resolve);
    this.#socket.off("close", resolve);
  }

  /** Resolves when `condition` holds of what came; rejects when the connection ends first. */
  async until(condition: (received: Uint8Array) => boolean, what: string): Promise<void> {
    await this.#watch.until(
      () => condition(this.#received),
      () => this.#isClosed,
      what,
    );
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes our side; the adapter closes the other. */
  end(): void {
    this.#socket.end();
  }

  /** Reset: the peer finds an error, not an end. */
  destroy(): void {
    this.#socket.resetAndDestroy();
  }
}
