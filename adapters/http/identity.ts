// Who asks: the `Authorization` header and the client id, put into the core's Credentials. Pure.
//
// The client id is the header `Tributary-Client`, or the query key `client` where headers cannot be set, or else the
// name of the user without its tenant.

import type { Credentials } from "../../core/index.ts";
import { parseAuthorization } from "../../net/web-authorization.ts";
import { HttpFault } from "./faults.ts";

export const CLIENT_HEADER = "tributary-client";

const malformed = Object.freeze(
  new HttpFault(401, "bad_credentials", "Authorization is to be `Basic base64(user:password)` or `Bearer token`"),
);
const clientTwice = Object.freeze(
  new HttpFault(400, "invalid_client", "the header Tributary-Client and the query key client differ"),
);

/** @param authorization the header as it came; undefined = anonymous. @param client "" where none was stated */
export function credentialsOf(authorization: string | undefined, client: string): Credentials | HttpFault {
  const stated = parseAuthorization(authorization);
  if (stated === null) return malformed;
  return { client: client === "" ? userWithoutTenant(stated.user ?? "") : client, ...stated };
}

/** `acme/truck-7` and `truck-7` both are the client `truck-7`. */
function userWithoutTenant(user: string): string {
  return user.slice(user.indexOf("/") + 1);
}

/** @param header `Tributary-Client`: UTF-8, which Node hands on as Latin-1. @param query the key `client` */
export function clientOf(header: string | string[] | undefined, query: string | undefined): string | HttpFault {
  if (Array.isArray(header)) return clientTwice;
  const fromHeader = header === undefined ? undefined : Buffer.from(header, "latin1").toString("utf8");
  if (fromHeader !== undefined && query !== undefined && fromHeader !== query) return clientTwice;
  return fromHeader ?? query ?? "";
}
