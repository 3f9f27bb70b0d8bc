// The core as a test scripts it: who is let in, what each publish is answered, when. An adapter cannot tell it from the
// real one, except that it does everything that the contract allows and the real core rarely does: it refuses at random,
// settles late, holds an authentication back, disconnects at the worst moment.

import {
  CloseReason,
  ListenerMeter,
  Refusal,
  RefusalReason,
  Verdict,
  type Credentials,
  type Device,
  type EdgeLimits,
  type Gateway,
  type Log,
  type Message,
  type Peer,
  type Principal,
  type Reading,
  type Session,
  type SessionOptions,
  type SubscribeRequest,
} from "../../core/index.ts";
import { FakeClock } from "../fake-clock.ts";
import { within } from "../patience.ts";
import { SilentLog } from "../silent-log.ts";
import { FakeSession, type SessionHost } from "./fake-session.ts";

/** The verbs that a test can hold back. */
export type GatedVerb = "authenticate" | "openSession" | "subscribe" | "read";

/** What the core answers. Every field may be replaced at any time, also between two calls. */
export interface Script {
  authenticate: (peer: Peer, credentials: Credentials) => Refusal | null;
  open: (principal: Principal, options: SessionOptions) => Refusal | null;
  publish: (session: FakeSession, message: Message, receipt: number) => Verdict;
  subscribe: (session: FakeSession, request: SubscribeRequest) => Verdict;
  read: (session: FakeSession, topic: string) => Reading;
}

export interface FakeGatewayOptions {
  readonly protocol?: string;
  readonly clock?: FakeClock;
  readonly limits?: Partial<EdgeLimits>;
}

const LIMITS: EdgeLimits = {
  messageMaxBytes: 1_048_576,
  topicMaxBytes: 65_535,
  topicMaxLevels: 128,
  inboundInflightMax: 100,
  clientIdMaxBytes: 65_535,
  sessionExpiryMaxMs: 7 * 86_400_000,
};

class FakePrincipal implements Principal {
  readonly tenant: string;
  readonly client: string;
  readonly user: string;
  readonly peer: Peer;
  constructor(tenant: string, client: string, user: string, peer: Peer) {
    this.tenant = tenant;
    this.client = client;
    this.user = user;
    this.peer = peer;
  }
}

export class FakeGateway implements Gateway, SessionHost {
  readonly protocol: string;
  readonly clock: FakeClock;
  readonly log: Log & SilentLog;
  readonly limits: EdgeLimits;
  readonly script: Script;
  /** What the adapter asked, oldest first. */
  readonly authentications: { readonly peer: Peer; readonly credentials: Credentials }[] = [];
  /** Every session that was ever opened, oldest first. */
  readonly sessions: FakeSession[] = [];
  /** What an adapter must never do. Empty at the end of every test. */
  readonly violations: string[] = [];
  readonly meters = new Map<string, ListenerMeter>();
  readonly #principals = new WeakSet<Principal>();
  readonly #open = new Set<FakeSession>();
  readonly #holders = new Map<string, FakeSession>();
  readonly #gates = new Map<GatedVerb, Promise<void>>();
  #watchers: (() => void)[] = [];
  #assigned = 0;

  constructor(options: FakeGatewayOptions = {}) {
    this.protocol = options.protocol ?? "fake";
    this.clock = options.clock ?? new FakeClock();
    this.log = new SilentLog();
    this.limits = Object.freeze({ ...LIMITS, ...options.limits });
    this.script = {
      authenticate: () => null,
      open: () => null,
      publish: () => Verdict.Accepted,
      subscribe: () => Verdict.Accepted,
      read: () => ({ verdict: Verdict.Accepted, message: null }),
    };
  }

  async authenticate(peer: Peer, credentials: Credentials): Promise<Principal | Refusal> {
    // What it says in a buffer is only sure for this turn.
    const password = credentials.password === null ? null : new Uint8Array(credentials.password);
    this.authentications.push({ peer, credentials: { ...credentials, password } });
    this.changed();
    const refusal = this.script.authenticate(peer, credentials);
    await this.passGate("authenticate");
    if (refusal !== null) return refusal;
    const [tenant, user] = splitTenant(credentials.user ?? "");
    const client = credentials.client === "" ? `assigned-${++this.#assigned}` : credentials.client;
    const principal = new FakePrincipal(tenant, client, user, peer);
    this.#principals.add(principal);
    return principal;
  }

  async openSession(principal: Principal, options: SessionOptions, device: Device): Promise<Session | Refusal> {
    if (!this.#principals.has(principal)) {
      this.violations.push(`openSession with a principal that was never authenticated: ${principal.client}`);
      return new Refusal(RefusalReason.NotAuthorized, "not a principal of this gateway");
    }
    const refusal = this.script.open(principal, options);
    await this.passGate("openSession");
    if (refusal !== null) return refusal;
    const name = JSON.stringify([principal.tenant, principal.client, options.device]);
    const holder = options.exclusive ? this.#holders.get(name) : undefined;
    holder?.disconnect(CloseReason.TakenOver);
    const session = new FakeSession(this, principal, options, device, false);
    if (options.exclusive) this.#holders.set(name, session);
    this.sessions.push(session);
    this.#open.add(session);
    this.changed();
    return session;
  }

  meter(listener: string): ListenerMeter {
    const known = this.meters.get(listener);
    if (known !== undefined) return known;
    const meter = new ListenerMeter(listener, this.protocol);
    this.meters.set(listener, meter);
    return meter;
  }

  /** Sessions that are open now. */
  get open(): FakeSession[] {
    return [...this.#open];
  }

  /** The newest session of a client id; fails when there was none. */
  sessionOf(client: string): FakeSession {
    const found = this.sessions.findLast((session) => session.origin.client === client);
    if (found === undefined) throw new Error(`no session of ${client}`);
    return found;
  }

  /** Holds a verb back until the function that this returns is called. */
  hold(verb: GatedVerb): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gates.set(verb, promise);
    return () => {
      if (this.#gates.get(verb) === promise) this.#gates.delete(verb);
      resolve();
    };
  }

  /** Resolves when `condition` holds: looked at after everything that the adapter does here. Rejects when it takes too long. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = (): void => {
      if (condition()) resolve();
    };
    this.#watchers.push(watcher);
    try {
      await within(promise, what);
    } finally {
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
    }
  }

  /** The session's side: what the script says. */
  answerPublish(session: FakeSession, message: Message, receipt: number): Verdict {
    return this.script.publish(session, message, receipt);
  }
  answerSubscribe(session: FakeSession, request: SubscribeRequest): Verdict {
    return this.script.subscribe(session, request);
  }
  answerRead(session: FakeSession, topic: string): Reading {
    return this.script.read(session, topic);
  }
  async passGate(verb: GatedVerb): Promise<void> {
    await this.#gates.get(verb);
  }
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
  forget(session: FakeSession): void {
    this.#open.delete(session);
    for (const [name, holder] of this.#holders) if (holder === session) this.#holders.delete(name);
    this.changed();
  }
}

function splitTenant(user: string): [tenant: string, user: string] {
  const slash = user.indexOf("/");
  return slash === -1 ? ["", user] : [user.slice(0, slash), user.slice(slash + 1)];
}
