// A core with everything switched on (users, access list, rates), two tenants with bystanders in it, and an adapter that
// means harm: it has what any adapter is given, and tests let it loose. Whatever it tries, the bystanders must see
// nothing of it, and an honest message must still arrive.

import assert from "node:assert/strict";
import { AccessList, BuiltinUsers, hashPassword, type UserEntry } from "../../backends/builtin/index.ts";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { plainSession } from "../../conformance/session-options.ts";
import { createCore, type Authorizer, type Core, type CoreLimits } from "../../core/compose.ts";
import {
  Message,
  Refusal,
  Verdict,
  type Adapter,
  type AdapterModule,
  type Clock,
  type Credentials,
  type Device,
  type Gateway,
  type ListenerMeter,
  type Peer,
  type Principal,
  type QoS,
  type Session,
  type SessionOptions,
  type SubscribeRequest,
} from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { createNetKit } from "../../net/kit.ts";
import { directPeer } from "../../net/peer.ts";

export const PEER: Peer = directPeer("hostile", "192.0.2.7", 7);

export const OPTIONS: SessionOptions = { ...plainSession, inflightMax: 10 };

const RULES = [
  { deny: "all", topic: "secret/#" },
  { allow: "subscribe", topic: "open/#" },
  { allow: "publish", topic: "open/%c/#" },
  { allow: "publish", topic: "globex/#" },
  { allow: "subscribe", topic: "globex/#" },
  { allow: "publish", topic: "$mine/#" },
] as const;

const everything = Object.freeze({ mayPublish: () => true, maySubscribe: () => true });

/** Keeps everything that it is given. */
export class Recorder implements Device {
  readonly messages: Message[] = [];
  readonly disconnects: number[] = [];
  full = false;
  deliver(_id: number, message: Message): boolean {
    this.messages.push(message);
    return !this.full;
  }
  release(): void {}
  onSettled(): void {}
  disconnect(reason: number): void {
    this.disconnects.push(reason);
  }
  get topics(): string[] {
    return this.messages.map(({ topic }) => topic);
  }
}

export interface Armed {
  readonly session: Session;
  readonly device: Recorder;
  readonly principal: Principal;
}

interface Arms {
  readonly gateway: Gateway;
  readonly kit: NetKit;
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export class World {
  readonly clock: FakeClock;
  readonly log = new SilentLog();
  readonly core: Core;
  /** What the hostile adapter was given. */
  readonly gateway: Gateway;
  readonly kit: NetKit;
  /** Sees everything in acme; may do everything. */
  readonly witness = new Recorder();
  /** The same in globex. */
  readonly stranger = new Recorder();
  #honest: Session | null = null;
  #strangers: Session | null = null;

  private constructor(core: Core, clock: FakeClock, arms: Arms) {
    this.core = core;
    this.clock = clock;
    this.gateway = arms.gateway;
    this.kit = arms.kit;
  }

  static async make(limits: Partial<CoreLimits> = {}, given: Clock | null = null): Promise<World> {
    const fake = new FakeClock();
    // What an adapter is given can tell the time and wake it up, and cannot be moved.
    const clock = given ?? inert(fake);
    const authorizer: Authorizer = {
      rulesFor: async (origin) => (origin.user === "root" ? everything : new AccessList([...RULES]).rulesFor(origin)),
    };
    const core = createCore({
      node: "node-1",
      clock,
      log: new SilentLog(),
      authenticators: [new BuiltinUsers({ users: await users(), clock, hideUnknownUsers: true })],
      authorizer,
      limits,
    });
    const kit: NetKit = createNetKit({ clock });
    const world = new World(core, fake, smuggle(core, kit));
    world.#honest = await world.#bystander("acme/root", world.witness);
    world.#strangers = await world.#bystander("globex/root", world.stranger);
    return world;
  }

  get honest(): Session {
    return this.#honest!;
  }
  get strangers(): Session {
    return this.#strangers!;
  }
  get meter(): ListenerMeter {
    return this.gateway.meter("hostile");
  }

  authenticate(client: string, user: string | null = "acme/mallory", password = "mallory") {
    return this.gateway.authenticate(PEER, credentials(client, user, password));
  }

  /** A session that the adapter has by right: mallory's, in acme. */
  async admitted(client = "m", options: Partial<SessionOptions> = {}, user = "acme/mallory"): Promise<Armed> {
    const principal = await this.authenticate(client, user, user.split("/")[1]);
    if (principal instanceof Refusal) throw new Error(principal.text);
    const device = new Recorder();
    const session = await this.gateway.openSession(principal, { ...OPTIONS, ...options }, device);
    if (session instanceof Refusal) throw new Error(session.text);
    session.onWritable();
    return { session, device, principal };
  }

  /** Nobody saw anything but these topics (in acme), and an honest message still arrives everywhere. */
  assertUnharmed(allowed: readonly string[] = []): void {
    assert.deepEqual(this.witness.topics, allowed, "what acme's bystander saw");
    assert.deepEqual(this.stranger.topics, [], "what globex's bystander saw");
    for (const [session, device] of [
      [this.honest, this.witness],
      [this.strangers, this.stranger],
    ] as const) {
      assert.equal(send(session, "open/canary", "alive"), Verdict.Accepted);
      const last = device.messages.at(-1)!;
      assert.equal(last.topic, "open/canary");
      assert.equal(new TextDecoder().decode(last.payload), "alive");
      assert.equal(last.origin, session.origin);
      device.messages.pop();
    }
  }

  async #bystander(user: string, device: Recorder): Promise<Session> {
    const gateway = this.core.gateway("honest");
    const principal = await gateway.authenticate(
      { ...PEER, listener: "honest" },
      credentials(`by-${user}`, user, "root"),
    );
    if (principal instanceof Refusal) throw new Error(principal.text);
    const session = await gateway.openSession(principal, OPTIONS, device);
    if (session instanceof Refusal) throw new Error(session.text);
    session.onWritable();
    await session.subscribe([request("#"), request("$mine/#"), request("secret/#", 1)]);
    return session;
  }
}

export function credentials(client: string, user: string | null, password: string | null): Credentials {
  return { client, user, password: password === null ? null : text(password), token: null };
}

export function request(filter: string, qos: QoS = 0): SubscribeRequest {
  return { filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 0 };
}

export function send(session: Session, topic: string, payload: string, qos: QoS = 0, retain = false): Verdict {
  return session.publish(Message.of(session.origin, topic, text(payload), qos, retain), 1);
}

/** Runs an attack that may throw: an exception at the attacker is as good as a refusal. */
export function attempt<T>(attack: () => T): T | "threw" {
  try {
    return attack();
  } catch {
    return "threw";
  }
}

/** The same for what answers later. */
export async function attemptLater<T>(attack: () => Promise<T>): Promise<T | "threw"> {
  try {
    return await attack();
  } catch {
    return "threw";
  }
}

/** Sets a property whatever it takes; false when it could not be done. */
export function overwrite(target: object, name: PropertyKey, value: unknown): boolean {
  const assigned = attempt(() => Reflect.set(target, name, value));
  const defined = attempt(() => Reflect.defineProperty(target, name, { value, configurable: true }));
  return assigned === true || defined === true;
}

function inert(clock: Clock): Clock {
  return Object.freeze({
    now: () => clock.now(),
    arm: (...args: Parameters<Clock["arm"]>) => clock.arm(...args),
    disarm: (...args: Parameters<Clock["disarm"]>) => clock.disarm(...args),
  });
}

/** Goes the way of every adapter: a module whose `create` is given a gateway and a kit. */
function smuggle(core: Core, kit: NetKit): Arms {
  const given: Arms[] = [];
  const idle: Adapter = {
    start: async () => {},
    stop: async () => {},
    reload: async () => {},
    listeners: [],
  };
  const hostile: AdapterModule<object, NetKit> = {
    name: "hostile",
    stability: "experimental",
    capabilities: {
      transports: [],
      publish: true,
      subscribe: true,
      maxQos: 2,
      retain: true,
      will: true,
      multipleSessions: true,
    },
    configSchema: {},
    create: (_config, gateway, net) => {
      given.push({ gateway, kit: net });
      return idle;
    },
  };
  hostile.create({}, core.gateway(hostile.name), kit);
  return given[0]!;
}

async function users(): Promise<UserEntry[]> {
  const cost = { ln: 10, r: 1, p: 1 };
  const names = ["acme/root", "acme/alice", "acme/mallory", "globex/root", "globex/bob"];
  return Promise.all(
    names.map(async (name) => ({ name, password: await hashPassword(text(name.split("/")[1]!), cost) })),
  );
}
