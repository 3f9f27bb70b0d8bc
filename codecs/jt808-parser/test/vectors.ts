// The recorded frames that the tests of this package run on, and the small things that every test does with them.

import { readFileSync } from "node:fs";
import { BODY_VERSIONS, DecodeFault, FRAME_MAX_BYTES, Jt808Decoder, Jt808Frame, STRICT } from "../src/index.ts";
import type { BodyVersion, Leniency } from "../src/index.ts";

export interface Vector {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly msg_id?: string;
  readonly hex: string;
  readonly frames?: readonly string[];
  readonly frame?: Readonly<Record<string, number | string | boolean>>;
  readonly expected?: unknown;
  readonly expected_kind: string;
  readonly confirmed: string;
  readonly unconfirmed_fields?: readonly string[];
  readonly reference?: Record<string, unknown>;
  readonly note?: string;
}

export const vectors: readonly Vector[] = readFileSync(new URL("../fixtures/jt808.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Vector => JSON.parse(line));

export function ofKind(kind: string): readonly Vector[] {
  const found = vectors.filter((vector) => vector.kind === kind);
  if (found.length === 0) throw new Error(`no vector of kind ${kind}`);
  return found;
}

const session = [0x0001, 0x0002, 0x0003, 0x0004, 0x0100, 0x0102, 0x0200, 0x0704, 0x8001, 0x8004, 0x8100];

/** A message of the session, or a position: what a terminal sends of itself. */
export function isOfSession(vector: Vector): boolean {
  return session.includes(Number(vector.msg_id));
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Everything that comes out when the pieces go in, detached from the decoder's buffers. */
export function decodeAll(pieces: readonly Uint8Array[], lenient: Leniency = STRICT): (Jt808Frame | DecodeFault)[] {
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES, lenient);
  const out: (Jt808Frame | DecodeFault)[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let next = decoder.next(); next !== null; next = decoder.next()) {
      out.push(next instanceof Jt808Frame ? next.detached() : new DecodeFault(next.code, next.raw.slice()));
    }
  }
  return out;
}

export function framesOf(found: readonly (Jt808Frame | DecodeFault)[]): Jt808Frame[] {
  return found.filter((one) => one instanceof Jt808Frame);
}

export function versionOf(vector: Vector): BodyVersion {
  return vector.version === "2011" ? 2011 : vector.version === "2019" ? 2019 : 2013;
}

/** The version that the vector states, and the others behind it: some have a header without what their message has. */
export function versionsOf(vector: Vector): readonly BodyVersion[] {
  const first = versionOf(vector);
  return [first, ...BODY_VERSIONS.toReversed().filter((version) => version !== first)];
}

/** Comparable across cuts: one line a frame or fault. */
export function summary(found: readonly (Jt808Frame | DecodeFault)[]): string[] {
  return found.map((one) =>
    one instanceof Jt808Frame
      ? `${one.id}/${one.attributes}/${one.form}/${one.protocolVersion}/${one.phone}/${one.serial}/${one.fragmentTotal}/${one.fragmentNumber}/${hexOf(one.body)}`
      : `${one.code}/${hexOf(one.raw)}`,
  );
}
