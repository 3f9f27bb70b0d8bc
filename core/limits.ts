// Every limit of the core by name, with its default. What is bounded, is bounded here.

import type { EdgeLimits } from "./contract.ts";

/** What to drop when a session's queue is full. */
export type DropPolicy = "newest" | "oldest";
/** How a shared subscription picks the member that gets a message. */
export type ShareStrategy = "round-robin" | "sticky";

/** A token bucket: so many a second, and at most `burst` at once. 0 a second = no limit. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface CoreLimits extends EdgeLimits {
  /** Sessions of all tenants together, and of one tenant; connected or waiting for their device. */
  readonly sessionsMax: number;
  readonly sessionsPerTenantMax: number;
  readonly subscriptionsPerSessionMax: number;
  /** Unacknowledged deliveries to one device, whatever it offers. */
  readonly inflightMax: number;
  /** Messages and bytes that wait for one device. */
  readonly queueMaxMessages: number;
  readonly queueMaxBytes: number;
  readonly queueDropPolicy: DropPolicy;
  /** Retained messages of one tenant, and their bytes. */
  readonly retainedMaxMessages: number;
  readonly retainedMaxBytes: number;
  /** Topics of one tenant whose route and last value are remembered; bytes of the last values; largest one kept. */
  readonly topicsMax: number;
  readonly lastValueMaxBytes: number;
  readonly lastValueMessageMaxBytes: number;
  readonly sessionMessages: Rate;
  readonly sessionBytes: Rate;
  readonly tenantMessages: Rate;
  readonly tenantBytes: Rate;
  readonly willDelayMaxMs: number;
  readonly shareStrategy: ShareStrategy;
}

const unlimited: Rate = Object.freeze({ perSecond: 0, burst: 0 });

export const defaultLimits: CoreLimits = Object.freeze({
  messageMaxBytes: 1_048_576,
  topicMaxBytes: 65_535,
  topicMaxLevels: 128,
  inboundInflightMax: 1_024,
  clientIdMaxBytes: 1_024,
  sessionExpiryMaxMs: 86_400_000,
  sessionsMax: 1_000_000,
  sessionsPerTenantMax: 1_000_000,
  subscriptionsPerSessionMax: 10_000,
  inflightMax: 1_024,
  queueMaxMessages: 10_000,
  queueMaxBytes: 16_777_216,
  queueDropPolicy: "newest",
  retainedMaxMessages: 1_000_000,
  retainedMaxBytes: 268_435_456,
  topicsMax: 65_536,
  lastValueMaxBytes: 67_108_864,
  lastValueMessageMaxBytes: 65_536,
  sessionMessages: unlimited,
  sessionBytes: unlimited,
  tenantMessages: unlimited,
  tenantBytes: unlimited,
  willDelayMaxMs: 86_400_000,
  shareStrategy: "round-robin",
});
