// The byte-stream side of the network kit, as an adapter sees it. A stream adapter writes an acceptor and a connection
// class; who carries the bytes (TCP, TLS, a WebSocket) is not its concern.

import type { Peer } from "../core/index.ts";

/** Why a stream ended, as seen from below. */
export const StreamEnd = {
  /** The peer closed its side. */
  Peer: 1,
  /** Reset, time-out of the host, or a TLS error. */
  Error: 2,
  /** We closed it: `wire.end()`, `wire.destroy()`, or the listener's own limits. */
  Local: 3,
} as const;
export type StreamEnd = (typeof StreamEnd)[keyof typeof StreamEnd];

/** One adapter's connection, as the kit sees it. Must not throw. */
export interface StreamConnection {
  /** Hot. A chunk as it came; it is never written to again, so views of it may be kept for the turn. */
  onBytes(chunk: Uint8Array): void;
  /** Hot. The output drained after a `write` or `commit` that returned false. */
  onWritable(): void;
  /** Once, after the last onBytes; the wire is dead. */
  onClosed(end: StreamEnd): void;
  /** The listener stops: say goodbye in the protocol's words, then `wire.end()`. */
  onStopping(): void;
}

export interface StreamAcceptor {
  /** A peer connected (and, where configured, the PROXY header and the TLS handshake are done). */
  accept(wire: Wire, peer: Peer): StreamConnection;
}

/**
 * Output of one connection. Bytes are gathered and leave with one socket write per turn of the event loop; order is
 * that of the calls. Two ways in: `write` takes a range of bytes that nobody ever changes again (an incoming chunk, a
 * shared encoding: a slow peer's socket may hold them for long), without copying; ranges that touch are joined. `stage` + `commit` lend room in a buffer
 * that all wires share, for what is encoded for this peer alone.
 */
export interface Wire {
  /** Hot. False: more than the high-water mark is waiting; the bytes are taken all the same. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /**
   * Hot. Room for `length` bytes: returns the offset in `staging` where they may be written. `staging` must be read after
   * this call (it may have been replaced). Nothing is sent before `commit`; no other wire call in between.
   */
  stage(length: number): number;
  readonly staging: Uint8Array;
  /** Hot. The bytes staging[at…end] go out. Same answer as `write`. */
  commit(at: number, end: number): boolean;
  /** The first whole frame has come: lifts the listener's deadline for it. Safe twice. */
  established(): void;
  /** Stop and go on reading from the peer: back-pressure towards it. */
  pause(): void;
  resume(): void;
  /** Sends what is gathered, then closes. Safe twice. */
  end(): void;
  /** Closes at once. Safe twice. */
  destroy(): void;
  /** Bytes taken and not yet given to the kernel. */
  readonly bufferedBytes: number;
}

/**
 * Stream protocols that can also be carried by something else than a listener of their own (a sub-protocol of a
 * WebSocket). One per gateway: adapters register and find; they do not import each other.
 */
export class StreamProtocols {
  readonly #acceptors = new Map<string, StreamAcceptor>();

  /** Throws when another acceptor has the name: who comes later does not get the first one's connections. */
  register(name: string, acceptor: StreamAcceptor): void {
    const known = this.#acceptors.get(name);
    if (known !== undefined && known !== acceptor) throw new Error(`stream protocol ${name} is registered already`);
    this.#acceptors.set(name, acceptor);
  }
  /** Does nothing when it is another acceptor's. */
  unregister(name: string, acceptor: StreamAcceptor): void {
    if (this.#acceptors.get(name) === acceptor) this.#acceptors.delete(name);
  }
  find(name: string): StreamAcceptor | null {
    return this.#acceptors.get(name) ?? null;
  }
  names(): string[] {
    return [...this.#acceptors.keys()];
  }
}
