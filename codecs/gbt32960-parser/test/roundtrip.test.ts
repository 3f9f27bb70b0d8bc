// decode → encode is the same bytes: frames and data units of every vector, and frames and data units made up. And
// native records make the data unit that they were shown from, wherever they say everything.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BodyFault, GBT32960_VERSIONS, Gbt32960Frame, unitRows } from "../src/index.ts";
import type { Gbt32960Body, Gbt32960Version } from "../src/index.ts";
import { bodies, bytesOf, decodeAll, encoder, frameOf, framed, hexOf, sound, summary } from "./vectors.ts";

function rewritten(body: Gbt32960Body): string {
  const bytes = bodies.write(body.layout, body.fields, body.tail);
  assert.ok(!(bytes instanceof BodyFault), JSON.stringify(bytes));
  return hexOf(bytes);
}

test("every sound vector: frame and data unit byte for byte", () => {
  for (const vector of sound) {
    const frame = frameOf(vector.hex);
    assert.equal(hexOf(encoder.encode(frame)), vector.hex, vector.id);
    const body = bodies.read(frame);
    if (body !== null) assert.equal(rewritten(body), hexOf(frame.data), vector.id);
  }
});

test("every vector that native says everything of: the data unit is made again from JSON", () => {
  let made = 0;
  for (const vector of sound) {
    const frame = frameOf(vector.hex);
    const body = bodies.read(frame);
    const shown = body?.toNative();
    if (body === null || shown?.exact !== true) continue;
    const bytes = bodies.writeNative(body.layout, JSON.parse(JSON.stringify(shown.fields)));
    assert.ok(!(bytes instanceof BodyFault), `${vector.id} ${JSON.stringify(bytes)}`);
    assert.equal(hexOf(bytes), hexOf(frame.data), vector.id);
    made++;
  }
  assert.equal(made, 89);
});

test("property: any frame", () => {
  const id = fc.string({
    unit: fc.constantFrom("A", "L", "Z", "0", "9", " "),
    minLength: 17,
    maxLength: 17,
  });
  const byte = fc.nat(255);
  const frame = fc
    .tuple(fc.constantFrom(...GBT32960_VERSIONS), byte, byte, id, byte, fc.uint8Array({ maxLength: 300 }))
    .map((parts) => new Gbt32960Frame(...parts));
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), (frames) => {
      const bytes = Uint8Array.from(frames.flatMap((one) => [...encoder.encode(one)]));
      assert.deepEqual(summary(decodeAll([bytes])), summary(frames));
    }),
    { numRuns: 1000 },
  );
});

/** Report units with random bytes: lists are short, because counts are drawn small or as sentinels. */
function randomUnit(version: Gbt32960Version): fc.Arbitrary<readonly [number, number[]]> {
  const byte = fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constantFrom(0xfe, 0xff, 90) });
  const type = fc.constantFrom(...unitRows(version).map((row) => row.type), 0x80, 0xfe);
  return fc.tuple(type, fc.array(byte, { minLength: 120, maxLength: 120 }));
}

for (const version of GBT32960_VERSIONS) {
  test(`property: units of ${version} with any values, by raw and by native`, () => {
    let whole = 0;
    fc.assert(
      fc.property(randomUnit(version), ([type, noise]) => {
        const hex = `1a0101000000${hexOf(Uint8Array.of(type, ...noise))}`;
        const first = bodies.read(frameOf(framed(version, 2, 0xfe, hex)))!;
        assert.equal(rewritten(first), hex);
        const units = first.fields["units"] as unknown[];
        if (units.length === 0) return;
        whole++;
        const one = { ...first.fields, units: units.slice(0, 1) };
        const alone = bodies.write(first.layout, one);
        assert.ok(alone instanceof Uint8Array);
        const body = bodies.read(new Gbt32960Frame(version, 2, 0xfe, "V", 1, alone))!;
        const again = bodies.writeNative(body.layout, JSON.parse(JSON.stringify(body.toNative().fields)));
        assert.ok(again instanceof Uint8Array, JSON.stringify(again));
        assert.equal(hexOf(again), hexOf(alone));
      }),
      { numRuns: 3000 },
    );
    assert.ok(whole > 1000, `${whole} units were whole`);
  });
}

test("tail behind a layout is kept and written again", () => {
  const frame = frameOf(framed(2016, 0x04, 0xfe, "1a0707063704002aabcdef"));
  const body = bodies.read(frame)!;
  assert.equal(hexOf(body.tail), "abcdef");
  assert.equal(body.isClean, false);
  assert.equal(rewritten(body), hexOf(frame.data));
  assert.deepEqual(bytesOf("abcdef"), body.tail);
});
