// hot path
// What is known of one source of datagrams: its address, when it was heard last, and the adapter's connection. Small on
// purpose: whoever can send a datagram can make one.
//
//   OPEN ──end, destroy, silence, eviction──▶ CLOSED

import type { Peer } from "../core/index.ts";
import type { DatagramWire } from "./datagram.ts";
import type { CloseCause } from "./faults.ts";
import type { StreamConnection } from "./stream.ts";
import type { Turn } from "./turn.ts";

/** What all flows of one listener share. */
export interface FlowHost {
  readonly turn: Turn;
  sendTo(bytes: Uint8Array, start: number, end: number, address: string, port: number): void;
  onProven(flow: DatagramFlow): void;
  /** Its connection has ended it. */
  onEnded(flow: DatagramFlow): void;
  /** A datagram came while its connection does not read. */
  onUnread(): void;
  /** A connection threw: our bug, and its end. */
  onBroken(flow: DatagramFlow, error: unknown): void;
  readonly bufferedBytes: number;
}

export class DatagramFlow implements DatagramWire {
  readonly key: string;
  readonly peer: Peer;
  /** As the socket wants it; `peer.address` may be a shorter form of it. */
  readonly address: string;
  /** Null until the acceptor has answered. */
  connection: StreamConnection | null;
  lastHeard: number;
  isProven: boolean;
  isOpen: boolean;
  /** Why it was closed, when it was not by its connection. */
  closing: CloseCause | null;
  readonly #host: FlowHost;
  #isPaused: boolean;

  constructor(host: FlowHost, key: string, address: string, peer: Peer, now: number) {
    this.#host = host;
    this.key = key;
    this.address = address;
    this.peer = peer;
    this.connection = null;
    this.lastHeard = now;
    this.isProven = false;
    this.isOpen = true;
    this.closing = null;
    this.#isPaused = false;
  }

  /** From the listener. */
  received(datagram: Uint8Array, now: number): void {
    this.lastHeard = now;
    if (this.#isPaused) {
      this.#host.onUnread();
      return;
    }
    try {
      this.connection?.onBytes(datagram);
    } catch (error) {
      this.#host.onBroken(this, error);
    }
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isOpen && start !== end) this.#host.sendTo(bytes, start, end, this.address, this.peer.port);
    return true;
  }

  stage(length: number): number {
    return this.#host.turn.buffers.stage(length);
  }

  get staging(): Uint8Array {
    return this.#host.turn.buffers.staging;
  }

  commit(at: number, end: number): boolean {
    const { buffers } = this.#host.turn;
    buffers.stagingUsed = end;
    return this.write(buffers.staging, at, end);
  }

  established(): void {}

  prove(): void {
    if (this.isProven || !this.isOpen) return;
    this.isProven = true;
    this.#host.onProven(this);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  end(): void {
    if (this.isOpen) this.#host.onEnded(this);
  }

  destroy(): void {
    this.end();
  }

  /** Of the socket, which all flows share. */
  get bufferedBytes(): number {
    return this.#host.bufferedBytes;
  }
}
