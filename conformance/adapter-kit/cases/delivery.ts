// From the core to the device: order, every QoS, a device that does not read, one that is sent away.

import assert from "node:assert/strict";
import { CloseReason, closeReasonNames } from "../../../core/index.ts";
import { needsDelivery, needsExclusive, type ContractCase } from "../contract-case.ts";
import type { ContractSubject, DeviceClient } from "../driver.ts";
import type { FakeSession } from "../fake-session.ts";
import { Stage, closed, turns } from "../stage.ts";

const COUNT = 100;
/** More than sockets and marks hold together, so that a device which does not read is noticed. */
const PUSH_MAX_BYTES = 96 * 1_048_576;
const PUSH_BYTES = 16_384;
const PUSH_MAX = 40_000;
const REASONS: readonly CloseReason[] = Object.values(CloseReason);

export const delivery: readonly ContractCase[] = [
  {
    name: "deliveries arrive in order at every QoS, and are acknowledged",
    exclude: needsDelivery,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const { client, session } = await stage.connectReceiver();
        for (let n = 0; n < COUNT; n++) {
          const { deliveryQos } = subject.driver;
          session.send({ ...subject.driver.delivery(n, 20), qos: deliveryQos[n % deliveryQos.length]! });
        }
        await receiveAll(client, COUNT);
        await stage.gateway.until(() => session.inFlight === 0, "every acknowledgement");
        assert.ok(session.acknowledgements.every(({ known }) => known));
        client.destroy();
      }),
  },
  {
    name: "back-pressure: a device that does not read stops its own deliveries, and loses none",
    optional: "back-pressure",
    exclude: needsDelivery,
    async run(subject, say) {
      await Stage.run(subject, async (stage) => {
        const { client, session } = await stage.connectReceiver();
        const other = await stage.connectReceiver();
        client.pause();
        const pushed = await pushUntilFull(subject, session);
        say(`full after ${session.delivered} deliveries`);
        other.session.send({ ...subject.driver.delivery(0, 20) });
        assert.equal(await other.client.receive(), 0, "another device is served meanwhile");
        const before = session.delivered;
        await turns(3);
        assert.equal(session.delivered, before, "delivered to a full device");
        client.resume();
        await receiveAll(client, pushed);
        assert.equal(session.queued, 0);
        assert.ok(session.closed === null, "the device was cut off");
      });
    },
  },
  {
    name: "take-over: the older connection ends, the newer one goes on",
    exclude: needsExclusive,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const who = stage.who();
        const older = await stage.connect(who);
        const newer = await stage.connect(who);
        await closed(older);
        const [first, second] = stage.gateway.sessions;
        assert.equal(first!.closed, CloseReason.TakenOver);
        await turns(3);
        assert.equal(second!.closed, null, "the older connection's end closed the newer one's session");
        await publishIfItCan(subject, newer);
        newer.destroy();
        await stage.gateway.until(() => second!.closed !== null, "the end of the newer session");
      }),
  },
  {
    name: "disconnect hangs up, whatever the reason",
    exclude: (subject) => needsDelivery(subject),
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        for (const reason of REASONS) {
          const { client, session } = await stage.connectReceiver();
          session.disconnect(reason);
          await closed(client);
          assert.equal(session.closed, reason, closeReasonNames[reason]);
        }
        await publishIfItCan(subject, await stage.connect());
      }),
  },
  {
    name: "disconnect in the middle of a publish, and of a delivery",
    exclude: (subject) => needsDelivery(subject),
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const { client, session } = await stage.connectReceiver();
        for (let n = 0; n < 20; n++) session.send(subject.driver.delivery(n, 20));
        session.disconnect(CloseReason.Kicked);
        await closed(client);
        if (!subject.module.capabilities.publish || !subject.driver.exclusive) return;
        const second = await stage.connect();
        const answer = stage.gateway.script.publish;
        stage.gateway.script.publish = (publisher, ...rest) => {
          publisher.disconnect(CloseReason.Kicked);
          return answer(publisher, ...rest);
        };
        await publishIfItCan(subject, second).catch(() => {});
        await closed(second);
      }),
  },
  {
    name: "one connection's end does not hurt another, and is told to the core",
    exclude: needsExclusive,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const whos = Array.from({ length: 3 }, () => stage.who());
        const [lost, polite, staying] = await Promise.all(whos.map((who) => stage.connect(who)));
        const [first, second, third] = whos.map(({ client }) => stage.gateway.sessionOf(client));
        lost!.destroy();
        await polite!.close();
        await stage.gateway.until(() => first!.closed !== null && second!.closed !== null, "both ends");
        assert.equal(first!.closed, CloseReason.ConnectionLost);
        assert.equal(second!.closed, CloseReason.Normal);
        assert.equal(third!.closed, null);
        await publishIfItCan(subject, staying!);
      }),
  },
];

async function receiveAll(client: DeviceClient, count: number): Promise<void> {
  for (let n = 0; n < count; n++) assert.equal(await client.receive(), n, "deliveries in order");
}

/** Sends until the device is full, and a few more; answers how many. */
async function pushUntilFull(subject: ContractSubject, session: FakeSession): Promise<number> {
  let n = 0;
  let bytes = 0;
  for (; session.refusals === 0 && bytes < PUSH_MAX_BYTES && n < PUSH_MAX; n++) {
    const sending = subject.driver.delivery(n, PUSH_BYTES);
    bytes += sending.payload.length;
    session.send(sending);
    if (n % 8 === 7) await turns(1);
  }
  assert.ok(session.refusals > 0, `${n} deliveries, ${bytes} bytes, and deliver never answered false`);
  for (let more = 0; more < 10; more++) session.send(subject.driver.delivery(n++, PUSH_BYTES));
  return n;
}

async function publishIfItCan(subject: ContractSubject, client: DeviceClient): Promise<void> {
  if (!subject.module.capabilities.publish) return;
  const payload = new Uint8Array([48]);
  assert.equal(await client.publish({ topic: "kit/t", payload, qos: subject.driver.publishQos }), "taken");
}
