// The cold half of a terminal: being let in, opening its session, registering. Each step ends with a value; whoever
// calls it looks whether the link is still there when it comes back.

import type { Jt808Body, TextCoder } from "jt808-parser";
import {
  Refusal,
  RefusalReason,
  Verdict,
  isAccepted,
  jsonProperties,
  type Device,
  type Peer,
  type Principal,
  type Session,
  type SinglePublish,
} from "../../core/index.ts";
import { credentialsOf, isAdmitted } from "./admission.ts";
import type { ListenerContext } from "./context.ts";
import { MessageId } from "./mapping.ts";

/** Who asks: a terminal of a link. */
export interface Applicant {
  readonly context: ListenerContext;
  readonly peer: Peer;
  readonly phone: string;
}

/** `code` is null where the terminal gave none. `needsProof`: a stranger's name alone is not enough. */
export async function admit(
  who: Applicant,
  code: Uint8Array | null,
  needsProof: boolean,
): Promise<Principal | Refusal> {
  const { gateway, codes, options } = who.context;
  const isOurCode = code !== null && codes.isCodeOf(who.phone, code);
  const found = await gateway.authenticate(who.peer, credentialsOf(who.phone, options, code));
  if (found instanceof Refusal || isAdmitted(found, options, isOurCode, needsProof)) return found;
  return new Refusal(RefusalReason.BadCredentials, "the authentication code is not right");
}

/**
 * Opens the terminal's lasting session and subscribes it to its commands. Delivers nothing yet. `isVisit`: a second link
 * that only brings something; it takes nobody over, and commands do not come this way.
 */
export async function openTerminalSession(
  who: Applicant,
  principal: Principal,
  device: Device,
  protocolVersion: string,
  isVisit = false,
): Promise<Session | Refusal> {
  const { gateway, options } = who.context;
  const { address, port } = who.peer;
  const expiryMs = isVisit ? 0 : options.sessionExpiryMs;
  const session = await gateway.openSession(
    principal,
    {
      device: null,
      via: options.allowMultipleTerminals ? [`${address}:${port}`] : [],
      protocolVersion,
      exclusive: !isVisit,
      clean: expiryMs === 0,
      expiryMs,
      inflightMax: options.commands.queueMax,
      will: null,
    },
    device,
  );
  if (session instanceof Refusal || isVisit) return session;
  const filter = who.context.profile.downTopic(who.phone);
  const request = {
    filter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 2,
    identifier: 0,
  } as const;
  const [outcome] = await session.subscribe([request]);
  if (outcome?.verdict !== Verdict.Accepted) {
    gateway.log.warn({ device: who.phone, filter, verdict: outcome?.verdict }, "commands cannot reach this terminal");
  }
  return session;
}

/** What became of a registration. */
export const Registered = {
  /** It is the core's (or needs not be published). */
  Taken: 1,
  /** Nobody here knows the terminal without its code: it may have one, and its authentication will show. */
  Unproved: 2,
  Refused: 3,
} as const;
export type Registered = (typeof Registered)[keyof typeof Registered];

/** Publishes a registration by `publishing`, so that nobody is taken over by it. `json` is null where it is not published. */
export async function register(
  who: Applicant,
  publishing: SinglePublish,
  json: string | null,
  protocolVersion: string,
): Promise<Registered> {
  const { gateway, profile, bodies } = who.context;
  const principal = await admit(who, null, false);
  if (principal instanceof Refusal) {
    return principal.reason === RefusalReason.BadCredentials ? Registered.Unproved : Registered.Refused;
  }
  if (json === null) return Registered.Taken;
  const verdict = await publishing.run(gateway, principal, {
    device: null,
    via: [],
    protocolVersion,
    topic: profile.upTopic(who.phone, bodies.row(MessageId.Register)!.name),
    payload: Buffer.from(json),
    properties: jsonProperties,
  });
  return isAccepted(verdict) ? Registered.Taken : Registered.Refused;
}

/** The code's bytes as the terminal sent them, without a terminator; null: the body could not be read. */
export function authCodeIn(body: Jt808Body | null, text: TextCoder): Uint8Array | null {
  if (body === null) return null;
  const { code, code_hex: exact } = body.fields;
  if (exact instanceof Uint8Array) {
    let end = exact.length;
    while (end > 0 && exact[end - 1] === 0) end--;
    return exact.slice(0, end);
  }
  return typeof code === "string" ? text.encode(code) : null;
}
