// hot path
// One link: a stream or a source of datagrams, and the terminals that speak on it. Usually that is one, and the link
// lives and dies with it; a platform's link carries many, and each comes and goes on its own.

import { DecodeFault, FRAME_MAX_BYTES, Jt808Decoder, toHex } from "jt808-parser";
import type { Jt808Frame } from "jt808-parser";
import type { CloseReason, Peer } from "../../core/index.ts";
import type { DatagramWire } from "../../net/datagram.ts";
import { FrameLink } from "../../net/frame-link.ts";
import type { FrameHost } from "../../net/frame-link.ts";
import type { StreamConnection, Wire } from "../../net/stream.ts";
import { refusalOf } from "./answers.ts";
import type { Attachments } from "./attachments.ts";
import type { ListenerContext } from "./context.ts";
import { LinkFault } from "./faults.ts";
import type { Link } from "./link.ts";
import { MessageId } from "./mapping.ts";
import { Terminal } from "./terminal.ts";

/** Bytes outside of frames after which a link is no JT/T 808 link. */
const JUNK_MAX_BYTES = 16_384;

export class Jt808Connection implements StreamConnection, FrameHost<Jt808Frame, DecodeFault>, Link {
  readonly context: ListenerContext;
  readonly peer: Peer;
  readonly attachments: Attachments | null;
  readonly #source: DatagramWire | null;
  readonly #link: FrameLink<Jt808Frame, DecodeFault>;
  /** By client id. */
  readonly #terminals = new Map<string, Terminal>();
  /** Frames of terminals that may not be on this link. */
  #strangers: number;
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
    const { gateway, options, encoder } = context;
    this.context = context;
    this.peer = peer;
    this.attachments = attachments;
    this.#source = source;
    this.#strangers = 0;
    this.#phone = "";
    this.#terminal = null;
    const settings = {
      clock: gateway.clock,
      log: gateway.log,
      meter: context.meter(peer.listener),
      idleTimeoutMs: options.idleTimeoutMs,
      restTimeoutMs: options.idleTimeoutMs,
      badFramesMax: options.badFramesMax,
      junkMaxBytes: JUNK_MAX_BYTES,
      badFramesCode: LinkFault.BadFrames,
      junkCode: LinkFault.Junk,
    };
    const decoder = new Jt808Decoder(FRAME_MAX_BYTES, options.lenient);
    this.#link = new FrameLink(settings, wire, peer, decoder, encoder, DecodeFault, () => this);
  }

  onBytes(chunk: Uint8Array): void {
    this.#link.onBytes(chunk);
  }

  onWritable(): void {
    for (const terminal of this.#terminals.values()) terminal.onWritable();
  }

  onClosed(): void {
    this.#link.onClosed();
  }

  onStopping(): void {
    this.#link.onStopping();
  }

  onClosing(reason: CloseReason): void {
    for (const terminal of this.#terminals.values()) terminal.close(reason);
    this.#terminals.clear();
  }

  /** False: the output is full. */
  send(frame: Jt808Frame): boolean {
    return this.#link.send(frame);
  }

  prove(): void {
    this.#source?.prove();
  }

  hold(): void {
    this.#link.hold();
  }

  release(): void {
    this.#link.release();
  }

  /** What was thrown away: a refused frame, say. */
  onFault(code: LinkFault): void {
    this.#link.onFault(code);
  }

  close(reason: CloseReason): void {
    this.#link.close(reason);
  }

  onBadFrame(fault: DecodeFault): void {
    this.#ownerOf(fault)?.onBadFrame(fault);
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

  onFrame(frame: Jt808Frame): void {
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
    if (!allowMultipleTerminals && this.#strangers >= unauthenticatedFramesMax) this.#link.giveUp(code);
  }
}

/** The digits where the two forms of the header have them. */
function phonesIn(raw: Uint8Array): string[] {
  return [toHex(raw.subarray(4, 10)), toHex(raw.subarray(5, 15))];
}
