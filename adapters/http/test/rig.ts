// A whole gateway for the tests of this adapter: the real core, one HTTP listener on a free port, and plain clients.
// The adapter's clock is the host's, so that what is tested with sockets needs no one to move time; tests of time-outs
// give a fake one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { Refusal, RefusalReason } from "../../../core/index.ts";
import type { Adapter, Device, Gateway, Message, Peer, Session } from "../../../core/index.ts";
import { createCore } from "../../../core/compose.ts";
import type { Core, CoreLimits } from "../../../core/compose.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { SilentLog } from "../../../conformance/silent-log.ts";
import { plainSession } from "../../../conformance/session-options.ts";
import type { NetKit } from "../../../net/kit.ts";
import { createNetKit } from "../../../net/kit.ts";
import { directPeer } from "../../../net/peer.ts";
import type { HttpConfig } from "../config.ts";
import { http } from "../index.ts";

export interface RigOptions {
  readonly config?: Omit<HttpConfig, "listeners">;
  readonly listener?: Omit<HttpConfig["listeners"][number], "port">;
  readonly limits?: Partial<CoreLimits>;
  /** False: whoever states no credentials is refused. */
  readonly anonymous?: boolean;
  /** Stands in for the core's own. */
  readonly gateway?: Gateway;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON. */
  readonly json: unknown;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

const PATIENCE_MS = 5_000;

const passwords = new Map([
  ["acme/truck-7", "secret"],
  ["acme/truck-8", "secret"],
  ["other/truck-7", "secret"],
]);

/** Everything is allowed but what begins with `denied`. */
const rules = {
  mayPublish: (topic: string): boolean => !topic.startsWith("denied"),
  maySubscribe: (filter: string): boolean => !filter.startsWith("denied"),
};

export class Rig {
  readonly clock = new FakeClock();
  readonly log = new SilentLog();
  readonly core: Core;
  readonly adapter: Adapter;
  authentications = 0;

  private constructor(options: RigOptions) {
    this.core = createCore({
      node: "test",
      clock: this.clock,
      log: this.log,
      limits: options.limits ?? {},
      authenticators: [{ name: "test", authenticate: async (_peer, asked) => this.#identify(asked, options) }],
      authorizer: { rulesFor: async () => rules },
    });
    const kit: NetKit = createNetKit({ clock: this.clock });
    const listeners = [{ ...options.listener, port: 0 }];
    this.adapter = http.create({ ...options.config, listeners }, options.gateway ?? this.core.gateway("http"), kit);
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options);
    await rig.adapter.start();
    return rig;
  }

  async stop(): Promise<void> {
    await this.adapter.stop(AbortSignal.timeout(2_000));
    this.core.stop();
  }

  get port(): number {
    return this.adapter.listeners[0]!.port;
  }

  async ask(path: string, options: RequestOptions = {}): Promise<Answer> {
    return readAnswer(await this.open(path, options));
  }

  /** Resolves with the response's head. */
  async open(path: string, { method = "GET", headers = {}, body }: RequestOptions = {}): Promise<IncomingMessage> {
    const asked = request({ host: "127.0.0.1", port: this.port, path, method, headers, agent: false });
    asked.end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return response;
  }

  post(topic: string, body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(`/v1/topics/${topic}`, { method: "POST", headers, body });
  }

  async raw(): Promise<Socket> {
    const socket = connect(this.port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  }

  /** Connections that the listener counts as open. */
  get connections(): number {
    return this.core.gateway("http").meter("http").connections;
  }

  /** Looks until it is so; rejects after five seconds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
      await setTimeout(2);
    }
  }

  /** Somebody who is subscribed, next to the adapter. */
  async subscriber(filter: string, tenant = ""): Promise<{ messages: Message[]; session: Session }> {
    const messages: Message[] = [];
    const session = await this.session("watcher", tenant, {
      deliver: (_id, message) => messages.push(message) > 0,
      release: () => undefined,
      onSettled: () => undefined,
      disconnect: () => undefined,
    });
    await session.subscribe([
      { filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 0 },
    ]);
    session.onWritable();
    return { messages, session };
  }

  async session(client: string, tenant: string, device: Device): Promise<Session> {
    const gateway = this.core.gateway("test");
    const user = tenant === "" ? null : `${tenant}/truck-7`;
    const password = user === null ? null : Buffer.from("secret");
    const principal = await gateway.authenticate(peer, { client, user, password, token: null });
    if (principal instanceof Refusal) throw new Error(principal.text);
    const session = await gateway.openSession(principal, plainSession, device);
    if (session instanceof Refusal) throw new Error(session.text);
    return session;
  }

  #identify(
    asked: { user: string | null; password: Uint8Array | null; token: string | null },
    { anonymous = true }: RigOptions,
  ) {
    this.authentications++;
    const refusal = new Refusal(RefusalReason.BadCredentials, "no");
    if (asked.token !== null) return asked.token === "t0ken" ? { tenant: "acme", user: "robot" } : refusal;
    if (asked.user === null) return anonymous ? { tenant: "", user: "" } : refusal;
    if (passwords.get(asked.user) !== Buffer.from(asked.password ?? []).toString()) return refusal;
    const slash = asked.user.indexOf("/");
    return { tenant: asked.user.slice(0, slash), user: asked.user.slice(slash + 1) };
  }
}

const peer: Peer = directPeer("test", "127.0.0.1", 1);

export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = body.toString();
  const isJson = response.headers["content-type"]?.startsWith("application/json") === true && text !== "";
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    text,
    json: isJson ? JSON.parse(text) : null,
  };
}

export function basic(user: string, password = "secret"): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

/** Runs a test on a gateway of its own; afterwards nothing is armed and nothing was logged as an error. */
export async function withRig(options: RigOptions, run: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await Rig.start(options);
  try {
    await run(rig);
  } finally {
    await rig.stop();
  }
  assert.deepEqual(rig.log.of("error"), []);
  assert.equal(rig.clock.armed, 0, "timers left");
}

export const codeOf = (answer: Answer): string => (answer.json as { error: { code: string } }).error.code;
export const messageOf = (answer: Answer): string => (answer.json as { error: { message: string } }).error.message;
