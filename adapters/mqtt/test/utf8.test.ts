import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import { decodeText, isMqttText, isPayloadText, textSize, writeText, writeU16 } from "../utf8.ts";
import { hex } from "./packets.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function oracle(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

test("[MQTT-1.5.4-1] ill-formed UTF-8 is refused", () => {
  const wrong = ["80", "c0af", "c1bf", "c3", "c328", "e08080", "e09fbf", "e282", "e28228", "f0808080", "f08fbfbf"];
  const more = ["eda080", "edbfbf", "f4908080", "f5808080", "ff", "fe", "f09f98", "61c2"];
  for (const text of [...wrong, ...more]) {
    const bytes = hex(text);
    assert.equal(isMqttText(bytes, 0, bytes.length), false, text);
    assert.equal(isPayloadText(bytes, 0, bytes.length), false, text);
  }
});

test("[MQTT-1.5.4-2] U+0000 is refused in strings, and fine in payloads", () => {
  const bytes = hex("610062");
  assert.equal(isMqttText(bytes, 0, 3), false);
  assert.equal(isPayloadText(bytes, 0, 3), true);
});

test("[MQTT-1.5.4-3] a byte order mark is a character and stays", () => {
  const bytes = hex("efbbbf61");
  assert.equal(isMqttText(bytes, 0, 4), true);
  assert.equal(decodeText(bytes, 0, 4), "\ufeffa");
});

test("every two-byte and three-byte sequence agrees with the platform's strict decoder", () => {
  const bytes = new Uint8Array(3);
  for (let lead = 0x80; lead < 0x100; lead++) {
    for (let second = 0; second < 0x100; second += 1) {
      bytes[0] = lead;
      bytes[1] = second;
      bytes[2] = 0xbf;
      assert.equal(isPayloadText(bytes, 0, 2), oracle(bytes.subarray(0, 2)));
      assert.equal(isPayloadText(bytes, 0, 3), oracle(bytes));
    }
  }
});

test("any bytes agree with the platform's strict decoder", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      assert.equal(isPayloadText(bytes, 0, bytes.length), oracle(bytes));
    }),
    { numRuns: 20_000 },
  );
});

test("any string comes back as it was written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (text) => {
      const size = textSize(text);
      const target = new Uint8Array(size + 4).fill(0xee);
      assert.equal(writeText(target, 2, text, size), size + 2);
      assert.deepEqual([target[1], target[size + 2]], [0xee, 0xee]);
      assert.equal(decodeText(target, 2, size + 2), text);
    }),
    { numRuns: 2000 },
  );
});

test("two-byte integers", () => {
  const target = new Uint8Array(4);
  assert.equal(writeU16(target, 1, 0xfffe), 3);
  assert.deepEqual([...target], [0, 0xff, 0xfe, 0]);
});
