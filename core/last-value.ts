// hot path
// The last value of one topic, in memory that the topic keeps and writes anew: a copy for each message would cost the
// allocation of a buffer each time (1.2 µs with its collection, against 0.2 µs for the bytes alone).

import { Message } from "./message.ts";
import type { MessageProperties, Origin, QoS } from "./message.ts";

/** Room is given in steps of so many bytes, so that payloads of about one length share it. */
const STEP_BYTES = 64;
/** Room that is this many times too large is given back. */
const SLACK = 4;

const NOTHING = new Uint8Array(0);

export class LastValue {
  #origin: Origin;
  #qos: QoS = 0;
  #retain = false;
  #expiresAt = 0;
  #properties: MessageProperties | null = null;
  #sequence = 0;
  #receivedAt = 0;
  #bytes: Uint8Array = NOTHING;
  #length = 0;

  constructor(message: Message) {
    this.#origin = message.origin;
    this.keep(message);
  }

  get expiresAt(): number {
    return this.#expiresAt;
  }

  /** Bytes held, whether the value fills them or not. */
  get room(): number {
    return this.#bytes.length;
  }

  keep(message: Message): void {
    const length = message.payloadBytes;
    if (length > this.#bytes.length || length * SLACK < this.#bytes.length - STEP_BYTES) {
      this.#bytes = new Uint8Array(Math.ceil(length / STEP_BYTES) * STEP_BYTES);
    }
    if (length > 0) this.#bytes.set(message.payload);
    this.#length = length;
    this.#origin = message.origin;
    this.#qos = message.qos;
    this.#retain = message.retain;
    this.#expiresAt = message.expiresAt;
    this.#properties = message.properties;
    this.#sequence = message.sequence;
    this.#receivedAt = message.receivedAt;
  }

  /** The value as a message in memory of its own. Cold. */
  toMessage(topic: string): Message {
    const message = Message.of(
      this.#origin,
      topic,
      this.#bytes.slice(0, this.#length),
      this.#qos,
      this.#retain,
      this.#expiresAt,
      this.#properties,
    );
    Message.stamp(message, this.#sequence, this.#receivedAt);
    return message;
  }
}
