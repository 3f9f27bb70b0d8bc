import assert from "node:assert/strict";
import { test } from "node:test";

import { connack, disconnect, prepareGenerator, suback, unsuback } from "../wire.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("the rare packets, byte by byte", () => {
  prepareGenerator();
  assert.equal(hex(connack(4, 0, true, null)), "20020100");
  assert.equal(hex(connack(3, 5, false, null)), "20020005");
  assert.equal(hex(connack(5, 0x84, false, null)), "2003008400");
  assert.equal(hex(connack(5, 0, true, { receiveMaximum: 10 })), "200601000321000a");
  assert.equal(hex(suback(4, 0x1234, [0, 1, 2, 0x80])), "9006123400010280");
  assert.equal(hex(suback(5, 1, [0, 0x87])), "90050001000087");
  assert.equal(hex(unsuback(4, 1, [0, 0])), "b0020001");
  assert.equal(hex(unsuback(5, 1, [0, 0x11])), "b0050001000011");
  assert.equal(hex(disconnect(0x8b, null)), "e0028b00");
  assert.equal(hex(disconnect(0x81, "no")), "e00781051f00026e6f");
});

test("a packet that cannot be is our bug and throws", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  assert.throws(() => suback(4, "x" as unknown as number, [0]));
});

test("without its number cache the library takes no megabytes", () => {
  prepareGenerator();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 1; i < 1000; i++) suback(5, i, [0]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 4_000_000);
});
