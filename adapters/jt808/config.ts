// What users write under `adapters.jt808`; the only home of the defaults. `listenerOptions` makes what code passes of it:
// everything present.

import { Type } from "typebox";
import type { BodyVersion, Leniency } from "jt808-parser";
import { STRICT } from "jt808-parser";
import { commandOptions, commandSchema } from "../../net/command-config.ts";
import type { CommandTimes } from "../../net/command-config.ts";
import type { CommandDeskOptions } from "../../net/command-desk.ts";
import { streamListenerProperties } from "../../net/config.ts";
import { datagramSchema } from "../../net/datagram-config.ts";
import { emqxOptions, emqxSchema } from "./emqx-config.ts";
import type { EmqxOptions } from "./emqx-config.ts";
import { attachmentsNeedDirectory, uplinkOptions, uplinkProperties } from "./uplink-config.ts";
import type { UplinkOptions } from "./uplink-config.ts";

const DEFAULTS = {
  transport: "tcp",
  profile: "native",
  authentication: "accept-any",
  tenant: "",
  version: "auto",
  idleTimeoutMs: 300_000,
  sessionExpiryMs: 0,
  allowMultipleTerminals: false,
  terminalsMax: 4096,
  sessionMessages: "publish",
  unknownMessages: "ok",
  badFramesMax: 16,
  unauthenticatedFramesMax: 10,
} as const;

/** T(n + 1) = T(n) × (n + 1), says the standard: 10, 20, 60, 240 s. */
const COMMAND_TIMES: CommandTimes = { answerTimeoutMs: 10_000, retransmissionsMax: 3, waits: "growing" };

const LISTENERS_MAX = 64;
const DAY_MS = 86_400_000;
const SECRET_MIN = 16;

const lenientSwitch = (description: string) => Type.Optional(Type.Boolean({ default: false, description }));

const lenientSchema = Type.Object(
  {
    wrongChecksum: lenientSwitch("Take frames whose checksum does not match."),
    wrongLength: lenientSwitch("Take frames whose length field does not count the body that is there."),
    falseVersionFlag: lenientSwitch("Bit 14 is set but the length fits the older header: read that."),
    unescapedChecksum: lenientSwitch("Take a checksum 7D that was sent unescaped."),
    strayEscape: lenientSwitch("7D before another byte than 01 and 02 stands for itself."),
  },
  { additionalProperties: false, description: "What this listener lets pass. Nothing by default." },
);

const overUdp = Object.freeze({ properties: { transport: { const: "udp" } }, required: ["transport"] });

/** What only one of the transports has. */
const partsOfStreams = Object.freeze({
  if: { not: overUdp },
  else: {
    properties: {
      tls: { title: "nothing over udp", not: {} },
      proxyProtocol: { const: "off" },
      attachments: { const: false },
    },
  },
});
const partsOfDatagrams = Object.freeze({
  if: overUdp,
  else: { properties: { datagrams: { title: "nothing without `transport: udp`", not: {} } } },
});

const partsOfProfile = Object.freeze({
  if: { properties: { profile: { const: "emqx" } }, required: ["profile"] },
  else: { properties: { emqx: { title: "nothing without `profile: emqx`", not: {} } } },
});

const listenerSchema = Type.Object(
  {
    ...streamListenerProperties,
    ...uplinkProperties,
    port: Type.Integer({ minimum: 0, maximum: 65_535, description: "Port; 0 = any free one." }),
    transport: Type.Optional(
      Type.Union([Type.Literal("tcp"), Type.Literal("udp")], {
        default: DEFAULTS.transport,
        description: "tcp: also with TLS; udp: without TLS and PROXY header.",
      }),
    ),
    datagrams: Type.Optional(datagramSchema),
    profile: Type.Optional(
      Type.Union([Type.Literal("native"), Type.Literal("emqx")], {
        default: DEFAULTS.profile,
        description:
          "Shape of topics, messages and commands. native: engineering units, a topic for each kind of message; " +
          "emqx: raw values on one topic, as platforms expect that come from EMQX's gateway.",
      }),
    ),
    emqx: Type.Optional(emqxSchema),
    authentication: Type.Optional(
      Type.Union([Type.Literal("require-auth"), Type.Literal("accept-known"), Type.Literal("accept-any")], {
        default: DEFAULTS.authentication,
        description:
          "require-auth: nothing but registration before an authentication (0x0102) whose code is right; " +
          "accept-known: the same, but terminals of `knownTerminals`, and those that authenticated since the start, " +
          "need none; accept-any: whoever the gateway lets in under `anonymous` and `users`.",
      }),
    ),
    knownTerminals: Type.Optional(
      Type.Array(Type.String({ pattern: "^[0-9a-f]{1,20}$" }), {
        maxItems: 100_000,
        description: "Phone numbers, leading zeros left out.",
      }),
    ),
    tenant: Type.Optional(
      Type.String({
        pattern: "^[^/]*$",
        maxLength: 255,
        default: DEFAULTS.tenant,
        description: "Terminals of this listener are users `{tenant}/{phone}`; without it, `{phone}`.",
      }),
    ),
    version: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal(2011), Type.Literal(2013), Type.Literal(2019)], {
        default: DEFAULTS.version,
        description: "Layout of message bodies. auto: by header, and 2011 or 2013 as the registration showed it.",
      }),
    ),
    lenient: Type.Optional(lenientSchema),
    idleTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1000,
        maximum: DAY_MS,
        default: DEFAULTS.idleTimeoutMs,
        description: "A link on which nothing came for so long is closed, ms.",
      }),
    ),
    sessionExpiryMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30 * DAY_MS,
        default: DEFAULTS.sessionExpiryMs,
        description: "How long commands wait for a terminal that is away, ms.",
      }),
    ),
    allowMultipleTerminals: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.allowMultipleTerminals,
        description: "One link may carry many terminals (a platform's link, a multiplexer), a session each.",
      }),
    ),
    terminalsMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        default: DEFAULTS.terminalsMax,
        description: "Terminals on one link, where it may carry many.",
      }),
    ),
    sessionMessages: Type.Optional(
      Type.Union([Type.Literal("publish"), Type.Literal("consume")], {
        default: DEFAULTS.sessionMessages,
        description:
          "Whether registration, authentication, heartbeat, deregistration and time request are published too. " +
          "In the profile emqx, `emqx.consumed` says it.",
      }),
    ),
    unknownMessages: Type.Optional(
      Type.Union([Type.Literal("ok"), Type.Literal("unsupported")], {
        default: DEFAULTS.unknownMessages,
        description: "How messages of unknown ids are answered; they are published either way.",
      }),
    ),
    badFramesMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: DEFAULTS.badFramesMax,
        description: "Bad frames in a row after which a link is closed.",
      }),
    ),
    unauthenticatedFramesMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        default: DEFAULTS.unauthenticatedFramesMax,
        description: "Refused messages of a terminal without a session after which its link is closed.",
      }),
    ),
    commands: Type.Optional(commandSchema(COMMAND_TIMES)),
  },
  { additionalProperties: false, allOf: [attachmentsNeedDirectory, partsOfStreams, partsOfDatagrams, partsOfProfile] },
);

export const jt808ConfigSchema = Type.Object(
  {
    listeners: Type.Array(listenerSchema, { maxItems: LISTENERS_MAX, description: "TCP, TLS and UDP listeners." }),
    authCodeSecret: Type.Optional(
      Type.String({
        minLength: SECRET_MIN,
        maxLength: 1024,
        writeOnly: true,
        description:
          "What the authentication codes that registration gives out are made with. Random at each start when it is " +
          "not given: terminals then have to register again after a restart.",
      }),
    ),
  },
  { additionalProperties: false, description: "JT/T 808-2011, -2013 and -2019." },
);

/** What users write. */
export type Jt808Config = Type.Static<typeof jt808ConfigSchema>;
export type Jt808ListenerConfig = Type.Static<typeof listenerSchema>;

/** What code passes: all of it present. */
export interface ListenerOptions {
  readonly isDatagram: boolean;
  /** null: the native profile. */
  readonly emqx: EmqxOptions | null;
  readonly authentication: "require-auth" | "accept-known" | "accept-any";
  readonly knownTerminals: ReadonlySet<string>;
  readonly tenant: string;
  /** null: auto. */
  readonly version: BodyVersion | null;
  readonly lenient: Leniency;
  readonly idleTimeoutMs: number;
  readonly sessionExpiryMs: number;
  readonly allowMultipleTerminals: boolean;
  readonly terminalsMax: number;
  readonly publishSessionMessages: boolean;
  readonly unknownAreUnsupported: boolean;
  readonly badFramesMax: number;
  readonly unauthenticatedFramesMax: number;
  readonly commands: CommandDeskOptions;
  readonly uplink: UplinkOptions;
}

/** Of a configuration that the schema accepts. */
export function listenerOptions(config: Readonly<Jt808ListenerConfig>): ListenerOptions {
  const version = config.version ?? DEFAULTS.version;
  const emqx = (config.profile ?? DEFAULTS.profile) === "emqx" ? emqxOptions(config.emqx) : null;
  return Object.freeze({
    isDatagram: (config.transport ?? DEFAULTS.transport) === "udp",
    emqx,
    authentication: config.authentication ?? DEFAULTS.authentication,
    knownTerminals: new Set(config.knownTerminals),
    tenant: config.tenant ?? DEFAULTS.tenant,
    version: version === "auto" ? null : version,
    lenient: Object.freeze({ ...STRICT, ...config.lenient }),
    idleTimeoutMs: config.idleTimeoutMs ?? DEFAULTS.idleTimeoutMs,
    sessionExpiryMs: config.sessionExpiryMs ?? DEFAULTS.sessionExpiryMs,
    allowMultipleTerminals: config.allowMultipleTerminals ?? DEFAULTS.allowMultipleTerminals,
    terminalsMax: config.terminalsMax ?? DEFAULTS.terminalsMax,
    publishSessionMessages: (config.sessionMessages ?? DEFAULTS.sessionMessages) === "publish",
    unknownAreUnsupported: (config.unknownMessages ?? DEFAULTS.unknownMessages) === "unsupported",
    badFramesMax: config.badFramesMax ?? DEFAULTS.badFramesMax,
    unauthenticatedFramesMax: config.unauthenticatedFramesMax ?? DEFAULTS.unauthenticatedFramesMax,
    commands: commandOptions(config.commands, COMMAND_TIMES, emqx === null),
    uplink: uplinkOptions(config, emqx === null),
  });
}
