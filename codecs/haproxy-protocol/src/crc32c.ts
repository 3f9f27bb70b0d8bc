// CRC-32C (Castagnoli), as RFC 4960 appendix B has it: the checksum that a PROXY header may carry over itself. The sum
// is taken with its own field as zeros, so the field is skipped here instead of being overwritten in the caller's bytes.

const POLYNOMIAL = 0x82f63b78; // bit-reversed 0x1EDC6F41

const TABLE: Int32Array = buildTable();

function buildTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    }
    table[byte] = remainder;
  }
  return table;
}

/**
 * Checksum of bytes[start…end), the four bytes from `zeroAt` on counted as zeros (-1: none), as an unsigned 32-bit
 * number. On the wire it stands in network byte order.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, zeroAt: number): number {
  let remainder = -1;
  for (let at = start; at < end; at++) {
    const isZeroed = zeroAt >= 0 && at >= zeroAt && at < zeroAt + 4;
    const byte = isZeroed ? 0 : bytes[at]!;
    remainder = TABLE[(remainder ^ byte) & 0xff]! ^ (remainder >>> 8);
  }
  return ~remainder >>> 0;
}
