// Who may speak: what the gateway is asked for a vehicle and for a platform.

import type { Gbt32960Body, Gbt32960Frame } from "gbt32960-parser";
import { Refusal, RefusalReason } from "../../core/index.ts";
import type { Credentials, Gateway, Peer, Principal } from "../../core/index.ts";
import type { ListenerOptions } from "./config.ts";

/** Time 6, serial 2, user name 12, password 20. */
const USERNAME_AT = 8;
const PASSWORD_AT = 20;
const PASSWORD_END = 40;
const SPACE = 0x20;

/** A vehicle is a user by the name of its VIN; `iccid` is the number of its SIM card, or null where it gave none. */
function vehicleCredentials(vin: string, iccid: string | null, options: ListenerOptions): Credentials {
  const isGiven = options.iccidIsPassword && iccid !== null;
  return { client: vin, user: inTenant(vin, options), password: isGiven ? Buffer.from(iccid) : null, token: null };
}

/** A platform is a client by its code, and the user that its login names. */
export function platformCredentials(code: string, frame: Gbt32960Frame, options: ListenerOptions): Credentials {
  const user = Buffer.from(trimmed(frame.data.subarray(USERNAME_AT, PASSWORD_AT))).toString("latin1");
  const password = trimmed(frame.data.subarray(PASSWORD_AT, PASSWORD_END));
  return { client: code, user: inTenant(user, options), password: password.slice(), token: null };
}

function inTenant(name: string, { tenant }: ListenerOptions): string {
  return tenant === "" ? name : `${tenant}/${name}`;
}

/** Without the padding behind it. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === SPACE)) end--;
  return bytes.subarray(0, end);
}

/** The number of the SIM card in a login, or null. */
export function iccidIn(body: Gbt32960Body | null): string | null {
  const iccid = body?.fields["iccid"];
  return typeof iccid === "string" ? iccid.trim() : null;
}

/** Asks the gateway, and sees that whom it knows is of the listener's tenant. */
export async function authenticate(
  gateway: Gateway,
  peer: Peer,
  credentials: Credentials,
  options: ListenerOptions,
): Promise<Principal | Refusal> {
  const found = await gateway.authenticate(peer, credentials);
  if (found instanceof Refusal || options.tenant === "" || found.tenant === options.tenant) return found;
  return new Refusal(RefusalReason.NotAuthorized, "of another tenant");
}

/** A stranger whom the gateway lets in (user "") has proved nothing by his SIM card. */
export async function authenticateVehicle(
  gateway: Gateway,
  peer: Peer,
  vin: string,
  iccid: string | null,
  options: ListenerOptions,
): Promise<Principal | Refusal> {
  const found = await authenticate(gateway, peer, vehicleCredentials(vin, iccid, options), options);
  if (found instanceof Refusal || !options.iccidIsPassword || found.user !== "") return found;
  return new Refusal(RefusalReason.BadCredentials, "nobody knows this vehicle");
}
