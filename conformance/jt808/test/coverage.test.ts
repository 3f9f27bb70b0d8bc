// The table of messages that the codec reads and writes is the one that is committed. TRIBUTARY_UPDATE=1 writes it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { DecodeFault, FRAME_MAX_BYTES, Jt808Decoder, Jt808Frame, messages, plainFrame } from "jt808-parser";
import type { BodyVersion } from "jt808-parser";
import { coverageTable } from "./coverage.ts";
import type { Recorded } from "./coverage.ts";

const file = new URL("../README.md", import.meta.url);
const fixtures = new URL("../../../codecs/jt808-parser/fixtures/jt808.jsonl", import.meta.url);

interface Vector {
  readonly kind: string;
  readonly version: string;
  readonly hex: string;
  readonly expected: { readonly complete?: boolean } | null;
}

function framesIn(hex: string): Jt808Frame[] {
  const decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  const out: Jt808Frame[] = [];
  decoder.push(Buffer.from(hex, "hex"));
  for (let next = decoder.next(); next !== null; next = decoder.next()) {
    assert.ok(!(next instanceof DecodeFault));
    out.push(next.detached());
  }
  return out;
}

/** The frame, or the message that the fragments make together. */
function wholeFrame(vector: Vector): Jt808Frame {
  const frames = framesIn(vector.hex).toSorted((a, b) => a.fragmentNumber - b.fragmentNumber);
  const first = frames[0]!;
  if (!first.isFragment) return first;
  const body = Uint8Array.from(frames.flatMap((frame) => [...frame.body]));
  return plainFrame(first.id, first.form, first.protocolVersion, first.phone, first.serial, body);
}

const recorded = readFileSync(fixtures, "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Vector => JSON.parse(line))
  .filter(({ kind, expected }) => kind === "frame" || (kind === "fragment-set" && expected?.complete === true))
  .map((vector): Recorded => ({ frame: wholeFrame(vector), version: Number(vector.version) as BodyVersion }));

const table = coverageTable(recorded);

test("messages × versions: decoded, encoded, round trip", () => {
  const page = readFileSync(file, "utf8");
  const start = page.indexOf("| message |");
  if (process.env["TRIBUTARY_UPDATE"] === "1") writeFileSync(file, `${page.slice(0, start)}${table}\n`);
  else assert.equal(page.slice(start), `${table}\n`);
});

test("every recorded body comes back, and every layout was exercised", () => {
  const rows = table
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  assert.ok(rows.length > 2 * messages.length);
  let total = 0;
  for (const [, id, , version, all, , roundTrip, , made] of rows) {
    assert.equal(roundTrip, all, `${id} ${version}`);
    assert.ok(all !== "–" || made === "yes", `${id} ${version} was never read`);
    total += all === "–" ? 0 : Number(all);
  }
  assert.ok(total > 405, String(total));
});
