// hot path
// Everything that goes out to one client: deliveries in the cheapest form that says what this client has to hear,
// acknowledgements by hand, the rare packets as they come. Keeps to the client's maximum packet size [MQTT-3.1.2-24] and
// to its topic alias maximum [MQTT-3.1.2-26].

import type { Context } from "./context.ts";
import { Level, PacketType } from "./packet.ts";
import {
  COPIED_PAYLOAD_MAX_BYTES,
  copyBytes,
  firstByte,
  identifierAt,
  makeMarked,
  makeWhole,
  MARKED_3,
  MARKED_5,
  TailoredHead,
  type Tailoring,
  WHOLE_3,
  WHOLE_5,
} from "./publish-form.ts";
import { DeliveryFlag, type Encoded, type Message } from "../../core/index.ts";
import type { Wire } from "../../net/stream.ts";

/** What became of a delivery. */
export const Sent = {
  /** Taken, and the wire is full. */
  Full: 0,
  /** Taken. */
  Taken: 1,
  /** Larger than the client takes: not sent [MQTT-3.1.2-25]. */
  TooLarge: 2,
} as const;
export type Sent = (typeof Sent)[keyof typeof Sent];

const PINGRESP = Uint8Array.of(PacketType.Pingresp << 4, 0);
/** PUBREL's fixed header has a flag set [MQTT-3.6.1-1]. */
const PUBREL_FLAGS = 0x02;

export class Sender {
  readonly level: Level;
  readonly #wire: Wire;
  readonly #context: Context;
  readonly #packetMaxBytes: number;
  readonly #aliasMax: number;
  readonly #whole: object;
  readonly #marked: object;
  /** Topics that have an alias on this connection. First come, first served: an alias is never given to another topic. */
  #aliases: Map<string, number> | null = null;

  constructor(wire: Wire, context: Context, level: Level, packetMaxBytes: number, aliasMax: number) {
    this.level = level;
    this.#wire = wire;
    this.#context = context;
    this.#packetMaxBytes = packetMaxBytes;
    this.#aliasMax = aliasMax;
    this.#whole = level === Level.V5 ? WHOLE_5 : WHOLE_3;
    this.#marked = level === Level.V5 ? MARKED_5 : MARKED_3;
  }

  deliver(id: number, message: Message, qos: number, flags: number, identifiers: readonly number[] | null): Sent {
    if (identifiers !== null || this.#aliasMax !== 0 || message.expiresAt !== 0) {
      if (this.level === Level.V5) return this.#sendTailored(id, message, qos, flags, identifiers);
    }
    if (qos !== 0) return this.#sendMarked(id, message, qos, flags);
    if ((flags & DeliveryFlag.Retain) !== 0) return this.#sendTailored(id, message, qos, flags, null);
    if (message.isSource(this.#whole)) {
      const start = message.sourceStart;
      const end = message.sourceEnd;
      if (end - start > this.#packetMaxBytes) return Sent.TooLarge;
      return this.#wire.write(message.source, start, end) ? Sent.Taken : Sent.Full;
    }
    return this.#sendWhole(message);
  }

  #sendWhole(message: Message): Sent {
    const form = message.encodedAs(this.#whole) ?? makeWhole(message, this.#whole, this.level, this.#context.forms);
    if (packetSize(form, message) > this.#packetMaxBytes) return Sent.TooLarge;
    const hasRoom = this.#wire.write(form.bytes, form.start, form.end);
    return this.#sendPayload(message, hasRoom);
  }

  #sendMarked(id: number, message: Message, qos: number, flags: number): Sent {
    let bytes: Uint8Array;
    let start: number;
    let end: number;
    if (message.isSource(this.#marked)) {
      bytes = message.source;
      start = message.sourceStart;
      end = message.payloadBytes > COPIED_PAYLOAD_MAX_BYTES ? message.payloadStart : message.sourceEnd;
      if (message.sourceEnd - start > this.#packetMaxBytes) return Sent.TooLarge;
    } else {
      const form =
        message.encodedAs(this.#marked) ?? makeMarked(message, this.#marked, this.level, this.#context.forms);
      if (packetSize(form, message) > this.#packetMaxBytes) return Sent.TooLarge;
      bytes = form.bytes;
      start = form.start;
      end = form.end;
    }
    const wire = this.#wire;
    const at = wire.stage(end - start);
    const staging = wire.staging;
    copyBytes(bytes, start, end, staging, at);
    staging[at] = firstByte(qos, (flags & DeliveryFlag.Retain) !== 0, (flags & DeliveryFlag.Redelivered) !== 0);
    const mark = at + identifierAt(bytes, start) - start;
    staging[mark] = id >>> 8;
    staging[mark + 1] = id & 0xff;
    return this.#sendPayload(message, wire.commit(at, at + end - start));
  }

  /** Behind a form or head that was just sent: the payload, if it was too large to be in it. */
  #sendPayload(message: Message, hasRoom: boolean): Sent {
    const isApart = message.payloadBytes > COPIED_PAYLOAD_MAX_BYTES;
    const answer = isApart ? this.#wire.write(message.source, message.payloadStart, message.payloadEnd) : hasRoom;
    return answer ? Sent.Taken : Sent.Full;
  }

  #sendTailored(id: number, message: Message, qos: number, flags: number, identifiers: readonly number[] | null): Sent {
    // Not at QoS 2: clients that keep such a message until PUBREL have been seen to keep it without its topic.
    const aliasMax = qos === 2 ? 0 : this.#aliasMax;
    const known = aliasMax === 0 ? 0 : (this.#aliases?.get(message.topic) ?? 0);
    const isNew = known === 0 && aliasMax > (this.#aliases?.size ?? 0);
    const tailoring: Tailoring = {
      level: this.level,
      qos,
      id,
      isRetained: (flags & DeliveryFlag.Retain) !== 0,
      isDuplicate: qos !== 0 && (flags & DeliveryFlag.Redelivered) !== 0,
      topic: known === 0 ? message.topic : "",
      alias: isNew ? (this.#aliases?.size ?? 0) + 1 : known,
      identifiers,
      expiry: this.#expiryOf(message),
    };
    const head = new TailoredHead(message, tailoring);
    if (head.packetSize > this.#packetMaxBytes) return Sent.TooLarge;
    if (isNew) {
      this.#aliases ??= new Map();
      this.#aliases.set(message.topic, tailoring.alias);
    }
    const isApart = message.payloadBytes > COPIED_PAYLOAD_MAX_BYTES;
    const size = isApart ? head.size : head.packetSize;
    const wire = this.#wire;
    const at = wire.stage(size);
    const staging = wire.staging;
    const payloadAt = head.write(staging, at);
    if (!isApart) copyBytes(message.source, message.payloadStart, message.payloadEnd, staging, payloadAt);
    return this.#sendPayload(message, wire.commit(at, at + size));
  }

  /** What is left of a message's life, whole seconds; −1 = it has no end [MQTT-3.3.2-6]. */
  #expiryOf(message: Message): number {
    if (message.expiresAt === 0) return -1;
    return Math.max(0, Math.ceil((message.expiresAt - this.#context.clock.now()) / 1000));
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP. A reason other than success is told in MQTT 5 alone. */
  acknowledge(type: PacketType, id: number, reason: number): void {
    const isShort = reason === 0 || this.level !== Level.V5;
    const size = isShort ? 4 : 5;
    const wire = this.#wire;
    const at = wire.stage(size);
    const staging = wire.staging;
    staging[at] = (type << 4) | (type === PacketType.Pubrel ? PUBREL_FLAGS : 0);
    staging[at + 1] = size - 2;
    staging[at + 2] = id >>> 8;
    staging[at + 3] = id & 0xff;
    if (!isShort) staging[at + 4] = reason;
    wire.commit(at, at + size);
  }

  pingresp(): void {
    this.#wire.write(PINGRESP, 0, PINGRESP.length);
  }

  /** A whole packet. False when it is larger than the client takes: nothing was sent. */
  packet(bytes: Uint8Array): boolean {
    if (bytes.length > this.#packetMaxBytes) return false;
    this.#wire.write(bytes, 0, bytes.length);
    return true;
  }
}

function packetSize(form: Encoded, message: Message): number {
  const apart = message.payloadBytes > COPIED_PAYLOAD_MAX_BYTES ? message.payloadBytes : 0;
  return form.end - form.start + apart;
}
