// What users write under `adapters.gbt32960`; the only home of the defaults. `listenerOptions` makes what code passes of
// it: everything present.

import { Type } from "typebox";
import type { AnswerForm } from "gbt32960-parser";
import { commandOptions, commandSchema } from "../../net/command-config.ts";
import type { CommandTimes } from "../../net/command-config.ts";
import type { CommandDeskOptions } from "../../net/command-desk.ts";
import { streamListenerProperties } from "../../net/config.ts";
import { cipherSchema } from "./cipher-config.ts";
import type { CipherConfig } from "./cipher-config.ts";

const DEFAULTS = {
  profile: "native",
  mountpoint: "gbt32960/{clientid}/",
  links: "any",
  password: "none",
  tenant: "",
  dataBeforeLogin: "platforms",
  terminalAnswers: "time",
  reportAnswers: "always",
  loginSerials: "mark",
  activation: "answer",
  sessionMessages: "publish",
  idleTimeoutMs: 300_000,
  frameTimeoutMs: 10_000,
  sessionExpiryMs: 0,
  vehiclesMax: 4096,
  badFramesMax: 16,
  unauthenticatedFramesMax: 10,
} as const;

/** Three times, each a minute. */
const COMMAND_TIMES: CommandTimes = { answerTimeoutMs: 60_000, retransmissionsMax: 2, waits: "constant" };

const LISTENERS_MAX = 64;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** No wildcards, and no braces but these. */
const MOUNTPOINT_PATTERN = "^(?:[^#+{}\\u0000]|\\{clientid\\})*$";

function choice<const Names extends readonly string[]>(names: Names, initial: Names[number], description: string) {
  const literals = names.map((name) => Type.Literal(name));
  return Type.Optional(Type.Unsafe<Names[number]>(Type.Union(literals, { default: initial, description })));
}

const integer = (minimum: number, maximum: number, initial: number, description: string) =>
  Type.Optional(Type.Integer({ minimum, maximum, default: initial, description }));

const identityProperties = {
  links: choice(
    ["any", "vehicles", "platforms"],
    DEFAULTS.links,
    "Who may connect. vehicles: a vehicle has a link of its own, and a platform's login is refused; platforms: vehicles " +
      "only behind a platform that has logged in; any: both.",
  ),
  password: choice(
    ["none", "iccid"],
    DEFAULTS.password,
    "What a vehicle's login is checked with. none: its VIN is all that it gives; iccid: the number of its SIM card is " +
      "the password of the user that has its VIN for a name.",
  ),
  tenant: Type.Optional(
    Type.String({
      pattern: "^[^/]*$",
      maxLength: 255,
      default: DEFAULTS.tenant,
      description: "Vehicles and platforms of this listener are users `{tenant}/{name}`; without it, `{name}`.",
    }),
  ),
  dataBeforeLogin: choice(
    ["refuse", "platforms", "accept"],
    DEFAULTS.dataBeforeLogin,
    "Messages of a vehicle that has not logged in on this link. refuse: answered with an error; platforms: taken from " +
      "vehicles behind a platform, which logged in when an earlier link stood; accept: as if it had logged in, as long as " +
      "the gateway lets it in by its VIN alone.",
  ),
  loginSerials: choice(
    ["mark", "enforce"],
    DEFAULTS.loginSerials,
    "Serial numbers of logins and logouts that break the standard's rules (1 to 65531, a logout has that of its login). " +
      "mark: published with a mark; enforce: refused.",
  ),
};

const answerProperties = {
  terminalAnswers: choice(
    ["time", "echo"],
    DEFAULTS.terminalAnswers,
    "What stands in answers to vehicles of 2016 with a link of their own. time: the message's time; echo: all that the " +
      "vehicle sent, with the gateway's time (annex B of 2016).",
  ),
  reportAnswers: choice(
    ["always", "errors"],
    DEFAULTS.reportAnswers,
    "Whether reports that were taken are answered, or only those that were not (annex B of 2016).",
  ),
  activation: choice(
    ["answer", "application"],
    DEFAULTS.activation,
    "Who answers a request for activation (2025). answer: the gateway, with ok when the message was taken; application: " +
      "nobody, until a command `activation_result` comes.",
  ),
};

const emqxSchema = Type.Object(
  {
    mountpoint: Type.Optional(
      Type.String({
        pattern: MOUNTPOINT_PATTERN,
        maxLength: 256,
        default: DEFAULTS.mountpoint,
        description: "Stands before all topics. `{clientid}`, also written `$${clientid}`, is the VIN.",
      }),
    ),
  },
  { additionalProperties: false, description: "The profile `emqx`." },
);

const partsOfProfile = Object.freeze({
  if: { properties: { profile: { const: "emqx" } }, required: ["profile"] },
  else: { properties: { emqx: { title: "nothing without `profile: emqx`", not: {} } } },
});

const listenerSchema = Type.Object(
  {
    ...streamListenerProperties,
    profile: choice(
      ["native", "emqx"],
      DEFAULTS.profile,
      "Topics and JSON. native: engineering units; emqx: those of EMQX's gateway.",
    ),
    emqx: Type.Optional(emqxSchema),
    ...identityProperties,
    ...answerProperties,
    sessionMessages: choice(
      ["publish", "consume"],
      DEFAULTS.sessionMessages,
      "Whether logins and logouts, of vehicles and platforms, are published too.",
    ),
    idleTimeoutMs: integer(
      1000,
      DAY_MS,
      DEFAULTS.idleTimeoutMs,
      "A link on which nothing came for so long is closed, ms.",
    ),
    frameTimeoutMs: integer(
      100,
      HOUR_MS,
      DEFAULTS.frameTimeoutMs,
      "How long the rest of a frame may take, ms. What came of it is then searched for other frames.",
    ),
    sessionExpiryMs: integer(
      0,
      30 * DAY_MS,
      DEFAULTS.sessionExpiryMs,
      "How long commands wait for a vehicle that is away, ms.",
    ),
    vehiclesMax: integer(1, 1_000_000, DEFAULTS.vehiclesMax, "Vehicles on one platform's link."),
    badFramesMax: integer(1, 10_000, DEFAULTS.badFramesMax, "Bad frames in a row after which a link is closed."),
    unauthenticatedFramesMax: integer(
      1,
      10_000,
      DEFAULTS.unauthenticatedFramesMax,
      "Refused messages on a link without a login after which it is closed.",
    ),
    ciphers: Type.Optional(cipherSchema),
    commands: Type.Optional(commandSchema(COMMAND_TIMES)),
  },
  { additionalProperties: false, allOf: [partsOfProfile] },
);

export const gbt32960ConfigSchema = Type.Object(
  { listeners: Type.Array(listenerSchema, { maxItems: LISTENERS_MAX, description: "TCP and TLS listeners." }) },
  { additionalProperties: false, description: "GB/T 32960.3-2016 and -2025." },
);

/** What users write. */
export type Gbt32960Config = Type.Static<typeof gbt32960ConfigSchema>;
export type Gbt32960ListenerConfig = Type.Static<typeof listenerSchema>;

/** What code passes: all of it present. */
export interface ListenerOptions {
  /** null: the native profile. */
  readonly emqxMountpoint: string | null;
  readonly links: "any" | "vehicles" | "platforms";
  readonly iccidIsPassword: boolean;
  readonly tenant: string;
  readonly dataBeforeLogin: "refuse" | "platforms" | "accept";
  readonly enforcesSerials: boolean;
  readonly terminalAnswers: AnswerForm;
  readonly answersReports: boolean;
  readonly answersActivation: boolean;
  readonly publishesSessions: boolean;
  readonly idleTimeoutMs: number;
  readonly frameTimeoutMs: number;
  readonly sessionExpiryMs: number;
  readonly vehiclesMax: number;
  readonly badFramesMax: number;
  readonly unauthenticatedFramesMax: number;
  readonly ciphers: CipherConfig;
  readonly commands: CommandDeskOptions;
}

/** Of a configuration that the schema accepts. */
export function listenerOptions(config: Readonly<Gbt32960ListenerConfig>): ListenerOptions {
  const isNative = (config.profile ?? DEFAULTS.profile) === "native";
  return Object.freeze({
    emqxMountpoint: isNative ? null : (config.emqx?.mountpoint ?? DEFAULTS.mountpoint),
    links: config.links ?? DEFAULTS.links,
    iccidIsPassword: (config.password ?? DEFAULTS.password) === "iccid",
    tenant: config.tenant ?? DEFAULTS.tenant,
    dataBeforeLogin: config.dataBeforeLogin ?? DEFAULTS.dataBeforeLogin,
    enforcesSerials: (config.loginSerials ?? DEFAULTS.loginSerials) === "enforce",
    terminalAnswers: config.terminalAnswers ?? DEFAULTS.terminalAnswers,
    answersReports: (config.reportAnswers ?? DEFAULTS.reportAnswers) === "always",
    answersActivation: (config.activation ?? DEFAULTS.activation) === "answer",
    publishesSessions: (config.sessionMessages ?? DEFAULTS.sessionMessages) === "publish",
    idleTimeoutMs: config.idleTimeoutMs ?? DEFAULTS.idleTimeoutMs,
    frameTimeoutMs: config.frameTimeoutMs ?? DEFAULTS.frameTimeoutMs,
    sessionExpiryMs: config.sessionExpiryMs ?? DEFAULTS.sessionExpiryMs,
    vehiclesMax: config.vehiclesMax ?? DEFAULTS.vehiclesMax,
    badFramesMax: config.badFramesMax ?? DEFAULTS.badFramesMax,
    unauthenticatedFramesMax: config.unauthenticatedFramesMax ?? DEFAULTS.unauthenticatedFramesMax,
    ciphers: Object.freeze({ ...config.ciphers }),
    commands: commandOptions(config.commands, COMMAND_TIMES, isNative),
  });
}
