// hot path
// Topic bytes to topic string. Devices publish to few topics again and again: the bytes are checked and decoded once,
// and the string that comes back is the identical object, by which the core remembers what it knows of the topic.

import { type Fault, faults } from "./faults.ts";
import { decodeText, isMqttText } from "./utf8.ts";

/** Topics remembered by one adapter; a new one takes the place of another with the same slot. A power of two. */
export const TOPIC_SLOTS = 8192;
/** Longer topics are decoded each time: memory stays bounded by slots × this. */
export const REMEMBERED_TOPIC_MAX_BYTES = 256;

const PLUS = 0x2b;
const HASH = 0x23;

/** A topic that was found valid, and the bytes that mean it. */
export class KnownTopic {
  readonly bytes: Uint8Array;
  readonly text: string;
  constructor(bytes: Uint8Array, text: string) {
    this.bytes = bytes;
    this.text = text;
  }

  /** True when bytes[start…start + length) is this topic. */
  is(bytes: Uint8Array, start: number, length: number): boolean {
    const own = this.bytes;
    if (own.length !== length) return false;
    // From the end: topics of one site differ in their last level.
    for (let i = length - 1; i >= 0; i--) if (own[i] !== bytes[start + i]) return false;
    return true;
  }
}

export class TopicCache {
  readonly #slots: (KnownTopic | null)[] = Array.from({ length: TOPIC_SLOTS }, () => null);

  /** The topic that bytes[start…start + length) is; a fault when no topic name may be so. */
  find(bytes: Uint8Array, start: number, length: number): KnownTopic | Fault {
    if (length > REMEMBERED_TOPIC_MAX_BYTES) return readTopic(bytes, start, length);
    const slot = slotOf(bytes, start, length);
    const known = this.#slots[slot];
    if (known && known.is(bytes, start, length)) return known;
    const read = readTopic(bytes, start, length);
    if (read instanceof KnownTopic) this.#slots[slot] = read;
    return read;
  }
}

function slotOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = length;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) & (TOPIC_SLOTS - 1);
}

function readTopic(bytes: Uint8Array, start: number, length: number): KnownTopic | Fault {
  const end = start + length;
  if (!isMqttText(bytes, start, end)) return faults.utf8;
  // [MQTT-3.3.2-2]
  for (let i = start; i < end; i++) if (bytes[i] === PLUS || bytes[i] === HASH) return faults.topicWildcard;
  return new KnownTopic(new Uint8Array(bytes.subarray(start, end)), decodeText(bytes, start, end));
}
