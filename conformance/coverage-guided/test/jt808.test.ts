// Bodies grown from the recorded ones by what they reach: an input that runs code that none before it ran is kept and
// mutated further. The engine's own block coverage is the guide. Nothing throws, what is read is written back, and what
// is shown can be given back. TRIBUTARY_FUZZ_RUNS sets the number of inputs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { explore } from "../index.ts";
import { hexOf, recorded, sourcesOf } from "../recorded.ts";
import { Random } from "../../random.ts";
import {
  BODY_MAX_BYTES,
  BODY_VERSIONS,
  HeaderForm,
  Jt808Bodies,
  Jt808Frame,
  messages,
  plainFrame,
  FRAME_MAX_BYTES,
  Jt808Decoder,
} from "jt808-parser";

const RUNS = Number(process.env["TRIBUTARY_FUZZ_RUNS"] ?? 4_000);

interface Input {
  readonly id: number;
  readonly body: Uint8Array;
}

const bodies = new Jt808Bodies();

function exercise({ id, body: bytes }: Input): void {
  const frame = plainFrame(id, HeaderForm.V2013, 0, "0", 0, bytes);
  for (const version of BODY_VERSIONS) {
    const body = bodies.read(frame, [version]);
    if (body === null) continue;
    assert.equal(hexOf(bodies.rewrite(body) as Uint8Array), hexOf(bytes));
    const shown: unknown = JSON.parse(JSON.stringify(body.toNative().fields));
    bodies.writeNative(id, version, shown);
  }
}

const LIKELY = [0, 1, 2, 4, 7, 0x16, 0x7f, 0x80, 0xff];

function mutated(random: Random, corpus: readonly Input[]): Input {
  const { id, body } = corpus[random.below(corpus.length)]!;
  const other = corpus[random.below(corpus.length)]!.body;
  const how = random.below(8);
  // Another message's layout, the head of one and the tail of the other, less, more, or other bytes.
  if (how === 0) return { id: messages[random.below(messages.length)]!.id, body };
  if (how === 1) {
    const spliced = Uint8Array.of(
      ...body.subarray(0, random.below(body.length + 1)),
      ...other.subarray(random.below(other.length + 1)),
    );
    return { id, body: spliced.subarray(0, BODY_MAX_BYTES) };
  }
  if (how === 2) return { id, body: body.subarray(0, random.below(body.length + 1)) };
  if (how === 3) return { id, body: Uint8Array.of(...body, random.below(256)).subarray(0, BODY_MAX_BYTES) };
  const changed = body.slice();
  for (let i = random.below(3); i >= 0 && changed.length > 0; i--) {
    changed[random.below(changed.length)] =
      random.below(2) === 0 ? LIKELY[random.below(LIKELY.length)]! : random.below(256);
  }
  return { id, body: changed };
}

test(`${RUNS} inputs, guided by what they reach`, (t) => {
  const frames = recorded("jt808-parser", "jt808.jsonl", () => new Jt808Decoder(FRAME_MAX_BYTES));
  const corpus: Input[] = frames
    .filter((frame) => frame instanceof Jt808Frame)
    .map((frame) => ({ id: frame.id, body: frame.detached().body }));
  const given = corpus.length;
  const random = new Random(1078);
  const { recordedBlocks, blocks, kept } = explore({
    sources: sourcesOf("jt808-parser"),
    corpus,
    runs: RUNS,
    random,
    mutated,
    exercise,
  });
  t.diagnostic(`${given} recorded bodies reach ${recordedBlocks} blocks; with ${kept} more, ${blocks}`);
  assert.ok(recordedBlocks > 500, String(recordedBlocks));
  assert.ok(kept > 0 && blocks > recordedBlocks, "the guide found something");
});
