// What some messages hold beside themselves: the positions of a batch, the messages in a compressed one. Each of them is
// published, too. Pure.

import { gunzipSync } from "node:zlib";
import { canonicalPhone, formatId, framesInside, gzipIn, toHex } from "jt808-parser";
import type { Jt808Body, Jt808Frame } from "jt808-parser";
import { MessageId } from "./mapping.ts";
import type { UplinkContext } from "./profile.ts";

/** Something to publish: name of the message, and its JSON. */
export interface Part {
  readonly message: string;
  readonly json: string;
}

/** A `location` for each position of a batch that can be read; the batch itself has all of them. */
export function positionsOf(frame: Jt808Frame, body: Jt808Body, context: UplinkContext): Part[] {
  const { locations, type } = body.toNative().fields;
  if (!Array.isArray(locations)) return [];
  const count = locations.length;
  const parts: Part[] = [];
  for (const [index, location] of locations.entries()) {
    if (typeof location !== "object" || location === null || "undecoded" in location) continue;
    const json = JSON.stringify({
      id: formatId(MessageId.Location),
      message: "location",
      device: context.device,
      phone: frame.phone,
      serial: frame.serial,
      version: String(body.version),
      receivedAt: new Date(context.receivedAt).toISOString(),
      batch: { type: type ?? null, number: index + 1, count },
      body: location,
    });
    parts.push({ message: "location", json });
  }
  return parts;
}

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
