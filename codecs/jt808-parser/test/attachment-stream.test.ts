// Frames and file blocks on one link, at every cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { AttachmentStream, BlockPiece, DecodeFault, FRAME_MAX_BYTES, Jt808Decoder } from "../src/index.ts";
import { bytesOf, vectors } from "./vectors.ts";

function block(name: string, offset: number, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(62);
  header.write("01cd", "latin1");
  header.write(name, 4, "latin1");
  header.writeUInt32BE(offset, 54);
  header.writeUInt32BE(data.length, 58);
  return Buffer.concat([header, data]);
}

/** What comes out of the pieces: the file's bytes by name, and the ids of the frames. */
function read(pieces: readonly Uint8Array[]): { files: Record<string, number[]>; ids: number[] } {
  const stream = new AttachmentStream();
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  const files = new Map<string, number[]>();
  const ids: number[] = [];
  for (const piece of pieces) {
    stream.push(piece);
    for (let next = stream.next(); next !== null; next = stream.next()) {
      if (next instanceof BlockPiece) {
        const name = Buffer.from(next.name).toString("latin1");
        const file = files.get(name) ?? [];
        files.set(name, file);
        for (const [index, byte] of next.data.entries()) file[next.offset + index] = byte;
        continue;
      }
      decoder.push(next);
      for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
        assert.ok(!(frame instanceof DecodeFault), "no bad frame");
        ids.push(frame.id);
      }
    }
  }
  return { files: Object.fromEntries(files), ids };
}

const frames = vectors.filter(({ msg_id: id }) => id === "0x1210" || id === "0x1212").map(({ hex }) => bytesOf(hex));
// Everything that could be taken for something else: delimiters, escapes, the block's own mark.
const nasty = Uint8Array.of(0x7e, 0x30, 0x31, 0x63, 0x64, 0x7d, 0x02, 0x7e, 0x7e, 0x30, 0x31);
const mixed = Buffer.concat([
  frames[0]!,
  block("00_65_6503_1_a.jpg", 11, nasty),
  block("00_65_6503_1_a.jpg", 0, nasty),
  block("empty", 0, new Uint8Array(0)),
  frames[1]!,
  // One delimiter between two frames.
  frames[2]!.subarray(1),
  block("b", 0, nasty),
  frames[3]!,
]);

test("frames and blocks come apart, at every cut", () => {
  const whole = read([mixed]);
  assert.deepEqual(whole.ids, [0x1210, 0x1210, 0x1210, 0x1210]);
  assert.deepEqual(whole.files, { "00_65_6503_1_a.jpg": [...nasty, ...nasty], b: [...nasty] });
  for (let cut = 1; cut < mixed.length; cut++) {
    assert.deepEqual(read([mixed.subarray(0, cut), mixed.subarray(cut)]), whole, `cut at ${cut}`);
  }
  assert.deepEqual(read([...mixed].map((byte) => Uint8Array.of(byte))), whole, "byte by byte");
});

test("a beginning that is no block's is a frame's", () => {
  const frame = frames[0]!;
  const stream = new AttachmentStream();
  const bytes = Buffer.concat([Buffer.from("01c"), frame]);
  const out: number[] = [];
  for (const byte of bytes) {
    stream.push(Uint8Array.of(byte));
    for (let next = stream.next(); next !== null; next = stream.next()) {
      assert.ok(!(next instanceof BlockPiece));
      out.push(...next);
    }
  }
  assert.deepEqual(out, [...bytes]);
});

test("whatever comes, nothing comes out twice, and it ends", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 90 }), fc.constant(nasty))), (pieces) => {
      const stream = new AttachmentStream();
      let out = 0;
      let headers = 0;
      for (const piece of pieces) {
        stream.push(piece);
        for (let next = stream.next(); next !== null; next = stream.next()) {
          if (next instanceof BlockPiece) headers += next.data.length;
          else out += next.length;
        }
      }
      assert.ok(out + headers <= pieces.reduce((sum, { length }) => sum + length, 0));
    }),
  );
});
