// Every recorded frame at frame level, of every kind, and the framer's behaviour where terminals misbehave.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeFault, FRAME_MAX_BYTES, FrameFaultCode, Jt808Decoder, Jt808Frame, STRICT } from "../src/index.ts";
import type { Leniency } from "../src/index.ts";
import { bytesOf, decodeAll, framesOf, hexOf, ofKind, summary } from "./vectors.ts";
import type { Vector } from "./vectors.ts";

const HEARTBEAT = "7e000200000144199999990007c07e";

function only(found: readonly (Jt808Frame | DecodeFault)[]): Jt808Frame | DecodeFault {
  const [first, ...more] = found;
  assert.equal(more.length, 0, "exactly one frame or fault");
  assert.ok(first !== undefined, "one frame or fault");
  return first;
}

function frameOf(hex: string, lenient: Leniency = STRICT): Jt808Frame {
  const found = only(decodeAll([bytesOf(hex)], lenient));
  assert.ok(found instanceof Jt808Frame, found instanceof DecodeFault ? found.code : "");
  return found;
}

function faultOf(hex: string, lenient: Leniency = STRICT): string {
  const found = only(decodeAll([bytesOf(hex)], lenient));
  assert.ok(found instanceof DecodeFault);
  return found.code;
}

function checkEnvelope(vector: Vector): void {
  const frame = frameOf(vector.hex);
  const stated = vector.frame!;
  assert.equal(frame.id, Number(vector.msg_id));
  assert.equal(frame.body.length, stated["len"]);
  assert.equal(frame.encryption, stated["encrypt"]);
  assert.equal(frame.form === 2019 ? 1 : 0, stated["version_flag"]);
  assert.equal(frame.phone, stated["phone"]);
  assert.equal(frame.serial, stated["msg_sn"]);
  assert.equal(frame.protocolVersion, stated["proto_ver"] ?? 0);
  assert.equal(frame.fragmentTotal, stated["frag_total"] ?? 0);
  assert.equal(frame.fragmentNumber, stated["frag_sn"] ?? 0);
}

for (const kind of ["frame", "encrypted"]) {
  test(`${kind}: the envelope of every vector`, async (t) => {
    for (const vector of ofKind(kind)) await t.test(vector.id, () => checkEnvelope(vector));
  });
}

test("encrypted: the bits are told and the body stays as it came", () => {
  for (const vector of ofKind("encrypted")) {
    const frame = frameOf(vector.hex);
    assert.notEqual(frame.encryption, 0);
    assert.ok(vector.hex.includes(hexOf(frame.body)));
  }
});

test("malformed: a strict decoder lets none of them pass", async (t) => {
  for (const vector of ofKind("malformed")) {
    await t.test(`${vector.id} ${vector.note ?? ""}`, () => {
      assert.deepEqual(summary(framesOf(decodeAll([bytesOf(vector.hex)]))), []);
    });
  }
});

test("malformed: and the next frame behind each is not lost", async (t) => {
  for (const vector of ofKind("malformed")) {
    await t.test(vector.id, () => {
      const frames = framesOf(decodeAll([bytesOf(vector.hex + HEARTBEAT)]));
      assert.deepEqual(summary(frames), summary([frameOf(HEARTBEAT)]));
    });
  }
});

test("fragment-set: every fragment has its number, and together they have the whole body", async (t) => {
  for (const vector of ofKind("fragment-set")) {
    await t.test(vector.id, () => {
      const expected = vector.expected as { frag_total: number; body_length: number; missing?: number[] };
      const frames = framesOf(decodeAll([bytesOf(vector.hex)]));
      assert.deepEqual(summary(frames), summary(vector.frames!.map((hex) => frameOf(hex))));
      let length = 0;
      const numbers = new Set<number>();
      for (const frame of frames) {
        assert.ok(frame.isFragment);
        assert.equal(frame.id, Number(vector.msg_id));
        assert.equal(frame.fragmentTotal, expected.frag_total);
        numbers.add(frame.fragmentNumber);
        length += frame.body.length;
      }
      const missing = [...Array(expected.frag_total).keys()].map((i) => i + 1).filter((n) => !numbers.has(n));
      assert.deepEqual(missing, expected.missing ?? []);
      assert.equal(length, expected.body_length);
    });
  }
});

test("stream: the frames that come out", async (t) => {
  for (const vector of ofKind("stream")) {
    await t.test(vector.id, () => {
      const found = decodeAll([bytesOf(vector.hex)]);
      const expected = vector.expected as { frames?: string[]; error?: boolean; header?: Record<string, unknown> };
      if (expected.frames === undefined) {
        const frame = only(found) as Jt808Frame;
        assert.equal(frame.phone, expected.header!["phone"]);
        assert.equal(frame.serial, expected.header!["msg_sn"]);
        return;
      }
      const stated = summary(expected.frames.map((hex) => frameOf(hex)));
      assert.deepEqual(summary(framesOf(found)).slice(0, stated.length), stated);
      assert.equal(found.length > framesOf(found).length, expected.error ?? false);
      // One source stops at its first error. We go on, and find the frame that shares its delimiter with the bad one.
      const beyond = framesOf(found)
        .slice(stated.length)
        .map((frame) => frame.serial);
      assert.deepEqual(beyond, vector.id === "j455" ? [0x7fff] : []);
    });
  }
});

test("stream-framing-only: the segments between delimiters", async (t) => {
  for (const vector of ofKind("stream-framing-only")) {
    await t.test(vector.id, () => {
      const found = decodeAll([bytesOf(vector.hex)]);
      const segments = found.map((one) => `7e${hexOf(one instanceof DecodeFault ? one.raw : one.body)}7e`);
      const expected = (vector.expected as { segments: string[] }).segments;
      // A delimiter may be shared, so what stands between two frames is looked at as well, and refused.
      assert.deepEqual(
        segments.filter((segment) => expected.includes(segment)),
        expected,
      );
      assert.ok(segments.length <= expected.length + 1);
    });
  }
});

test("segmentation: two pieces, at every split point", () => {
  for (const vector of ofKind("segmentation")) {
    const bytes = bytesOf(vector.hex);
    const stated = (vector.expected as { frames: string[] }).frames.map((hex) => frameOf(hex));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const found = decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)]);
      assert.deepEqual(summary(found), summary(stated), `cut at ${cut}`);
    }
  }
});

test("empty pairs of delimiters, and junk before the first one, are stepped over", () => {
  assert.equal(frameOf(`7e7e7e${HEARTBEAT}7e7e`).serial, 7);
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  decoder.push(bytesOf(`010203${HEARTBEAT}`));
  assert.ok(decoder.next() instanceof Jt808Frame);
  assert.equal(decoder.next(), null);
  assert.equal(decoder.skipped, 3);
});

test("three frames that share their delimiters", () => {
  const inner = HEARTBEAT.slice(2, -2);
  assert.equal(framesOf(decodeAll([bytesOf(`7e${inner}7e${inner}7e${inner}7e`)])).length, 3);
});

test("an escape cut in two, also by the end of the chunk before 01 or 02", () => {
  const bytes = bytesOf("7e00020000013800138999007d02467e");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const frame = only(decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)])) as Jt808Frame;
    assert.equal(frame.serial, 0x7e, `cut at ${cut}`);
  }
});

test("a frame whose bytes are not consumed before the next push is not lost", () => {
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  decoder.push(bytesOf(HEARTBEAT + HEARTBEAT.slice(0, 10)));
  assert.ok(decoder.next() instanceof Jt808Frame);
  decoder.push(bytesOf(HEARTBEAT.slice(10)));
  assert.ok(decoder.next() instanceof Jt808Frame);
  assert.equal(decoder.next(), null);
});

test("the faults by their codes", () => {
  assert.equal(faultOf("7e00020000014419999999007d8b07c07e"), FrameFaultCode.Escape);
  assert.equal(faultOf("7e0002000000000000067900007d7e"), FrameFaultCode.Escape);
  assert.equal(faultOf("7e000200000144199999990007c17e"), FrameFaultCode.Checksum);
  assert.equal(faultOf("7e01017e"), FrameFaultCode.Short);
  assert.equal(faultOf("7e000200010144199999990007c17e"), FrameFaultCode.Length);
  assert.equal(faultOf("7e8001000001441999999900007e"), FrameFaultCode.Short);
  // Number 3 of 2, then number 0 of 2.
  assert.equal(faultOf(withChecksum("00022000014419999999000700020003")), FrameFaultCode.Fragment);
  assert.equal(faultOf(withChecksum("00022000014419999999000700020000")), FrameFaultCode.Fragment);
});

function withChecksum(hex: string): string {
  let parity = 0;
  for (const byte of bytesOf(hex)) parity ^= byte;
  return `7e${hex}${parity.toString(16).padStart(2, "0")}7e`;
}

test("too long: one fault, nothing buffered beyond maxFrame, and the next frame comes", () => {
  for (const filler of ["11", "7d01"]) {
    const bytes = bytesOf(`7e${filler.repeat(FRAME_MAX_BYTES + 1)}${filler.repeat(5000)}${HEARTBEAT}`);
    for (const size of [1, 7, 1000, bytes.length]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      const found = decodeAll(pieces);
      assert.deepEqual(
        found.map((one) => (one instanceof DecodeFault ? one.code : one.serial)),
        [FrameFaultCode.TooLong, 7],
        `${filler} in pieces of ${size}`,
      );
    }
  }
});

test("the longest frame of the standard fits, every byte of it escaped", () => {
  const body = "7e".repeat(1023);
  const plain = `000263ff0100000000014419999999000700010001${body}`;
  const escaped = withChecksum(plain).slice(2, -2).replaceAll("7d", "7d01").replaceAll("7e", "7d02");
  assert.equal(frameOf(`7e${escaped}7e`).body.length, 1023);
});

test("lenient: each switch lets its own thing pass and no other", () => {
  const cases: readonly (readonly [keyof Leniency, string])[] = [
    ["wrongChecksum", "7e000200000144199999990007c17e"],
    ["wrongLength", "7e000200010144199999990007c17e"],
    ["unescapedChecksum", "7e0002000001441999999900ba7d7e"],
    ["strayEscape", withChecksum("000200000144199999997d8b")],
    ["falseVersionFlag", withChecksum("000240000144199999990007")],
  ];
  for (const [name, hex] of cases) {
    assert.equal(framesOf(decodeAll([bytesOf(hex)])).length, 0, `${name}: strict`);
    for (const other of Object.keys(STRICT) as (keyof Leniency)[]) {
      const frames = framesOf(decodeAll([bytesOf(hex)], { ...STRICT, [other]: true }));
      if (other === name) assert.equal(frames.length, 1, `${name}: lets it pass`);
    }
  }
});

test("lenient about the version flag: read by the header that the length field fits", () => {
  const frame = frameOf(withChecksum("000240000144199999990007"), { ...STRICT, falseVersionFlag: true });
  assert.equal(frame.form, 2013);
  assert.equal(frame.phone, "014419999999");
  assert.equal(frame.serial, 7);
});
