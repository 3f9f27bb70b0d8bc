// What a signature of 2025 signs: the data unit from its time to just before the signature. Whether the type byte 0xFF in
// front of the signature is still covered is not clear from the words, so both readings are to be had. The header, and
// with it the VIN, is not signed.

import { SIGNATURE } from "./body/02-report.ts";
import type { Gbt32960Body } from "./bodies.ts";
import { Command } from "./frame.ts";
import type { Gbt32960Frame } from "./frame.ts";
import { isRecord } from "./field.ts";
import type { RawValue } from "./field.ts";

/** Type, two lengths; in a report also the type byte of the unit. */
const SIGNATURE_HEAD_BYTES = 5;

export interface Signed {
  /** 1 SM2, 2 RSA, 3 ECC. */
  readonly algorithm: number;
  readonly r: Uint8Array;
  readonly s: Uint8Array;
  /** From the time to just before the signature's first byte: a view. */
  readonly bytes: Uint8Array;
  /** The same with the type byte 0xFF, for the other reading; null in an activation, which has no such byte. */
  readonly bytesWithType: Uint8Array | null;
}

/** The signature of a report or an activation and what it covers; null: there is none, or it does not stand last. */
export function signedPart(frame: Gbt32960Frame, body: Gbt32960Body): Signed | null {
  if (frame.version !== 2025 || !body.isClean) return null;
  if (frame.command === Command.Activation) return signed(frame.data, body.fields["signature"], false);
  const units = body.fields["units"];
  const last = Array.isArray(units) ? units.at(-1) : undefined;
  return isRecord(last) && last["type"] === SIGNATURE ? signed(frame.data, last, true) : null;
}

function signed(data: Uint8Array, signature: RawValue | undefined, hasType: boolean): Signed | null {
  if (!isRecord(signature)) return null;
  const { sign_type: algorithm, r, s } = signature;
  if (typeof algorithm !== "number" || !(r instanceof Uint8Array) || !(s instanceof Uint8Array)) return null;
  const end = data.length - SIGNATURE_HEAD_BYTES - r.length - s.length;
  return {
    algorithm,
    r,
    s,
    bytes: data.subarray(0, hasType ? end - 1 : end),
    bytesWithType: hasType ? data.subarray(0, end) : null,
  };
}
