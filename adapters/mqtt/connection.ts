// hot path
// One MQTT client's connection: cuts its bytes into packets, sends each where it belongs, and knows when it is over.
// What PUBLISH means is in receiver.ts, what goes out in sender.ts, who gets in in handshake.ts.

import { readAcknowledge, readDisconnect } from "./acknowledge-packet.ts";
import type { ConnectPacket } from "./connect-packet.ts";
import type { Context } from "./context.ts";
import { FAULT, MORE, PacketDecoder } from "./decoder.ts";
import { Fault, faults } from "./faults.ts";
import { admit, notConnect, readHandshake, Rejection, type Admission } from "./handshake.ts";
import { toExpiryMs } from "./mapping.ts";
import { Level, PacketType } from "./packet.ts";
import { closeReasonCode, FAILURE_FROM, Reason } from "./reasons.ts";
import { type ConnectionHost, Receiver } from "./receiver.ts";
import { Sender, Sent } from "./sender.ts";
import { readSubscribe, readUnsubscribe } from "./subscribe-packet.ts";
import { subscribe, unsubscribe } from "./subscriptions.ts";
import { disconnect } from "./wire.ts";
import {
  CloseReason,
  count,
  type Device,
  type ListenerMeter,
  type Message,
  Outcome,
  type Peer,
  type QoS,
  type Session,
  type Timer,
  type TimerTarget,
  type Verdict,
} from "../../core/index.ts";
import type { StreamConnection, StreamEnd, Wire } from "../../net/stream.ts";

// NEW ──CONNECT──▶ CONNECTING ──session──▶ OPEN
//  └──────────────────┴───────────────────────┴── fault / goodbye / silence / loss / stop ──▶ CLOSED
const NEW = 0;
const CONNECTING = 1;
const OPEN = 2;
const CLOSED = 3;

// Why an open connection does not read on.
const FOR_ANSWER = 1;
const FOR_VERDICTS = 2;

const KEEP_ALIVE = 1;
/** Bytes that may have come in beyond a packet whose answer is awaited: what was under way when reading was paused. */
const HELD_MAX_BYTES = 1_048_576;
/** Flags that the fixed header must have: 0010 for these, none for the others [MQTT-2.1.3-1; 3.1.1: 2.2.2-1]. */
const ACTING_FLAGS = 0x02;
const DUP = 0x08;
const ACTING = (1 << PacketType.Pubrel) | (1 << PacketType.Subscribe) | (1 << PacketType.Unsubscribe);

export class MqttConnection implements StreamConnection, Device, TimerTarget, ConnectionHost {
  readonly #context: Context;
  readonly #wire: Wire;
  readonly #peer: Peer;
  readonly #meter: ListenerMeter;
  readonly #decoder: PacketDecoder;
  #state: typeof NEW | typeof CONNECTING | typeof OPEN | typeof CLOSED = NEW;
  #waits = 0;
  #isPaused = false;
  #level: Level = Level.V311;
  #session: Session | null = null;
  #sender: Sender | null = null;
  #receiver: Receiver | null = null;
  /** True when the session ends with the connection, so that DISCONNECT may not make it last [MQTT-3.14.2-2]. */
  #isEphemeral = true;
  #silenceMaxMs = 0;
  #heardAt = 0;
  #timer: Timer | null = null;

  constructor(context: Context, wire: Wire, peer: Peer) {
    this.#context = context;
    this.#wire = wire;
    this.#peer = peer;
    this.#meter = context.gateway.meter(peer.listener);
    this.#decoder = new PacketDecoder(context.connectMaxBytes);
  }

  onBytes(chunk: Uint8Array): void {
    if (this.#state === CLOSED) return;
    this.#decoder.push(chunk);
    if (this.#state === NEW || (this.#state === OPEN && this.#waits === 0)) {
      this.#heardAt = this.#context.clock.now();
      this.#read();
    } else if (this.#decoder.unread > HELD_MAX_BYTES) {
      this.fail(faults.heldTooMuch);
    } else {
      this.#isPaused = true;
      this.#wire.pause();
    }
  }

  onWritable(): void {
    if (this.#state === OPEN) this.#session?.onWritable();
  }

  onClosed(_end: StreamEnd): void {
    if (this.#state === CLOSED) return;
    this.#close();
    this.#session?.close(CloseReason.ConnectionLost);
  }

  onStopping(): void {
    this.end(CloseReason.Stopping);
  }

  deliver(id: number, message: Message, qos: QoS, flags: number, identifiers: readonly number[] | null): boolean {
    const sender = this.#sender;
    if (sender === null || this.#state !== OPEN) return true;
    const sent = sender.deliver(id, message, qos, flags, identifiers);
    if (sent !== Sent.TooLarge) return sent === Sent.Taken;
    // [MQTT-3.1.2-25] As if it had been sent.
    if (qos === 0) count(this.#meter.messagesDropped, "larger_than_receiver_takes");
    else this.#session?.onAcknowledged(id, Outcome.Rejected);
    return true;
  }

  release(id: number): void {
    if (this.#state === OPEN) this.#sender?.acknowledge(PacketType.Pubrel, id, Reason.Success);
  }

  onSettled(receipt: number, verdict: Verdict): void {
    const receiver = this.#receiver;
    if (receiver === null || this.#state !== OPEN) return;
    receiver.onSettled(receipt, verdict);
    if ((this.#waits & FOR_VERDICTS) !== 0 && !receiver.isFull) this.#goOn(FOR_VERDICTS);
  }

  /** From the core, which has closed the session. */
  disconnect(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    this.#goodbye(closeReasonCode(reason), null);
  }

  /** We end it. */
  end(reason: CloseReason): void {
    if (this.#state === CLOSED) return;
    this.#session?.close(reason);
    this.#goodbye(closeReasonCode(reason), null);
  }

  /** The client broke the protocol [MQTT-4.13.1-1; 3.1.1: 4.8.0-1]. */
  fail(fault: Fault): void {
    if (this.#state === CLOSED) return;
    this.#note(fault.code, fault.text);
    this.#session?.close(CloseReason.Protocol);
    this.#goodbye(fault.reason, fault.text);
  }

  onTimer(tag: number): void {
    if (tag !== KEEP_ALIVE || this.#state !== OPEN) return;
    const now = this.#context.clock.now();
    // Who is not read from cannot be heard.
    if (this.#waits !== 0) this.#heardAt = now;
    const left = this.#heardAt + this.#silenceMaxMs - now;
    if (left <= 0) this.end(CloseReason.KeepAlive);
    else this.#timer = this.#context.clock.arm(this, KEEP_ALIVE, left);
  }

  #read(): void {
    const decoder = this.#decoder;
    for (let type = decoder.next(); type !== MORE; type = decoder.next()) {
      if (type === FAULT) return this.fail(decoder.fault ?? faults.truncated);
      if (this.#state !== OPEN) return this.#onFirstPacket(type);
      this.#onPacket(type);
      if (this.#state !== OPEN || this.#waits !== 0) return;
    }
  }

  #onPacket(type: number): void {
    const receiver = this.#receiver;
    if (receiver === null) return;
    if (type === PacketType.Publish) {
      receiver.publish(this.#decoder);
      if (receiver.isFull) this.#waits |= FOR_VERDICTS;
      return;
    }
    if (!this.#hasRightFlags(type)) return this.fail(type > PacketType.Auth ? faults.packetType : faults.flags);
    switch (type) {
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
        return this.#onAcknowledge(type, receiver);
      case PacketType.Pingreq:
        return this.#onPingreq();
      case PacketType.Subscribe:
        return this.#onSubscribe();
      case PacketType.Unsubscribe:
        return this.#onUnsubscribe();
      case PacketType.Disconnect:
        return this.#onDisconnect();
      case PacketType.Connect:
        return this.fail(faults.secondConnect); // [MQTT-3.1.0-2]
      case PacketType.Auth:
        return this.fail(this.#level === Level.V5 ? faults.auth : faults.packetType);
      default:
        return this.fail(type > PacketType.Auth ? faults.packetType : faults.serverPacket);
    }
  }

  #hasRightFlags(type: number): boolean {
    const flags = this.#decoder.first & 0x0f;
    if (((ACTING >> type) & 1) === 0) return flags === 0;
    // 3.1 marks a repeated SUBSCRIBE, UNSUBSCRIBE or PUBREL as duplicate.
    return flags === ACTING_FLAGS || (this.#level === Level.V31 && flags === (ACTING_FLAGS | DUP));
  }

  #onAcknowledge(type: PacketType, receiver: Receiver): void {
    const { bytes, body, end } = this.#decoder;
    let id = 0;
    let reason: number = Reason.Success;
    if (end - body === 2) {
      id = (bytes[body]! << 8) | bytes[body + 1]!;
      if (id === 0) return this.fail(faults.packetId);
    } else if (this.#level === Level.V5) {
      const packet = readAcknowledge(bytes, body, end, type);
      if (packet instanceof Fault) return this.fail(packet);
      ({ id, reason } = packet);
    } else {
      return this.fail(end - body < 2 ? faults.packetId : faults.trailing);
    }
    if (type === PacketType.Pubrel) return receiver.release(id);
    const session = this.#session;
    if (session === null) return;
    if (reason >= FAILURE_FROM) {
      session.onAcknowledged(id, Outcome.Rejected);
    } else if (type !== PacketType.Pubrec) {
      session.onAcknowledged(id, Outcome.Completed);
    } else if (!session.onAcknowledged(id, Outcome.Received)) {
      // Not ours (any more): the client is helped to forget it.
      this.#sender?.acknowledge(PacketType.Pubrel, id, Reason.PacketIdentifierNotFound);
    }
  }

  #onPingreq(): void {
    if (this.#decoder.end !== this.#decoder.body) return this.fail(faults.trailing);
    this.#sender?.pingresp(); // [MQTT-3.12.4-1]
  }

  #onSubscribe(): void {
    const { bytes, body, end } = this.#decoder;
    const packet = readSubscribe(bytes, body, end, this.#level);
    if (packet instanceof Fault) return this.fail(packet);
    const session = this.#session;
    if (session === null) return;
    const send = (answer: Uint8Array): boolean => this.#sendPacket(answer);
    this.#await(subscribe(packet, session, this.#level, this.#context, send));
  }

  #onUnsubscribe(): void {
    const { bytes, body, end } = this.#decoder;
    const packet = readUnsubscribe(bytes, body, end, this.#level);
    if (packet instanceof Fault) return this.fail(packet);
    const session = this.#session;
    if (session === null) return;
    this.#await(unsubscribe(packet, session, this.#level, (answer) => this.#sendPacket(answer)));
  }

  #onDisconnect(): void {
    const { bytes, body, end } = this.#decoder;
    const packet =
      this.#level === Level.V5
        ? readDisconnect(bytes, body, end)
        : end === body
          ? { reason: Reason.Success, sessionExpiry: null }
          : faults.trailing;
    if (packet instanceof Fault) return this.fail(packet);
    const { reason, sessionExpiry } = packet;
    if (sessionExpiry !== null && sessionExpiry > 0 && this.#isEphemeral) return this.fail(faults.sessionExpiry);
    if (sessionExpiry !== null) {
      this.#session?.setExpiry(Math.min(toExpiryMs(sessionExpiry), this.#context.gateway.limits.sessionExpiryMaxMs));
    }
    this.#close();
    // [MQTT-3.14.4-3] The will is discarded at a plain goodbye only.
    this.#session?.close(reason === Reason.Success ? CloseReason.Normal : CloseReason.NormalWithWill);
    this.#wire.end();
  }

  #onFirstPacket(type: number): void {
    const { first, bytes, body, end } = this.#decoder;
    if (type !== PacketType.Connect || (first & 0x0f) !== 0) return this.#reject(notConnect);
    const packet = readHandshake(bytes, body, end, this.#context);
    if (packet instanceof Rejection) return this.#reject(packet);
    this.#state = CONNECTING;
    this.#wire.established();
    this.#connect(packet).catch((error: unknown) => this.#onBroken(error));
  }

  async #connect(packet: ConnectPacket): Promise<void> {
    const answer = await admit(packet, this.#peer, this, this.#context);
    if (answer instanceof Rejection) return this.#reject(answer);
    if (this.#state === CONNECTING) this.#open(answer);
    // The peer hung up, or was told to, while the core was asked.
    else answer.session.close(CloseReason.ConnectionLost);
  }

  #open(admission: Admission): void {
    const { session, terms, connack } = admission;
    const sender = new Sender(this.#wire, this.#context, terms.level, terms.packetMaxBytes, terms.aliasMax);
    this.#session = session;
    this.#sender = sender;
    this.#receiver = new Receiver(this, this.#context, session, sender);
    this.#level = terms.level;
    this.#isEphemeral = terms.expiryMs === 0;
    this.#decoder.packetMaxBytes = this.#context.packetMaxBytes;
    this.#silenceMaxMs = terms.silenceMaxMs;
    this.#heardAt = this.#context.clock.now();
    this.#state = OPEN;
    sender.packet(connack);
    if (terms.silenceMaxMs > 0) this.#timer = this.#context.clock.arm(this, KEEP_ALIVE, terms.silenceMaxMs);
    session.onWritable();
    if (this.#state === OPEN) this.#goOn(0);
  }

  #sendPacket(bytes: Uint8Array): boolean {
    return this.#state !== OPEN || this.#sender === null || this.#sender.packet(bytes);
  }

  /** Reads on when the answer is out: packets of one client are served in their order [MQTT-4.6.0]. */
  #await(answer: Promise<Fault | null>): void {
    this.#waits |= FOR_ANSWER;
    answer
      .then((fault) => (fault === null ? this.#goOn(FOR_ANSWER) : this.fail(fault)))
      .catch((error: unknown) => this.#onBroken(error));
  }

  #goOn(wait: number): void {
    this.#waits &= ~wait;
    if (this.#state !== OPEN || this.#waits !== 0) return;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#wire.resume();
    }
    this.#read();
  }

  #reject(rejection: Rejection): void {
    if (this.#state === CLOSED) return;
    this.#note(rejection.code, rejection.text);
    if (rejection.packet !== null) this.#wire.write(rejection.packet, 0, rejection.packet.length);
    this.#close();
    this.#wire.end();
  }

  /** A promise of ours rejected: our bug, and the end of this connection only. */
  #onBroken(error: unknown): void {
    this.#context.gateway.log.error({ listener: this.#peer.listener, error }, "connection broken by a bug");
    if (this.#state === CLOSED) return;
    this.#session?.close(CloseReason.ConnectionLost);
    this.#goodbye(Reason.Unspecified, null);
  }

  /** DISCONNECT where the version has it and CONNACK was sent, then the end. */
  #goodbye(reason: number, text: string | null): void {
    const sender = this.#sender;
    if (this.#state === OPEN && this.#level === Level.V5 && sender !== null) {
      // [MQTT-3.14.2-3] The text is left out where it does not fit.
      if (!sender.packet(disconnect(reason, text)) && text !== null) sender.packet(disconnect(reason, null));
    }
    this.#close();
    this.#wire.end();
  }

  #close(): void {
    this.#state = CLOSED;
    if (this.#timer !== null) this.#context.clock.disarm(this.#timer);
    this.#timer = null;
  }

  #note(code: string, text: string): void {
    if (code !== "") count(this.#meter.protocolErrors, code);
    const { listener, address } = this.#peer;
    this.#context.gateway.log.debug({ listener, address, code, reason: text }, "client refused or cut off");
  }
}
