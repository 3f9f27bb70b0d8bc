// The `Authorization` header of a request, for listeners that speak HTTP: Basic carries `user:password` with the user as
// `user` or `tenant/user`, Bearer carries a token. Pure.

import type { Credentials } from "../core/index.ts";

export type WebCredentials = Pick<Credentials, "user" | "password" | "token">;

const SPACE = 0x20;
const COLON = 0x3a;
const base64Form = /^[A-Za-z0-9+/_-]+={0,2}$/;
const tokenForm = /^[A-Za-z0-9._~+/-]+=*$/;

const anonymous: WebCredentials = Object.freeze({ user: null, password: null, token: null });

/** @param header as it came; undefined = anonymous. @returns null when it is neither Basic nor Bearer, or malformed. */
export function parseAuthorization(header: string | undefined): WebCredentials | null {
  if (header === undefined) return anonymous;
  const gap = header.indexOf(" ");
  if (gap < 0) return null;
  const scheme = header.slice(0, gap).toLowerCase();
  let start = gap;
  while (header.charCodeAt(start) === SPACE) start++;
  const value = header.slice(start).trimEnd();
  if (scheme === "basic") return basic(value);
  return scheme === "bearer" && tokenForm.test(value) ? { user: null, password: null, token: value } : null;
}

/** [RFC 7617, 2]: the first colon ends the user. */
function basic(value: string): WebCredentials | null {
  if (!base64Form.test(value)) return null;
  const bytes = Buffer.from(value, "base64");
  const colon = bytes.indexOf(COLON);
  if (colon < 0) return null;
  return { user: bytes.toString("utf8", 0, colon), password: new Uint8Array(bytes.subarray(colon + 1)), token: null };
}
