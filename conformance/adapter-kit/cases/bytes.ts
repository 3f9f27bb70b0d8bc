// What the network does to bytes: it cuts them anywhere, brings them one by one, ends in the middle; and what a peer
// does that sends more than it may.

import assert from "node:assert/strict";
import { isAccepted } from "../../../core/index.ts";
import { needsPublish, type ContractCase } from "../contract-case.ts";
import type { Who } from "../driver.ts";
import { memoryInUse } from "../../memory.ts";
import { Stage, closed, eventually, turns } from "../stage.ts";
import { TcpClient } from "../tcp-client.ts";

/** Sessions that are cut at the same time. */
const PARALLEL = 16;
const OVERSIZE_LIMIT_BYTES = 65_536;
const FLOOD_BYTES = 32 * 1_048_576;
const FLOOD_MEMORY_MAX_BYTES = 6 * 1_048_576;
/** A peer whose bytes are not taken for this long is held up: that is an answer too, ms. */
const HELD_UP_MS = 300;

export const bytes: readonly ContractCase[] = [
  {
    name: "a session cut in two at every byte is the same session",
    optional: "split at every byte",
    exclude: needsPublish,
    async run(subject, say) {
      await Stage.run(subject, async (stage) => {
        const length = subject.driver.session(stage.who()).bytes.length;
        say(`${length} bytes, a session for each cut`);
        await inParallel(length - 1, async (n) => {
          const cut = n + 1;
          await wholeSession(stage, async (socket, session) => {
            socket.write(session.subarray(0, cut));
            await turns(3);
            socket.write(session.subarray(cut));
          });
        });
      });
    },
  },
  {
    name: "a session that drips, one byte at a time, is the same session",
    optional: "slow drip",
    exclude: needsPublish,
    run: (subject) =>
      Stage.run(subject, (stage) =>
        wholeSession(stage, async (socket, session) => {
          for (let at = 0; at < session.length; at++) {
            socket.write(session.subarray(at, at + 1));
            await turns(2);
          }
        }),
      ),
  },
  {
    name: "many sessions in one piece each, sent at once",
    exclude: needsPublish,
    run: (subject) =>
      Stage.run(subject, (stage) =>
        inParallel(64, () => wholeSession(stage, async (socket, session) => void socket.write(session))),
      ),
  },
  {
    name: "a session that ends at any byte publishes nothing in part, and leaves nothing",
    optional: "truncated at every byte",
    exclude: needsPublish,
    async run(subject, say) {
      await Stage.run(subject, async (stage) => {
        const length = subject.driver.session(stage.who()).bytes.length;
        say(`${length} bytes, a session for each end`);
        await inParallel(length, (end) => truncatedSession(stage, end));
        if (subject.driver.exclusive) await eventually(() => stage.gateway.open.length, 0, "sessions left");
        await wholeSession(stage, async (socket, session) => void socket.write(session));
      });
    },
  },
  {
    name: "what is over the limit is refused or passed over; it is neither buffered nor published",
    optional: "oversize",
    exclude: needsPublish,
    async run(subject, say) {
      await Stage.run(subject, (stage) => flood(stage, say), { limits: { messageMaxBytes: OVERSIZE_LIMIT_BYTES } });
    },
  },
  {
    name: "a payload one byte over the limit is refused in the protocol's words",
    optional: "oversize",
    exclude: (subject) =>
      needsPublish(subject) ??
      (subject.driver.content === "free" ? null : "the protocol's frames are smaller than that"),
    async run(subject) {
      await Stage.run(
        subject,
        async (stage) => {
          const client = await stage.connect();
          const payload = new Uint8Array(OVERSIZE_LIMIT_BYTES + 1).fill(65);
          const publishing = { topic: "kit/big", payload, qos: subject.driver.publishQos };
          const told = await client.publish(publishing).catch(() => "closed");
          assert.ok(told === "refused" || told === "closed", `it was ${told}`);
          assert.deepEqual(taken(stage), []);
          await wholeSession(stage, async (socket, session) => void socket.write(session));
        },
        { limits: { messageMaxBytes: OVERSIZE_LIMIT_BYTES } },
      );
    },
  },
];

/** Sends a session by `send` and checks that all of it arrived and was answered. */
async function wholeSession(
  stage: Stage,
  send: (socket: TcpClient, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const who = stage.who();
  const session = stage.subject.driver.session(who);
  const socket = await TcpClient.open(stage.at);
  await send(socket, session.bytes);
  await socket.until(session.isAnswered, `the answers to ${who.client}`);
  assert.equal(publishedBy(stage, who), session.publishEnds.length);
  socket.destroy();
  await closed(socket);
}

async function truncatedSession(stage: Stage, end: number): Promise<void> {
  const who = stage.who();
  const { bytes: whole, publishEnds } = stage.subject.driver.session(who);
  const socket = await TcpClient.open(stage.at);
  socket.write(whole.subarray(0, end));
  await turns(2);
  socket.end();
  // A peer that has closed its side is let go at once, or when it has had its answers.
  await closed(socket);
  const complete = publishEnds.filter((at) => at <= end).length;
  assert.ok(publishedBy(stage, who) <= complete, `ended at byte ${end}: ${publishedBy(stage, who)} published`);
}

async function flood(stage: Stage, say: (text: string) => void): Promise<void> {
  const { subject, gateway } = stage;
  const { bytes: beginning, filler, isRefused } = subject.driver.oversize(stage.who(), gateway.limits);
  const socket = await TcpClient.open(stage.at);
  const chunk = new Uint8Array(65_536).fill(filler);
  socket.write(beginning);
  await turns(5);
  const before = await memoryInUse();
  let sent = 0;
  let outcome = "passed over";
  while (sent < FLOOD_BYTES && outcome === "passed over") {
    const flowing = socket.write(chunk);
    sent += chunk.length;
    if (!flowing) await socket.drained(HELD_UP_MS);
    else await turns(1);
    if (socket.isClosed) outcome = "hung up";
    else if (isRefused(socket.received)) outcome = "refused";
    else if (!flowing && !socket.write(new Uint8Array(0))) outcome = "held up";
  }
  const grown = (await memoryInUse()) - before;
  say(`${outcome} after ${Math.round(sent / 1024)} KiB`);
  assert.ok(grown < FLOOD_MEMORY_MAX_BYTES, `${grown} bytes are kept after ${sent} were sent`);
  assert.notEqual(outcome, "held up", "neither refused nor passed over");
  assert.deepEqual(taken(stage), [], "something of it was published");
  socket.destroy();
  await wholeSession(stage, async (other, session) => void other.write(session));
}

function publishedBy(stage: Stage, who: Who): number {
  return stage.gateway.sessions
    .filter(({ origin }) => origin.client === who.client)
    .reduce((sum, { publications }) => sum + publications.length, 0);
}

function taken(stage: Stage): string[] {
  return stage.gateway.sessions
    .flatMap(({ publications }) => publications)
    .filter(({ verdict }) => isAccepted(verdict))
    .map(({ message }) => message.topic);
}

async function inParallel(count: number, run: (n: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += PARALLEL) {
    const batch = Array.from({ length: Math.min(PARALLEL, count - from) }, (_, index) => run(from + index));
    await Promise.all(batch);
  }
}
