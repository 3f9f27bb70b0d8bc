// The additional items of a position, byte by byte.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gb18030, Jt808Bodies, itemData } from "../src/index.ts";
import type { RawRecord } from "../src/index.ts";
import { bytesOf, decodeAll, framesOf, hexOf, ofKind, versionOf } from "./vectors.ts";

test("an item's bytes can be had, whether it was read or not", () => {
  const text = new Gb18030();
  const bodies = new Jt808Bodies();
  let compared = 0;
  for (const vector of ofKind("frame")) {
    const items = vector.reference?.["extra"];
    if (vector.msg_id !== "0x0200" || !Array.isArray(items)) continue;
    const [frame] = framesOf(decodeAll([bytesOf(vector.hex)]));
    const extra = bodies.read(frame!, [versionOf(vector)])?.fields["extra"] as RawRecord[];
    assert.deepEqual(
      extra.map((one) => hexOf(itemData(one, text)!)),
      items.map(({ hex }: { hex: string }) => hex),
      vector.id,
    );
    compared += extra.length;
  }
  assert.ok(compared > 100);
});

test("what is no item has no bytes", () => {
  const text = new Gb18030();
  assert.equal(itemData({ id: 0xe9 }, text), null);
  assert.equal(itemData({ id: 0x01, value: "far" }, text), null);
});
