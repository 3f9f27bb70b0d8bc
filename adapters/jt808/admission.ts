// Who may speak: the codes that registration gives out, the terminals that are known, and what a listener asks for
// before it opens a session. The gateway's own authenticators are asked in any case; this comes on top.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { canonicalPhone } from "jt808-parser";
import type { Credentials, Principal } from "../../core/index.ts";
import type { ListenerOptions } from "./config.ts";

const CODE_BYTES = 16;
const SECRET_BYTES = 32;
/** Terminals that authenticated since the start and are remembered for `accept-known`; the oldest is forgotten first. */
const REMEMBERED_MAX = 100_000;

/**
 * Codes without a memory: a code is a keyed hash of the phone number without its leading zeros, so that it can be checked after years, by any node
 * that has the same secret, and says nothing about another phone's.
 */
export class AuthCodes {
  readonly #secret: Uint8Array;

  /** null: a secret of its own, that ends with the process. */
  constructor(secret: string | null) {
    this.#secret = secret === null ? randomBytes(SECRET_BYTES) : Buffer.from(secret);
  }

  /** ASCII, 22 characters. */
  codeOf(phone: string): string {
    return this.#digest(phone).toString("base64url");
  }

  isCodeOf(phone: string, code: Uint8Array): boolean {
    const expected = Buffer.from(this.codeOf(phone));
    return code.length === expected.length && timingSafeEqual(code, expected);
  }

  #digest(phone: string): Buffer {
    return createHmac("sha256", this.#secret).update(canonicalPhone(phone)).digest().subarray(0, CODE_BYTES);
  }
}

/** Terminals of one listener that need not authenticate again; leading zeros of a phone number do not count. */
export class KnownTerminals {
  readonly #listed: ReadonlySet<string>;
  readonly #seen = new Set<string>();

  constructor(listed: ReadonlySet<string>) {
    this.#listed = listed;
  }

  has(phone: string): boolean {
    const known = canonicalPhone(phone);
    return this.#listed.has(known) || this.#seen.has(known);
  }

  remember(phone: string): void {
    const known = canonicalPhone(phone);
    this.#seen.delete(known);
    this.#seen.add(known);
    if (this.#seen.size <= REMEMBERED_MAX) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      return;
    }
  }
}

/** What the gateway is asked for a terminal: a user by the name of its phone number, the code is the password. */
export function credentialsOf(phone: string, options: ListenerOptions, code: Uint8Array | null): Credentials {
  const user = options.tenant === "" ? phone : `${options.tenant}/${phone}`;
  return { client: phone, user, password: code, token: null };
}

/** Whether a terminal that has not authenticated may speak. */
export function maySpeakFirst(phone: string, options: ListenerOptions, known: KnownTerminals): boolean {
  return options.authentication === "accept-any" || (options.authentication === "accept-known" && known.has(phone));
}

/**
 * Whether an answer of the gateway is good enough for this listener. A stranger whom the gateway lets in (user "") has
 * proved nothing by his code, unless it is one of ours.
 */
export function isAdmitted(
  principal: Principal,
  options: ListenerOptions,
  isOurCode: boolean,
  needsProof: boolean,
): boolean {
  if (options.tenant !== "" && principal.tenant !== options.tenant) return false;
  return !needsProof || isOurCode || principal.user !== "";
}
