import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { crc32c } from "../src/crc32c.ts";

test("the published check values of CRC-32C", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const table: readonly (readonly [bytes: Uint8Array, sum: number])[] = [
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa], // RFC 3720 appendix B.4, as the four below
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [ascending.toReversed(), 0x113fdb5c],
    [new Uint8Array(0), 0],
  ];
  for (const [bytes, sum] of table) assert.equal(crc32c(bytes, 0, bytes.length, -1), sum);
});

test("the field counts as zeros wherever it stands, and nothing is written", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 64 }), fc.nat(60), (bytes, position) => {
      const at = Math.min(position, bytes.length - 4);
      const before = Uint8Array.from(bytes);
      const zeroed = Uint8Array.from(bytes).fill(0, at, at + 4);
      assert.equal(crc32c(bytes, 0, bytes.length, at), crc32c(zeroed, 0, zeroed.length, -1));
      assert.deepEqual(bytes, before);
    }),
  );
});
