// Data units grown from the recorded ones by what they reach. Nothing throws, what is read is written back, and what is
// shown can be given back. TRIBUTARY_FUZZ_RUNS sets the number of inputs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { explore } from "../index.ts";
import { hexOf, recorded, sourcesOf } from "../recorded.ts";
import { Random } from "../../random.ts";
import {
  BodyFault,
  FRAME_MAX_BYTES,
  GBT32960_VERSIONS,
  Gbt32960Bodies,
  Gbt32960Decoder,
  Gbt32960Frame,
  commands,
} from "gbt32960-parser";

const RUNS = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 4_000);
const bodies = new Gbt32960Bodies();
const DATA_MAX = 2_000;
const LIKELY = [0, 1, 2, 5, 7, 9, 0x30, 0x80, 0xfe, 0xff];

function exercise(frame: Gbt32960Frame): void {
  const body = bodies.read(frame);
  if (body === null) return;
  const shown = body.toNative();
  const native = bodies.writeNative(body.layout, JSON.parse(JSON.stringify(shown.fields)));
  if (shown.exact) assert.ok(!(native instanceof BodyFault), JSON.stringify(native));
  if (body.fault?.code === "GBT32960_BODY_SHORT" && body.fields["units"] === undefined) return;
  const again = bodies.write(body.layout, body.fields, body.tail);
  assert.ok(!(again instanceof BodyFault), JSON.stringify(again));
  assert.equal(hexOf(again), hexOf(frame.data));
}

function mutated(random: Random, corpus: readonly Gbt32960Frame[]): Gbt32960Frame {
  const { version, command, response, vin, encryption, data } = random.pick(corpus);
  const other = random.pick(corpus).data;
  const made = (bytes: Uint8Array, of = command, by = version, as = response): Gbt32960Frame =>
    new Gbt32960Frame(by, of, as, vin, encryption, bytes.subarray(0, DATA_MAX));
  const how = random.below(8);
  // Another command's layout, another version's, the head of one and the tail of the other, less, more, or other bytes.
  if (how === 0) return made(data, random.pick(commands).command, version, random.pick([0xfe, 0x01]));
  if (how === 1) return made(data, command, random.pick(GBT32960_VERSIONS));
  if (how === 2) {
    const head = data.subarray(0, random.below(data.length + 1));
    return made(Uint8Array.of(...head, ...other.subarray(random.below(other.length + 1))));
  }
  if (how === 3) return made(data.subarray(0, random.below(data.length + 1)));
  if (how === 4) return made(Uint8Array.of(...data, random.below(256)));
  const changed = data.slice();
  for (let i = random.below(3); i >= 0 && changed.length > 0; i--) {
    changed[random.below(changed.length)] = random.oneIn(2) ? random.pick(LIKELY) : random.below(256);
  }
  return made(changed);
}

test(`${RUNS} inputs, guided by what they reach`, (t) => {
  const found = recorded("gbt32960-parser", "gbt32960.jsonl", () => new Gbt32960Decoder(FRAME_MAX_BYTES));
  const corpus = found.filter((frame) => frame instanceof Gbt32960Frame).map((frame) => frame.detached());
  const given = corpus.length;
  const random = new Random(32_960);
  const { recordedBlocks, blocks, kept } = explore({
    sources: sourcesOf("gbt32960-parser"),
    corpus,
    runs: RUNS,
    random,
    mutated,
    exercise,
  });
  t.diagnostic(`${given} recorded data units reach ${recordedBlocks} blocks; with ${kept} more, ${blocks}`);
  assert.ok(recordedBlocks > 200, String(recordedBlocks));
  assert.ok(kept > 0 && blocks > recordedBlocks, "the guide found something");
});
