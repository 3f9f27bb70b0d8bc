// A profile is the shape in which a listener's terminals are published and commanded: topics, identity, JSON. What is
// behind this interface is pure; the up-link and the down-link know no profile by name.

import type { BodyFaultCode, BodyVersion, Jt808Bodies, Jt808Body, Jt808Frame } from "jt808-parser";
import type { CommandFault } from "./faults.ts";
import type { Result } from "./mapping.ts";

export interface Profile {
  /** Client id of a terminal that shows these digits in its header; it is the device of its messages, too. */
  clientId(phone: string): string;
  /** Where a message of a terminal goes; `message` is its name (`location`, `undecoded`). */
  upTopic(client: string, message: string): string;
  /** Where the commands of a terminal come from. */
  downTopic(client: string): string;
  /** Whether a message of this id is answered and not published. */
  isConsumed(id: number): boolean;
  /** `body` is null where there is no layout: an unknown id, a fragment, an encrypted body. */
  toJson(frame: Jt808Frame, body: Jt808Body | null, context: UplinkContext): Uplink;
  /** A position report of its own for each position of a batch that can be read; the batch itself has all of them. */
  positionsOf(frame: Jt808Frame, body: Jt808Body, context: UplinkContext): readonly Part[];
  fromJson(payload: Uint8Array, bodies: Jt808Bodies, version: BodyVersion): Command | CommandProblem;
}

/** What the link knows of a frame beside its bytes. */
export interface UplinkContext {
  readonly device: string;
  readonly version: BodyVersion;
  /** ms since the epoch. */
  readonly receivedAt: number;
  /** The command's own mark, in the answer to it; or null. */
  readonly reference: string | null;
  readonly unknownAreUnsupported: boolean;
}

/** Something to publish: name of the message, for its topic, and its JSON. */
export interface Part {
  readonly message: string;
  readonly json: string;
}

export interface Uplink extends Part {
  /** What the terminal is told when the core takes the message. */
  readonly result: Result;
}

export interface Command {
  readonly id: number;
  readonly body: Uint8Array;
  /** The serial that its frame is to have; null: the next one. */
  readonly serial: number | null;
  /** Given back with the terminal's answer, or null. */
  readonly reference: string | null;
  /** How long it lives from its publication on; null: as the listener is configured. */
  readonly ttlMs: number | null;
}

/** Why a command was not sent, or not answered. */
export class CommandProblem {
  readonly code: CommandFault | BodyFaultCode;
  readonly field: string;
  /** As far as they could be read. */
  readonly id: number | null;
  readonly reference: string | null;
  constructor(code: CommandFault | BodyFaultCode, field: string, id: number | null, reference: string | null) {
    this.code = code;
    this.field = field;
    this.id = id;
    this.reference = reference;
  }
}
