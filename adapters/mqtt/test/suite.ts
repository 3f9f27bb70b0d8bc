// The stage of the conformance tests: a gateway for each suite, names that no other test has, and clients of all levels.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe } from "node:test";

import { Broker, type BrokerOptions } from "./broker.ts";
import { type ConnectFields, NO_PROPERTIES, PINGREQ, subscribe } from "./packets.ts";
import { RawClient, type Received } from "./raw-client.ts";

export let broker: Broker;
let names = 0;
/** A client id that no other test has. */
export let id: string;
/** A topic that no other test has. */
export let topic: string;

export function suite(name: string, options: BrokerOptions, body: () => void): void {
  describe(name, () => {
    before(async () => {
      broker = await Broker.start(options);
    });
    after(async () => {
      await broker.stop();
      assert.equal(broker.core.stats().connected, 0);
      assert.deepEqual(broker.log.of("error"), []);
    });
    beforeEach(() => {
      names++;
      id = `client-${names}`;
      topic = `topic-${names}/t`;
    });
    body();
  });
}

export function client(fields: ConnectFields = {}): Promise<RawClient> {
  return RawClient.connect(broker.port, { client: `${id}-${fields.level ?? 4}`, ...fields });
}

/** Connected and subscribed, SUBACK read. */
export async function subscriber(
  filter: string,
  options = 2,
  fields: ConnectFields = {},
  properties = NO_PROPERTIES,
): Promise<RawClient> {
  const one = await client({ client: `${id}-sub`, ...fields });
  one.send(subscribe(fields.level ?? 4, 77, [[filter, options]], properties));
  const answer = await one.next("suback");
  assert.ok((granted(answer)[0] ?? 0x80) <= 2, "subscribed");
  return one;
}

export function granted(answer: Received): number[] {
  assert.ok(Array.isArray(answer["granted"]));
  return answer["granted"].map(Number);
}

export function reasonOf(answer: Received): unknown {
  return answer["reasonCode"] ?? answer["returnCode"];
}

export function toldIn(answer: Received): Record<string, unknown> {
  return { ...(answer["properties"] as Record<string, unknown> | undefined) };
}

/** Nothing is under way to this client, and all that it sent is served: a PINGRESP comes before anything else would. */
export async function isQuiet(one: RawClient): Promise<void> {
  one.send(PINGREQ);
  await one.next("pingresp");
}

/** Waits for the server's side of something that the client cannot see. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(condition());
}
