// What is what in every profile, without state: verdicts and refusals to response flags, frames to the names of
// messages, ids to names. Everything here is pure.

import { BodyFaultCode, Command, Response } from "gbt32960-parser";
import type { Gbt32960Body, Gbt32960Frame, Gbt32960Version } from "gbt32960-parser";
import { RefusalReason, Verdict } from "../../core/index.ts";
import { LinkFault } from "./faults.ts";
import type { DataFault } from "./faults.ts";
import type { MessageName, SerialFault } from "./profile.ts";

/** The one table from what the core says of a message to what its sender is told. 2025 has more flags; none says this. */
const flagByVerdict: Readonly<Record<Verdict, number>> = Object.freeze({
  [Verdict.Pending]: Response.Error,
  [Verdict.Accepted]: Response.Ok,
  [Verdict.NoSubscriber]: Response.Ok,
  [Verdict.Denied]: Response.Error,
  [Verdict.InvalidTopic]: Response.Error,
  [Verdict.InvalidMessage]: Response.Error,
  [Verdict.TooLarge]: Response.Error,
  [Verdict.RateLimited]: Response.Error,
  [Verdict.QuotaExceeded]: Response.Error,
  [Verdict.Overload]: Response.Error,
  [Verdict.Closed]: Response.Error,
  [Verdict.NotSupported]: Response.Error,
});

export function flagOf(verdict: Verdict): number {
  return flagByVerdict[verdict];
}

/** What a vehicle is told that is not let in. 2016 knows one error. */
export function refusalFlag(reason: RefusalReason, version: Gbt32960Version): number {
  const isUnknown = reason === RefusalReason.BadCredentials || reason === RefusalReason.InvalidClient;
  return version === 2025 && isUnknown ? Response.NoSuchVin : Response.Error;
}

/** What is told of a data unit that cannot be used, by its fault. */
export function faultFlag(code: DataFault, version: Gbt32960Version): number {
  if (version === 2016) return Response.Error;
  if (code === LinkFault.Decryption) return Response.Decryption;
  return code === LinkFault.Signature ? Response.Signature : Response.Structure;
}

/** Commands that only the platform gives: whatever its flag says, such a frame of a vehicle is the answer to one. */
function isPlatformCommand(command: number): boolean {
  return command === Command.Query || command === Command.Set || command === Command.Control;
}

export function isAnswer(frame: Gbt32960Frame): boolean {
  return !frame.isCommand || isPlatformCommand(frame.command);
}

const names: ReadonlyMap<number, MessageName> = Object.freeze(
  new Map<number, MessageName>([
    [Command.VehicleLogin, "login"],
    [Command.Report, "report"],
    [Command.Reissue, "reissue"],
    [Command.VehicleLogout, "logout"],
    [Command.PlatformLogin, "platform_login"],
    [Command.PlatformLogout, "platform_logout"],
    [Command.Activation, "activation"],
    [Command.KeyExchange, "key_exchange"],
  ]),
);

/** `body` is null where there is no layout; `fault` is the code of what makes the data unit unusable, or null. */
export function messageNameOf(frame: Gbt32960Frame, fault: string | null): MessageName {
  if (fault !== null) return "undecoded";
  if (isAnswer(frame)) return "response";
  return names.get(frame.command) ?? "transparent";
}

/** A data unit that ends before its layout is of no use; one that says more, or something unknown, is. */
export function faultIn(body: Gbt32960Body | null): DataFault | null {
  return body?.fault?.code === BodyFaultCode.Short ? BodyFaultCode.Short : null;
}

export function isReport(command: number): boolean {
  return command === Command.Report || command === Command.Reissue;
}

/** Messages that only serve the link: published or not as the listener is configured. */
export function isSessionMessage(command: number): boolean {
  return command >= Command.VehicleLogin && command <= Command.PlatformLogout && !isReport(command);
}

/** Whether a VIN, or a platform's code, can be a level of a topic: letters, digits, and what is harmless beside them. */
export function isName(vin: string): boolean {
  return /^[\w.:@-]{1,17}$/.test(vin) && vin !== "." && vin !== "..";
}

const SERIAL_MAX = 65_531;

/**
 * What is wrong with the serial of a login or logout; null: nothing, or there is none. Logins are counted from 1, each
 * day; a logout has the serial of its login (`ofLogin`; null: not known here).
 */
export function serialFaultOf(
  frame: Gbt32960Frame,
  body: Gbt32960Body | null,
  ofLogin: number | null,
): SerialFault | null {
  const isLogin = frame.command === Command.VehicleLogin;
  const serial = serialIn(body);
  if (serial === null || !(isLogin || frame.command === Command.VehicleLogout)) return null;
  if (serial < 1 || serial > SERIAL_MAX) return "out_of_range";
  return isLogin || ofLogin === null || ofLogin === serial ? null : "not_of_login";
}

export function serialIn(body: Gbt32960Body | null): number | null {
  const serial = body?.fields["serial"];
  return typeof serial === "number" ? serial : null;
}
