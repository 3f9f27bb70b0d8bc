// A running gateway as others see it: the admin listener, the signals, the start-up table.

import type { Core } from "../core/compose.ts";
import type { Adapter, Clock } from "../core/index.ts";
import type { Module } from "./config/schema.ts";
import type { ListedListener } from "./listener-table.ts";
import type { Build } from "./version.ts";

// STOPPED ──start──▶ STARTING ──all bound──▶ READY ──drain──▶ DRAINING ──stop──▶ STOPPED
export const RunState = { Stopped: 0, Starting: 1, Ready: 2, Draining: 3 } as const;
export type RunState = (typeof RunState)[keyof typeof RunState];
export const runStateNames: readonly string[] = Object.freeze(["stopped", "starting", "ready", "draining"]);

export interface RunningAdapter {
  readonly module: Module;
  readonly adapter: Adapter;
}

/** What became of the last reload. */
export interface Reload {
  readonly isSuccessful: boolean;
  /** When something was loaded with success last, ms since the epoch. */
  readonly succeededAt: number;
}

export interface ObservedRun {
  readonly node: string;
  readonly build: Build;
  readonly clock: Clock;
  readonly core: Core;
  readonly state: RunState;
  readonly lastReload: Reload;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly adapters: readonly RunningAdapter[];
  /** Everything that is bound, in the order of the adapters; the admin listener last. */
  readonly listeners: readonly ListedListener[];
}
