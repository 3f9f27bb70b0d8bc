// A profile is the shape in which a listener's vehicles are published and commanded: topics and JSON. What is behind this
// interface is pure; the links and the vehicles on them know no profile by name.

import type { BodyFaultCode, Gbt32960Bodies, Gbt32960Body, Gbt32960Frame, Gbt32960Version } from "gbt32960-parser";
import type { CommandFault } from "./faults.ts";

/** What is published, whatever it is called in topics. */
export type MessageName =
  | "login"
  | "report"
  | "reissue"
  | "logout"
  | "platform_login"
  | "platform_logout"
  | "activation"
  | "key_exchange"
  /** The answer to a command. */
  | "response"
  /** A command that is not laid out: platform-defined, or unknown. */
  | "transparent"
  /** A data unit that is not what its layout says. */
  | "undecoded"
  /** The vehicle is gone, and did not say goodbye. */
  | "offline"
  /** A command of the application has come to another state. */
  | "command";

export interface Profile {
  /** null: such messages are not published in this profile. */
  upTopic(vin: string, message: MessageName): string | null;
  /** Where the commands of a vehicle come from. */
  downTopic(vin: string): string;
  /** `body` is null where there is no layout: an unknown command, an encrypted data unit. */
  toJson(frame: Gbt32960Frame, body: Gbt32960Body | null, context: UplinkContext): string;
  fromJson(payload: Uint8Array, bodies: Gbt32960Bodies, target: CommandTarget): DownCommand | CommandProblem;
}

/** What is known of a frame beside its bytes. */
export interface UplinkContext {
  readonly vin: string;
  readonly message: MessageName;
  /** The platform that the vehicle is behind, or null. */
  readonly platform: string | null;
  /** The encryption that the frame came with, also where it was decrypted: the header's number. */
  readonly encryption: number;
  /** ms since the epoch. */
  readonly receivedAt: number;
  /** The command's own mark, in the answer to it; or null. */
  readonly reference: string | null;
  /** Why the data unit could not be used, or null: a code. */
  readonly fault: string | null;
  /** Whether the signature is right; null: there is none, or it was not checked. */
  readonly signature: "valid" | "invalid" | "undetermined" | null;
  /** What is wrong with the serial number of a login or logout, or null. */
  readonly serialFault: SerialFault | null;
}

/** What the standard's rules for serial numbers do not allow. */
export type SerialFault = "out_of_range" | "not_of_login";

/** The vehicle that a command is for. */
export interface CommandTarget {
  readonly version: Gbt32960Version;
  /** ms since the epoch; commands without a time of their own get this one. */
  readonly now: number;
}

/** A command, ready to be sent. */
export interface DownCommand {
  readonly command: number;
  /** The data unit, plain. */
  readonly data: Uint8Array;
  /** Given back with the vehicle's answer, or null. */
  readonly reference: string | null;
  /** How long it lives from its publication on; null: as the listener is configured. */
  readonly ttlMs: number | null;
}

/** Why a command was not sent. */
export class CommandProblem {
  readonly code: CommandFault | BodyFaultCode;
  readonly field: string;
  /** As far as they could be read. */
  readonly command: number | null;
  readonly reference: string | null;
  constructor(code: CommandFault | BodyFaultCode, field: string, command: number | null, reference: string | null) {
    this.code = code;
    this.field = field;
    this.command = command;
    this.reference = reference;
  }
}
