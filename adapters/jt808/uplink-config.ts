// What users write of a listener about what its terminals send: fragments, pictures and files, encryption, versions. The
// only home of these defaults; `uplinkOptions` makes what code passes of it.

import { Type } from "typebox";
import type { BodyVersion, ReassemblyLimits } from "jt808-parser";

const MIB = 1_048_576;
const GIB = 1024 * MIB;
const MINUTE_MS = 60_000;

const DEFAULTS = {
  join: true,
  setsMax: 8,
  fragmentsMax: 4096,
  bytesMax: MIB,
  totalBytesMax: 256 * MIB,
  askAfterMs: 10_000,
  asksMax: 6,
  lifeMs: 15 * MINUTE_MS,
  anySerial: false,
  inflatedMaxBytes: 65_536,
  fileMaxBytes: 16 * MIB,
  directoryMaxBytes: 10 * GIB,
  attachments: false,
  padding: "pkcs1",
} as const;

const strict = { additionalProperties: false };
const whole = (minimum: number, maximum: number, value: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, default: value, description }));

const fragmentSchema = Type.Object(
  {
    join: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.join,
        description: "Fragments are joined; false: each is published as it came.",
      }),
    ),
    setsMax: whole(
      1,
      64,
      DEFAULTS.setsMax,
      "Messages of one terminal under way at once; the oldest goes for one more.",
    ),
    fragmentsMax: whole(2, 65_535, DEFAULTS.fragmentsMax, "Fragments of one message."),
    bytesMax: whole(1024, 64 * MIB, DEFAULTS.bytesMax, "Bytes of one terminal's unfinished messages."),
    totalBytesMax: whole(1024, 16 * GIB, DEFAULTS.totalBytesMax, "Bytes of all terminals' unfinished messages."),
    askAfterMs: whole(
      100,
      10 * MINUTE_MS,
      DEFAULTS.askAfterMs,
      "Silence after which missing fragments are asked for, ms.",
    ),
    asksMax: whole(0, 6, DEFAULTS.asksMax, "How often in a row they are asked for without any coming."),
    lifeMs: whole(
      1000,
      1440 * MINUTE_MS,
      DEFAULTS.lifeMs,
      "How long a message may take from its first fragment on, ms.",
    ),
    anySerial: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.anySerial,
        description:
          "Fragments that were asked for are taken under any serial. For terminals that send them again under new " +
          "ones; two messages of the same shape may mix then.",
      }),
    ),
  },
  { ...strict, description: "Messages that come in fragments." },
);

const multimediaSchema = Type.Object(
  {
    directory: Type.String({
      minLength: 1,
      description: "Where pictures, sounds and films are written; made when it is not there.",
    }),
    maxBytes: whole(1024, GIB, DEFAULTS.fileMaxBytes, "Largest file."),
    directoryMaxBytes: whole(
      1024,
      1024 * GIB,
      DEFAULTS.directoryMaxBytes,
      "All files in the directory together; above it nothing more is taken.",
    ),
  },
  { ...strict, description: "Files for multimedia, instead of base64 in the message." },
);

const rsaSchema = Type.Object(
  {
    privateKey: Type.String({
      minLength: 1,
      description: "Path of a PEM file: the platform's RSA key, of 1,024 bits.",
    }),
    padding: Type.Optional(
      Type.Union([Type.Literal("pkcs1"), Type.Literal("oaep")], {
        default: DEFAULTS.padding,
        description: "The standard names none: what these terminals use.",
      }),
    ),
  },
  { ...strict, description: "Bodies whose encryption bits say RSA." },
);

/** Properties of a listener. */
export const uplinkProperties = {
  fragments: Type.Optional(fragmentSchema),
  multimedia: Type.Optional(multimediaSchema),
  attachments: Type.Optional(
    Type.Boolean({
      default: DEFAULTS.attachments,
      description: "Terminals upload alarm attachments here (T/JSATL 12), into `multimedia.directory`.",
    }),
  ),
  encryption: Type.Optional(
    Type.Object({ rsa: Type.Optional(rsaSchema) }, { ...strict, description: "Encrypted bodies." }),
  ),
  inflatedMaxBytes: whole(
    1024,
    16 * MIB,
    DEFAULTS.inflatedMaxBytes,
    "Largest content of a compressed message (0x0901); a longer one stays compressed.",
  ),
  batchPositions: Type.Optional(
    Type.Boolean({
      description:
        "Each position of a batch (0x0704) is published as a `location` of its own, too. If left out: in the native " +
        "profile, not in others.",
    }),
  ),
  undecoded: Type.Optional(
    Type.Boolean({
      description:
        "What cannot be read is published with its bytes and the reason (`undecoded`). If left out: in the native " +
        "profile, not in others.",
    }),
  ),
  terminalVersions: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[0-9a-f]{1,20}$" }),
      Type.Union([Type.Literal(2011), Type.Literal(2013), Type.Literal(2019)]),
      {
        maxProperties: 100_000,
        description: "Layout of message bodies of single terminals, by phone number without leading zeros.",
      },
    ),
  ),
} as const;

/** Beside them in the listener's schema. */
export const attachmentsNeedDirectory = Object.freeze({
  if: { not: { properties: { attachments: { const: true } }, required: ["attachments"] } },
  else: { required: ["multimedia"] },
});

const listenerPart = Type.Object(uplinkProperties);
type UplinkConfig = Type.Static<typeof listenerPart>;

export interface MultimediaOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly directoryMaxBytes: number;
}

export interface RsaOptions {
  readonly privateKey: string;
  readonly padding: "pkcs1" | "oaep";
}

/** What code passes: all of it present. */
export interface UplinkOptions {
  readonly joinFragments: boolean;
  readonly reassembly: ReassemblyLimits;
  readonly fragmentsTotalBytesMax: number;
  /** null: media are published as base64. */
  readonly multimedia: MultimediaOptions | null;
  readonly attachments: boolean;
  readonly rsa: RsaOptions | null;
  readonly inflatedMaxBytes: number;
  readonly batchPositions: boolean;
  readonly undecoded: boolean;
  /** By canonical phone number. */
  readonly terminalVersions: ReadonlyMap<string, BodyVersion>;
  /** Messages of our own making beside the profile's: media with their files, what was inflated. */
  readonly isNative: boolean;
}

export function uplinkOptions(config: Readonly<UplinkConfig>, isNative: boolean): UplinkOptions {
  const { fragments = {}, multimedia, encryption } = config;
  const attachments = config.attachments ?? DEFAULTS.attachments;
  return Object.freeze({
    joinFragments: fragments.join ?? DEFAULTS.join,
    reassembly: Object.freeze({
      setsMax: fragments.setsMax ?? DEFAULTS.setsMax,
      fragmentsMax: fragments.fragmentsMax ?? DEFAULTS.fragmentsMax,
      bytesMax: fragments.bytesMax ?? DEFAULTS.bytesMax,
      askAfterMs: fragments.askAfterMs ?? DEFAULTS.askAfterMs,
      asksMax: fragments.asksMax ?? DEFAULTS.asksMax,
      lifeMs: fragments.lifeMs ?? DEFAULTS.lifeMs,
      anySerialWhenAsked: fragments.anySerial ?? DEFAULTS.anySerial,
    }),
    fragmentsTotalBytesMax: fragments.totalBytesMax ?? DEFAULTS.totalBytesMax,
    multimedia: multimedia === undefined ? null : multimediaOptions(multimedia),
    attachments,
    rsa: encryption?.rsa === undefined ? null : Object.freeze({ padding: DEFAULTS.padding, ...encryption.rsa }),
    inflatedMaxBytes: config.inflatedMaxBytes ?? DEFAULTS.inflatedMaxBytes,
    batchPositions: config.batchPositions ?? isNative,
    undecoded: config.undecoded ?? isNative,
    terminalVersions: new Map(Object.entries(config.terminalVersions ?? {})),
    isNative,
  });
}

function multimediaOptions(config: Type.Static<typeof multimediaSchema>): MultimediaOptions {
  return Object.freeze({
    directory: config.directory,
    maxBytes: config.maxBytes ?? DEFAULTS.fileMaxBytes,
    directoryMaxBytes: config.directoryMaxBytes ?? DEFAULTS.directoryMaxBytes,
  });
}
