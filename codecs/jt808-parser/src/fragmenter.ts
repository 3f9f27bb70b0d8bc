// Long bodies cut into fragments: what the ten bits of the length field do not hold goes out as several frames with
// consecutive serials, each with the number of its part behind the header. The other way round is reassembly.ts.

import { Attribute, BODY_MAX_BYTES, HeaderForm, Jt808Frame } from "./frame.ts";

/** The total is a WORD. */
export const FRAGMENTS_MAX = 65_535;

/**
 * The body in pieces of `maxBytes` (1…1,023) and a last one of what is left; the body itself, in one piece, when it
 * fits. Pieces are views. Throws for what no set of fragments can carry: a bug of the caller, who knows his own limit.
 */
export function splitBody(body: Uint8Array, maxBytes = BODY_MAX_BYTES): Uint8Array[] {
  if (!(maxBytes >= 1 && maxBytes <= BODY_MAX_BYTES)) throw new RangeError(`fragments of ${maxBytes} bytes`);
  const total = Math.max(1, Math.ceil(body.length / maxBytes));
  if (total > FRAGMENTS_MAX) throw new RangeError(`a body of ${body.length} bytes needs ${total} fragments`);
  const pieces: Uint8Array[] = [];
  for (let at = 0; pieces.length < total; at += maxBytes) pieces.push(body.subarray(at, at + maxBytes));
  return pieces;
}

/** The frames of one message: one when it fits, otherwise a set whose serials are `serial`, `serial` + 1 … modulo 65,536. */
export function framesOfBody(
  id: number,
  form: HeaderForm,
  protocolVersion: number,
  phone: string,
  serial: number,
  body: Uint8Array,
  maxBytes = BODY_MAX_BYTES,
): Jt808Frame[] {
  const pieces = splitBody(body, maxBytes);
  const total = pieces.length === 1 ? 0 : pieces.length;
  const attributes = (form === HeaderForm.V2019 ? Attribute.Versioned : 0) | (total === 0 ? 0 : Attribute.Fragmented);
  return pieces.map((piece, index) => {
    const number = total === 0 ? 0 : index + 1;
    return new Jt808Frame(
      id,
      attributes,
      form,
      protocolVersion,
      phone,
      (serial + index) & 0xffff,
      total,
      number,
      piece,
    );
  });
}
