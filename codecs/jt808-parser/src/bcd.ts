// hot path
// Binary coded decimal: two digits a byte. Terminals put other things where digits belong (a binary IMEI in the phone
// number, 0xFF in a time), so a nibble above 9 is kept as a…f and comes back as it was.

const DIGITS = "0123456789abcdef";
const PAIRS: readonly string[] = Object.freeze(
  Array.from({ length: 256 }, (_, byte) => DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15)),
);

/** The digits of bytes[at … at + length). The caller has checked that they are there. */
export function readDigits(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let i = at; i < at + length; i++) text += PAIRS[bytes[i]!]!;
  return text;
}

/** Value of one digit 0…9, a…f or A…F; -1 for anything else. */
export function digitValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  return -1;
}

/** Writes `text`, padded with zeros in front, into `length` bytes. False (and nothing written) when it does not fit. */
export function writeDigits(text: string, target: Uint8Array, at: number, length: number): boolean {
  const missing = length * 2 - text.length;
  if (missing < 0) return false;
  for (let i = 0; i < text.length; i++) if (digitValue(text.charCodeAt(i)) < 0) return false;
  for (let i = 0; i < length; i++) {
    const high = i * 2 - missing;
    const low = high + 1;
    const upper = high < 0 ? 0 : digitValue(text.charCodeAt(high));
    target[at + i] = (upper << 4) | (low < 0 ? 0 : digitValue(text.charCodeAt(low)));
  }
  return true;
}
