// The promise that devices pay for: what they are told is what the core said, and not before it said so.

import assert from "node:assert/strict";
import { Verdict, isAccepted, verdictNames } from "../../../core/index.ts";
import { Random } from "../../random.ts";
import { needsPublish, type ContractCase } from "../contract-case.ts";
import type { Answer, ContractSubject, DeviceClient } from "../driver.ts";
import { Stage, closed, isSettled, turns, utf8 } from "../stage.ts";

const FINAL: readonly Verdict[] = Object.values(Verdict).filter(
  (verdict) => verdict !== Verdict.Pending && verdict !== Verdict.Closed,
);
const ROUNDS = 120;
const BURSTS = 12;
const BURST_LENGTH = 8;

/** What the device was told; hanging up on it is a way to say no, silence is none. */
type Told = Answer | "closed";

export const publishing: readonly ContractCase[] = [
  {
    name: "never acknowledged before the verdict, nor against it",
    exclude: needsPublish,
    async run(subject, say) {
      const random = Random.fromEnvironment();
      say(`seed ${random.seed}, ${ROUNDS} messages`);
      await Stage.run(subject, (stage) => refuseAtRandom(stage, random));
    },
  },
  {
    name: "with many in flight, each is acknowledged only after its own verdict",
    exclude: needsPublish,
    async run(subject, say) {
      const random = Random.fromEnvironment();
      say(`seed ${random.seed}, ${BURSTS} bursts of ${BURST_LENGTH}`);
      await Stage.run(subject, (stage) => settleInAnyOrder(stage, random));
    },
  },
  {
    name: "a verdict that comes after the device has gone hurts nobody",
    exclude: needsPublish,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        stage.gateway.script.publish = () => Verdict.Pending;
        const who = stage.who();
        const client = await stage.connect(who);
        const told = publish(subject, client, 0);
        await stage.gateway.until(() => pendingOf(stage).length === 1, "a publish");
        client.destroy();
        await closed(client);
        await turns(3);
        for (const [session, receipt] of pendingOf(stage)) session.settle(receipt, Verdict.Accepted);
        assert.equal(await told, "closed");
        stage.gateway.script.publish = () => Verdict.Accepted;
        assert.equal(await publish(subject, await stage.connect(), 1), "taken");
      }),
  },
  {
    name: "what one device publishes arrives in its order, whole and unchanged",
    exclude: needsPublish,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const client = await stage.connect();
        const sizes = [0, 1, 2, 125, 126, 127, 128, 1_000, 16_383, 16_384, 40_000];
        for (const [n, size] of sizes.entries()) {
          const payload = new Uint8Array(size).map((_, at) => at * 7 + n);
          const qos = subject.driver.publishQos;
          assert.equal(await client.publish({ topic: `kit/${n}`, payload, qos }), "taken");
          const { message } = stage.gateway.sessions.flatMap(({ publications }) => publications).at(-1)!;
          if (subject.driver.content !== "free") continue;
          assert.deepEqual([message.topic, message.qos], [`kit/${n}`, qos]);
          assert.deepEqual(new Uint8Array(message.payload), payload, `${size} bytes`);
        }
        const all = stage.gateway.sessions.flatMap(({ publications }) => publications);
        assert.equal(all.length, sizes.length);
      }),
  },
  {
    name: "publishes that are sent ahead arrive in order",
    exclude: (subject) => needsPublish(subject) ?? (subject.driver.exclusive ? null : "each request is on its own"),
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const client = await stage.connect();
        const told = await Promise.all(Array.from({ length: 50 }, (_, n) => publish(subject, client, n)));
        assert.deepEqual(new Set(told), new Set(["taken"]));
        const published = stage.gateway.sessions.flatMap(({ publications }) => publications);
        assert.equal(published.length, 50);
        if (subject.driver.content !== "free") return;
        assert.deepEqual(
          published.map(({ message }) => message.topic),
          Array.from({ length: 50 }, (_, n) => `kit/${n}`),
        );
      }),
  },
];

async function refuseAtRandom(stage: Stage, random: Random): Promise<void> {
  const { subject, gateway } = stage;
  const witness = await stage.connect();
  let client = await stage.connect();
  for (let n = 0; n < ROUNDS; n++) {
    const verdict = random.pick(FINAL);
    const late = random.oneIn(3);
    gateway.script.publish = () => (late ? Verdict.Pending : verdict);
    const telling = publish(subject, client, n);
    if (late) {
      await gateway.until(() => pendingOf(stage).length === 1, `publish ${n}`);
      gateway.script.publish = () => Verdict.Accepted;
      await seeTwice(subject, witness);
      assert.equal(await isSettled(telling), false, `publish ${n} was answered before its verdict`);
      for (const [session, receipt] of pendingOf(stage)) session.settle(receipt, verdict);
    }
    const told = await telling;
    assertTold(told, verdict, `publish ${n}${late ? ", settled late" : ""}`);
    if (told === "closed") client = await stage.connect();
  }
}

async function settleInAnyOrder(stage: Stage, random: Random): Promise<void> {
  const { subject, gateway } = stage;
  const witness = await stage.connect();
  for (let burst = 0; burst < BURSTS; burst++) {
    const client = await stage.connect();
    let held = true;
    const begun: { readonly session: object; readonly receipt: number }[] = [];
    gateway.script.publish = (session, _, receipt) => {
      if (!held || session.origin.client.startsWith(witnessOf(stage))) return Verdict.Accepted;
      begun.push({ session, receipt });
      return Verdict.Pending;
    };
    const verdicts = Array.from({ length: BURST_LENGTH }, () => random.pick([Verdict.Accepted, Verdict.Denied]));
    const tellings = verdicts.map((_, n) => publish(subject, client, n));
    const settled = new Set<number>();
    while (settled.size < BURST_LENGTH) {
      await gateway.until(() => pendingOf(stage).length > 0, "a publish that waits for its verdict");
      await seeTwice(subject, witness);
      let told = 0;
      for (const telling of tellings) if (await isSettled(telling)) told++;
      assert.ok(told <= settled.size, `${told} were answered, ${settled.size} were settled`);
      const [session, receipt] = random.pick(pendingOf(stage));
      const index = begun.findLastIndex((one) => one.session === session && one.receipt === receipt);
      settled.add(index);
      session.settle(receipt, verdicts[index]!);
    }
    held = false;
    const told = await Promise.all(tellings);
    const taken = verdicts.filter((verdict) => isAccepted(verdict)).length;
    assert.equal(told.filter((answer) => answer === "taken").length, taken, `burst ${burst}: ${told.join(" ")}`);
    client.destroy();
  }
}

/** The witness is the first device that the stage connected. */
function witnessOf(stage: Stage): string {
  return stage.gateway.sessions[0]!.origin.client;
}

/** Two whole round trips of somebody else: what was sent before them has been read. */
async function seeTwice(subject: ContractSubject, witness: DeviceClient): Promise<void> {
  for (let n = 0; n < 2; n++) assert.equal(await publish(subject, witness, n), "taken", "the witness");
}

async function publish(subject: ContractSubject, client: DeviceClient, n: number): Promise<Told> {
  try {
    return await client.publish({ topic: `kit/${n}`, payload: utf8(`${n}`), qos: subject.driver.publishQos });
  } catch {
    return "closed";
  }
}

function pendingOf(stage: Stage): [session: Stage["gateway"]["sessions"][number], receipt: number][] {
  return stage.gateway.sessions.flatMap((session) =>
    session.pending.map((receipt): [typeof session, number] => [session, receipt]),
  );
}

function assertTold(told: Told, verdict: Verdict, what: string): void {
  const name = `${what}: the core said ${verdictNames[verdict]}, the device was told ${told}`;
  if (isAccepted(verdict)) assert.equal(told, "taken", name);
  else assert.ok(told === "refused" || told === "closed", name);
}
