// Split invariance: whatever the cuts, the same frames and the same faults.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FRAME_MAX_BYTES } from "../src/index.ts";
import { bytesOf, decodeAll, summary, vectors } from "./vectors.ts";

test("every vector, cut at every byte", () => {
  for (const vector of vectors) {
    const bytes = bytesOf(vector.hex);
    const whole = summary(decodeAll([bytes]));
    const step = bytes.length > 2200 ? 7 : 1;
    for (let cut = 1; cut < bytes.length; cut += step) {
      assert.deepEqual(
        summary(decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)])),
        whole,
        `${vector.id} at ${cut}`,
      );
    }
  }
});

test("every vector, one byte at a time, one after the other on one connection", () => {
  const all = vectors.filter((vector) => vector.kind === "frame").map((vector) => bytesOf(vector.hex));
  const single = all.flatMap((bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)));
  assert.deepEqual(
    summary(decodeAll(single)),
    all.flatMap((bytes) => summary(decodeAll([bytes]))),
  );
});

test("property: any bytes full of delimiters and escapes, in any pieces", () => {
  const byte = fc.oneof(fc.constantFrom(0x7e, 0x7d, 1, 2), fc.nat(255));
  const input = fc.array(byte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(input, fc.array(fc.nat(60), { maxLength: 8 }), (bytes, cuts) => {
      const marks = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length];
      const pieces = marks.slice(1).map((end, i) => bytes.subarray(marks[i], end));
      assert.deepEqual(summary(decodeAll(pieces)), summary(decodeAll([bytes])));
    }),
    { numRuns: 2000 },
  );
});

test("property: frames that are too long, in any pieces", () => {
  const input = fc.tuple(fc.integer({ min: FRAME_MAX_BYTES - 3, max: FRAME_MAX_BYTES + 3 }), fc.nat(40), fc.nat(40));
  fc.assert(
    fc.property(input, fc.nat(2000), ([length, at, behind], cut) => {
      const filler = new Uint8Array(length + behind).fill(0x31);
      filler.set([0x7d, 0x01], Math.min(at, length - 2));
      const bytes = Uint8Array.of(0x7e, ...filler, 0x7e, ...bytesOf("0002000001380013899900aa97"), 0x7e);
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      assert.deepEqual(summary(decodeAll(pieces)), summary(decodeAll([bytes])));
    }),
    { numRuns: 300 },
  );
});
