// The core as a whole, for the composition root and for tests. Adapters never see this file: they get a Gateway.

import { BanList } from "./bans.ts";
import type { Ban } from "./bans.ts";
import type { Clock } from "./clock.ts";
import type { Gateway, Log } from "./contract.ts";
import { GatewayDoor } from "./gateway-door.ts";
import type { CoreParts } from "./gateway-door.ts";
import { defaultLimits } from "./limits.ts";
import type { CoreLimits } from "./limits.ts";
import type { ListenerMeter } from "./meter.ts";
import type { Authenticator, Authorizer } from "./ports.ts";
import { Registry } from "./registry.ts";
import type { SessionState } from "./session-state.ts";
import { CloseReason } from "./verdict.ts";

export { BanList } from "./bans.ts";
export type { Ban } from "./bans.ts";
export type { CoreLimits, DropPolicy, Rate, ShareStrategy } from "./limits.ts";
export type { AccessRules, Authenticator, Authorizer, Identity } from "./ports.ts";

export interface CoreOptions {
  /** Name of this process among its peers; `origin.node`. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked in order; the first that knows the credentials decides. */
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly limits?: Partial<CoreLimits>;
  readonly bans?: readonly Ban[];
}

/** One session, as operators see it. */
export interface ClientRecord {
  readonly tenant: string;
  readonly client: string;
  readonly device: string;
  readonly user: string;
  readonly via: readonly string[];
  readonly protocol: string;
  readonly protocolVersion: string;
  readonly listener: string;
  readonly address: string;
  readonly port: number;
  readonly secure: boolean;
  readonly connected: boolean;
  /** False for a request's session, which holds no name. */
  readonly exclusive: boolean;
  /** ms since the epoch. */
  readonly openedAt: number;
  readonly expiryMs: number;
  readonly filters: readonly string[];
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly inflightMessages: number;
  readonly published: number;
}

/** Sums over all tenants. */
export interface CoreStats {
  readonly sessions: number;
  readonly connected: number;
  readonly tenants: number;
  readonly subscriptions: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly topics: number;
  readonly lastValueBytes: number;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  readonly inflightMessages: number;
  readonly authentications: ReadonlyMap<string, number>;
}

export interface Core {
  /** The core as the adapter of that name sees it. */
  gateway(protocol: string): Gateway;
  clients(): IterableIterator<ClientRecord>;
  client(tenant: string, client: string, device?: string): ClientRecord | null;
  /** Disconnects a client and ends its session. False when there is none of that name. */
  kick(tenant: string, client: string, device?: string): boolean;
  stats(): CoreStats;
  /** Messages in the queues of sessions that have a connection. */
  waitingMessages(): number;
  meters(): IterableIterator<ListenerMeter>;
  readonly bans: BanList;
  /** Refuses new sessions and ends those there are; adapters should have stopped before. */
  stop(): void;
}

export function createCore(options: CoreOptions): Core {
  const limits: CoreLimits = Object.freeze({ ...defaultLimits, ...options.limits });
  const registry = new Registry(options.clock, limits);
  const bans = new BanList(options.bans ?? []);
  const parts: CoreParts = {
    node: options.node,
    clock: options.clock,
    log: options.log,
    limits,
    registry,
    authenticators: [...options.authenticators],
    authorizer: options.authorizer,
    bans,
    meters: new Map(),
    authentications: new Map(),
    isOpen: true,
  };
  return {
    bans,
    gateway: (protocol) => new GatewayDoor(parts, protocol),
    clients: () => records(registry),
    client: (tenant, client, device = client) => recordOf(registry.find(tenant, client, device)),
    kick: (tenant, client, device = client) => kick(registry.find(tenant, client, device)),
    stats: () => statsOf(parts),
    waitingMessages: () => waitingMessages(registry),
    meters: () => parts.meters.values(),
    stop: () => {
      parts.isOpen = false;
      registry.stop(CloseReason.Stopping);
    },
  };
}

function waitingMessages(registry: Registry): number {
  let sum = 0;
  for (const state of registry.states()) if (state.holder !== null) sum += state.outbox.queuedMessages;
  return sum;
}

function kick(state: SessionState | null): boolean {
  if (state === null) return false;
  state.holder?.evict(CloseReason.Kicked);
  state.end();
  return true;
}

function* records(registry: Registry): IterableIterator<ClientRecord> {
  for (const state of registry.states()) {
    const record = recordOf(state);
    if (record !== null) yield record;
  }
}

function recordOf(state: SessionState | null): ClientRecord | null {
  const origin = state?.origin ?? null;
  if (state === null || origin === null) return null;
  const { tenant, client, device, user, via, protocol, protocolVersion, listener, peer } = origin;
  return {
    tenant,
    client,
    device,
    user,
    via,
    protocol,
    protocolVersion,
    listener,
    address: peer.address,
    port: peer.port,
    secure: peer.secure,
    connected: state.holder !== null,
    exclusive: state.key !== null,
    openedAt: state.openedAt,
    expiryMs: state.expiryMs,
    filters: state.filters,
    queuedMessages: state.outbox.queuedMessages,
    queuedBytes: state.outbox.queuedBytes,
    inflightMessages: state.outbox.inflightMessages,
    published: state.sequence,
  };
}

function statsOf(parts: CoreParts): CoreStats {
  const sums = { connected: 0, tenants: 0, subscriptions: 0, retainedMessages: 0, retainedBytes: 0, topics: 0 };
  const queues = { lastValueBytes: 0, queuedMessages: 0, queuedBytes: 0, inflightMessages: 0 };
  for (const tenant of parts.registry.tenants()) {
    sums.tenants++;
    sums.subscriptions += tenant.index.size;
    sums.retainedMessages += tenant.retained.size;
    sums.retainedBytes += tenant.retained.bytes;
    sums.topics += tenant.topics.size;
    queues.lastValueBytes += tenant.topics.lastValueBytes;
  }
  for (const state of parts.registry.states()) {
    if (state.holder !== null) sums.connected++;
    queues.queuedMessages += state.outbox.queuedMessages;
    queues.queuedBytes += state.outbox.queuedBytes;
    queues.inflightMessages += state.outbox.inflightMessages;
  }
  return { sessions: parts.registry.sessions, authentications: parts.authentications, ...sums, ...queues };
}
