// hot path
// What stands between a byte stream and a protocol's frames, whatever the protocol: the loop that decodes, holding it
// when somebody above cannot take more, the time of silence after which a link is dead, and the patience with what is no
// frame. The protocol is what is above (a FrameHost) and in the codec.
//
//   OPEN ──end, idle, too many faults, stop, the host──▶ CLOSED

import { CloseReason, closeReasonNames, count } from "../core/index.ts";
import type { Clock, ListenerMeter, Log, Peer, Timer, TimerTarget } from "../core/index.ts";
import type { StreamConnection, Wire } from "./stream.ts";

/** Bytes that are no frame, as decoders of this house report them. */
export interface BadFrame {
  readonly code: string;
  /** False: the decoder cannot go on. */
  readonly resumable: boolean;
}

export interface FrameDecoder<Frame, Fault extends BadFrame = BadFrame> {
  push(chunk: Uint8Array): void;
  /** null: more bytes are needed. */
  next(): Frame | Fault | null;
  /** Bytes that belonged to no frame so far. */
  readonly skipped: number;
  /** Bytes of a frame whose rest has not come. */
  readonly pendingBytes?: number;
  /**
   * Gives up the frame whose rest has not come, and looks for another one behind its first byte; null: there was none.
   * For protocols whose frames end by a length, which may be wrong.
   */
  abandon?(): Fault | null;
}

export interface FrameEncoder<Frame> {
  sizeOf(frame: Frame): number;
  write(frame: Frame, target: Uint8Array, at: number): number;
}

/** The protocol's side of a link. Must not throw. */
export interface FrameHost<Frame, Fault extends BadFrame = BadFrame> {
  /** Hot. */
  onFrame(frame: Frame): void;
  /** It is counted already. */
  onBadFrame?(fault: Fault): void;
  /** Hot. The output drained. */
  onWritable(): void;
  /** Once. Nothing can be sent any more. */
  onClosing(reason: CloseReason): void;
}

export interface FrameLinkSettings {
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: ListenerMeter;
  readonly idleTimeoutMs: number;
  /** How long the rest of a frame may take, ms, where the decoder can do without it. */
  readonly restTimeoutMs: number;
  /** Bad frames in a row. */
  readonly badFramesMax: number;
  /** Bytes outside of frames in a row. */
  readonly junkMaxBytes: number;
  /** What is counted when one of the two is too much. */
  readonly badFramesCode: string;
  readonly junkCode: string;
}

const OPEN = 1;
const CLOSED = 2;

const IDLE = 1;
const REST = 2;

export class FrameLink<Frame extends object, Fault extends BadFrame = BadFrame>
  implements StreamConnection, TimerTarget
{
  readonly peer: Peer;
  readonly #settings: FrameLinkSettings;
  readonly #wire: Wire;
  readonly #decoder: FrameDecoder<Frame, Fault>;
  readonly #encoder: FrameEncoder<Frame>;
  readonly #faultType: abstract new (...args: never) => Fault;
  readonly #host: FrameHost<Frame, Fault>;
  #state: typeof OPEN | typeof CLOSED;
  #isReading: boolean;
  #holders: number;
  #badFrames: number;
  #skipped: number;
  #lastHeard: number;
  #idle: Timer;
  /** Since when the rest of a frame is waited for, ms since the epoch; and who looks after it. */
  #waitingSince: number;
  #rest: Timer | null;

  /** `hostOf` makes the host of this link; `faultType` tells the decoder's faults from its frames. */
  constructor(
    settings: FrameLinkSettings,
    wire: Wire,
    peer: Peer,
    decoder: FrameDecoder<Frame, Fault>,
    encoder: FrameEncoder<Frame>,
    faultType: abstract new (...args: never) => Fault,
    hostOf: (link: FrameLink<Frame, Fault>) => FrameHost<Frame, Fault>,
  ) {
    this.peer = peer;
    this.#settings = settings;
    this.#wire = wire;
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#faultType = faultType;
    this.#state = OPEN;
    this.#isReading = false;
    this.#holders = 0;
    this.#badFrames = 0;
    this.#skipped = 0;
    this.#lastHeard = settings.clock.now();
    this.#idle = settings.clock.arm(this, IDLE, settings.idleTimeoutMs);
    this.#waitingSince = 0;
    this.#rest = null;
    this.#host = hostOf(this);
  }

  get isOpen(): boolean {
    return this.#state === OPEN;
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#state !== OPEN) return;
    this.#lastHeard = this.#settings.clock.now();
    this.#decoder.push(chunk);
    if (!this.#isReading) this.#read();
  }

  onWritable(): void {
    if (this.#state === OPEN) this.#host.onWritable();
  }

  onClosed(): void {
    this.close(CloseReason.ConnectionLost);
  }

  onStopping(): void {
    this.close(CloseReason.Stopping);
  }

  onTimer(tag: number): void {
    if (this.#state !== OPEN) return;
    if (tag === REST) this.#onRestLate();
    else this.#onIdle();
  }

  #onIdle(): void {
    const { clock, idleTimeoutMs } = this.#settings;
    const left = this.#lastHeard + idleTimeoutMs - clock.now();
    if (left > 0) this.#idle = clock.arm(this, IDLE, left);
    else this.close(CloseReason.KeepAlive);
  }

  #onRestLate(): void {
    this.#rest = null;
    const { clock, restTimeoutMs } = this.#settings;
    // While the link is held, nobody asks for the frames that are there already.
    if (this.#holders > 0) this.#waitingSince = 0;
    if (this.#waitingSince > 0 && clock.now() - this.#waitingSince >= restTimeoutMs) {
      this.#waitingSince = 0;
      const fault = this.#decoder.abandon?.() ?? null;
      if (fault !== null) this.#onBadFrame(fault);
    }
    if (!this.#isReading) this.#read();
  }

  /** False: the output is full. What is sent on a closed link goes nowhere. */
  send(frame: Frame): boolean {
    if (this.#state !== OPEN) return true;
    const at = this.#wire.stage(this.#encoder.sizeOf(frame));
    return this.#wire.commit(at, this.#encoder.write(frame, this.#wire.staging, at));
  }

  /** Gives no more frames until everybody who held it has released it. */
  hold(): void {
    if (this.#holders++ === 0) this.#wire.pause();
  }

  release(): void {
    if (--this.#holders > 0 || this.#state !== OPEN) return;
    this.#wire.resume();
    if (!this.#isReading) this.#read();
  }

  /** Counts what the host threw away, or refused. */
  onFault(code: string): void {
    count(this.#settings.meter.protocolErrors, code);
  }

  /** The peer is not worth listening to any longer. */
  giveUp(code: string): void {
    if (this.#state !== OPEN) return;
    this.onFault(code);
    this.close(CloseReason.Protocol);
  }

  /** Safe twice. */
  close(reason: CloseReason): void {
    if (this.#state !== OPEN) return;
    this.#state = CLOSED;
    this.#settings.clock.disarm(this.#idle);
    if (this.#rest !== null) this.#settings.clock.disarm(this.#rest);
    this.#host.onClosing(reason);
    this.#wire.end();
    const { listener, address } = this.peer;
    this.#settings.log.debug({ listener, address, reason: closeReasonNames[reason] }, "link closed");
  }

  #read(): void {
    this.#isReading = true;
    while (this.#state === OPEN && this.#holders === 0) {
      const next = this.#decoder.next();
      if (next === null) break;
      if (this.#isFault(next)) this.#onBadFrame(next);
      else this.#onFrame(next);
    }
    this.#isReading = false;
    const { junkMaxBytes, junkCode } = this.#settings;
    if (this.#decoder.skipped - this.#skipped > junkMaxBytes) this.giveUp(junkCode);
    this.#watchRest();
  }

  #isFault(next: Frame | Fault): next is Fault {
    return next instanceof this.#faultType;
  }

  #watchRest(): void {
    const { pendingBytes = 0 } = this.#decoder;
    if (this.#state !== OPEN || this.#decoder.abandon === undefined || pendingBytes === 0) return;
    const { clock, restTimeoutMs } = this.#settings;
    const now = clock.now();
    if (this.#waitingSince === 0) this.#waitingSince = now;
    this.#rest ??= clock.arm(this, REST, Math.max(1, this.#waitingSince + restTimeoutMs - now));
  }

  #onFrame(frame: Frame): void {
    this.#badFrames = 0;
    this.#skipped = this.#decoder.skipped;
    this.#waitingSince = 0;
    this.#wire.established();
    this.#host.onFrame(frame);
  }

  #onBadFrame(fault: Fault): void {
    this.onFault(fault.code);
    this.#host.onBadFrame?.(fault);
    const { badFramesMax, badFramesCode } = this.#settings;
    if (!fault.resumable || ++this.#badFrames >= badFramesMax) this.giveUp(badFramesCode);
  }
}
