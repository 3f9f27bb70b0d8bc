// Who may not come in, whatever they can prove.

import type { Origin } from "./message.ts";

/** What a ban is about: a client id, a user name (with its tenant, as `tenant/user`), or an address. */
export interface Ban {
  readonly kind: "client" | "user" | "address";
  readonly value: string;
  /** ms since the epoch; 0 = for ever. */
  readonly until: number;
}

/** The parts of an origin that bans look at. */
export type BanSubject = Pick<Origin, "tenant" | "user" | "client" | "peer">;

export class BanList {
  /** By kind and value. As long as the operator's list. */
  readonly #bans = new Map<string, Ban>();

  constructor(bans: readonly Ban[]) {
    for (const ban of bans) this.add(ban);
  }

  get size(): number {
    return this.#bans.size;
  }

  add(ban: Ban): void {
    this.#bans.set(keyOf(ban.kind, ban.value), ban);
  }

  remove(kind: Ban["kind"], value: string): boolean {
    return this.#bans.delete(keyOf(kind, value));
  }

  /** True when a ban that has not run out names any of these. */
  isBanned(subject: BanSubject, now: number): boolean {
    if (this.#bans.size === 0) return false;
    const { tenant, user, client, peer } = subject;
    const name = tenant === "" ? user : `${tenant}/${user}`;
    return this.#has("client", client, now) || this.#has("user", name, now) || this.#has("address", peer.address, now);
  }

  #has(kind: Ban["kind"], value: string, now: number): boolean {
    const ban = this.#bans.get(keyOf(kind, value));
    if (ban === undefined) return false;
    if (ban.until === 0 || ban.until > now) return true;
    this.#bans.delete(keyOf(kind, value));
    return false;
  }
}

function keyOf(kind: Ban["kind"], value: string): string {
  return `${kind} ${value}`;
}
