// Which of the two versions, if any, the first bytes announce. The answer "none" comes with the first byte that fits
// neither, so that a listener on which a header is optional does not keep an ordinary client waiting.

import type { DecodeFault } from "./faults.ts";
import { NO_PROXY_HEADER, type Taken } from "./frame.ts";
import { readV1 } from "./v1.ts";
import { readV2, V2_HEAD_BYTES, V2_SIGNATURE } from "./v2.ts";

/** "PROXY". */
const V1_SIGNATURE: readonly number[] = Object.freeze([0x50, 0x52, 0x4f, 0x58, 0x59]);

/** A number: not decided; no more than that many bytes are of use to decide. */
export type Reading = Taken | DecodeFault | typeof NO_PROXY_HEADER | number;

/** Judges bytes[0…length). The same bytes get the same answer, however they came. */
export function readHeader(bytes: Uint8Array, length: number, maxFrame: number): Reading {
  const matched = matchLength(bytes, length, V1_SIGNATURE);
  if (matched === V1_SIGNATURE.length) return readV1(bytes, length, maxFrame);
  if (matched === length) return V2_HEAD_BYTES;
  return readBinaryHeader(bytes, length, maxFrame);
}

/** The same for version 2 alone. */
export function readBinaryHeader(bytes: Uint8Array, length: number, maxFrame: number): Reading {
  const matched = matchLength(bytes, length, V2_SIGNATURE);
  if (matched === V2_SIGNATURE.length) return readV2(bytes, length, maxFrame);
  return matched === length ? V2_HEAD_BYTES : NO_PROXY_HEADER;
}

function matchLength(bytes: Uint8Array, length: number, signature: readonly number[]): number {
  const end = Math.min(length, signature.length);
  let at = 0;
  while (at < end && bytes[at] === signature[at]) at++;
  return at;
}
