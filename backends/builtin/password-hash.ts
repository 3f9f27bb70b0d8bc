// Passwords at rest: scrypt in the PHC string form `$scrypt$ln=15,r=8,p=1$salt$hash` (base64 without padding), and
// tokens as `$sha256$` and the digest in hex. A token is random and long, so that one fast digest is enough for it.

import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

export interface PasswordHash {
  /** log2 of scrypt's N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** What `tributary passwd` makes: 32 MiB and some 60 ms a verification. */
export const defaultCost = Object.freeze({ ln: 15, r: 8, p: 1 });

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const TOKEN_BYTES = 32;
const LN_MIN = 10;
const LN_MAX = 20;
const R_MAX = 32;
const P_MAX = 16;
/** No hash in a configuration may ask for more memory than this. */
const MEMORY_MAX_BYTES = 268_435_456;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const TOKEN = /^\$sha256\$([0-9a-f]{64})$/;

/** The hash in its parts, or null when it is not one, or is too weak or too costly to be used. */
export function parsePasswordHash(text: string): PasswordHash | null {
  const match = SCRYPT.exec(text);
  if (match === null) return null;
  const [, lnText, rText, pText, saltText, hashText] = match;
  const ln = Number(lnText);
  const r = Number(rText);
  const p = Number(pText);
  if (ln < LN_MIN || ln > LN_MAX || r < 1 || r > R_MAX || p < 1 || p > P_MAX) return null;
  if (memoryOf(ln, r, p) > MEMORY_MAX_BYTES) return null;
  return { ln, r, p, salt: Buffer.from(saltText!, "base64"), hash: Buffer.from(hashText!, "base64") };
}

/** The string that a configuration holds for a password. */
export async function hashPassword(password: Uint8Array, cost: { ln: number; r: number; p: number } = defaultCost) {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, cost);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${base64(salt)}$${base64(hash)}`;
}

/** Takes the same time whatever the answer is. Runs on libuv's pool, not on the event loop. */
export async function verifyPassword(password: Uint8Array, expected: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, expected.salt, expected.hash.length, expected), expected.hash);
}

/** A new bearer token; it is shown once, only its digest is kept. */
export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** The string that a configuration holds for a token. */
export function hashToken(token: string): string {
  return `$sha256$${tokenDigest(token)}`;
}

export function tokenDigest(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/** The digest in a configuration's string, or null when it is not one. */
export function parseTokenHash(text: string): string | null {
  return TOKEN.exec(text)?.[1] ?? null;
}

function memoryOf(ln: number, r: number, p: number): number {
  return 128 * r * (2 ** ln + p);
}

function derive(
  password: Uint8Array,
  salt: Uint8Array,
  bytes: number,
  cost: { ln: number; r: number; p: number },
): Promise<Buffer> {
  const { ln, r, p } = cost;
  // OpenSSL counts some buffers of its own, too.
  const options = { N: 2 ** ln, r, p, maxmem: memoryOf(ln, r, p) + 1_048_576 };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
