// The recorded frames that the tests of this package run on, and the small things that every test does with them.

import { readFileSync } from "node:fs";
import {
  DecodeFault,
  FRAME_MAX_BYTES,
  Gbt32960Bodies,
  Gbt32960Decoder,
  Gbt32960Encoder,
  Gbt32960Frame,
} from "../src/index.ts";
import type { Gbt32960Body, Gbt32960Version } from "../src/index.ts";

export interface Vector {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly cmd?: string;
  readonly ack?: string;
  readonly hex: string;
  readonly frame?: { readonly vin: string; readonly encrypt: number; readonly len: number };
  readonly expected?: unknown;
  readonly expected_kind: string;
  readonly confirmed: string;
  readonly unconfirmed_fields?: readonly string[];
  readonly reference?: Record<string, unknown>;
}

export const vectors: readonly Vector[] = readFileSync(new URL("../fixtures/gbt32960.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Vector => JSON.parse(line));

/** Sound frames: everything but `malformed` and the stream. */
export const sound = vectors.filter((vector) => vector.kind !== "malformed" && vector.kind !== "stream");

/** A sound heartbeat of another vehicle, to follow whatever a test is about. */
export const HEARTBEAT_HEX = "232307fe4c5445535456494e303030303030393939010000ca";

export const bodies = new Gbt32960Bodies();
export const encoder = new Gbt32960Encoder();

export function byId(id: string): Vector {
  const found = vectors.find((vector) => vector.id === id);
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found;
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function frameOf(hex: string): Gbt32960Frame {
  const [frame] = decodeAll([bytesOf(hex)]);
  if (!(frame instanceof Gbt32960Frame)) throw new Error(`no frame: ${hex}`);
  return frame;
}

export function bodyOf(hex: string): Gbt32960Body {
  const body = bodies.read(frameOf(hex));
  if (body === null) throw new Error(`no layout: ${hex}`);
  return body;
}

function digits(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** Hexadecimal text may be spaced out for the reader. */
export function tight(hex: string): string {
  return hex.replaceAll(" ", "");
}

/** A frame put together by hand: header, the data unit in hex, and the BCC made by this function alone. */
export function framed(version: Gbt32960Version, command: number, response: number, spacedHex: string): string {
  const dataHex = tight(spacedHex);
  const start = version === 2016 ? "2323" : "2424";
  const id = Buffer.from("LTESTVIN000000001").toString("hex");
  const length = (dataHex.length / 2).toString(16).padStart(4, "0");
  const checked = `${digits(command)}${digits(response)}${id}01${length}${dataHex}`;
  return `${start}${checked}${digits(bytesOf(checked).reduce((parity, byte) => parity ^ byte, 0))}`;
}

/** Everything that comes out when the pieces go in, detached from the decoder's buffers. */
export function decodeAll(
  pieces: readonly Uint8Array[],
  decoder = new Gbt32960Decoder(FRAME_MAX_BYTES),
): (Gbt32960Frame | DecodeFault)[] {
  const out: (Gbt32960Frame | DecodeFault)[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    drain(decoder, out);
  }
  return out;
}

export function drain(decoder: Gbt32960Decoder, out: (Gbt32960Frame | DecodeFault)[]): void {
  for (let next = decoder.next(); next !== null; next = decoder.next()) {
    out.push(next instanceof Gbt32960Frame ? next.detached() : new DecodeFault(next.code, next.raw.slice()));
  }
}

/** The same, and at the end, as its owner's clock would do it, what is incomplete is given up. */
export function decodeToEnd(
  pieces: readonly Uint8Array[],
  decoder = new Gbt32960Decoder(FRAME_MAX_BYTES),
): (Gbt32960Frame | DecodeFault)[] {
  const out = decodeAll(pieces, decoder);
  for (let fault = decoder.abandon(); fault !== null; fault = decoder.abandon()) {
    out.push(new DecodeFault(fault.code, fault.raw.slice()));
    drain(decoder, out);
  }
  return out;
}

/** Comparable across cuts: one line a frame or fault. */
export function summary(found: readonly (Gbt32960Frame | DecodeFault)[]): string[] {
  return found.map((one) =>
    one instanceof Gbt32960Frame
      ? `${one.version}/${one.command}/${one.response}/${one.id}/${one.encryption}/${hexOf(one.data)}`
      : `${one.code}/${hexOf(one.raw)}`,
  );
}

/** Small, fast and repeatable (xorshift). */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}
