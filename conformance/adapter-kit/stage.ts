// One adapter under test with everything around it: the fake core, a network kit, a clock that stands still; and the
// questions that every case asks at its end: did the adapter break the contract, is anything left running?

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv } from "ajv";
import type { Adapter, EdgeLimits } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { createNetKit } from "../../net/kit.ts";
import { FakeClock } from "../fake-clock.ts";
import { patienceMs, within } from "../patience.ts";
import type { Address, ContractSubject, DeviceClient, Who } from "./driver.ts";
import { FakeGateway } from "./fake-gateway.ts";
import type { FakeSession } from "./fake-session.ts";

/** How long a stop may take before it has to cut off what is left, ms. */
const STOP_DEADLINE_MS = 2_000;

export interface StageOptions {
  readonly limits?: Partial<EdgeLimits>;
  /** Ports to listen on; one free port when left out. */
  readonly ports?: readonly number[];
}

export class Stage {
  readonly subject: ContractSubject;
  readonly clock: FakeClock;
  readonly gateway: FakeGateway;
  readonly kit: NetKit;
  readonly adapter: Adapter;
  readonly #before: Map<string, number>;
  readonly #connected: DeviceClient[] = [];
  #clients = 0;

  constructor(subject: ContractSubject, options: StageOptions = {}) {
    this.#before = activeResources();
    this.subject = subject;
    this.clock = new FakeClock();
    const protocol = subject.module.name;
    this.gateway = new FakeGateway({ clock: this.clock, protocol, limits: options.limits ?? {} });
    this.kit = createNetKit({ clock: this.clock });
    this.adapter = subject.module.create(configured(subject, options.ports ?? [0]), this.gateway, this.kit);
  }

  static async started(subject: ContractSubject, options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(subject, options);
    await stage.adapter.start();
    return stage;
  }

  /** Runs a case on a started adapter, then stops it and looks at what is left. */
  static async run(subject: ContractSubject, body: (stage: Stage) => Promise<void>, options?: StageOptions) {
    const stage = await Stage.started(subject, options);
    try {
      await body(stage);
    } catch (error) {
      // The case has failed: its own error says why, what is left running after it does not matter any more.
      for (const client of stage.#connected) client.destroy();
      await stage.stop();
      throw error;
    }
    await stage.stop();
    await stage.assertNothingLeft();
  }

  get at(): Address {
    const first = this.adapter.listeners[0];
    if (first === undefined) throw new Error("nothing is bound");
    return { host: first.host, port: first.port };
  }

  /** Another device each time it is asked. */
  who(): Who {
    const n = this.#clients++;
    return { client: this.subject.driver.clientId?.(n) ?? `kit-${n}`, user: "acme/kit", password: "secret" };
  }

  /** Connects a device that must be let in. */
  async connect(who: Who = this.who()): Promise<DeviceClient> {
    const client = await this.subject.driver.connect(this.at, who);
    assert.notEqual(client, "refused", `${who.client} was refused`);
    if (client === "refused") throw new Error("refused");
    this.#connected.push(client);
    return client;
  }

  /** Connects a device that can be sent to: subscribed, where the protocol subscribes. Gives its session too. */
  async connectReceiver(who: Who = this.who()): Promise<{ client: DeviceClient; session: FakeSession }> {
    const client = await this.connect(who);
    if (this.subject.module.capabilities.subscribe) {
      assert.equal(await client.subscribe("kit/#"), "taken", "subscribe");
    }
    const wanted = this.subject.module.capabilities.subscribe ? 1 : 0;
    const isIt = (session: FakeSession): boolean =>
      session.origin.client === who.client && session.subscriptions.size >= wanted;
    await this.gateway.until(
      () => this.gateway.open.some((session) => isIt(session) && session.writable),
      "a receiver",
    );
    return { client, session: this.gateway.open.findLast((session) => isIt(session) && session.writable)! };
  }

  async stop(): Promise<void> {
    await this.adapter.stop(AbortSignal.timeout(STOP_DEADLINE_MS));
  }

  /** After a stop: no violation, no error in the log, no session, timer, socket or handle. */
  async assertNothingLeft(): Promise<void> {
    assert.deepEqual(this.gateway.violations, [], "the contract was broken");
    assert.deepEqual(this.gateway.log.of("error"), [], "errors were logged");
    assert.deepEqual(this.adapter.listeners, [], "listeners after stop");
    await eventually(() => this.gateway.open.length, 0, "open sessions");
    await eventually(() => this.clock.armed, 0, "timers armed on the clock");
    await eventually(() => this.#leftOver(), "", "resources of the event loop");
  }

  #leftOver(): string {
    const more: string[] = [];
    for (const [type, count] of activeResources()) {
      const before = this.#before.get(type) ?? 0;
      if (count > before) more.push(`${count - before} ${type}`);
    }
    return more.join(", ");
  }
}

/** The user's configuration with the schema's defaults, as the gateway would hand it over. */
export function configured(subject: ContractSubject, ports: readonly number[]): object {
  const config = structuredClone(subject.config(ports));
  const validate = new Ajv({ useDefaults: true, allErrors: true, strict: false }).compile(subject.module.configSchema);
  assert.ok(validate(config), `the subject's configuration: ${JSON.stringify(validate.errors)}`);
  return config;
}

/** The adapter has hung up. */
export async function closed(client: { readonly closed: Promise<void> }): Promise<void> {
  await within(client.closed, "the end of the connection");
}

/** Waits until it is so; what it is instead is the error. */
export async function eventually<T>(look: () => T, wanted: T, what: string): Promise<void> {
  const end = performance.now() + patienceMs() / 3;
  while (look() !== wanted && performance.now() < end) await sleep(5);
  assert.equal(look(), wanted, what);
}

/** True when it resolves within the next turns of the event loop. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await turns(2);
  return settled;
}

/** Lets the event loop go round: what was written to a socket in this process is read by the other end. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
