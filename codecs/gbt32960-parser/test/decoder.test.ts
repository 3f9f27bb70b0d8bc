// The framer: headers of all vectors, everything that is no frame, and how it finds its place again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeFault, FRAME_MAX_BYTES, Gbt32960Decoder, Gbt32960Frame, HEADER_BYTES } from "../src/index.ts";
import {
  HEARTBEAT_HEX,
  byId,
  bytesOf,
  decodeAll,
  decodeToEnd,
  encoder,
  framed,
  hexOf,
  sound,
  summary,
  vectors,
} from "./vectors.ts";

const heartbeat = summary(decodeAll([bytesOf(HEARTBEAT_HEX)]));
const login = byId("g003").hex;

/** What comes out of `hex`, as `frames` or fault codes. */
function outcome(hex: string, maxFrame = FRAME_MAX_BYTES): string[] {
  return decodeToEnd([bytesOf(hex)], new Gbt32960Decoder(maxFrame)).map((one) =>
    one instanceof Gbt32960Frame ? `frame ${one.vin}` : one.code,
  );
}

test("every sound vector: the header as stated", async (t) => {
  assert.equal(sound.length, 97);
  for (const vector of sound) {
    await t.test(vector.id, () => {
      const found = decodeAll([bytesOf(vector.hex)]);
      const [frame] = found;
      assert.ok(found.length === 1 && frame instanceof Gbt32960Frame);
      assert.equal(String(frame.version), vector.version);
      assert.equal(frame.command, Number(vector.cmd));
      assert.equal(frame.response, Number(vector.ack));
      assert.equal(frame.isCommand, vector.ack === "0xfe");
      assert.equal(frame.vin, vector.frame!.vin);
      assert.equal(frame.encryption, vector.frame!.encrypt);
      assert.equal(frame.data.length, vector.frame!.len);
    });
  }
});

test("malformed vectors are refused, and the frame behind them is found", () => {
  const malformed = vectors.filter((vector) => vector.kind === "malformed");
  assert.deepEqual(
    malformed.map((vector) => vector.id),
    ["g037", "g038", "g063"],
  );
  for (const vector of malformed) {
    const found = decodeToEnd([bytesOf(vector.hex + HEARTBEAT_HEX)]);
    assert.deepEqual(summary(found.slice(-1)), heartbeat, vector.id);
    assert.equal(found[0] instanceof DecodeFault && found[0].code, "GBT32960_CHECKSUM");
    assert.equal(found.filter((one) => one instanceof Gbt32960Frame).length, 1);
  }
});

test("the stream vector: three frames of both versions in one read", () => {
  const found = decodeAll([bytesOf(byId("g078").hex)]);
  assert.deepEqual(
    found.map((one) => one instanceof Gbt32960Frame && one.version),
    [2016, 2025, 2016],
  );
});

test("junk in front, start bytes in any number, and a cut between two of them", () => {
  for (const junk of ["00", "23", "24", "2323", "232323", "2423", "2324", "24232323", "ff".repeat(100), "2323010203"]) {
    const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
    assert.deepEqual(summary(decodeAll([bytesOf(junk + HEARTBEAT_HEX)], decoder)), heartbeat, junk);
    assert.equal(decoder.skipped, junk.length / 2, junk);
  }
  const cut = bytesOf(HEARTBEAT_HEX);
  assert.deepEqual(summary(decodeAll([cut.subarray(0, 1), cut.subarray(1)])), heartbeat);
});

test("a wrong BCC costs its own frame", () => {
  const wrong = login.slice(0, -2) + "00";
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  const found = decodeAll([bytesOf(login + wrong + HEARTBEAT_HEX + login)], decoder);
  const [first, second, third, last] = found;
  assert.equal(found.length, 4);
  assert.ok(second instanceof DecodeFault && second.resumable);
  assert.equal(hexOf(second.raw), wrong);
  assert.deepEqual(summary([third!]), heartbeat);
  assert.deepEqual(summary([first!]), summary([last!]));
  assert.equal(decoder.skipped, wrong.length / 2);
});

test("commands, flags and encryptions that nobody has heard of come through where a frame may begin", () => {
  const unknown = framed(2016, 0x30, 0x55, "0102");
  const strange = framed(2025, 0x00, 0x00, "");
  assert.deepEqual(
    decodeAll([bytesOf(unknown + strange + login)]).map((one) => one instanceof Gbt32960Frame && one.command),
    [0x30, 0x00, 0x01],
  );
  // Behind a bad frame, too, by its own length; but not anywhere.
  const wrong = login.slice(0, -2) + "00";
  assert.equal(decodeAll([bytesOf(wrong + unknown)]).length, 2);
  assert.deepEqual(outcome(`00${unknown}${HEARTBEAT_HEX}`), ["frame LTESTVIN000000999"]);
});

test("a length that is too small: the rest is passed over", () => {
  const short = bytesOf(login);
  short[23] = short[23]! - 5;
  assert.deepEqual(outcome(hexOf(short) + HEARTBEAT_HEX), ["GBT32960_CHECKSUM", "frame LTESTVIN000000999"]);
});

test("a length that is too large: given up by the owner's clock, or paid by the bytes that follow", () => {
  const long = bytesOf(login);
  long[22] = 1;
  const following = HEARTBEAT_HEX + login;
  assert.deepEqual(outcome(hexOf(long) + following), [
    "GBT32960_INCOMPLETE",
    "frame LTESTVIN000000999",
    "frame HGXB13A09L1003974",
  ]);
  // Without a clock: nothing of what it spanned is lost.
  const many = decodeAll([bytesOf(hexOf(long) + following.repeat(10))]);
  assert.equal(many.filter((one) => one instanceof DecodeFault).length, 1);
  assert.equal(many.filter((one) => one instanceof Gbt32960Frame).length, 20);
});

test("a frame within a frame is data, at every cut", () => {
  const inner = `80${(HEARTBEAT_HEX.length / 2).toString(16).padStart(4, "0")}${HEARTBEAT_HEX}`;
  const outer = framed(2016, 0x02, 0xfe, `1a0707063704${inner}`);
  const bytes = bytesOf(outer);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const found = decodeAll([bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.equal(found.length, 1);
    assert.ok(found[0] instanceof Gbt32960Frame && found[0].command === 0x02);
  }
});

test("maxFrame: a header that promises more is refused before anything is buffered", () => {
  const size = login.length / 2;
  assert.deepEqual(outcome(login, size), ["frame HGXB13A09L1003974"]);
  assert.deepEqual(outcome(login + HEARTBEAT_HEX, size - 1), ["GBT32960_TOO_LONG", "frame LTESTVIN000000999"]);
  const decoder = new Gbt32960Decoder(100);
  const huge = bytesOf(login.slice(0, 44) + "ffff");
  const found = decodeAll([huge], decoder);
  assert.ok(found[0] instanceof DecodeFault);
  assert.equal(found[0].code, "GBT32960_TOO_LONG");
  assert.equal(found[0].raw.length, HEADER_BYTES);
  assert.ok(decoder.pendingBytes < HEADER_BYTES);
});

test("the largest frame there is, in small pieces", () => {
  const frame = new Gbt32960Frame(2025, 0x02, 0xfe, "LTESTVIN000000001", 1, new Uint8Array(65_531).fill(0x23));
  const bytes = encoder.encode(frame);
  assert.equal(bytes.length, FRAME_MAX_BYTES);
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 1000) pieces.push(bytes.subarray(at, at + 1000));
  assert.deepEqual(summary(decodeAll(pieces, decoder)), summary([frame]));
  assert.equal(decoder.pendingBytes, 0);
});

test("abandon: nothing to give up, a lone start byte, and a frame that is complete in the end", () => {
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  assert.equal(decoder.abandon(), null);
  decoder.push(bytesOf("23"));
  assert.equal(decoder.next(), null);
  assert.equal(decoder.abandon(), null);
  decoder.push(bytesOf(HEARTBEAT_HEX.slice(2)));
  assert.ok(decoder.next() instanceof Gbt32960Frame);
  decoder.push(bytesOf(login.slice(0, 60)));
  assert.equal(decoder.next(), null);
  assert.equal(decoder.pendingBytes, 30);
  const fault = decoder.abandon();
  assert.ok(fault instanceof DecodeFault);
  assert.equal(hexOf(fault.raw), login.slice(0, 60));
  assert.equal(decoder.next(), null);
  assert.equal(decoder.pendingBytes, 0);
  assert.equal(decoder.skipped, 30);
});

test("an id keeps its padding for the answer, and loses it as a VIN", () => {
  const padded = new Gbt32960Frame(2016, 0x05, 0xfe, "PLATFORM01", 1, new Uint8Array(0));
  const [read] = decodeAll([encoder.encode(padded)]);
  assert.ok(read instanceof Gbt32960Frame);
  assert.equal(read.id, "PLATFORM01\0\0\0\0\0\0\0");
  assert.equal(read.vin, "PLATFORM01");
  assert.equal(hexOf(encoder.encode(read)), hexOf(encoder.encode(padded)));
});

test("the encoder refuses what no header can carry", () => {
  const nothing = new Uint8Array(0);
  const wrong: readonly (readonly [id: string, data: Uint8Array])[] = [
    ["X".repeat(18), nothing],
    ["车", nothing],
    ["X", new Uint8Array(65_536)],
  ];
  for (const [id, data] of wrong) {
    assert.throws(() => encoder.encode(new Gbt32960Frame(2016, 7, 0xfe, id, 1, data)), RangeError);
  }
});
