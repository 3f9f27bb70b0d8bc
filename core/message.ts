// hot path
// The one unit that the core routes, and where it comes from. Built once at an adapter's edge, never written to again.
// The payload may be a view of a socket's chunk: whoever keeps a message beyond the current turn keeps `detached()`.

import type { Peer } from "./peer.ts";

export type QoS = 0 | 1 | 2;

/**
 * Where a session's messages come from. One object per session, made by the core and shared by all its messages, so
 * that nothing is allocated per message and nobody but the core can say who published.
 */
export interface Origin {
  /** Tenant; "" for users without one. Beside the topic, never inside it. */
  readonly tenant: string;
  /** Whose data it is. */
  readonly device: string;
  /** Who authenticated: the client id. tenant + client + device is the ordering key. */
  readonly client: string;
  /** User name that authenticated, without its tenant; "" for anonymous. */
  readonly user: string;
  /** What stands between, outermost first: platform link, forwarder, proxy. */
  readonly via: readonly string[];
  /** Name of the adapter; a label for metrics and rules, the core never branches on it. */
  readonly protocol: string;
  readonly protocolVersion: string;
  readonly listener: string;
  readonly node: string;
  readonly peer: Peer;
}

/** What few messages carry. All fields always present; `null` where absent. */
export interface MessageProperties {
  /** MIME type of the payload. */
  readonly contentType: string | null;
  /** True when the publisher says that the payload is UTF-8 text. */
  readonly payloadIsText: boolean;
  readonly responseTopic: string | null;
  readonly correlationData: Uint8Array | null;
  /** Name and value pairs in the publisher's order; a name may occur more than once. */
  readonly user: readonly (readonly [name: string, value: string])[];
}

/** One encoded form of a message, made by an adapter for its receivers and shared among all of them. */
export class Encoded {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Forms are told apart by the identity of an object that only the adapter that made them has. */
  readonly #form: object;
  readonly #next: Encoded | null;
  constructor(form: object, bytes: Uint8Array, start: number, end: number, next: Encoded | null) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#form = form;
    this.#next = next;
  }

  /** The first of this list that has the form, or null. */
  static find(list: Encoded | null, form: object): Encoded | null {
    for (let entry = list; entry !== null; entry = entry.#next) if (entry.#form === form) return entry;
    return null;
  }
}

const NOTHING = new Uint8Array(0);
const UNPUBLISHED = 0;

/**
 * Fields are private behind getters (they cost nothing), so that nobody changes what the core has judged; the forms can
 * be neither read nor written without the adapter's own form object, so that nobody passes off other bytes.
 */
export class Message {
  /** The bytes that hold the payload and, where there is a source form, the frame that it came in. */
  readonly #source: Uint8Array;
  readonly #payloadStart: number;
  readonly #payloadEnd: number;
  readonly #origin: Origin;
  readonly #topic: string;
  readonly #qos: QoS;
  readonly #retain: boolean;
  readonly #expiresAt: number;
  readonly #properties: MessageProperties | null;
  readonly #sourceForm: object | null;
  readonly #sourceStart: number;
  readonly #sourceEnd: number;
  #encoded: Encoded | null;
  #payload: Uint8Array | null;
  #kept: Message | null;
  #sequence: number;
  #receivedAt: number;

  /**
   * For hot adapters: the payload is source[payloadStart…payloadEnd]. The frame around it, at sourceStart…sourceEnd of
   * `source`, may be offered to receivers as the encoded form `sourceForm`.
   */
  constructor(
    origin: Origin,
    topic: string,
    source: Uint8Array,
    payloadStart: number,
    payloadEnd: number,
    qos: QoS,
    retain: boolean,
    expiresAt: number,
    properties: MessageProperties | null,
    sourceForm: object | null,
    sourceStart: number,
    sourceEnd: number,
  ) {
    // No subclass and no property of its own: what the core has judged is what everybody else sees.
    if (new.target !== Message) throw new TypeError("a message cannot be extended");
    this.#source = source;
    this.#payloadStart = payloadStart;
    this.#payloadEnd = payloadEnd;
    this.#origin = origin;
    this.#topic = topic;
    this.#qos = qos;
    this.#retain = retain;
    this.#expiresAt = expiresAt;
    this.#properties = properties;
    this.#sourceForm = sourceForm;
    this.#sourceStart = sourceStart;
    this.#sourceEnd = sourceEnd;
    this.#encoded = null;
    this.#payload = null;
    this.#kept = null;
    this.#sequence = UNPUBLISHED;
    this.#receivedAt = 0;
    Object.preventExtensions(this);
  }

  get origin(): Origin {
    return this.#origin;
  }
  /** No wildcards; validated by the core when it is published. */
  get topic(): string {
    return this.#topic;
  }
  get qos(): QoS {
    return this.#qos;
  }
  get retain(): boolean {
    return this.#retain;
  }
  /** ms since the epoch, by the core's clock; 0 = never. */
  get expiresAt(): number {
    return this.#expiresAt;
  }
  get properties(): MessageProperties | null {
    return this.#properties;
  }
  get source(): Uint8Array {
    return this.#source;
  }
  get payloadStart(): number {
    return this.#payloadStart;
  }
  get payloadEnd(): number {
    return this.#payloadEnd;
  }
  get sourceStart(): number {
    return this.#sourceStart;
  }
  get sourceEnd(): number {
    return this.#sourceEnd;
  }

  /** True when `source`[sourceStart…sourceEnd] is this message in that form, as it came from its publisher. */
  isSource(form: object): boolean {
    return this.#sourceForm === form;
  }

  /** The message in that form as an adapter encoded it before, or null. */
  encodedAs(form: object): Encoded | null {
    return this.#encoded === null ? null : Encoded.find(this.#encoded, form);
  }

  /** Keeps an encoded form for the other receivers. The one thing that changes: a memo, not a part of the value. */
  keepEncoded(form: object, bytes: Uint8Array, start: number, end: number): Encoded {
    this.#encoded = new Encoded(form, bytes, start, end, this.#encoded);
    return this.#encoded;
  }

  /** For everybody else. */
  static of(
    origin: Origin,
    topic: string,
    payload: Uint8Array,
    qos: QoS = 0,
    retain = false,
    expiresAt = 0,
    properties: MessageProperties | null = null,
  ): Message {
    return new Message(origin, topic, payload, 0, payload.length, qos, retain, expiresAt, properties, null, 0, 0);
  }

  /** The payload's bytes; possibly a view of a larger buffer. Never write to it. */
  get payload(): Uint8Array {
    const known = this.#payload;
    if (known !== null) return known;
    const whole = this.#payloadStart === 0 && this.#payloadEnd === this.#source.length;
    const view =
      this.#payloadStart === this.#payloadEnd
        ? NOTHING
        : whole
          ? this.#source
          : this.#source.subarray(this.#payloadStart, this.#payloadEnd);
    this.#payload = view;
    return view;
  }

  get payloadBytes(): number {
    return this.#payloadEnd - this.#payloadStart;
  }

  /** Counts from 1 and grows by one with each message that the core took from this origin; 0 before it is taken. */
  get sequence(): number {
    return this.#sequence;
  }

  /** ms since the epoch, by the core's clock; 0 before the message is published. */
  get receivedAt(): number {
    return this.#receivedAt;
  }

  /** True when keeping this message keeps no larger buffer alive. */
  get isDetached(): boolean {
    return this.#sourceForm === null && this.#payloadStart === 0 && this.#payloadEnd === this.#source.buffer.byteLength;
  }

  /** The same message in memory of its own, made once for all who keep it. Anyone who keeps a message beyond the current turn keeps this. */
  detached(): Message {
    if (this.isDetached) return this;
    const known = this.#kept;
    if (known !== null) return known;
    const copy = new Uint8Array(this.#payloadEnd - this.#payloadStart);
    copy.set(this.payload);
    const kept = new Message(
      this.#origin,
      this.#topic,
      copy,
      0,
      copy.length,
      this.#qos,
      this.#retain,
      this.#expiresAt,
      this.#properties,
      null,
      0,
      0,
    );
    kept.#sequence = this.#sequence;
    kept.#receivedAt = this.#receivedAt;
    this.#kept = kept;
    return kept;
  }

  /** The core's own: a message that was made here, and whose parts are what their types say. */
  static isSound(message: Message): boolean {
    if (typeof message !== "object" || message === null || !(#topic in message)) return false;
    const start = message.#payloadStart;
    const end = message.#payloadEnd;
    const qos = message.#qos;
    return (
      typeof message.#topic === "string" &&
      message.#source instanceof Uint8Array &&
      Number.isInteger(start) &&
      Number.isInteger(end) &&
      start >= 0 &&
      start <= end &&
      end <= message.#source.length &&
      (qos === 0 || qos === 1 || qos === 2)
    );
  }

  /** The core's own: marks a message as taken. False when it already was: a message is published once. */
  static stamp(message: Message, sequence: number, receivedAt: number): boolean {
    if (message.#sequence !== UNPUBLISHED) return false;
    message.#sequence = sequence;
    message.#receivedAt = receivedAt;
    // A copy that was made before is not of this message as it is now.
    message.#kept = null;
    return true;
  }
}
// Adapters share these classes: what one of them could change would be changed for all.
for (const shared of [Message, Encoded]) {
  Object.freeze(shared.prototype);
  Object.freeze(shared);
}
