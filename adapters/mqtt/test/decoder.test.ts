import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import { FAULT, MORE, PacketDecoder, RESERVED_TYPE } from "../decoder.ts";
import { faults } from "../faults.ts";
import { bytes, connect, hex, packet, PINGREQ, publish, puback, subscribe } from "./packets.ts";

const MAX = 100_000;

/** Everything that the decoder finds, each packet's bytes copied; "fault" where it stops. */
function decodeAll(chunks: readonly Uint8Array[], max = MAX): { packets: string[]; fault: string | null } {
  const decoder = new PacketDecoder(max);
  const packets: string[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let type = decoder.next(); type !== MORE; type = decoder.next()) {
      if (type === FAULT) return { packets, fault: decoder.fault?.code ?? null };
      assert.equal(type, decoder.first >> 4 || RESERVED_TYPE);
      packets.push(Buffer.from(decoder.bytes.subarray(decoder.start, decoder.end)).toString("hex"));
    }
    assert.equal(decoder.unread, 0, "everything that was pushed is read or gathered");
  }
  return { packets, fault: null };
}

const stream = [
  connect({ client: "c", keepAlive: 10 }),
  subscribe(4, 1, [["a/#", 1]]),
  publish({ topic: "a/b", payload: "x".repeat(300), qos: 1, id: 9 }),
  PINGREQ,
  puback(9),
  publish({ topic: "t", payload: new Uint8Array(20_000).fill(7) }),
];
const expected = stream.map((one) => Buffer.from(one).toString("hex"));

test("packets of one chunk are read where they lie", () => {
  const chunk = bytes(...stream);
  const decoder = new PacketDecoder(MAX);
  decoder.push(chunk);
  let at = 0;
  for (const one of stream) {
    assert.equal(decoder.next(), one[0]! >> 4);
    assert.equal(decoder.bytes, chunk);
    assert.equal(decoder.start, at);
    assert.equal(decoder.end, at + one.length);
    at += one.length;
  }
  assert.equal(decoder.next(), MORE);
  assert.equal(decoder.bytes.length, 0, "an idle decoder holds no bytes");
});

test("cut in two at every byte: the same packets", () => {
  const whole = bytes(...stream.slice(0, 5));
  for (let cut = 1; cut < whole.length; cut++) {
    const { packets, fault } = decodeAll([whole.subarray(0, cut), whole.subarray(cut)]);
    assert.equal(fault, null);
    assert.deepEqual(packets, expected.slice(0, 5), `cut at ${cut}`);
  }
});

test("byte by byte: the same packets", () => {
  const whole = bytes(...stream);
  const { packets } = decodeAll(Array.from(whole, (byte) => bytes(byte)));
  assert.deepEqual(packets, expected);
});

test("cut anywhere, any number of times: the same packets", () => {
  const whole = bytes(...stream);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), (cuts) => {
      const borders = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const chunks = borders.slice(1).map((end, i) => whole.subarray(borders[i], end));
      assert.deepEqual(decodeAll(chunks).packets, expected);
    }),
    { numRuns: 300 },
  );
});

test("every truncation: the packets before it, no fault", () => {
  const whole = bytes(...stream.slice(0, 5));
  for (let end = 0; end < whole.length; end++) {
    const { packets, fault } = decodeAll([whole.subarray(0, end)]);
    assert.equal(fault, null);
    assert.deepEqual(packets, expected.slice(0, packets.length));
  }
});

test("bytes pushed before the earlier ones were read are read behind them", () => {
  const decoder = new PacketDecoder(MAX);
  decoder.push(bytes(stream[0]!, stream[1]!));
  assert.equal(decoder.next(), 1);
  decoder.push(stream[3]!);
  assert.equal(decoder.unread, stream[1]!.length + stream[3]!.length);
  assert.equal(decoder.next(), 8);
  assert.equal(decoder.next(), 12);
  assert.equal(decoder.next(), MORE);
});

test("remaining length of 1 to 4 bytes at its borders", () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const one = packet(0x30, new Uint8Array(length));
    for (const cut of [0, 1, 2, 3, 4, 5]) {
      const decoder = new PacketDecoder(3_000_000);
      decoder.push(one.subarray(0, cut));
      if (cut < one.length) assert.equal(decoder.next(), MORE);
      decoder.push(one.subarray(cut));
      assert.equal(decoder.next(), 3, `${length} cut at ${cut}`);
      assert.equal(decoder.end - decoder.body, length);
    }
  }
});

test("[MQTT-1.5.5-1] remaining length over four bytes, or longer than it needs, is malformed", () => {
  for (const wrong of ["30 ff ff ff ff 01", "30 80 80 80 80", "30 80 00", "30 ff 80 00", "c0 80 80 00"]) {
    const chunk = hex(wrong);
    assert.equal(decodeAll([chunk]).fault, faults.remainingLength.code, wrong);
    assert.equal(decodeAll(Array.from(chunk, (byte) => bytes(byte))).fault, faults.remainingLength.code, wrong);
  }
});

test("a packet above the maximum is a fault as soon as its length is known", () => {
  const limit = 1000;
  const fits = publish({ topic: "t", payload: new Uint8Array(limit - 6) });
  assert.equal(fits.length, limit);
  assert.equal(decodeAll([fits], limit).packets.length, 1);
  assert.equal(decodeAll([hex("30 e6 07")], limit).fault, faults.packetTooLarge.code);
  assert.equal(decodeAll([hex("30"), hex("e6"), hex("07")], limit).fault, faults.packetTooLarge.code);
  assert.equal(decodeAll([hex("30 ff ff ff 7f 00 00")], limit).fault, faults.packetTooLarge.code);
});

test("a fault is the end: nothing behind it is read", () => {
  const decoder = new PacketDecoder(MAX);
  decoder.push(bytes(hex("30 ff ff ff ff 01"), PINGREQ));
  assert.equal(decoder.next(), FAULT);
  decoder.push(PINGREQ);
  assert.equal(decoder.next(), FAULT);
});

test("a declared length takes no memory before its bytes come", () => {
  const limit = 200_000_000;
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 100 }, () => {
    const decoder = new PacketDecoder(limit);
    decoder.push(hex("30 80 80 80 50 00 01 61"));
    assert.equal(decoder.next(), MORE);
    return decoder;
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  assert.equal(decoders.length, 100);
});

test("any bytes at all: packets that lie in the input, or a fault, never an exception", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
      const { packets } = decodeAll(chunks, 300);
      const joined = Buffer.concat(chunks).toString("hex");
      assert.ok(joined.startsWith(packets.join("")));
    }),
    { numRuns: 3000 },
  );
});
