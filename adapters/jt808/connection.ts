// hot path
// One link: a socket, its decoder, and the terminals that speak on it. Usually that is one, and the link lives and dies
// with it; a platform's link carries many, and each comes and goes on its own.
//
//   OPEN ──end, idle, too many faults, stop──▶ CLOSED

import { DecodeFault, FRAME_MAX_BYTES, Jt808Decoder, toHex } from "jt808-parser";
import type { Jt808Frame } from "jt808-parser";
import { CloseReason, closeReasonNames, count } from "../../core/index.ts";
import type { ListenerMeter, Peer, Timer, TimerTarget } from "../../core/index.ts";
import type { DatagramWire } from "../../net/datagram.ts";
import type { StreamConnection, Wire } from "../../net/stream.ts";
import { refusalOf } from "./answers.ts";
import type { Attachments } from "./attachments.ts";
import type { ListenerContext } from "./context.ts";
import { LinkFault } from "./faults.ts";
import type { Link } from "./link.ts";
import { MessageId } from "./mapping.ts";
import { Terminal } from "./terminal.ts";

const OPEN = 1;
const CLOSED = 2;

const IDLE = 1;
/** Bytes outside of frames after which a link is no JT/T 808 link. */
const JUNK_MAX_BYTES = 16_384;

export class Jt808Connection implements StreamConnection, Link, TimerTarget {
  readonly context: ListenerContext;
  readonly peer: Peer;
  readonly attachments: Attachments | null;
  readonly #wire: Wire;
  readonly #source: DatagramWire | null;
  readonly #meter: ListenerMeter;
  readonly #decoder: Jt808Decoder;
  /** By client id. */
  readonly #terminals = new Map<string, Terminal>();
  #state: typeof OPEN | typeof CLOSED;
  #isReading: boolean;
  /** Terminals that cannot take another frame now. */
  #held: number;
  /** In a row. */
  #badFrames: number;
  /** Frames of terminals that may not be on this link. */
  #strangers: number;
  #skipped: number;
  #lastHeard: number;
  #idle: Timer;
  #phone: string;
  #terminal: Terminal | null;

  /** `source`: the wire again where it is one of datagrams; null: it is a stream's. */
  constructor(
    context: ListenerContext,
    wire: Wire,
    peer: Peer,
    source: DatagramWire | null,
    attachments: Attachments | null = null,
  ) {
    const { clock } = context.gateway;
    this.context = context;
    this.peer = peer;
    this.attachments = attachments;
    this.#wire = wire;
    this.#source = source;
    this.#meter = context.meter(peer.listener);
    this.#decoder = new Jt808Decoder(FRAME_MAX_BYTES, context.options.lenient);
    this.#state = OPEN;
    this.#isReading = false;
    this.#held = 0;
    this.#badFrames = 0;
    this.#strangers = 0;
    this.#skipped = 0;
    this.#lastHeard = clock.now();
    this.#idle = clock.arm(this, IDLE, context.options.idleTimeoutMs);
    this.#phone = "";
    this.#terminal = null;
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#state !== OPEN) return;
    this.#lastHeard = this.context.gateway.clock.now();
    this.#decoder.push(chunk);
    this.#read();
  }

  onWritable(): void {
    for (const terminal of this.#terminals.values()) terminal.onWritable();
  }

  onClosed(): void {
    this.close(CloseReason.ConnectionLost);
  }

  onStopping(): void {
    this.close(CloseReason.Stopping);
  }

  onTimer(): void {
    if (this.#state !== OPEN) return;
    const { clock } = this.context.gateway;
    const left = this.#lastHeard + this.context.options.idleTimeoutMs - clock.now();
    if (left > 0) this.#idle = clock.arm(this, IDLE, left);
    else this.close(CloseReason.KeepAlive);
  }

  /** False: the output is full. */
  send(frame: Jt808Frame): boolean {
    if (this.#state !== OPEN) return true;
    const { encoder } = this.context;
    const at = this.#wire.stage(encoder.sizeOf(frame));
    return this.#wire.commit(at, encoder.write(frame, this.#wire.staging, at));
  }

  prove(): void {
    this.#source?.prove();
  }

  hold(): void {
    if (this.#held++ === 0) this.#wire.pause();
  }

  release(): void {
    if (--this.#held > 0 || this.#state !== OPEN) return;
    this.#wire.resume();
    if (!this.#isReading) this.#read();
  }

  /** What was thrown away: a refused frame, say. */
  onFault(code: LinkFault): void {
    count(this.#meter.protocolErrors, code);
  }

  close(reason: CloseReason): void {
    if (this.#state !== OPEN) return;
    this.#state = CLOSED;
    this.context.gateway.clock.disarm(this.#idle);
    for (const terminal of this.#terminals.values()) terminal.close(reason);
    this.#terminals.clear();
    this.#wire.end();
    const { listener, address } = this.peer;
    this.context.gateway.log.debug({ listener, address, reason: closeReasonNames[reason] }, "link closed");
  }

  #read(): void {
    this.#isReading = true;
    while (this.#state === OPEN && this.#held === 0) {
      const next = this.#decoder.next();
      if (next === null) break;
      if (next instanceof DecodeFault) this.#onBadFrame(next);
      else this.#onFrame(next);
    }
    this.#isReading = false;
    if (this.#decoder.skipped - this.#skipped > JUNK_MAX_BYTES) this.#giveUp(LinkFault.Junk);
  }

  #onBadFrame(fault: DecodeFault): void {
    count(this.#meter.protocolErrors, fault.code);
    this.#ownerOf(fault)?.onBadFrame(fault);
    if (++this.#badFrames >= this.context.options.badFramesMax) this.#giveUp(LinkFault.BadFrames);
  }

  /** Whose bad frame it is: on a link of one there is no doubt, on a link of many the digits must be of one of them. */
  #ownerOf(fault: DecodeFault): Terminal | null {
    if (!this.context.options.allowMultipleTerminals) return this.#terminals.values().next().value ?? null;
    for (const phone of phonesIn(fault.raw)) {
      const found = this.#terminals.get(this.context.profile.clientId(phone));
      if (found !== undefined) return found;
    }
    return null;
  }

  #giveUp(code: LinkFault): void {
    if (this.#state !== OPEN) return;
    count(this.#meter.protocolErrors, code);
    this.close(CloseReason.Protocol);
  }

  #onFrame(frame: Jt808Frame): void {
    this.#badFrames = 0;
    this.#skipped = this.#decoder.skipped;
    this.#wire.established();
    if (this.#terminal === null || this.#phone !== frame.phone) {
      this.#terminal = this.#terminalOf(frame);
      this.#phone = frame.phone;
    }
    this.#terminal?.onFrame(frame);
  }

  /** null: this link may not carry another terminal, and it has been told so. */
  #terminalOf(frame: Jt808Frame): Terminal | null {
    const phone = this.context.profile.clientId(frame.phone);
    const known = this.#terminals.get(phone);
    if (known !== undefined) return known;
    const { allowMultipleTerminals, terminalsMax } = this.context.options;
    if (this.#terminals.size >= (allowMultipleTerminals ? terminalsMax : 1)) {
      this.#onStranger(frame, allowMultipleTerminals ? LinkFault.TooManyTerminals : LinkFault.OtherTerminal);
      return null;
    }
    const terminal = new Terminal(this, phone);
    this.#terminals.set(phone, terminal);
    return terminal;
  }

  #onStranger(frame: Jt808Frame, code: LinkFault): void {
    this.onFault(code);
    if (frame.id !== MessageId.Ack) this.send(refusalOf(this.context.bodies, frame));
    this.#strangers++;
    const { allowMultipleTerminals, unauthenticatedFramesMax } = this.context.options;
    // A link of many is not closed for the sake of one too many.
    if (!allowMultipleTerminals && this.#strangers >= unauthenticatedFramesMax) this.#giveUp(code);
  }
}

/** The digits where the two forms of the header have them. */
function phonesIn(raw: Uint8Array): string[] {
  return [toHex(raw.subarray(4, 10)), toHex(raw.subarray(5, 15))];
}
