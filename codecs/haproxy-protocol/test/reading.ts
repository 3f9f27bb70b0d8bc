// What a decoder makes of a stream that arrives in given pieces, as one comparable value.

import { DecodeFault, NO_PROXY_HEADER, ProxyDecoder } from "haproxy-protocol";
import { plainHeader, toHex } from "./fixtures.ts";

export interface Outcome {
  readonly outcome: "header" | "none" | "fault" | "incomplete";
  readonly header: object | null;
  readonly code: string | null;
  /** Hex of everything that came behind the header, also in pieces pushed later. */
  readonly rest: string;
}

/** Every second piece is pushed as a view into a larger buffer, as sockets give them. */
export function readPieces(pieces: readonly Uint8Array[], maxFrame: number): Outcome {
  const decoder = new ProxyDecoder(maxFrame);
  let answer: ReturnType<ProxyDecoder["next"]> = null;
  let rest = "";
  for (const [i, piece] of pieces.entries()) {
    decoder.push(i % 2 === 0 ? piece : insideLarger(piece));
    answer ??= decoder.next();
    rest += toHex(decoder.rest());
  }
  if (decoder.next() !== null) throw new Error("a second answer");
  if (answer === null) return { outcome: "incomplete", header: null, code: null, rest };
  if (answer === NO_PROXY_HEADER) return { outcome: "none", header: null, code: null, rest };
  if (answer instanceof DecodeFault) return { outcome: "fault", header: null, code: answer.code, rest };
  return { outcome: "header", header: plainHeader(answer), code: null, rest };
}

function insideLarger(piece: Uint8Array): Uint8Array {
  const larger = new Uint8Array(piece.length + 5).fill(0x50);
  larger.set(piece, 3);
  return larger.subarray(3, 3 + piece.length);
}

export function cutAt(bytes: Uint8Array, ...cuts: number[]): Uint8Array[] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
}

export function cutEvery(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
