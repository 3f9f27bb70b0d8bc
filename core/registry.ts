// Who is here: tenants, their sessions, who holds which name. Opens sessions, takes them over, ends them.

import type { Clock } from "./clock.ts";
import type { Device, Session, SessionOptions } from "./contract.ts";
import type { CoreLimits } from "./limits.ts";
import type { Origin } from "./message.ts";
import type { ListenerMeter } from "./meter.ts";
import type { AccessRules } from "./ports.ts";
import { Publisher } from "./publisher.ts";
import { RateBook } from "./rate-book.ts";
import { SessionState } from "./session-state.ts";
import { SessionDoor, clampExpiry } from "./session.ts";
import { Tenant } from "./tenant.ts";
import { CloseReason, Refusal, RefusalReason } from "./verdict.ts";

/** What `open` needs beside the session's options. */
export interface Opening {
  readonly origin: Origin;
  readonly rules: AccessRules;
  readonly options: SessionOptions;
  readonly device: Device;
  readonly meter: ListenerMeter;
}

/** One tenant's sessions. */
class Roll {
  readonly tenant: Tenant;
  /** Sessions that hold a name, by `sessionKey`. */
  readonly holders = new Map<string, SessionState>();
  /** All sessions, those without a name of their own included. */
  readonly sessions = new Set<SessionState>();
  readonly rates: RateBook;
  constructor(tenant: Tenant, limits: CoreLimits) {
    this.tenant = tenant;
    this.rates = new RateBook(limits);
  }
}

export class Registry {
  readonly #rolls = new Map<string, Roll>();
  readonly #clock: Clock;
  readonly #limits: CoreLimits;
  #sessions = 0;

  constructor(clock: Clock, limits: CoreLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get sessions(): number {
    return this.#sessions;
  }
  *tenants(): IterableIterator<Tenant> {
    for (const roll of this.#rolls.values()) yield roll.tenant;
  }
  *states(): IterableIterator<SessionState> {
    for (const roll of this.#rolls.values()) yield* roll.sessions;
  }

  find(tenant: string, client: string, device: string): SessionState | null {
    return this.#rolls.get(tenant)?.holders.get(sessionKey(client, device)) ?? null;
  }

  open(opening: Opening): Session | Refusal {
    const { origin, options } = opening;
    const roll = this.#roll(origin.tenant);
    const name = sessionKey(origin.client, origin.device);
    const key = options.exclusive ? name : null;
    let state = key === null ? null : (roll.holders.get(key) ?? null);
    if (state !== null) {
      // A client id belongs to the user who brought it: another user's device does not get its messages.
      if (state.origin !== null && state.origin.user !== origin.user) {
        return new Refusal(RefusalReason.NotAuthorized, "the client id is in use by another user");
      }
      state.holder?.evict(CloseReason.TakenOver);
      if (options.clean) state.end();
      if (state.isEnded) state = null;
    }
    const resumed = state !== null;
    if (state === null) {
      if (this.#sessions >= this.#limits.sessionsMax || roll.sessions.size >= this.#limits.sessionsPerTenantMax) {
        return new Refusal(RefusalReason.QuotaExceeded, "too many sessions");
      }
      state = this.#add(roll, name, key, opening.meter);
    }
    return this.#attach(state, opening, resumed);
  }

  /** Ends every session, telling the devices why. */
  stop(reason: CloseReason): void {
    for (const state of this.states()) {
      state.holder?.evict(reason);
      state.end();
    }
  }

  /** The sessions of that tenant. Names come from the identities of authenticated users alone. */
  #roll(name: string): Roll {
    let roll = this.#rolls.get(name);
    if (roll === undefined) {
      roll = new Roll(new Tenant(name, this.#limits, this.#clock.now()), this.#limits);
      this.#rolls.set(name, roll);
    }
    return roll;
  }

  #add(roll: Roll, name: string, key: string | null, meter: ListenerMeter): SessionState {
    const rates = roll.rates.open(name, this.#clock.now());
    const state = new SessionState(roll.tenant, name, key, rates, this.#clock, this.#limits, meter, this.#onEnded);
    roll.sessions.add(state);
    if (key !== null) roll.holders.set(key, state);
    this.#sessions++;
    return state;
  }

  readonly #onEnded = (state: SessionState): void => {
    const { tenant, name, key } = state;
    const roll = this.#rolls.get(tenant.name);
    if (roll?.sessions.delete(state) !== true) return;
    this.#sessions--;
    roll.rates.close(name);
    if (key !== null && roll.holders.get(key) === state) roll.holders.delete(key);
  };

  #attach(state: SessionState, opening: Opening, resumed: boolean): Session {
    const { origin, rules, options, device, meter } = opening;
    const limits = this.#limits;
    const publisher = new Publisher(
      origin,
      state.tenant,
      rules,
      state.outbox,
      this.#clock,
      limits,
      state.rates,
      state.sequence,
    );
    const expiryMs = state.key === null ? 0 : clampExpiry(options.expiryMs, limits);
    const window = options.inflightMax >= 1 ? Math.min(options.inflightMax, limits.inflightMax) : 1;
    const will = options.will === null ? null : { ...options.will, delayMs: this.#willDelay(options.will.delayMs) };
    const door = new SessionDoor({ state, publisher, device, meter, clock: this.#clock, limits, resumed });
    state.hold(door, publisher, expiryMs, will);
    state.outbox.attach(device, window, expiryMs > 0, meter);
    if (resumed) state.outbox.redeliver();
    return door;
  }

  #willDelay(delayMs: number): number {
    return Math.min(delayMs, this.#limits.willDelayMaxMs);
  }
}

/** What a session is found by. Neither part can hold U+0000. */
function sessionKey(client: string, device: string): string {
  return client === device ? client : `${client}\u0000${device}`;
}
