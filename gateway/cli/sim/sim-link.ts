// One link of a simulation: a TCP connection, or a UDP socket, that is opened again when it ends. What is written in one
// go leaves with one write (over UDP, each frame is a datagram).

import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, isIP, type Socket } from "node:net";

export interface SimTarget {
  readonly host: string;
  readonly port: number;
  readonly isUdp: boolean;
}

/** The devices on the link. */
export interface LinkOwner {
  onOpen(): void;
  onBytes(chunk: Uint8Array): void;
  /** It has ended, and will be opened again. */
  onLost(): void;
}

/** Above this unsent output nothing more is reported. */
const UNSENT_MAX_BYTES = 1_048_576;
const GATHER_BYTES = 4_096;
const FIRST_RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;

export class SimLink {
  readonly #target: SimTarget;
  readonly #owner: LinkOwner;
  #tcp: Socket | null = null;
  #udp: DatagramSocket | null = null;
  #gathered: Uint8Array = new Uint8Array(GATHER_BYTES);
  #used = 0;
  #isOpen = false;
  #isEnding = false;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | null = null;

  constructor(target: SimTarget, owner: LinkOwner) {
    this.#target = target;
    this.#owner = owner;
  }

  open(): void {
    if (this.#isEnding) return;
    if (this.#target.isUdp) this.#openDatagrams();
    else this.#openStream();
  }

  get isFull(): boolean {
    return (this.#tcp?.writableLength ?? this.#udp?.getSendQueueSize() ?? 0) > UNSENT_MAX_BYTES;
  }

  /** Room for one frame of up to `length` bytes: `write` puts it at the offset and says where it ends. */
  put(length: number, write: (target: Uint8Array, at: number) => number): number {
    if (this.#used + length > this.#gathered.length) this.#grow(length);
    const start = this.#used;
    this.#used = write(this.#gathered, start);
    const written = this.#used - start;
    if (this.#target.isUdp) this.flush();
    return written;
  }

  flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#gathered.slice(0, this.#used);
    this.#used = 0;
    if (!this.#isOpen) return;
    if (this.#udp === null) this.#tcp?.write(bytes);
    else this.#udp.send(bytes);
  }

  end(): Promise<void> {
    this.#isEnding = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.flush();
    this.#isOpen = false;
    return new Promise((resolve) => {
      if (this.#udp !== null) this.#udp.close(resolve);
      else if (this.#tcp === null || this.#tcp.destroyed) resolve();
      else this.#tcp.once("close", () => resolve()).destroySoon();
    });
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(this.#gathered.length * 2, this.#used + length));
    larger.set(this.#gathered.subarray(0, this.#used));
    this.#gathered = larger;
  }

  #openStream(): void {
    const { host, port } = this.#target;
    const tcp = connect({ host, port, noDelay: true });
    this.#tcp = tcp;
    tcp.on("connect", () => this.#onOpen());
    tcp.on("data", (chunk: Uint8Array) => this.#owner.onBytes(chunk));
    // What happened is told by the close that follows.
    tcp.on("error", () => undefined);
    tcp.on("close", () => this.#onLost());
  }

  #openDatagrams(): void {
    const { host, port } = this.#target;
    const udp = createSocket({ type: isIP(host) === 6 ? "udp6" : "udp4", recvBufferSize: UNSENT_MAX_BYTES });
    this.#udp = udp;
    udp.on("message", (datagram) => this.#owner.onBytes(datagram));
    // Nobody listens there (yet): what was sent is lost, as datagrams are.
    udp.on("error", () => undefined);
    udp.connect(port, host, () => this.#onOpen());
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#retryMs = FIRST_RETRY_MS;
    this.#owner.onOpen();
  }

  #onLost(): void {
    this.#isOpen = false;
    this.#used = 0;
    if (this.#isEnding) return;
    this.#owner.onLost();
    this.#retry = setTimeout(() => this.open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }
}
