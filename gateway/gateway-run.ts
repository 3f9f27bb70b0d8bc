// One gateway, put together from its settings: core, back ends, adapters, admin listener; its start, reload and stop.
// It starts and stops once: another run is another object.

import { AccessList, AllowAll, Anonymous, BuiltinUsers } from "../backends/builtin/index.ts";
import { createCore } from "../core/compose.ts";
import type { Authenticator, Core } from "../core/compose.ts";
import type { Clock, Log } from "../core/index.ts";
import type { NetKit } from "../net/kit.ts";
import { AdminListener } from "./admin/listener.ts";
import { nodeName } from "./config/schema.ts";
import type { Module, Settings } from "./config/schema.ts";
import type { ListedListener } from "./listener-table.ts";
import { drainQueues } from "./queue-drain.ts";
import { RunState } from "./run-state.ts";
import type { ObservedRun, Reload, RunningAdapter } from "./run-state.ts";
import type { Build } from "./version.ts";

/** Of the shutdown deadline, for what waits in queues; the rest is for ending connections. */
const DRAIN_SHARE = 0.5;

export interface GatewayOptions {
  readonly settings: Settings;
  readonly modules: readonly Module[];
  readonly kit: NetKit;
  readonly log: Log;
  readonly build: Build;
  /** Figures of the whole process on the metrics page: only for the one gateway of a process. */
  readonly processMetrics: boolean;
}

export class GatewayRun implements ObservedRun {
  readonly settings: Settings;
  readonly build: Build;
  readonly core: Core;
  readonly clock: Clock;
  readonly node: string;
  readonly adapters: readonly RunningAdapter[];
  readonly startedAt: number;
  readonly #log: Log;
  readonly #admin: AdminListener | null;
  #state: RunState = RunState.Stopped;
  #lastReload: Reload;
  #stopping: Promise<void> | null = null;
  #isStopAsked = false;

  constructor(options: GatewayOptions) {
    const { settings, kit, log } = options;
    const { clock } = kit;
    this.settings = settings;
    this.build = options.build;
    this.clock = clock;
    this.#log = log;
    this.node = nodeName(settings);
    this.startedAt = clock.now();
    this.#lastReload = { isSuccessful: true, succeededAt: this.startedAt };
    this.core = createCore({
      node: this.node,
      clock,
      log,
      authenticators: authenticators(settings, clock),
      authorizer: settings.acl === undefined ? new AllowAll() : new AccessList(settings.acl),
      limits: settings.limits,
      bans: settings.bans.map(({ kind, value, until }) => ({
        kind,
        value,
        until: until === undefined ? 0 : Date.parse(until),
      })),
    });
    this.adapters = options.modules
      .filter((module) => Object.hasOwn(settings.adapters, module.name))
      .map((module) => {
        const gateway = this.core.gateway(module.name);
        return { module, adapter: module.create(settings.adapters[module.name] as object, gateway, kit) };
      });
    this.#admin = settings.admin.enabled ? new AdminListener(this, settings.admin, options.processMetrics) : null;
  }

  get state(): RunState {
    return this.#state;
  }
  get lastReload(): Reload {
    return this.#lastReload;
  }

  get listeners(): ListedListener[] {
    const access = accessText(this.settings);
    const listed = this.adapters.flatMap(({ module, adapter }) =>
      adapter.listeners.map((listener) => ({ ...listener, adapter: module.name, access })),
    );
    const admin = this.#admin?.bound ?? null;
    const adminAccess = this.settings.admin.token === undefined ? "this machine" : "token";
    if (admin !== null) listed.push({ ...admin, adapter: "admin", access: adminAccess });
    return listed;
  }

  /**
   * Resolves when every listener is bound, or when a stop came first (see `state`). Rejects, with nothing left bound,
   * when one cannot be.
   */
  async start(): Promise<void> {
    this.#state = RunState.Starting;
    this.#isStopAsked = false;
    try {
      await this.#admin?.start();
      for (const { adapter } of this.adapters) {
        if (this.#isStopAsked) break;
        await adapter.start();
      }
    } catch (error) {
      // Why it could not start is what counts, not what went wrong on the way back.
      await this.stop(AbortSignal.abort()).catch((reason: unknown) => {
        this.#log.error({ error: reason }, "not everything stopped after the start failed");
      });
      throw error;
    }
    if (this.#isStopAsked) {
      // What was bound in the meantime.
      await this.#stopping;
      await this.stop(AbortSignal.abort());
      return;
    }
    this.#state = RunState.Ready;
    for (const { name, transport, host, port } of this.listeners) {
      this.#log.info({ listener: name, transport, host, port }, "listening");
    }
  }

  /** Says on /readyz that it will stop. Everything still works. */
  drain(): void {
    if (this.#state !== RunState.Ready) return;
    this.#state = RunState.Draining;
    this.#log.info({}, "draining");
  }

  /**
   * What waits in queues first, then the adapters, all at once, then the core, the admin listener last: it tells to the end
   * what goes on.
   */
  stop(deadline: AbortSignal): Promise<void> {
    this.drain();
    this.#isStopAsked = true;
    this.#stopping ??= this.#stop(deadline).finally(() => {
      this.#stopping = null;
    });
    return this.#stopping;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    const waiting = await drainQueues(this.core, this.clock, this.settings.shutdown.deadlineMs * DRAIN_SHARE, deadline);
    if (waiting > 0) this.#log.warn({ messages: waiting }, "stopping although messages wait for connected devices");
    const outcomes = await Promise.allSettled(this.adapters.map(({ adapter }) => adapter.stop(deadline)));
    this.core.stop();
    await this.#admin?.stop();
    this.#state = RunState.Stopped;
    const failures = outcomes.filter((outcome) => outcome.status === "rejected").map((outcome) => outcome.reason);
    if (failures.length > 0) throw new AggregateError(failures, "an adapter did not stop");
  }

  /** Reads the certificates again. What cannot be read is reported, and the old ones stay in use. */
  async reload(): Promise<Reload> {
    let isSuccessful = true;
    for (const { module, adapter } of this.adapters) {
      try {
        await adapter.reload();
      } catch (error) {
        isSuccessful = false;
        this.#log.error({ adapter: module.name, error }, "reload failed, what was loaded before stays in use");
      }
    }
    const succeededAt = isSuccessful ? this.clock.now() : this.#lastReload.succeededAt;
    this.#lastReload = { isSuccessful, succeededAt };
    if (isSuccessful) this.#log.info({ adapters: this.adapters.length }, "certificates reloaded");
    return this.#lastReload;
  }
}

function authenticators(settings: Settings, clock: Clock): Authenticator[] {
  const isAnonymousAllowed = settings.anonymous !== "deny";
  const chain: Authenticator[] = [];
  if (settings.users.length > 0) {
    chain.push(new BuiltinUsers({ users: settings.users, clock, hideUnknownUsers: !isAnonymousAllowed }));
  }
  if (isAnonymousAllowed) chain.push(new Anonymous());
  return chain;
}

function accessText(settings: Settings): string {
  if (settings.anonymous !== "deny") return settings.users.length === 0 ? "anonymous" : "users, anonymous";
  return settings.users.length === 0 ? "nobody" : "users";
}
