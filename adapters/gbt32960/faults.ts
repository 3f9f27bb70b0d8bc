// What can go wrong on a GB/T 32960 link beyond the bytes themselves (the codec's own codes are counted beside these),
// and what can be wrong with a command. Codes are constants: they label counters and stand in published reports.

import type { BodyFaultCode } from "gbt32960-parser";

export const LinkFault = {
  /** A vehicle that may not be on this link: another one on a vehicle's own link, or any where platforms are wanted. */
  OtherVehicle: "GBT32960_OTHER_VEHICLE",
  /** More vehicles on one link than `vehiclesMax`. */
  TooManyVehicles: "GBT32960_TOO_MANY_VEHICLES",
  /** A message before login, where login comes first. */
  NotLoggedIn: "GBT32960_NOT_LOGGED_IN",
  /** The login of a vehicle or a platform was refused. */
  LoginRefused: "GBT32960_LOGIN_REFUSED",
  /** An id that is no name: empty, or with characters that have a meaning in topics. */
  Id: "GBT32960_ID",
  /** A platform's login or logout where there cannot be one. */
  Platform: "GBT32960_PLATFORM",
  /** A data unit whose encryption has a key here, and could not be decrypted. */
  Decryption: "GBT32960_DECRYPTION",
  /** A signature that is not right, where it is checked. */
  Signature: "GBT32960_SIGNATURE",
  /** A serial number that the rules for logins do not allow. */
  Serial: "GBT32960_SERIAL",
  /** Too many bad frames in a row: the link is closed. */
  BadFrames: "GBT32960_BAD_FRAMES",
  /** Too many bytes that belong to no frame: the link is closed. */
  Junk: "GBT32960_JUNK",
} as const;
export type LinkFault = (typeof LinkFault)[keyof typeof LinkFault];

/** Why a data unit cannot be used. */
export type DataFault = typeof BodyFaultCode.Short | typeof LinkFault.Decryption | typeof LinkFault.Signature;

export const CommandFault = {
  /** The payload is not a JSON object. */
  Json: "GBT32960_COMMAND_JSON",
  /** `command` is no command's name or code. */
  Command: "GBT32960_COMMAND",
  /** `body`, `raw` or `reference` is not of its form. */
  Body: "GBT32960_COMMAND_BODY",
  /** `ttl` is no time that a command can live. */
  Ttl: "GBT32960_COMMAND_TTL",
  /** The vehicle did not answer, however often the command was sent. */
  Unanswered: "GBT32960_COMMAND_UNANSWERED",
  /** The vehicle answered with an error. */
  Refused: "GBT32960_COMMAND_REFUSED",
  /** More commands wait than `commands.queueMax`. */
  QueueFull: "GBT32960_COMMAND_QUEUE_FULL",
  /** The vehicle went away before it answered. */
  ConnectionLost: "GBT32960_COMMAND_CONNECTION_LOST",
} as const;
export type CommandFault = (typeof CommandFault)[keyof typeof CommandFault];
