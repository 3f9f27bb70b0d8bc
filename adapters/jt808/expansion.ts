// What a compressed message holds: messages, each of which is published, too, or bytes. Pure.

import { gunzipSync } from "node:zlib";
import { canonicalPhone, framesInside, gzipIn, toHex } from "jt808-parser";
import type { Jt808Frame } from "jt808-parser";

/** What a compressed message holds: whole frames of the same terminal, or bytes; null: it stays as it is. */
export function inflated(frame: Jt808Frame, maxBytes: number): readonly Jt808Frame[] | Uint8Array | null {
  const gzip = gzipIn(frame.body);
  if (gzip === null) return null;
  let bytes: Uint8Array;
  try {
    bytes = gunzipSync(gzip, { maxOutputLength: maxBytes });
  } catch {
    // Broken, or longer than may be: the message is published as it came.
    return null;
  }
  const frames = framesInside(bytes);
  const owner = canonicalPhone(frame.phone);
  const isOwn = frames?.every(({ phone, isFragment }) => !isFragment && canonicalPhone(phone) === owner);
  return frames !== null && isOwn === true ? frames : bytes;
}

/** The JSON with one more key: where the file is. */
export function withFile(json: string, path: string): string {
  return `${json.slice(0, -1)},"file":${JSON.stringify(path)}}`;
}

/** The JSON with one more key: the content of a compressed message that is no frames. */
export function withInflated(json: string, bytes: Uint8Array): string {
  return `${json.slice(0, -1)},"inflated":"${toHex(bytes)}"}`;
}
