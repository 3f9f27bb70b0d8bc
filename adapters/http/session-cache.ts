// Authenticated sessions of publishers, kept between their requests for a bounded time: scrypt once, not per request.
// A key stands for listener, peer address, certificate, client id and credentials; the credentials go into it as an
// HMAC under a key that lives as long as the process, so that no password is kept in clear.

import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Refusal } from "../../core/index.ts";
import type { Credentials, Gateway, Peer, Principal, Timer } from "../../core/index.ts";
import { RequestConnection } from "./connection.ts";

export interface SessionCacheLimits {
  /** Sessions kept at once. */
  readonly max: number;
  /** How long one is kept without a request, ms. */
  readonly idleMs: number;
  /** After this long, ms, the credentials are checked again. */
  readonly ageMs: number;
  readonly settleTimeoutMs: number;
}

const SWEEP = 1;

export class SessionCache {
  readonly #gateway: Gateway;
  readonly #limits: SessionCacheLimits;
  readonly #secret: KeyObject = createSecretKey(randomBytes(32));
  /** In the order they were opened. */
  readonly #open = new Map<string, RequestConnection>();
  /** Being authenticated: further requests with the same credentials wait for the first. */
  readonly #opening = new Map<string, Promise<RequestConnection | Refusal>>();
  readonly #prefixes = new WeakMap<Peer, string>();
  #sweeper: Timer | null = null;
  #isClosed = false;

  constructor(gateway: Gateway, limits: SessionCacheLimits) {
    this.#gateway = gateway;
    this.#limits = limits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** What a request's credentials are known by. */
  keyOf(peer: Peer, authorization: string | undefined, client: string): string {
    let prefix = this.#prefixes.get(peer);
    if (prefix === undefined) {
      const { listener, address, proxy, secure, certificate } = peer;
      prefix = JSON.stringify([listener, address, proxy, secure, certificate?.fingerprint ?? ""]);
      this.#prefixes.set(peer, prefix);
    }
    if (authorization === undefined) return `${prefix}\n\n${client}`;
    const proof = createHmac("sha256", this.#secret).update(authorization).digest("base64");
    return `${prefix}\n${proof}\n${client}`;
  }

  /** Hot. The session of an earlier request with the same key, or null. */
  find(key: string): RequestConnection | null {
    const connection = this.#open.get(key);
    if (connection === undefined) return null;
    const now = this.#gateway.clock.now();
    if (!connection.isOpen || now - connection.openedAt >= this.#limits.ageMs) {
      this.#open.delete(key);
      connection.closeWhenIdle();
      return null;
    }
    connection.usedAt = now;
    return connection;
  }

  /** Authenticates and opens one; for the same key once at a time. */
  open(key: string, peer: Peer, credentials: Credentials): Promise<RequestConnection | Refusal> {
    const running = this.#opening.get(key);
    if (running !== undefined) return running;
    const opening = this.#authenticate(key, peer, credentials).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #authenticate(key: string, peer: Peer, credentials: Credentials): Promise<RequestConnection | Refusal> {
    const principal = await this.#principalOf(peer, credentials);
    if (principal instanceof Refusal) return principal;
    const scope = scopeOf(principal, credentials);
    const connection = await RequestConnection.open(this.#gateway, principal, scope, this.#limits.settleTimeoutMs);
    if (connection instanceof Refusal) return connection;
    if (this.#isClosed) {
      connection.close();
      return connection;
    }
    this.#makeRoom();
    this.#open.set(key, connection);
    this.#sweeper ??= this.#gateway.clock.arm(this, SWEEP, this.#limits.idleMs);
    return connection;
  }

  /** Only the core knows whose a token is: where no client id was given, it is the name of that user. */
  async #principalOf(peer: Peer, credentials: Credentials): Promise<Principal | Refusal> {
    const principal = await this.#gateway.authenticate(peer, credentials);
    if (principal instanceof Refusal || credentials.client !== "" || principal.user === "") return principal;
    return this.#gateway.authenticate(peer, { ...credentials, client: principal.user });
  }

  #makeRoom(): void {
    for (const [key, connection] of this.#open) {
      if (this.#open.size < this.#limits.max) return;
      this.#open.delete(key);
      connection.closeWhenIdle();
    }
  }

  onTimer(): void {
    this.#sweeper = null;
    const now = this.#gateway.clock.now();
    for (const [key, connection] of this.#open) {
      if (connection.isOpen && now - connection.usedAt < this.#limits.idleMs) continue;
      this.#open.delete(key);
      connection.closeWhenIdle();
    }
    if (this.#open.size > 0) this.#sweeper = this.#gateway.clock.arm(this, SWEEP, this.#limits.idleMs);
  }

  /** Closes all of them, and what is still being opened as soon as it is. */
  close(): void {
    this.#isClosed = true;
    if (this.#sweeper !== null) this.#gateway.clock.disarm(this.#sweeper);
    this.#sweeper = null;
    for (const connection of this.#open.values()) connection.close();
    this.#open.clear();
  }
}

/** An anonymous client without an id gets a new one with each session: it is known by its address instead. */
function scopeOf(principal: Principal, credentials: Credentials): string {
  const { tenant, user, client, peer } = principal;
  const isNameless = user === "" && credentials.client === "";
  return JSON.stringify(isNameless ? [tenant, peer.address] : [tenant, user, client]);
}
