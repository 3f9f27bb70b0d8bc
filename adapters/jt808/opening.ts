// The cold half of a terminal: being let in, opening its session, registering. Each step ends with a value; whoever
// calls it looks whether the link is still there when it comes back.

import type { Gb18030, Jt808Body } from "jt808-parser";
import {
  CloseReason,
  Message,
  Refusal,
  RefusalReason,
  Verdict,
  isAccepted,
  type Device,
  type Peer,
  type Principal,
  type Session,
} from "../../core/index.ts";
import { credentialsOf, isAdmitted } from "./admission.ts";
import type { ListenerContext } from "./context.ts";
import { MessageId, jsonProperties } from "./mapping.ts";

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

/** Opens the terminal's lasting session and subscribes it to its commands. Delivers nothing yet. */
export async function openTerminalSession(
  who: Applicant,
  principal: Principal,
  device: Device,
  protocolVersion: string,
): Promise<Session | Refusal> {
  const { gateway, options } = who.context;
  const { address, port } = who.peer;
  const expiryMs = options.sessionExpiryMs;
  const session = await gateway.openSession(
    principal,
    {
      device: null,
      via: options.allowMultipleTerminals ? [`${address}:${port}`] : [],
      protocolVersion,
      exclusive: true,
      clean: expiryMs === 0,
      expiryMs,
      inflightMax: options.inflightMax,
      will: null,
    },
    device,
  );
  if (session instanceof Refusal) return session;
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

/** The session of one registration: it shares the terminal's name, holds nobody, and ends with its one message. */
export class Registration implements Device {
  readonly #settled = Promise.withResolvers<Verdict>();
  #session: Session | null = null;

  /** `json` is null where registrations are not published. */
  async run(who: Applicant, json: string | null, protocolVersion: string): Promise<Registered> {
    const principal = await admit(who, null, false);
    if (principal instanceof Refusal) {
      return principal.reason === RefusalReason.BadCredentials ? Registered.Unproved : Registered.Refused;
    }
    if (json === null) return Registered.Taken;
    const life = { exclusive: false, clean: true, expiryMs: 0, inflightMax: 1, will: null };
    const options = { device: null, via: [], protocolVersion, ...life };
    const session = await who.context.gateway.openSession(principal, options, this);
    if (session instanceof Refusal) return Registered.Refused;
    this.#session = session;
    const topic = who.context.profile.upTopic(who.phone, who.context.bodies.row(MessageId.Register)!.name);
    const verdict = session.publish(
      Message.of(session.origin, topic, Buffer.from(json), 1, false, 0, jsonProperties),
      0,
    );
    const settled = verdict === Verdict.Pending ? await this.#settled.promise : verdict;
    session.close(CloseReason.Normal);
    return isAccepted(settled) ? Registered.Taken : Registered.Refused;
  }

  /** The link has gone. */
  cancel(): void {
    this.#session?.close(CloseReason.ConnectionLost);
    this.#settled.resolve(Verdict.Closed);
  }

  deliver(): boolean {
    return true;
  }
  release(): void {}
  onSettled(_receipt: number, verdict: Verdict): void {
    this.#settled.resolve(verdict);
  }
  disconnect(): void {
    this.#settled.resolve(Verdict.Closed);
  }
}

/** The code's bytes as the terminal sent them, without a terminator; null: the body could not be read. */
export function authCodeIn(body: Jt808Body | null, text: Gb18030): Uint8Array | null {
  if (body === null) return null;
  const { code, code_hex: exact } = body.fields;
  if (exact instanceof Uint8Array) {
    let end = exact.length;
    while (end > 0 && exact[end - 1] === 0) end--;
    return exact.slice(0, end);
  }
  return typeof code === "string" ? text.encode(code) : null;
}
