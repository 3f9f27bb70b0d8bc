// An application beside one adapter and a real core: it hears the JSON of `{protocol}/+/up/#` and sends commands to
// `{protocol}/{device}/down`. And the house that both live in, for tests of adapters that speak so.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { createCore } from "../core/compose.ts";
import type { AccessRules, Authenticator, Core } from "../core/compose.ts";
import { Message, Refusal } from "../core/index.ts";
import type { AdapterModule, Device, Gateway, Session, Verdict } from "../core/index.ts";
import { createNetKit } from "../net/kit.ts";
import type { NetKit } from "../net/kit.ts";
import { directPeer } from "../net/peer.ts";
import { FakeClock } from "./fake-clock.ts";
import { within } from "./patience.ts";
import { plainSession } from "./session-options.ts";
import { SilentLog } from "./silent-log.ts";

export const everything: AccessRules = { mayPublish: () => true, maySubscribe: () => true };
export const anonymous: Authenticator = {
  name: "anonymous",
  authenticate: async () => ({ tenant: "", user: "" }),
};

/** How long a stop may take, ms. */
const STOP_MS = 1_000;

export class JsonApplication implements Device {
  readonly messages: { topic: string; json: Record<string, unknown> }[] = [];
  readonly #protocol: string;
  #session: Session | null = null;
  #watch: () => void = () => undefined;

  constructor(protocol: string) {
    this.#protocol = protocol;
  }

  static async open(gateway: Gateway, protocol: string): Promise<JsonApplication> {
    const application = new JsonApplication(protocol);
    const credentials = { client: "app", user: "app", password: null, token: null };
    const principal = await gateway.authenticate(directPeer("test", "127.0.0.1", 1), credentials);
    assert.ok(!(principal instanceof Refusal));
    const session = await gateway.openSession(principal, { ...plainSession, inflightMax: 10 }, application);
    assert.ok(!(session instanceof Refusal));
    const rest = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 2, identifier: 0 } as const;
    await session.subscribe([{ filter: `${protocol}/+/up/#`, ...rest }]);
    session.onWritable();
    application.#session = session;
    return application;
  }

  command(device: string, command: object, qos: 0 | 1 = 1): Verdict {
    const session = this.#session!;
    const payload = Buffer.from(JSON.stringify(command));
    return session.publish(Message.of(session.origin, `${this.#protocol}/${device}/down`, payload, qos), 0);
  }

  async received(count: number): Promise<void> {
    const waiting = async (): Promise<void> => {
      while (this.messages.length < count) await new Promise<void>((resolve) => (this.#watch = resolve));
    };
    await within(waiting(), `${count} messages`);
  }

  deliver(_id: number, message: Message): boolean {
    this.messages.push({ topic: message.topic, json: JSON.parse(Buffer.from(message.payload).toString()) });
    this.#watch();
    return true;
  }
  release(): void {}
  onSettled(): void {}
  disconnect(): void {}
}

export interface House<Connected> {
  readonly core: Core;
  readonly application: JsonApplication;
  /** A device by that name, which ends with the test. */
  readonly open: (name: string) => Promise<Connected>;
}

export interface HouseOptions<Connected> {
  // oxlint-disable-next-line typescript/no-explicit-any -- the configuration is the adapter's own
  readonly module: AdapterModule<any, NetKit>;
  /** Keys of the one listener, beside its port. */
  readonly listener: object;
  readonly authenticator: Authenticator;
  readonly rules: (client: string) => AccessRules;
  readonly connect: (at: { host: string; port: number }, name: string) => Promise<Connected>;
}

/** A real core with one adapter on a free port. After the test all is stopped, and no timer is left. */
export async function houseOf<Connected extends { readonly tcp: { destroy(): void } }>(
  t: TestContext,
  { module, listener, authenticator, rules, connect }: HouseOptions<Connected>,
): Promise<House<Connected>> {
  const clock = new FakeClock();
  const core = createCore({
    node: "test",
    clock,
    log: new SilentLog(),
    authenticators: [authenticator],
    authorizer: { rulesFor: async ({ client }) => rules(client) },
  });
  const config = { listeners: [{ port: 0, ...listener }] };
  const adapter = module.create(config, core.gateway(module.name), createNetKit({ clock }));
  await adapter.start();
  const devices: Connected[] = [];
  t.after(async () => {
    for (const device of devices) device.tcp.destroy();
    await adapter.stop(AbortSignal.timeout(STOP_MS));
    core.stop();
    assert.equal(clock.armed, 0);
  });
  const application = await JsonApplication.open(core.gateway("test"), module.name);
  return {
    core,
    application,
    async open(name) {
      const { host, port } = adapter.listeners[0]!;
      const device = await connect({ host, port }, name);
      devices.push(device);
      return device;
    },
  };
}
