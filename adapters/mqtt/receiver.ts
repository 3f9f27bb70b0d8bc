// hot path
// PUBLISH from one client and what belongs to it: parsed in place, given to the session, acknowledged after the verdict
// and never before, in the order in which the messages came [MQTT-4.6.0-2, MQTT-4.6.0-3].

import type { Context } from "./context.ts";
import type { PacketDecoder } from "./decoder.ts";
import { Fault, faults } from "./faults.ts";
import { Level, PacketType, PUBLISH_DUP, PUBLISH_RETAIN } from "./packet.ts";
import { PendingAnswers } from "./pending-answers.ts";
import { MARKED_3, MARKED_5, WHOLE_3, WHOLE_5 } from "./publish-form.ts";
import { FAILURE_FROM, isWorthRepeating, publishReason, Reason } from "./reasons.ts";
import type { Sender } from "./sender.ts";
import type { KnownTopic } from "./topic-cache.ts";
import { isPayloadText } from "./utf8.ts";
import {
  CloseReason,
  isAccepted,
  Message,
  type MessageProperties,
  type Origin,
  type QoS,
  type Session,
  Verdict,
} from "../../core/index.ts";

/** The connection, as its parts see it. */
export interface ConnectionHost {
  /** The client broke the protocol: the connection ends. */
  fail(fault: Fault): void;
  /** We end the connection for a reason of ours. */
  end(reason: CloseReason): void;
}

const VARINT_SHIFT_MAX = 21;

export class Receiver {
  readonly #host: ConnectionHost;
  readonly #context: Context;
  readonly #session: Session;
  readonly #origin: Origin;
  readonly #sender: Sender;
  readonly #isV5: boolean;
  /** The topic of the last message: devices repeat themselves. */
  #topic: KnownTopic | null = null;
  /** Topics by alias, as the client set them on this connection. */
  #aliases: Map<number, KnownTopic> | null = null;
  /** QoS 2 messages that the client has begun on this connection and not released. */
  #open: Set<number> | null = null;
  /** Answers that wait for a verdict, and those behind them. */
  #pending: PendingAnswers | null = null;

  constructor(host: ConnectionHost, context: Context, session: Session, sender: Sender) {
    this.#host = host;
    this.#context = context;
    this.#session = session;
    this.#origin = session.origin;
    this.#sender = sender;
    this.#isV5 = sender.level === Level.V5;
  }

  /** True when so many verdicts are outstanding that no more should be read. */
  get isFull(): boolean {
    return this.#pending !== null && this.#pending.size >= this.#context.receiveMaximum;
  }

  /** The PUBLISH that the decoder stands on. */
  publish(packet: PacketDecoder): void {
    const first = packet.first;
    const qos = (first >> 1) & 3;
    if ((first & 0x0f) !== 0) {
      const wrong = this.#wrongFlags(first, qos);
      if (wrong !== null) return this.#host.fail(wrong);
    }
    const { bytes, body, end } = packet;
    const topicAt = body + 2;
    if (topicAt > end) return this.#host.fail(faults.truncated);
    const topicLength = (bytes[body]! << 8) | bytes[body + 1]!;
    let at = topicAt + topicLength;
    if (at > end) return this.#host.fail(faults.truncated);
    let id = 0;
    if (qos !== 0) {
      if (at + 2 > end) return this.#host.fail(faults.packetId);
      id = (bytes[at]! << 8) | bytes[at + 1]!;
      if (id === 0) return this.#host.fail(faults.packetId); // [MQTT-2.2.1-2; 3.1.1: 2.3.1-1]
      at += 2;
    }
    if (this.#isV5) return this.#publish5(packet, qos as QoS, id, topicLength, at);
    if (topicLength === 0) return this.#host.fail(faults.topicEmpty); // [MQTT-4.7.3-1]
    const topic = this.#topicOf(bytes, topicAt, topicLength);
    if (topic === null) return;
    const retain = (first & PUBLISH_RETAIN) !== 0;
    const form = qos !== 0 ? MARKED_3 : retain ? null : WHOLE_3;
    const start = packet.start;
    this.#submit(
      new Message(this.#origin, topic.text, bytes, at, end, qos as QoS, retain, 0, null, form, start, end),
      id,
    );
  }

  #publish5(packet: PacketDecoder, qos: QoS, id: number, topicLength: number, blockAt: number): void {
    const { bytes, end } = packet;
    if (blockAt === end) return this.#host.fail(faults.truncated);
    let at = blockAt + 1;
    let length = bytes[blockAt]!;
    if (length > 0x7f) {
      length = readLongVarint(bytes, blockAt, end);
      if (length < 0) return this.#host.fail(length === VARINT_CUT ? faults.truncated : faults.varint);
      at = blockAt + (length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4);
    }
    const payloadAt = at + length;
    if (payloadAt > end) return this.#host.fail(faults.truncated);
    let properties: MessageProperties | null = null;
    let alias = 0;
    let expiresAt = 0;
    if (length !== 0) {
      const block = this.#context.publishProperties;
      const wrong = block.read(bytes, at, payloadAt);
      if (wrong !== null) return this.#host.fail(wrong);
      alias = block.alias;
      if (block.expiry >= 0) expiresAt = this.#context.clock.now() + block.expiry * 1000;
      properties = block.toMessageProperties();
    }
    const topic = this.#topic5(bytes, packet.body + 2, topicLength, alias);
    if (topic === null) return;
    if (properties !== null && properties.payloadIsText && !isPayloadText(bytes, payloadAt, end)) {
      return this.#refuseFormat(qos, id);
    }
    if (qos !== 0 && !this.#mayBegin(qos, id)) return this.#host.fail(faults.receiveMaximum);
    const retain = (packet.first & PUBLISH_RETAIN) !== 0;
    // An alias is this connection's own, and an expiry shrinks: such a packet is no form for others.
    const isOwn = alias !== 0 || expiresAt !== 0 || (qos === 0 && retain);
    const form = isOwn ? null : qos === 0 ? WHOLE_5 : MARKED_5;
    const start = packet.start;
    this.#submit(
      new Message(
        this.#origin,
        topic.text,
        bytes,
        payloadAt,
        end,
        qos,
        retain,
        expiresAt,
        properties,
        form,
        start,
        end,
      ),
      id,
    );
  }

  #wrongFlags(first: number, qos: number): Fault | null {
    if (qos === 3) return faults.qos; // [MQTT-3.3.1-4]
    if (qos === 0 && (first & PUBLISH_DUP) !== 0) return faults.dupQos0; // [MQTT-3.3.1-2]
    const settings = this.#context.settings;
    if (qos > settings.maxQos) return faults.qosNotSupported; // [MQTT-3.2.2-11]
    if ((first & PUBLISH_RETAIN) !== 0 && !settings.retain) return faults.retainNotSupported; // [MQTT-3.2.2-14]
    return null;
  }

  #topicOf(bytes: Uint8Array, at: number, length: number): KnownTopic | null {
    const last = this.#topic;
    if (last !== null && last.is(bytes, at, length)) return last;
    const found = this.#context.topics.find(bytes, at, length);
    if (found instanceof Fault) {
      this.#host.fail(found);
      return null;
    }
    this.#topic = found;
    return found;
  }

  #topic5(bytes: Uint8Array, at: number, length: number, alias: number): KnownTopic | null {
    if (alias === 0) {
      if (length !== 0) return this.#topicOf(bytes, at, length);
      this.#host.fail(faults.topicEmpty);
      return null;
    }
    if (alias > this.#context.settings.topicAliasMax) {
      this.#host.fail(faults.topicAlias); // [MQTT-3.3.2-9]
      return null;
    }
    if (length === 0) {
      const known = this.#aliases?.get(alias) ?? null;
      if (known === null) this.#host.fail(faults.topicAliasUnknown);
      return known;
    }
    const topic = this.#topicOf(bytes, at, length);
    if (topic !== null) {
      this.#aliases ??= new Map();
      this.#aliases.set(alias, topic);
    }
    return topic;
  }

  /** Receive maximum: how many QoS 1 and 2 messages the client may have under way [MQTT-3.3.4-7, -8]. */
  #mayBegin(qos: QoS, id: number): boolean {
    const open = this.#open;
    if (qos === 2 && open !== null && open.has(id)) return true;
    const begun = (open === null ? 0 : open.size) + (this.#pending === null ? 0 : this.#pending.qos1);
    if (begun >= this.#context.receiveMaximum) return false;
    if (qos === 2) {
      this.#open ??= new Set();
      this.#open.add(id);
    }
    return true;
  }

  #submit(message: Message, id: number): void {
    const verdict = this.#session.publish(message, id);
    if (id === 0) return;
    if (verdict === Verdict.Pending || this.#pending !== null) this.#answerLater(id, message.qos, verdict, 0);
    else this.#answer(id, message.qos, verdict, 0);
  }

  /** The payload is not the text that it says it is: refused, and not published [MQTT 5, 3.3.2.3.2]. */
  #refuseFormat(qos: QoS, id: number): void {
    if (qos === 0) this.#host.fail(faults.payloadFormat);
    else if (this.#pending !== null) {
      this.#answerLater(id, qos, Verdict.InvalidMessage, Reason.PayloadFormatInvalid);
    } else this.#answer(id, qos, Verdict.InvalidMessage, Reason.PayloadFormatInvalid);
  }

  #answerLater(id: number, qos: QoS, verdict: Verdict, reason: number): void {
    this.#pending ??= new PendingAnswers();
    this.#pending.add(id, qos, verdict, reason);
  }

  onSettled(receipt: number, verdict: Verdict): void {
    const pending = this.#pending;
    if (pending === null || !pending.settle(receipt, verdict)) return;
    for (let next = pending.take(); next !== null; next = pending.take()) {
      this.#answer(next.id, next.qos, next.verdict, next.reason);
    }
    if (pending.size === 0) this.#pending = null;
  }

  #answer(id: number, qos: QoS, verdict: Verdict, told: number): void {
    const type = qos === 1 ? PacketType.Puback : PacketType.Pubrec;
    if (this.#isV5) {
      const reason = told === 0 ? publishReason(verdict) : told;
      if (qos === 2 && reason >= FAILURE_FROM) this.#open?.delete(id);
      this.#sender.acknowledge(type, id, reason);
    } else if (!isAccepted(verdict) && isWorthRepeating(verdict, qos)) {
      this.#host.end(CloseReason.QuotaExceeded);
    } else {
      this.#sender.acknowledge(type, id, Reason.Success);
    }
  }

  /** PUBREL: answered whether the identifier was in use or not [MQTT-4.3.3-11]. */
  release(id: number): void {
    const wasInUse = this.#session.onReleased(id);
    this.#open?.delete(id);
    this.#sender.acknowledge(PacketType.Pubcomp, id, wasInUse ? Reason.Success : Reason.PacketIdentifierNotFound);
  }
}

const VARINT_CUT = -1;
const VARINT_LONG = -2;

/** A variable byte integer of two to four bytes in its shortest form, or VARINT_CUT, or VARINT_LONG. */
function readLongVarint(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let at = start;
  for (let shift = 0; shift <= VARINT_SHIFT_MAX; shift += 7) {
    if (at >= end) return VARINT_CUT;
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return byte === 0 ? VARINT_LONG : value;
  }
  return VARINT_LONG;
}
