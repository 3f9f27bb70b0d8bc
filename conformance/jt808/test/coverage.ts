// Which messages of JT/T 808 are read and written, in which version, shown on recorded frames and on bodies that are made
// up: one line a message and version. Everything in the table is counted, nothing is stated.

import { BODY_VERSIONS, BodyFault, HeaderForm, Jt808Bodies, formatId, messages, plainFrame } from "jt808-parser";
import type { BodyVersion, Jt808Body, Jt808Frame, MessageRow } from "jt808-parser";
import { Random } from "../../random.ts";

/** A frame (or a joined set of fragments), and the version that its source states. */
export interface Recorded {
  readonly frame: Jt808Frame;
  readonly version: BodyVersion;
}

interface Counts {
  recorded: number;
  /** To the end, without a fault. */
  decoded: number;
  /** Raw fields written back: the same bytes. */
  roundTrip: number;
  /** JSON in engineering units that says everything, written back: the same bytes. */
  encoded: number;
  /** Made-up bodies that fit the layout and came back. */
  made: number;
}

const TRIES = 2_000;
const MADE_MAX_BYTES = 160;

function isSame(bytes: Uint8Array | BodyFault, body: Uint8Array): boolean {
  return bytes instanceof Uint8Array && Buffer.compare(bytes, body) === 0;
}

function isWhole(body: Jt808Body): boolean {
  return body.fault === null && body.tail.length === 0;
}

function count(bodies: Jt808Bodies, frame: Jt808Frame, body: Jt808Body, counts: Counts): void {
  counts.recorded++;
  if (isWhole(body)) counts.decoded++;
  if (isSame(bodies.rewrite(body), frame.body)) counts.roundTrip++;
  const { fields } = body.toNative();
  const again = bodies.writeNative(frame.id, body.version, JSON.parse(JSON.stringify(fields)), frame.body.length);
  if (isSame(again, frame.body)) counts.encoded++;
}

/** Bytes that are mostly small, and sometimes all 0, so that counts and lengths often fit. */
function madeBody(random: Random): Uint8Array {
  const body = new Uint8Array(random.below(MADE_MAX_BYTES));
  if (random.oneIn(4)) return body;
  for (let i = 0; i < body.length; i++) body[i] = random.below(4) === 0 ? random.below(0x30) : random.below(3);
  return body;
}

/** Throws when a made-up body that fits does not come back. */
function countMade(bodies: Jt808Bodies, row: MessageRow, version: BodyVersion): number {
  const random = new Random(row.id + version);
  let fitting = 0;
  for (let i = 0; i < TRIES; i++) {
    const bytes = madeBody(random);
    const frame = plainFrame(row.id, HeaderForm.V2013, 0, "0", 0, bytes);
    const body = bodies.read(frame, [version]);
    if (body === null || !isWhole(body)) continue;
    if (!isSame(bodies.rewrite(body), bytes)) throw new Error(`${formatId(row.id)} ${version} does not come back`);
    fitting++;
  }
  return fitting;
}

function key(id: number, version: BodyVersion): string {
  return `${id}/${version}`;
}

/** As Markdown. */
export function coverageTable(recorded: readonly Recorded[]): string {
  const bodies = new Jt808Bodies();
  const counted = new Map<string, Counts>();
  for (const row of messages) {
    for (const version of BODY_VERSIONS) {
      if (row.layouts[version] === null) continue;
      const made = row.layouts[version].fields.length === 0 ? 1 : countMade(bodies, row, version);
      counted.set(key(row.id, version), { recorded: 0, decoded: 0, roundTrip: 0, encoded: 0, made });
    }
  }
  for (const { frame, version } of recorded) {
    const others = BODY_VERSIONS.toReversed().filter((other) => other !== version);
    const body = bodies.read(frame, [version, ...others]);
    if (body !== null) count(bodies, frame, body, counted.get(key(frame.id, body.version))!);
  }
  const lines = [
    "| message | name | version | recorded | decoded | round trip | encoded | made up |",
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const row of messages) {
    for (const version of BODY_VERSIONS) {
      const counts = counted.get(key(row.id, version));
      if (counts === undefined) continue;
      const { recorded: all, decoded, roundTrip, encoded, made } = counts;
      const seen = all === 0 ? "– | – | – | –" : `${all} | ${decoded} | ${roundTrip} | ${encoded}`;
      lines.push(`| ${formatId(row.id)} | ${row.name} | ${version} | ${seen} | ${made > 0 ? "yes" : "no"} |`);
    }
  }
  return lines.join("\n");
}
