// What one accepted socket goes through before its protocol sees it: the PROXY header, then the TLS handshake, each
// with a deadline. Lives as long as that takes; a socket of a listener without either never has one.
//
//   HEADER ──header / none──▶ HANDSHAKE ──secure──▶ DONE        (without TLS: HEADER ──▶ DONE)
//      └──────── fault, end, deadline, stop ────────▶ DONE

import { DecodeFault, NO_PROXY_HEADER, ProxyDecoder, type ProxyHeader } from "haproxy-protocol";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import {
  count,
  type Clock,
  type ListenerMeter,
  type Log,
  type Peer,
  type PeerCertificate,
  type Timer,
} from "../core/index.ts";
import type { CidrList } from "./cidr.ts";
import type { ProxySettings } from "./config.ts";
import { CloseCause, textOf } from "./faults.ts";
import { proxiedPeer, securedPeer } from "./peer.ts";
import type { HandshakeTarget, TlsTerminator } from "./tls-terminator.ts";

/** What the admissions of one listener share. */
export interface Gate {
  readonly name: string;
  readonly proxyProtocol: ProxySettings;
  readonly trusted: CidrList;
  readonly tls: TlsTerminator | null;
  readonly handshakeTimeoutMs: number;
  readonly clock: Clock;
  readonly meter: ListenerMeter;
  readonly log: Log;
  /** The socket is ready, and nobody listens to it. Called once, or else `onRefused`. */
  onAdmitted(admission: Admission, socket: Socket, peer: Peer): void;
  /** It is being destroyed. */
  onRefused(admission: Admission, cause: CloseCause): void;
}

/** A header with a client certificate inside fits; 536 bytes are enough for any other. */
const PROXY_HEADER_MAX_BYTES = 4_096;

const HEADER = 1;
const HANDSHAKE = 2;
const DONE = 3;

export class Admission implements HandshakeTarget {
  readonly #gate: Gate;
  readonly #socket: Socket;
  #peer: Peer;
  #state: typeof HEADER | typeof HANDSHAKE | typeof DONE = HEADER;
  #decoder: ProxyDecoder | null = null;
  #isTrusted = false;
  #timer: Timer | null = null;
  readonly #onData = (chunk: Uint8Array): void => this.#onHeaderBytes(chunk);
  readonly #onGone = (): void => this.#refuse(CloseCause.Error);
  readonly #onEnd = (): void => this.#refuse(CloseCause.ProxyMissing);

  constructor(gate: Gate, socket: Socket, peer: Peer) {
    this.#gate = gate;
    this.#socket = socket;
    this.#peer = peer;
  }

  begin(): void {
    const { proxyProtocol, trusted, clock } = this.#gate;
    this.#socket.on("error", this.#onGone);
    this.#socket.on("close", this.#onGone);
    if (proxyProtocol.mode === "off") return this.#secure();
    this.#isTrusted = trusted.has(this.#peer.address);
    if (!this.#isTrusted && proxyProtocol.mode === "require") return this.#refuse(CloseCause.ProxyUntrusted);
    this.#decoder = new ProxyDecoder(PROXY_HEADER_MAX_BYTES);
    this.#timer = clock.arm(this, HEADER, proxyProtocol.timeoutMs);
    this.#socket.on("end", this.#onEnd);
    this.#socket.on("data", this.#onData);
  }

  /** The listener stops. */
  abandon(): void {
    this.#refuse(CloseCause.Stopping);
  }

  onTimer(tag: number): void {
    this.#timer = null;
    this.#refuse(tag === HEADER ? CloseCause.ProxyTimeout : CloseCause.TlsTimeout);
  }

  onSecure(socket: TLSSocket, certificate: PeerCertificate | null, serverName: string | null): void {
    if (this.#state !== HANDSHAKE) {
      socket.destroy();
      return;
    }
    this.#peer = securedPeer(this.#peer, certificate, serverName);
    this.#admit(socket);
  }

  onInsecure(error: Error): void {
    const { name, log } = this.#gate;
    log.debug({ listener: name, from: this.#peer.address, error: textOf(error) }, "TLS handshake failed");
    this.#refuse(CloseCause.TlsFailed);
  }

  #onHeaderBytes(chunk: Uint8Array): void {
    const decoder = this.#decoder;
    if (decoder === null) return;
    decoder.push(chunk);
    const answer = decoder.next();
    if (answer === null) return;
    if (answer instanceof DecodeFault) {
      count(this.#gate.meter.protocolErrors, answer.code);
      return this.#refuse(CloseCause.ProxyMalformed);
    }
    if (answer === NO_PROXY_HEADER) {
      if (this.#gate.proxyProtocol.mode === "require") return this.#refuse(CloseCause.ProxyMissing);
    } else if (!this.#believe(answer)) {
      return this.#refuse(CloseCause.ProxyUntrusted);
    }
    this.#leaveHeader(decoder);
  }

  /** False: it comes from somebody whose word is not taken. */
  #believe(header: ProxyHeader): boolean {
    if (this.#isTrusted) this.#peer = proxiedPeer(this.#peer, header);
    return this.#isTrusted;
  }

  #leaveHeader(decoder: ProxyDecoder): void {
    const socket = this.#socket;
    this.#decoder = null;
    this.#disarm();
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.pause();
    const rest = decoder.rest();
    if (rest.length > 0) socket.unshift(rest);
    this.#secure();
  }

  #secure(): void {
    const { tls, clock, handshakeTimeoutMs } = this.#gate;
    if (tls === null) {
      // Flows from the next tick on, unless its receiver pauses it again.
      this.#socket.resume();
      return this.#admit(this.#socket);
    }
    this.#state = HANDSHAKE;
    this.#timer = clock.arm(this, HANDSHAKE, handshakeTimeoutMs);
    tls.accept(this.#socket, this);
  }

  #admit(socket: Socket): void {
    this.#leave();
    this.#gate.onAdmitted(this, socket, this.#peer);
  }

  #refuse(cause: CloseCause): void {
    if (this.#state === DONE) return;
    this.#leave();
    this.#socket.destroy();
    this.#gate.onRefused(this, cause);
  }

  #leave(): void {
    this.#state = DONE;
    this.#disarm();
    this.#socket.off("data", this.#onData);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("close", this.#onGone);
    // The error listener stays: an error after a refusal, or of the socket under a TLS socket, is nobody's business.
  }

  #disarm(): void {
    if (this.#timer === null) return;
    this.#gate.clock.disarm(this.#timer);
    this.#timer = null;
  }
}
