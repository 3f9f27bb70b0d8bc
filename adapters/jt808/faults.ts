// What can go wrong on a JT/T 808 link beyond the bytes themselves (the codec's own codes are counted beside these), and
// what can be wrong with a command. Codes are constants: they label counters and stand in published reports.

export const LinkFault = {
  /** A frame of another terminal on a link that carries one. */
  OtherTerminal: "JT808_OTHER_TERMINAL",
  /** More terminals on one link than `terminalsMax`. */
  TooManyTerminals: "JT808_TOO_MANY_TERMINALS",
  /** A message before authentication, where that comes first. */
  NotAuthenticated: "JT808_NOT_AUTHENTICATED",
  /** Too many bad frames in a row: the link is closed. */
  BadFrames: "JT808_BAD_FRAMES",
  /** Too many bytes that belong to no frame: the link is closed. */
  Junk: "JT808_JUNK",
  /** Fragments of a message did not come, however often they were asked for, or the terminal has gone before. */
  FragmentsMissing: "JT808_FRAGMENTS_MISSING",
  /** A message of more fragments or bytes than are taken. */
  FragmentsTooLarge: "JT808_FRAGMENTS_TOO_LARGE",
  /** More unfinished messages than are kept. */
  FragmentsTooMany: "JT808_FRAGMENTS_TOO_MANY",
  /** A message was whole, and cannot be taken. */
  FragmentsRefused: "JT808_FRAGMENTS_REFUSED",
  /** A file could not be written, or was not announced. */
  File: "JT808_FILE",
} as const;
export type LinkFault = (typeof LinkFault)[keyof typeof LinkFault];

export const CommandFault = {
  /** The payload is not a JSON object. */
  Json: "JT808_COMMAND_JSON",
  /** `id` is no message id, and no name of a message to terminals. */
  Id: "JT808_COMMAND_ID",
  /** `body` is neither an object nor hex. */
  Body: "JT808_COMMAND_BODY",
  /** `ttl` is no number of seconds that a command may live. */
  Ttl: "JT808_COMMAND_TTL",
  /** More commands of this terminal wait than `commands.queueMax`. */
  QueueFull: "JT808_COMMAND_QUEUE_FULL",
  /** The terminal says that it failed, or that it does not know such a command. */
  Refused: "JT808_COMMAND_REFUSED",
  /** The terminal's session ended before its answer came. */
  ConnectionLost: "JT808_COMMAND_CONNECTION_LOST",
  /** The terminal did not answer, however often the command was sent. */
  Unanswered: "JT808_COMMAND_UNANSWERED",
} as const;
export type CommandFault = (typeof CommandFault)[keyof typeof CommandFault];
