// hot path
// Cuts a byte stream into control packets. A packet that lies whole in one chunk is read where it lies; only one that is
// cut by a chunk's border is gathered in memory of its own, and its declared length is checked first. Between packets
// the decoder keeps no bytes at all.

import { type Fault, faults } from "./faults.ts";

/** `next()` found no whole packet: more bytes are needed. */
export const MORE = 0;
/** `next()` found `fault`; the stream is over. */
export const FAULT = -1;

const NOTHING = new Uint8Array(0);
/** Type and flags, and at most four bytes of remaining length. */
const FIXED_HEADER_MAX = 5;
/** A cut packet's memory begins so small and doubles as its bytes come, so that a declared length costs nothing. */
const GATHER_MIN_BYTES = 512;

/** A packet that arrives in pieces. */
class Gathering {
  bytes = new Uint8Array(GATHER_MIN_BYTES);
  have = 0;
  /** Length of the whole packet; 0 while the fixed header is not complete. */
  need = 0;

  ensure(capacity: number): void {
    if (capacity <= this.bytes.length) return;
    const doubled = Math.max(capacity, this.bytes.length * 2);
    const grown = new Uint8Array(Math.min(doubled, Math.max(this.need, capacity)));
    grown.set(this.bytes.subarray(0, this.have));
    this.bytes = grown;
  }
}

export class PacketDecoder {
  /** The packet that `next()` found: bytes[start…end), its type and flags in `first`, its variable header at `body`. */
  bytes: Uint8Array = NOTHING;
  first = 0;
  start = 0;
  body = 0;
  end = 0;
  fault: Fault | null = null;
  /** Longest packet taken, fixed header included. May be changed between packets. */
  packetMaxBytes: number;

  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #gathering: Gathering | null = null;

  constructor(packetMaxBytes: number) {
    this.packetMaxBytes = packetMaxBytes;
  }

  /** Bytes that were pushed and not read yet. */
  get unread(): number {
    return this.#chunk.length - this.#at;
  }

  /** Hands over bytes. Nothing is parsed, and nothing copied unless earlier bytes still wait. */
  push(chunk: Uint8Array): void {
    const left = this.unread;
    if (left === 0) {
      this.#chunk = chunk;
    } else {
      const joined = new Uint8Array(left + chunk.length);
      joined.set(this.#chunk.subarray(this.#at));
      joined.set(chunk, left);
      this.#chunk = joined;
    }
    this.#at = 0;
  }

  /** The type of the next packet (1…15, or 0x10 for the reserved type 0), MORE or FAULT. */
  next(): number {
    if (this.fault !== null) return FAULT;
    if (this.#gathering !== null) return this.#gather(this.#gathering);
    const chunk = this.#chunk;
    const start = this.#at;
    const left = chunk.length - start;
    if (left < 2) return left === 0 ? this.#release() : this.#beginGathering();
    let remaining = chunk[start + 1]!;
    let body = start + 2;
    if (remaining > 0x7f) {
      const header = fixedHeaderLength(chunk, start, chunk.length);
      if (header === MORE) return this.#beginGathering();
      if (header === FAULT) return this.#fail(faults.remainingLength);
      remaining = remainingLength(chunk, start);
      body = start + header;
    }
    const end = body + remaining;
    if (end - start > this.packetMaxBytes) return this.#fail(faults.packetTooLarge);
    if (end > chunk.length) return this.#beginGathering();
    this.#at = end;
    return this.#found(chunk, start, body, end);
  }

  #found(bytes: Uint8Array, start: number, body: number, end: number): number {
    const first = bytes[start]!;
    this.bytes = bytes;
    this.first = first;
    this.start = start;
    this.body = body;
    this.end = end;
    return first >> 4 || RESERVED_TYPE;
  }

  #release(): number {
    this.bytes = NOTHING;
    this.#chunk = NOTHING;
    this.#at = 0;
    return MORE;
  }

  #fail(fault: Fault): number {
    this.fault = fault;
    this.#gathering = null;
    this.#release();
    return FAULT;
  }

  #beginGathering(): number {
    const gathering = new Gathering();
    this.#gathering = gathering;
    return this.#gather(gathering);
  }

  #gather(gathering: Gathering): number {
    const chunk = this.#chunk;
    while (gathering.need === 0) {
      if (this.#at === chunk.length) return this.#release();
      gathering.bytes[gathering.have++] = chunk[this.#at++]!;
      const header = fixedHeaderLength(gathering.bytes, 0, gathering.have);
      if (header === FAULT) return this.#fail(faults.remainingLength);
      if (header !== MORE) gathering.need = header + remainingLength(gathering.bytes, 0);
    }
    if (gathering.need > this.packetMaxBytes) return this.#fail(faults.packetTooLarge);
    const take = Math.min(gathering.need - gathering.have, chunk.length - this.#at);
    gathering.ensure(gathering.have + take);
    gathering.bytes.set(chunk.subarray(this.#at, this.#at + take), gathering.have);
    gathering.have += take;
    this.#at += take;
    if (gathering.have < gathering.need) return this.#release();
    this.#gathering = null;
    return this.#found(gathering.bytes, 0, fixedHeaderLength(gathering.bytes, 0, gathering.have), gathering.need);
  }
}

/** What `next()` returns for packet type 0, which MQTT reserves. */
export const RESERVED_TYPE = 0x10;

/** Bytes of the fixed header at `start`, MORE when bytes[start…end) does not hold it whole, FAULT when it is ill-formed. */
function fixedHeaderLength(bytes: Uint8Array, start: number, end: number): number {
  for (let length = 2; length <= FIXED_HEADER_MAX; length++) {
    if (start + length > end) return MORE;
    const byte = bytes[start + length - 1]!;
    // The shortest form is the only one [MQTT-1.5.5-1]: what comes in may go out to others as it stands.
    if (byte < 0x80) return byte === 0 && length > 2 ? FAULT : length;
  }
  return FAULT;
}

/** The remaining length of a fixed header that is there whole. */
function remainingLength(bytes: Uint8Array, start: number): number {
  let value = 0;
  let shift = 0;
  let at = start + 1;
  let byte = bytes[at]!;
  while (byte > 0x7f) {
    value |= (byte & 0x7f) << shift;
    shift += 7;
    byte = bytes[++at]!;
  }
  return value | (byte << shift);
}
