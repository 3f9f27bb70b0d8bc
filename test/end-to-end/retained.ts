// Every publisher meets every receiver at QoS 1: first with a retained message, which waits for the receivers, then with
// one to those who are there. A receiver that shows quality and the retained mark must show them as they are.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";

import type { Publisher, Received, Receiver } from "./scene.ts";

interface Topic {
  readonly topic: string;
  readonly publisher: Publisher;
}

/** @param open subscribes the receivers at QoS 1: the retained messages are there by then */
export async function testRetained(
  context: TestContext,
  publishers: readonly Publisher[],
  open: () => Promise<readonly Receiver[]>,
): Promise<void> {
  const topics = publishers.map((publisher, at): Topic => ({ topic: `fleet/retained/${at}`, publisher }));
  for (const { topic, publisher } of topics) {
    await publisher.publish(topic, Buffer.from(`kept of ${publisher.name}`), { qos: 1, retain: true });
  }
  const receivers = await open();
  for (const receiver of receivers) {
    await context.test(`retained at QoS 1 → ${receiver.name}`, async () => {
      for (const { topic, publisher } of topics) {
        const [kept] = await receiver.received(topic, 1);
        assertShown(kept!, `kept of ${publisher.name}`, true);
      }
    });
  }
  for (const { topic, publisher } of topics) {
    await publisher.publish(topic, Buffer.from(`live from ${publisher.name}`), { qos: 1, retain: false });
  }
  for (const receiver of receivers) {
    await context.test(`QoS 1 → ${receiver.name}`, async () => {
      for (const { topic, publisher } of topics) {
        // A last value is one message; everybody else has two by now.
        const live = (await receiver.received(topic, 2)).at(-1)!;
        assertShown(live, `live from ${publisher.name}`, false);
      }
    });
  }
  context.diagnostic(`retained, then live, at QoS 1: ${publishers.length} publishers × ${receivers.length} receivers`);
}

function assertShown(received: Received, text: string, isRetained: boolean): void {
  assert.equal(received.payload.toString(), text);
  if (received.qos !== null) assert.equal(received.qos, 1, "QoS");
  if (received.retain !== null) assert.equal(received.retain, isRetained, "retained");
}
