// What core tests are made with: a whole core on a fake clock, and devices that write down what they are given.

import assert from "node:assert/strict";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { plainSession } from "../../conformance/session-options.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { createCore } from "../compose.ts";
import type { AccessRules, Authenticator, Authorizer, Core, CoreOptions } from "../compose.ts";
import { CloseReason, DeliveryFlag, Message, Refusal } from "../index.ts";
import type {
  Credentials,
  Device,
  Gateway,
  Peer,
  Principal,
  QoS,
  Session,
  SessionOptions,
  SubscribeRequest,
  Verdict,
} from "../index.ts";

export const peer: Peer = {
  address: "192.0.2.1",
  port: 40_000,
  proxy: null,
  listener: "test",
  secure: false,
  certificate: null,
  serverName: null,
};

/** Everybody is who they say: `tenant/user` or `user`. */
export const trusting: Authenticator = {
  name: "trusting",
  authenticate: async (_peer, { user }) => {
    const [tenant, name] = user?.includes("/") ? user.split("/") : ["", user ?? ""];
    return { tenant: tenant ?? "", user: name ?? "" };
  },
};

export const everything: AccessRules = { mayPublish: () => true, maySubscribe: () => true };
export const open: Authorizer = { rulesFor: async () => everything };

export interface Received {
  readonly id: number;
  readonly topic: string;
  readonly payload: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly redelivered: boolean;
  readonly identifiers: readonly number[] | null;
  readonly message: Message;
}

/** Takes all it is given, and acknowledges at once unless told otherwise. */
export class RecordingDevice implements Device {
  readonly received: Received[] = [];
  readonly released: number[] = [];
  readonly settled: [number, Verdict][] = [];
  readonly disconnects: CloseReason[] = [];
  /** What `deliver` answers. */
  takes = true;

  deliver(id: number, message: Message, qos: QoS, flags: number, identifiers: readonly number[] | null): boolean {
    this.received.push({
      id,
      topic: message.topic,
      payload: new TextDecoder().decode(message.payload),
      qos,
      retain: (flags & DeliveryFlag.Retain) !== 0,
      redelivered: (flags & DeliveryFlag.Redelivered) !== 0,
      identifiers,
      message,
    });
    return this.takes;
  }
  release(id: number): void {
    this.released.push(id);
  }
  onSettled(receipt: number, verdict: Verdict): void {
    this.settled.push([receipt, verdict]);
  }
  disconnect(reason: CloseReason): void {
    this.disconnects.push(reason);
  }
  /** Topics and payloads, for short comparisons. */
  get texts(): string[] {
    return this.received.map(({ topic, payload }) => `${topic}=${payload}`);
  }
}

export interface Connected {
  readonly session: Session;
  readonly device: RecordingDevice;
}

export class CoreBench {
  readonly clock = new FakeClock();
  readonly log = new SilentLog();
  readonly core: Core;
  readonly gateway: Gateway;

  constructor(options: Partial<CoreOptions> = {}) {
    this.core = createCore({
      node: "node-1",
      clock: this.clock,
      log: this.log,
      authenticators: [trusting],
      authorizer: open,
      ...options,
    });
    this.gateway = this.core.gateway("test");
  }

  async principal(client: string, user: string | null = null, from: Peer = peer): Promise<Principal | Refusal> {
    const credentials: Credentials = { client, user, password: null, token: null };
    return this.gateway.authenticate(from, credentials);
  }

  async tryConnect(
    client: string,
    options: Partial<SessionOptions> = {},
    user: string | null = null,
  ): Promise<Connected | Refusal> {
    const principal = await this.principal(client, user);
    if (principal instanceof Refusal) return principal;
    const device = new RecordingDevice();
    const session = await this.gateway.openSession(principal, { ...plainSession, ...options }, device);
    return session instanceof Refusal ? session : { session, device };
  }

  /** Connected and writable. */
  async connect(client: string, options: Partial<SessionOptions> = {}, user: string | null = null): Promise<Connected> {
    const connected = await this.tryConnect(client, options, user);
    assert.ok(!(connected instanceof Refusal), connected instanceof Refusal ? connected.text : "");
    connected.session.onWritable();
    return connected;
  }
}

const encoder = new TextEncoder();

export function publish(
  session: Session,
  topic: string,
  payload: string,
  qos: QoS = 0,
  retain = false,
  receipt = 1,
  expiresAt = 0,
): Verdict {
  return session.publish(Message.of(session.origin, topic, encoder.encode(payload), qos, retain, expiresAt), receipt);
}

export function request(filter: string, more: Partial<SubscribeRequest> = {}): SubscribeRequest {
  return { filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, identifier: 0, ...more };
}
