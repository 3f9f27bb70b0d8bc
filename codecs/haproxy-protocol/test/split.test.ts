import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ProxyDecoder, ProxyEncoder, ProxyHeader } from "haproxy-protocol";
import { headers } from "./arbitrary.ts";
import { DEFAULT_MAX_FRAME, loadFixtures, plainHeader, toHex } from "./fixtures.ts";
import { cutAt, cutEvery, readPieces } from "./reading.ts";

for (const { name, bytes, expected } of loadFixtures()) {
  test(`vector ${name} reads the same at every cut`, () => {
    const maxFrame = expected.maxFrame ?? DEFAULT_MAX_FRAME;
    const whole = readPieces([bytes], maxFrame);
    assert.equal(whole.outcome, expected.outcome);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assert.deepEqual(readPieces(cutAt(bytes, cut), maxFrame), whole, `cut at ${cut}`);
    }
    for (const size of [1, 2, 3, 5, 7, 16]) {
      assert.deepEqual(readPieces(cutEvery(bytes, size), maxFrame), whole, `pieces of ${size}`);
    }
  });
}

test("any header with any payload reads the same at any two cuts, also when all pieces are there at once", () => {
  const encoder = new ProxyEncoder();
  const input = fc.tuple(headers, fc.uint8Array({ maxLength: 40 }), fc.nat(), fc.nat());
  fc.assert(
    fc.property(input, ([header, payload, a, b]) => {
      const bytes = Uint8Array.of(...encoder.encode(header), ...payload);
      const pieces = cutAt(bytes, a % (bytes.length + 1), b % (bytes.length + 1));
      assert.deepEqual(readPieces(pieces, DEFAULT_MAX_FRAME), readPieces([bytes], DEFAULT_MAX_FRAME));
      const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
      for (const piece of pieces) decoder.push(piece);
      const read = decoder.next();
      assert.ok(read instanceof ProxyHeader);
      assert.deepEqual(plainHeader(read), readPieces([bytes], DEFAULT_MAX_FRAME).header);
      assert.equal(toHex(decoder.rest()), toHex(payload));
    }),
  );
});

test("every beginning of a valid header is incomplete, never wrong", () => {
  const encoder = new ProxyEncoder();
  fc.assert(
    fc.property(headers, (header) => {
      const bytes = encoder.encode(header);
      for (let end = 0; end < bytes.length; end++) {
        assert.equal(readPieces([bytes.subarray(0, end)], DEFAULT_MAX_FRAME).outcome, "incomplete");
      }
      assert.equal(readPieces([bytes], DEFAULT_MAX_FRAME).outcome, "header");
    }),
  );
});
