// Names and fixed facts of MQTT's control packets: what every other file of this adapter counts on, and no logic.

/** Control packet types, the upper four bits of a packet's first byte (2.1.2). */
export const PacketType = {
  Connect: 1,
  Connack: 2,
  Publish: 3,
  Puback: 4,
  Pubrec: 5,
  Pubrel: 6,
  Pubcomp: 7,
  Subscribe: 8,
  Suback: 9,
  Unsubscribe: 10,
  Unsuback: 11,
  Pingreq: 12,
  Pingresp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Protocol levels as they stand in CONNECT. */
export const Level = { V31: 3, V311: 4, V5: 5 } as const;
export type Level = (typeof Level)[keyof typeof Level];

/** `origin.protocolVersion`, indexed by the level. */
export const versionNames: readonly string[] = Object.freeze(["", "", "", "3.1", "3.1.1", "5.0"]);

/** Bits of PUBLISH's first byte. */
export const PUBLISH_RETAIN = 0x01;
export const PUBLISH_DUP = 0x08;
/** First byte of PUBLISH with all flags clear. */
export const PUBLISH_HEAD = PacketType.Publish << 4;

/** The largest packet that the remaining length can describe: 5 bytes of fixed header and 268,435,455 more (2.1.4). */
export const REMAINING_LENGTH_MAX = 268_435_455;
export const PACKET_MAX_BYTES = REMAINING_LENGTH_MAX + 5;

/** Bytes that a variable byte integer of this value takes. */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/** Writes a variable byte integer; returns the offset behind it. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let rest = value;
  let offset = at;
  while (rest > 0x7f) {
    target[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[offset++] = rest;
  return offset;
}
