// Split invariance: whatever the cuts, the same frames and the same faults.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Gbt32960Decoder } from "../src/index.ts";
import { HEARTBEAT_HEX, bytesOf, decodeAll, decodeToEnd, summary, vectors } from "./vectors.ts";

function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

test("every vector, with a frame behind it, cut at every byte", () => {
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex + HEARTBEAT_HEX);
    const whole = summary(decodeToEnd([bytes]));
    for (let cut = 1; cut < bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      assert.deepEqual(summary(decodeToEnd(pieces)), whole, `${vector.id} at ${cut}`);
    }
  }
});

test("all vectors one after the other on one connection, in pieces of every size to 30", () => {
  const all = bytesOf(vectors.map((vector) => vector.hex).join(""));
  const whole = summary(decodeAll([all]));
  assert.ok(whole.length >= 100);
  for (let size = 1; size <= 30; size++) assert.deepEqual(summary(decodeAll(inPieces(all, size))), whole, `${size}`);
});

test("property: bytes full of starts and headers, in any pieces, with any limit", () => {
  const header = fc.constantFrom("232307fe", "242402fe", "232323", "2424", HEARTBEAT_HEX, HEARTBEAT_HEX.slice(0, 48));
  const part = fc.oneof(
    header.map(bytesOf),
    fc.uint8Array({ maxLength: 30 }),
    fc.constant(new Uint8Array(17).fill(0x41)),
  );
  const input = fc.array(part, { maxLength: 12 }).map((parts) => Uint8Array.from(parts.flatMap((one) => [...one])));
  fc.assert(
    fc.property(
      input,
      fc.array(fc.nat(300), { maxLength: 8 }),
      fc.integer({ min: 25, max: 80 }),
      (bytes, cuts, max) => {
        const marks = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
        const pieces = marks.slice(1).map((end, i) => bytes.subarray(marks[i], end));
        const [one, many] = [new Gbt32960Decoder(max), new Gbt32960Decoder(max)];
        assert.deepEqual(summary(decodeToEnd(pieces, many)), summary(decodeToEnd([bytes], one)));
        assert.equal(many.skipped, one.skipped);
      },
    ),
    { numRuns: 3000 },
  );
});
