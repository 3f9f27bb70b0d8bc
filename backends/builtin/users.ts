// Users from the configuration: name and scrypt hash, or bearer tokens. And anonymous access, as a link of the chain
// like any other, so that it is there only where the configuration put it.

import { Refusal, RefusalReason } from "../../core/index.ts";
import type { Clock, Credentials, Peer } from "../../core/index.ts";
import type { Authenticator, Identity } from "../../core/ports.ts";
import type { UserEntry } from "./config.ts";
import { parsePasswordHash, parseTokenHash, tokenDigest } from "./password-hash.ts";
import type { PasswordHash } from "./password-hash.ts";
import { PasswordVerifier, defaultVerifierLimits } from "./password-verifier.ts";
import type { VerifierLimits } from "./password-verifier.ts";

interface User {
  readonly identity: Identity;
  readonly hash: PasswordHash | null;
}

const NO_PASSWORD = new Uint8Array(0);

export interface BuiltinUsersOptions {
  readonly users: readonly UserEntry[];
  readonly clock: Clock;
  /** A name that nobody has takes as long as a wrong password. Pointless where strangers are let in anyway. */
  readonly hideUnknownUsers: boolean;
  readonly limits?: VerifierLimits;
}

/** `{tenant}/{user}`, or a user without tenant. */
export function identityOf(name: string): Identity {
  const slash = name.indexOf("/");
  return Object.freeze(
    slash < 0 ? { tenant: "", user: name } : { tenant: name.slice(0, slash), user: name.slice(slash + 1) },
  );
}

export class BuiltinUsers implements Authenticator {
  readonly name = "builtin";
  readonly #users = new Map<string, User>();
  readonly #tokens = new Map<string, Identity>();
  readonly #verifier: PasswordVerifier;
  /** What an unknown name is verified against: as costly as the costliest user's, and matched by nothing. */
  readonly #decoy: PasswordHash | null;

  /** Throws on entries that `userProblems` has something to say about. */
  constructor(options: BuiltinUsersOptions) {
    this.#verifier = new PasswordVerifier(options.clock, options.limits ?? defaultVerifierLimits);
    let costliest: PasswordHash | null = null;
    for (const entry of options.users) {
      const hash = entry.password === undefined ? null : parsePasswordHash(entry.password);
      if (entry.password !== undefined && hash === null) throw new Error(`user ${entry.name}: not a scrypt hash`);
      const identity = identityOf(entry.name);
      this.#users.set(entry.name, { identity, hash });
      for (const token of entry.tokens ?? []) {
        const digest = parseTokenHash(token);
        if (digest === null) throw new Error(`user ${entry.name}: not a token's digest`);
        this.#tokens.set(digest, identity);
      }
      if (hash !== null && (costliest === null || costOf(hash) > costOf(costliest))) costliest = hash;
    }
    this.#decoy =
      costliest !== null && options.hideUnknownUsers
        ? { ...costliest, hash: crypto.getRandomValues(new Uint8Array(costliest.hash.length)) }
        : null;
  }

  async authenticate(_peer: Peer, credentials: Credentials): Promise<Identity | Refusal | null> {
    // Found by its digest: how long that takes says nothing about a token.
    if (credentials.token !== null) return this.#tokens.get(tokenDigest(credentials.token)) ?? null;
    if (credentials.user === null) return null;
    const user = this.#users.get(credentials.user);
    const hash = user?.hash ?? this.#decoy;
    const isRight =
      hash !== null && (await this.#verifier.verify(credentials.user, credentials.password ?? NO_PASSWORD, hash));
    if (user === undefined) return null;
    return isRight ? user.identity : new Refusal(RefusalReason.BadCredentials, "bad user name or password");
  }
}

/** Lets in whoever no earlier link of the chain knew. They are nobody: what they call themselves is not believed. */
export class Anonymous implements Authenticator {
  readonly name = "anonymous";
  readonly #identity: Identity = Object.freeze({ tenant: "", user: "" });

  async authenticate(_peer: Peer, credentials: Credentials): Promise<Identity | Refusal | null> {
    // A token is a secret and no name: one that nobody knows is wrong, not a stranger's.
    return credentials.token === null ? this.#identity : null;
  }
}

function costOf(hash: PasswordHash): number {
  return 2 ** hash.ln * hash.r * hash.p;
}
