// The cold half of the door: authentication and the opening of sessions, for one adapter. What it hands out is proof of
// having come through: a Principal of another gateway, or a home-made one, opens nothing.

import type { BanList } from "./bans.ts";
import type { Clock } from "./clock.ts";
import type { Credentials, Device, EdgeLimits, Gateway, Log, Principal, Session, SessionOptions } from "./contract.ts";
import type { CoreLimits } from "./limits.ts";
import type { Origin } from "./message.ts";
import { ListenerMeter, count } from "./meter.ts";
import type { Peer } from "./peer.ts";
import type { Authenticator, Authorizer, Identity } from "./ports.ts";
import type { Registry } from "./registry.ts";
import { utf8Length } from "./topic.ts";
import { Refusal, RefusalReason, refusalReasonNames } from "./verdict.ts";

/** What all doors of one core share. */
export interface CoreParts {
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: CoreLimits;
  readonly registry: Registry;
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly bans: BanList;
  readonly meters: Map<string, ListenerMeter>;
  /** Authentication requests by `{backend},{result}`. */
  readonly authentications: Map<string, number>;
  /** False before and after the core takes work. */
  isOpen: boolean;
}

class VerifiedPrincipal implements Principal {
  readonly #parts: CoreParts;
  readonly #identity: Identity;
  readonly #client: string;
  readonly #peer: Peer;
  constructor(parts: CoreParts, identity: Identity, client: string, peer: Peer) {
    this.#parts = parts;
    this.#identity = identity;
    this.#client = client;
    this.#peer = peer;
    Object.freeze(this);
  }
  get tenant(): string {
    return this.#identity.tenant;
  }
  get user(): string {
    return this.#identity.user;
  }
  get client(): string {
    return this.#client;
  }
  get peer(): Peer {
    return this.#peer;
  }
  /** The principal when it is one of this core's, or null. */
  static of(value: Principal, parts: CoreParts): VerifiedPrincipal | null {
    return typeof value === "object" && value !== null && #parts in value && value.#parts === parts ? value : null;
  }
}
Object.freeze(VerifiedPrincipal.prototype);
Object.freeze(VerifiedPrincipal);

export class GatewayDoor implements Gateway {
  readonly #parts: CoreParts;
  readonly #protocol: string;
  readonly limits: EdgeLimits;
  readonly clock: Clock;
  readonly log: Log;

  constructor(parts: CoreParts, protocol: string) {
    this.#parts = parts;
    this.#protocol = protocol;
    const limits = parts.limits;
    this.limits = Object.freeze({
      messageMaxBytes: limits.messageMaxBytes,
      topicMaxBytes: limits.topicMaxBytes,
      topicMaxLevels: limits.topicMaxLevels,
      inboundInflightMax: limits.inboundInflightMax,
      clientIdMaxBytes: limits.clientIdMaxBytes,
      sessionExpiryMaxMs: limits.sessionExpiryMaxMs,
    });
    this.clock = parts.clock;
    this.log = parts.log;
    Object.freeze(this);
  }

  async authenticate(peer: Peer, given: Credentials): Promise<Principal | Refusal> {
    const parts = this.#parts;
    // Read once: authenticators look at them again after they have waited.
    const { client: name, user, token } = given;
    const password = given.password === null ? null : new Uint8Array(given.password);
    const credentials: Credentials = Object.freeze({ client: name, user, password, token });
    if (!parts.isOpen) return new Refusal(RefusalReason.Unavailable, "the gateway is not taking connections");
    if (parts.registry.sessions >= parts.limits.sessionsMax) {
      return this.#refused("limit", new Refusal(RefusalReason.QuotaExceeded, "too many sessions"));
    }
    const client = credentials.client === "" ? `auto-${crypto.randomUUID()}` : credentials.client;
    if (!isClientId(client, parts.limits.clientIdMaxBytes)) {
      return this.#refused("limit", new Refusal(RefusalReason.InvalidClient, "the client id is not acceptable"));
    }
    const identity = await this.#identify(peer, credentials);
    if (identity instanceof Refusal) return identity;
    const principal = new VerifiedPrincipal(parts, Object.freeze({ ...identity }), client, Object.freeze({ ...peer }));
    if (parts.bans.isBanned(principal, parts.clock.now())) {
      return this.#refused("ban", new Refusal(RefusalReason.Banned, "banned"));
    }
    return principal;
  }

  async openSession(principal: Principal, options: SessionOptions, device: Device): Promise<Session | Refusal> {
    const parts = this.#parts;
    const known = VerifiedPrincipal.of(principal, parts);
    if (known === null) return new Refusal(RefusalReason.NotAuthorized, "not authenticated here");
    const deviceName = options.device ?? known.client;
    if (!isClientId(deviceName, parts.limits.clientIdMaxBytes)) {
      return new Refusal(RefusalReason.InvalidClient, "the device's name is not acceptable");
    }
    const origin: Origin = Object.freeze({
      tenant: known.tenant,
      device: deviceName,
      client: known.client,
      user: known.user,
      via: Object.freeze([...options.via]),
      protocol: this.#protocol,
      protocolVersion: options.protocolVersion,
      listener: known.peer.listener,
      node: parts.node,
      peer: known.peer,
    });
    let rules;
    try {
      rules = await parts.authorizer.rulesFor(origin);
    } catch (error) {
      parts.log.error({ error, client: known.client }, "access rules could not be had");
      return new Refusal(RefusalReason.Unavailable, "access rules are not available");
    }
    // Asked again: time has passed since the principal was made.
    if (!parts.isOpen) return new Refusal(RefusalReason.Unavailable, "the gateway is not taking connections");
    if (parts.bans.isBanned(known, parts.clock.now())) return new Refusal(RefusalReason.Banned, "banned");
    return parts.registry.open({ origin, rules, options, device, meter: this.meter(origin.listener) });
  }

  meter(listener: string): ListenerMeter {
    const { meters } = this.#parts;
    let meter = meters.get(listener);
    if (meter === undefined) {
      meter = new ListenerMeter(listener, this.#protocol);
      meters.set(listener, meter);
    }
    return meter;
  }

  async #identify(peer: Peer, credentials: Credentials): Promise<Identity | Refusal> {
    for (const authenticator of this.#parts.authenticators) {
      let answer;
      try {
        answer = await authenticator.authenticate(peer, credentials);
      } catch (error) {
        this.#parts.log.error({ error, backend: authenticator.name }, "authentication back end failed");
        return this.#refused(
          authenticator.name,
          new Refusal(RefusalReason.Unavailable, "authentication is not available"),
        );
      }
      if (answer === null) continue;
      if (answer instanceof Refusal) return this.#refused(authenticator.name, answer);
      count(this.#parts.authentications, `${authenticator.name},accepted`);
      return answer;
    }
    return this.#refused("none", new Refusal(RefusalReason.BadCredentials, "not authenticated"));
  }

  #refused(backend: string, refusal: Refusal): Refusal {
    count(this.#parts.authentications, `${backend},${refusalReasonNames[refusal.reason] ?? "unknown"}`);
    return refusal;
  }
}
Object.freeze(GatewayDoor.prototype);

/** Well-formed text without U+0000, not longer than may be. */
function isClientId(client: string, maxBytes: number): boolean {
  return (
    client.length > 0 &&
    client.length <= maxBytes &&
    !client.includes("\u0000") &&
    client.isWellFormed() &&
    utf8Length(client) <= maxBytes
  );
}
