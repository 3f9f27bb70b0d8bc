// What users write under `emqx` of a listener, and what code passes of it.

import { Type } from "typebox";
import { consumedIds } from "./profile-emqx-tables.ts";

const DEFAULTS = {
  mountpoint: "jt808/{clientid}/",
  upTopic: "{phone}/up",
  downTopic: "{phone}/dn",
  stringEncoding: "utf8",
  legacyBitOrder: false,
  consumed: consumedIds.map((id) => `0x${id.toString(16).padStart(4, "0")}`),
  unknown: "publish",
} as const;

/** No wildcards, and no placeholder but these two, with or without the dollar that stands before variables. */
const TOPIC_PATTERN = "^(?:[^#+${}\\u0000]|\\$?\\{(?:clientid|phone)\\})*$";
const TOPIC_MAX = 256;

const topicTemplate = (value: string, description: string, minLength = 1) =>
  Type.Optional(Type.String({ pattern: TOPIC_PATTERN, minLength, maxLength: TOPIC_MAX, default: value, description }));

export const emqxSchema = Type.Object(
  {
    mountpoint: topicTemplate(
      DEFAULTS.mountpoint,
      "Stands before both topics. `{clientid}` and `{phone}`, also written `$${clientid}` and `$${phone}`, are the digits " +
        "of the terminal's header.",
      0,
    ),
    upTopic: topicTemplate(DEFAULTS.upTopic, "Messages of a terminal; with or without the mount point in front."),
    downTopic: topicTemplate(DEFAULTS.downTopic, "Commands to a terminal; with or without the mount point in front."),
    stringEncoding: Type.Optional(
      Type.Union([Type.Literal("utf8"), Type.Literal("gbk")], {
        default: DEFAULTS.stringEncoding,
        description:
          "Texts on the wire. utf8: written as UTF-8, and read as GBK where they are not UTF-8; gbk: as the standard says.",
      }),
    ),
    legacyBitOrder: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.legacyBitOrder,
        description: "`signal` and `io_status` from the highest bit down, as consumers that correct this expect.",
      }),
    ),
    consumed: Type.Optional(
      Type.Array(Type.String({ pattern: "^0[xX][0-9a-fA-F]{4}$" }), {
        maxItems: 256,
        default: DEFAULTS.consumed,
        description: "Ids of messages that are answered and not published.",
      }),
    ),
    unknown: Type.Optional(
      Type.Union([Type.Literal("publish"), Type.Literal("ignore")], {
        default: DEFAULTS.unknown,
        description: "Whether messages of ids that the format does not know are published, as bytes.",
      }),
    ),
  },
  { additionalProperties: false, description: "The profile `emqx`." },
);

/** What code passes: all of it present. */
export interface EmqxOptions {
  readonly mountpoint: string;
  readonly upTopic: string;
  readonly downTopic: string;
  readonly isGbk: boolean;
  readonly legacyBitOrder: boolean;
  readonly consumed: ReadonlySet<number>;
  readonly ignoresUnknown: boolean;
}

export function emqxOptions(config: Type.Static<typeof emqxSchema> = {}): EmqxOptions {
  return Object.freeze({
    mountpoint: config.mountpoint ?? DEFAULTS.mountpoint,
    upTopic: config.upTopic ?? DEFAULTS.upTopic,
    downTopic: config.downTopic ?? DEFAULTS.downTopic,
    isGbk: (config.stringEncoding ?? DEFAULTS.stringEncoding) === "gbk",
    legacyBitOrder: config.legacyBitOrder ?? DEFAULTS.legacyBitOrder,
    consumed: new Set((config.consumed ?? DEFAULTS.consumed).map(Number)),
    ignoresUnknown: (config.unknown ?? DEFAULTS.unknown) === "ignore",
  });
}
