// encode(decode(x)) = x: for every recorded frame at frame level, and for every body that has a layout.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  Attribute,
  BODY_MAX_BYTES,
  BODY_VERSIONS,
  BodyFault,
  Gb18030,
  HeaderForm,
  Jt808Bodies,
  Jt808Encoder,
  Jt808Frame,
} from "../src/index.ts";
import { bytesOf, decodeAll, hexOf, vectors, versionsOf } from "./vectors.ts";

const encoder = new Jt808Encoder();
const bodies = new Jt808Bodies();

test("every sound recorded frame comes out of the encoder as it went into the decoder", () => {
  let count = 0;
  for (const vector of vectors) {
    if (vector.kind !== "frame" && vector.kind !== "encrypted" && vector.kind !== "fragment-set") continue;
    for (const hex of vector.frames ?? [vector.hex]) {
      const [frame] = decodeAll([bytesOf(hex)]);
      assert.ok(frame instanceof Jt808Frame);
      assert.equal(hexOf(encoder.encode(frame)), hex, vector.id);
      assert.equal(encoder.sizeOf(frame), hex.length / 2);
      count++;
    }
  }
  assert.ok(count > 430);
});

test("every body with a layout is written as it was read, in each version that it can be read in", () => {
  let count = 0;
  for (const vector of vectors) {
    if (vector.kind !== "frame" || bodies.row(Number(vector.msg_id)) === null) continue;
    const frame = decodeAll([bytesOf(vector.hex)])[0] as Jt808Frame;
    for (const version of BODY_VERSIONS) {
      const body = bodies.read(frame, [version]);
      if (body === null) continue;
      const again = bodies.rewrite(body);
      assert.ok(!(again instanceof BodyFault), `${vector.id} as ${version}: ${JSON.stringify(again)}`);
      assert.equal(hexOf(again), hexOf(frame.body), `${vector.id} as ${version}`);
      count++;
    }
  }
  assert.ok(count > 1000, String(count));
});

test("what the native record says completely can be written from it", () => {
  let count = 0;
  for (const vector of vectors) {
    if (vector.kind !== "frame" || bodies.row(Number(vector.msg_id)) === null) continue;
    const frame = decodeAll([bytesOf(vector.hex)])[0] as Jt808Frame;
    const body = bodies.read(frame, versionsOf(vector))!;
    const { version } = body;
    const { fields, exact } = body.toNative();
    if (!exact) continue;
    const raw = bodies.writeNative(frame.id, version, JSON.parse(JSON.stringify(fields)));
    assert.ok(!(raw instanceof BodyFault), `${vector.id}: ${JSON.stringify(raw)} ${JSON.stringify(fields)}`);
    const again = bodies.read(
      new Jt808Frame(frame.id, frame.attributes, frame.form, frame.protocolVersion, frame.phone, 0, 0, 0, raw),
      [version],
    )!;
    assert.deepEqual(again.toNative().fields, fields, vector.id);
    count++;
  }
  assert.ok(count > 330, String(count));
});

const digits = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...Array.from("0123456789abcdef")), { minLength: length, maxLength: length })
    .map((all) => all.join(""));

const frames: fc.Arbitrary<Jt808Frame> = fc
  .record({
    id: fc.nat(0xffff),
    bits: fc.nat(0xffff),
    serial: fc.nat(0xffff),
    version: fc.nat(255),
    old: digits(12),
    long: digits(20),
    total: fc.integer({ min: 1, max: 0xffff }),
    number: fc.nat(0xffff),
    body: fc.uint8Array({ maxLength: BODY_MAX_BYTES }),
    delimiters: fc.boolean(),
  })
  .map((one) => {
    const versioned = (one.bits & Attribute.Versioned) !== 0;
    const fragmented = (one.bits & Attribute.Fragmented) !== 0;
    const body = one.delimiters ? one.body.map((byte) => (byte & 1 ? 0x7e : 0x7d)) : one.body;
    return new Jt808Frame(
      one.id,
      (one.bits & ~Attribute.LengthMask) | body.length,
      versioned ? HeaderForm.V2019 : HeaderForm.V2013,
      versioned ? one.version : 0,
      versioned ? one.long : one.old,
      one.serial,
      fragmented ? one.total : 0,
      fragmented ? (one.number % one.total) + 1 : 0,
      body,
    );
  });

test("property: any frame, in any two cuts, comes out equal", () => {
  fc.assert(
    fc.property(frames, fc.double({ min: 0, max: 1, noNaN: true }), (frame, where) => {
      const bytes = encoder.encode(frame);
      const cut = Math.floor(where * bytes.length);
      const found = decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)]);
      assert.equal(found.length, 1);
      assert.deepEqual(found[0], frame.detached());
      assert.equal(bytes.length, encoder.sizeOf(frame));
    }),
    { numRuns: 500 },
  );
});

test("write puts the frame at its place and touches nothing around it", () => {
  const frame = decodeAll([bytesOf("7e00020000013800138999007d02467e")])[0] as Jt808Frame;
  const target = new Uint8Array(40).fill(0xaa);
  const end = encoder.write(frame, target, 5);
  assert.equal(hexOf(target.subarray(5, end)), "7e00020000013800138999007d02467e");
  assert.ok(
    target.subarray(0, 5).every((byte) => byte === 0xaa) && target.subarray(end).every((byte) => byte === 0xaa),
  );
});

test("a phone number with too few digits is padded, one with too many is our own bug", () => {
  const short = new Jt808Frame(2, 0, HeaderForm.V2013, 0, "13800138999", 0, 0, 0, new Uint8Array(0));
  assert.equal((decodeAll([encoder.encode(short)])[0] as Jt808Frame).phone, "013800138999");
  const long = new Jt808Frame(2, 0, HeaderForm.V2013, 0, "1".repeat(13), 0, 0, 0, new Uint8Array(0));
  assert.throws(() => encoder.encode(long), RangeError);
  const big = new Jt808Frame(2, 0, HeaderForm.V2013, 0, "1", 0, 0, 0, new Uint8Array(1024));
  assert.throws(() => encoder.encode(big), RangeError);
});

test("GBK: every character of the two-byte code, and any text at all, comes back", () => {
  const text = new Gb18030();
  const decoder = new TextDecoder("gb18030");
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue;
      const bytes = Uint8Array.of(lead, trail);
      const character = decoder.decode(bytes);
      assert.equal(text.decode(text.encode(character), 0, text.encode(character).length), character);
    }
  }
  assert.equal(hexOf(text.encode("测A1234")), "b2e24131323334");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (any) => {
      const bytes = text.encode(any);
      assert.equal(text.decode(bytes, 0, bytes.length), any);
    }),
  );
});
