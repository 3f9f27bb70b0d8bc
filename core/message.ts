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

/**
 * One encoded form of a message, made by an adapter for its receivers and shared among all of them. `form` is an
 * object that the adapter owns: forms are told apart by identity.
 */
export class Encoded {
  readonly form: object;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly next: Encoded | null;
  constructor(form: object, bytes: Uint8Array, start: number, end: number, next: Encoded | null) {
    this.form = form;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.next = next;
  }
}

const NOTHING = new Uint8Array(0);
const UNPUBLISHED = 0;

export class Message {
  readonly origin: Origin;
  /** No wildcards; validated by the core when it is published. */
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** ms since the epoch, by the core's clock; 0 = never. */
  readonly expiresAt: number;
  readonly properties: MessageProperties | null;
  /** The bytes that hold the payload and, where `sourceForm` is not null, the frame that it came in. */
  readonly source: Uint8Array;
  readonly payloadStart: number;
  readonly payloadEnd: number;
  /** The encoded form that stands at sourceStart…sourceEnd of `source`, as it came from the publisher; or null. */
  readonly sourceForm: object | null;
  readonly sourceStart: number;
  readonly sourceEnd: number;
  /** Further encoded forms, newest first. The one field that changes: a memo of the adapters, not a part of the value. */
  encoded: Encoded | null;
  #payload: Uint8Array | null;
  #sequence: number;
  #receivedAt: number;

  /** For hot adapters: the payload is source[payloadStart…payloadEnd]; the frame around it may be offered as a form. */
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
    this.origin = origin;
    this.topic = topic;
    this.qos = qos;
    this.retain = retain;
    this.expiresAt = expiresAt;
    this.properties = properties;
    this.source = source;
    this.payloadStart = payloadStart;
    this.payloadEnd = payloadEnd;
    this.sourceForm = sourceForm;
    this.sourceStart = sourceStart;
    this.sourceEnd = sourceEnd;
    this.encoded = null;
    this.#payload = null;
    this.#sequence = UNPUBLISHED;
    this.#receivedAt = 0;
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
    const whole = this.payloadStart === 0 && this.payloadEnd === this.source.length;
    const view =
      this.payloadStart === this.payloadEnd
        ? NOTHING
        : whole
          ? this.source
          : this.source.subarray(this.payloadStart, this.payloadEnd);
    this.#payload = view;
    return view;
  }

  get payloadBytes(): number {
    return this.payloadEnd - this.payloadStart;
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
    return this.sourceForm === null && this.payloadStart === 0 && this.payloadEnd === this.source.buffer.byteLength;
  }

  /** The same message in memory of its own. Anyone who keeps a message beyond the current turn keeps this. */
  detached(): Message {
    if (this.isDetached) return this;
    const copy = new Uint8Array(this.payloadEnd - this.payloadStart);
    copy.set(this.payload);
    const kept = new Message(
      this.origin,
      this.topic,
      copy,
      0,
      copy.length,
      this.qos,
      this.retain,
      this.expiresAt,
      this.properties,
      null,
      0,
      0,
    );
    kept.#sequence = this.#sequence;
    kept.#receivedAt = this.#receivedAt;
    return kept;
  }

  /** The core's own: marks a message as taken. False when it already was: a message is published once. */
  static stamp(message: Message, sequence: number, receivedAt: number): boolean {
    if (message.#sequence !== UNPUBLISHED) return false;
    message.#sequence = sequence;
    message.#receivedAt = receivedAt;
    return true;
  }
}
