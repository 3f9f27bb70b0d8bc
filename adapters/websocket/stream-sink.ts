// hot path
// A WebSocket as the sink of a wire: what is gathered in a turn leaves as one binary frame. It lets stream adapters
// speak through a WebSocket without knowing it.

import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { CloseCause } from "../../net/faults.ts";
import type { ServerGuard } from "../../net/server-guard.ts";
import type { Sink, StreamWire } from "../../net/wire.ts";
import { CloseCode } from "./faults.ts";

const BINARY = Object.freeze({ binary: true });

export class WebSocketSink implements Sink {
  /** The wire that it is the sink of, once there is one: knows why it is cut off. */
  wire: StreamWire | null = null;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #guard: ServerGuard;

  constructor(webSocket: WebSocket, socket: Socket, guard: ServerGuard) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#guard = guard;
  }

  write(bytes: Uint8Array): void {
    this.#webSocket.send(bytes, BINARY);
  }
  get writableLength(): number {
    return this.#webSocket.bufferedAmount;
  }
  cork(): void {
    this.#socket.cork();
  }
  uncork(): void {
    this.#socket.uncork();
  }
  end(): void {
    this.#webSocket.close(CloseCode.Normal);
  }
  destroy(): void {
    this.#guard.destroy(this.#socket, this.wire?.closing ?? CloseCause.Local);
  }
  pause(): void {
    this.#webSocket.pause();
  }
  resume(): void {
    this.#webSocket.resume();
  }
}
