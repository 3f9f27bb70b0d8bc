// Pings for all WebSockets of one listener, by one timer: a peer that gave no sign of life since the last ping is cut
// off. The host's own keep-alive sees dead hosts, not pages that hang.

import type { Socket } from "node:net";
import type { Clock, Timer } from "../../core/index.ts";

/** A WebSocket, as far as pings are concerned. */
export interface Pinged {
  readonly socket: Socket;
  ping(): void;
  /** True while it is us who do not read: then silence says nothing. */
  isExcused(): boolean;
  /** It gave no sign of life. */
  cut(): void;
}

const PING = 1;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** With what each had sent by the last ping. */
  readonly #peers = new Map<Pinged, number>();
  #timer: Timer | null = null;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  add(peer: Pinged): void {
    this.#peers.set(peer, 0);
    this.#timer ??= this.#clock.arm(this, PING, this.#intervalMs);
  }

  remove(peer: Pinged): void {
    if (!this.#peers.delete(peer) || this.#peers.size > 0 || this.#timer === null) return;
    this.#clock.disarm(this.#timer);
    this.#timer = null;
  }

  onTimer(): void {
    this.#timer = this.#clock.arm(this, PING, this.#intervalMs);
    for (const [peer, before] of this.#peers) {
      const { bytesRead } = peer.socket;
      this.#peers.set(peer, bytesRead);
      if (bytesRead !== before || peer.isExcused()) peer.ping();
      else peer.cut();
    }
  }
}
