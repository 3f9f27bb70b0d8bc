// Every publisher meets every receiver: each publisher sends the same parcels, all receivers listen, and each pair is one
// row that says whether what came out is byte for byte what went in.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import { PLAIN } from "./scene.ts";
import type { Publisher, Receiver } from "./scene.ts";

/** What all receivers subscribe to. */
export const FILTERS: readonly string[] = ["fleet/#", "jt808/+/up/+", "gbt32960/+/up/+"];
const MARK_TOPIC = "fleet/end";

export interface Parcel {
  readonly topic: string;
  readonly verify: (payload: Buffer) => void;
}

/** Somebody who publishes parcels of his own making; resolves when they are on their way. */
export interface Sender {
  readonly name: string;
  readonly parcels: readonly Parcel[];
  send(): Promise<void>;
}

/** `tributary sub` ends a message with LF: it alone is in no payload, every other byte is. */
const EVERY_BYTE_BUT_LF = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a));
const LARGE_BYTES = 60_000;

const payloads: Readonly<Record<string, Buffer>> = {
  text: Buffer.from('{"speed":54,"driver":"王小明","note":"ä ö ü"}'),
  bytes: EVERY_BYTE_BUT_LF,
  large: Buffer.alloc(LARGE_BYTES, EVERY_BYTE_BUT_LF),
  empty: Buffer.alloc(0),
};

/** Sends each payload to a topic of its own. */
export function senderOf(publisher: Publisher): Sender {
  const level = publisher.name.replaceAll(/[^\w.]+/g, "-");
  const topics = Object.entries(payloads).map(([kind, payload]) => ({ topic: `fleet/${level}/${kind}`, payload }));
  return {
    name: publisher.name,
    parcels: topics.map(({ topic, payload }) => ({ topic, verify: (got) => assertSame(got, payload, topic) })),
    send: async () => {
      for (const { topic, payload } of topics) await publisher.publish(topic, payload, PLAIN);
    },
  };
}

function assertSame(got: Buffer, sent: Buffer, topic: string): void {
  assert.equal(got.length, sent.length, `${topic}: length`);
  assert.ok(got.equals(sent), `${topic}: bytes`);
}

interface Row {
  readonly from: string;
  readonly to: string;
  readonly parcels: number;
  readonly isDelivered: boolean;
}

/** A subtest for each pair, and the table of all pairs in the test output. Receivers are subscribed to FILTERS already. */
export async function testCombinations(
  context: TestContext,
  senders: readonly Sender[],
  receivers: readonly Receiver[],
  marker: Publisher,
): Promise<void> {
  const rows: Row[] = [];
  for (const sender of senders) {
    await context.test(`${sender.name} publishes`, () => sender.send());
    for (const receiver of receivers) {
      const row = { from: sender.name, to: receiver.name, parcels: sender.parcels.length };
      let isDelivered = false;
      await context.test(`${sender.name} → ${receiver.name}`, async () => {
        for (const parcel of sender.parcels) await assertDelivered(receiver, parcel);
        isDelivered = true;
      });
      rows.push({ ...row, isDelivered });
    }
  }
  for (const receiver of receivers) {
    await context.test(`nothing came twice → ${receiver.name}`, () => assertOnce(receiver, senders, marker));
  }
  for (const line of table(rows)) context.diagnostic(line);
  assert.equal(rows.length, senders.length * receivers.length);
}

async function assertDelivered(receiver: Receiver, { topic, verify }: Parcel): Promise<void> {
  const [first] = await receiver.received(topic, 1);
  assert.equal(first!.topic, topic);
  verify(first!.payload);
}

/** What is published last arrives last: when it is there, a second copy of anything before would be, too. */
async function assertOnce(receiver: Receiver, senders: readonly Sender[], marker: Publisher): Promise<void> {
  const topic = `${MARK_TOPIC}/${receiver.name.replaceAll(/\W+/g, "-")}`;
  await marker.publish(topic, Buffer.from("end"), PLAIN);
  await receiver.received(topic, 1);
  for (const { parcels } of senders) {
    for (const parcel of parcels) assert.equal((await receiver.received(parcel.topic, 1)).length, 1, parcel.topic);
  }
}

function table(rows: readonly Row[]): string[] {
  const from = Math.max(...rows.map((row) => row.from.length));
  const to = Math.max(...rows.map((row) => row.to.length));
  return rows.map((row) => {
    const verdict = row.isDelivered ? `${row.parcels} of ${row.parcels} exact` : "FAILED";
    return `${row.from.padEnd(from)} → ${row.to.padEnd(to)}  ${verdict}`;
  });
}
