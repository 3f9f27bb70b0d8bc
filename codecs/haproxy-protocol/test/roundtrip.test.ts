import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Command, ProxyDecoder, ProxyEncoder, ProxyHeader, TlvType } from "haproxy-protocol";
import { headers } from "./arbitrary.ts";
import { DEFAULT_MAX_FRAME, loadFixtures, plainHeader, toHex } from "./fixtures.ts";

const encoder = new ProxyEncoder();

function decode(bytes: Uint8Array): ProxyHeader {
  const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
  decoder.push(bytes);
  const header = decoder.next();
  assert.ok(header instanceof ProxyHeader);
  return header;
}

for (const { name, bytes, expected } of loadFixtures()) {
  if (expected.outcome !== "header") continue;
  test(`vector ${name} is written ${expected.canonical === true ? "as it was read" : "in its canonical form"}`, () => {
    const header = decode(bytes);
    const written = encoder.encode(header);
    const read = bytes.subarray(0, bytes.length - (expected.rest ?? "").length / 2);
    assert.equal(toHex(written) === toHex(read), expected.canonical);
    assert.deepEqual(plainHeader(decode(written)), plainHeader(header));
  });
}

test("encode, decode, encode: the same header and the same bytes", () => {
  fc.assert(
    fc.property(headers, (header) => {
      const bytes = encoder.encode(header);
      const read = decode(bytes);
      assert.deepEqual(withoutChecksum(read), withoutChecksum(header));
      assert.deepEqual(encoder.encode(read), bytes);
    }),
    { numRuns: 500 },
  );
});

test("whatever block a LOCAL or unknown header has, it is written as it was read", () => {
  const input = fc.tuple(fc.constantFrom(0x20, 0x21), fc.nat(255), fc.uint8Array({ maxLength: 80 }));
  fc.assert(
    fc.property(input, ([versionAndCommand, family, block]) => {
      const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
      const bytes = Uint8Array.of(...signature, versionAndCommand, family, 0, block.length, ...block);
      const decoder = new ProxyDecoder(DEFAULT_MAX_FRAME);
      decoder.push(bytes);
      const header = decoder.next();
      if (!(header instanceof ProxyHeader)) return;
      assert.equal(header.source === null, header.destination === null);
      if (header.command === Command.Local) assert.equal(header.source, null);
      assert.deepEqual(encoder.encode(header), bytes);
    }),
    { numRuns: 2000 },
  );
});

/** The encoder fills the checksum in: its value is the decoder's to judge. */
function withoutChecksum(header: ProxyHeader): object {
  const tlvs = header.tlvs.map(({ type, value }) => [type, type === TlvType.Crc32c ? "checksum" : toHex(value)]);
  return { ...plainHeader(header), tlvs };
}
