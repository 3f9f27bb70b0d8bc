// hot path
// UTF-8 as MQTT demands it: well formed, no U+0000, no surrogates [MQTT-1.5.4-1, 1.5.4-2; 3.1.1: 1.5.3-1, 1.5.3-2]. A
// byte order mark is a character like any other and stays [MQTT-1.5.4-3]. Checked by hand, because the platform's
// decoder either repairs in silence or throws, and a hostile peer must not be able to buy stack traces.

// Without state: `decode` is always called for a whole string.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const NUL_ALLOWED = true;
const NUL_REFUSED = false;

/** True when bytes[start…end) is UTF-8 that a string of MQTT may hold. */
export function isMqttText(bytes: Uint8Array, start: number, end: number): boolean {
  return isWellFormed(bytes, start, end, NUL_REFUSED);
}

/** True when bytes[start…end) is UTF-8; U+0000 is allowed, as in a payload. */
export function isPayloadText(bytes: Uint8Array, start: number, end: number): boolean {
  return isWellFormed(bytes, start, end, NUL_ALLOWED);
}

function isWellFormed(bytes: Uint8Array, start: number, end: number, nulAllowed: boolean): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++]!;
    if (lead < 0x80) {
      if (lead === 0 && !nulAllowed) return false;
      continue;
    }
    const more = sequenceLength(lead);
    if (more === 0 || at + more > end || !isSecondByte(lead, bytes[at]!)) return false;
    for (let i = 1; i < more; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}

/** Bytes that follow a lead byte; 0 when it cannot lead. */
function sequenceLength(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 1;
  if (lead < 0xf0) return 2;
  return lead < 0xf5 ? 3 : 0;
}

/** The second byte carries the rules against overlong forms, surrogates and what lies above U+10FFFF. */
function isSecondByte(lead: number, second: number): boolean {
  if (lead === 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (lead === 0xed) return second >= 0x80 && second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90 && second <= 0xbf;
  if (lead === 0xf4) return second >= 0x80 && second <= 0x8f;
  return (second & 0xc0) === 0x80;
}

/** The string of bytes that were found well formed. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return start === end ? "" : decoder.decode(bytes.subarray(start, end));
}

/** Bytes that a string takes as UTF-8. */
export function textSize(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

// Up to this length writing by hand beats a native call.
const BY_HAND_MAX = 48;
const encoder = new TextEncoder();

/** Writes a string that takes `size` bytes at `at`; returns the offset behind it. */
export function writeText(target: Uint8Array, at: number, text: string, size: number): number {
  if (size === text.length && size <= BY_HAND_MAX) {
    for (let i = 0; i < size; i++) target[at + i] = text.charCodeAt(i);
  } else {
    encoder.encodeInto(text, target.subarray(at, at + size));
  }
  return at + size;
}

/** Writes a two-byte integer; returns the offset behind it. */
export function writeU16(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 8;
  target[at + 1] = value & 0xff;
  return at + 2;
}
