// What a compressed message (0x0901) holds: a length, then GZIP of something. The text says "the message to be compressed"
// and not whether that is with or without header, delimiters and escapes, so what comes out is looked at. Inflating is its
// user's: it needs a bound, and a program for it.

import { FRAME_MAX_BYTES, Jt808Frame } from "./frame.ts";
import { Jt808Decoder } from "./decoder.ts";

const GZIP_1 = 0x1f;
const GZIP_2 = 0x8b;
const LENGTH_BYTES = 4;

/** The GZIP bytes in the body of a 0x0901; null: there are none. The length field is not believed. */
export function gzipIn(body: Uint8Array): Uint8Array | null {
  const isGzip = body.length > LENGTH_BYTES + 2 && body[LENGTH_BYTES] === GZIP_1 && body[LENGTH_BYTES + 1] === GZIP_2;
  return isGzip ? body.subarray(LENGTH_BYTES) : null;
}

/** The frames that inflated bytes consist of, each in memory of its own; null: they are something else, or more than frames. */
export function framesInside(bytes: Uint8Array): Jt808Frame[] | null {
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  const frames: Jt808Frame[] = [];
  decoder.push(bytes);
  for (let next = decoder.next(); next !== null; next = decoder.next()) {
    if (!(next instanceof Jt808Frame)) return null;
    frames.push(next.detached());
  }
  const isAll = decoder.skipped === 0 && bytes.at(-1) === 0x7e;
  return isAll && frames.length > 0 ? frames : null;
}
