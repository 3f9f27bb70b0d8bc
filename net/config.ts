// What users write about one stream listener, for adapters to extend with what their protocol adds; the only home of
// the defaults. `listenerSettings` turns it into the settings that code passes: everything present, short forms expanded.

import { Type } from "typebox";

const DEFAULTS = {
  host: "127.0.0.1",
  maxConnections: 100_000,
  acceptRatePerSecond: 10_000,
  firstFrameTimeoutMs: 10_000,
  highWaterMarkBytes: 262_144,
  outputMaxBytes: 16_777_216,
  proxyProtocol: "off",
  proxyTrusted: ["127.0.0.0/8", "::1"],
  proxyTimeoutMs: 5_000,
  requireClientCertificate: false,
  minVersion: "1.2",
  handshakeTimeoutMs: 10_000,
} as const;

const HOUR_MS = 3_600_000;

const strict = { additionalProperties: false };

const pemFile = (what: string) => Type.String({ minLength: 1, description: `Path of a PEM file: ${what}.` });

const tlsSchema = Type.Object(
  {
    cert: pemFile("the certificate and the chain above it"),
    key: pemFile("the private key of the certificate"),
    ca: Type.Optional(pemFile("the authorities that client certificates are checked against")),
    requireClientCertificate: Type.Optional(
      Type.Boolean({
        default: DEFAULTS.requireClientCertificate,
        description: "Only clients with a certificate from `ca` get in (mutual TLS).",
      }),
    ),
    minVersion: Type.Optional(
      Type.Union([Type.Literal("1.2"), Type.Literal("1.3")], {
        default: DEFAULTS.minVersion,
        description: "Lowest version of TLS that is spoken.",
      }),
    ),
    handshakeTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 120_000,
        default: DEFAULTS.handshakeTimeoutMs,
        description: "How long a handshake may take, in milliseconds.",
      }),
    ),
    serverNames: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({
              minLength: 1,
              maxLength: 255,
              description: "Name that clients ask for (SNI); `*.example.org` stands for any one label.",
            }),
            cert: pemFile("the certificate for this name"),
            key: pemFile("its private key"),
          },
          strict,
        ),
        { maxItems: 1000, description: "Certificates by the name that the client asks for; others get `cert`." },
      ),
    ),
  },
  { ...strict, description: "TLS on this listener. The files are read again on SIGHUP." },
);

const proxyMode = (options: { description?: string }) =>
  Type.Union([Type.Literal("require"), Type.Literal("allow"), Type.Literal("off")], options);

// No `default` in here: validators do not fill in what stands in one branch of a union.
const proxySchema = Type.Object(
  {
    mode: proxyMode({
      description:
        "require: every connection comes from a trusted proxy and begins with a PROXY header (v1 or v2); " +
        "allow: trusted proxies may send one; off: nobody.",
    }),
    trusted: Type.Optional(
      Type.Array(Type.String({ pattern: "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$", maxLength: 64 }), {
        maxItems: 1000,
        description: `Addresses or CIDR blocks of the proxies whose header is believed; if left out, this host (${DEFAULTS.proxyTrusted.join(", ")}).`,
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 60_000,
        description: `How long the header may take to arrive, in milliseconds; if left out, ${DEFAULTS.proxyTimeoutMs}.`,
      }),
    ),
  },
  strict,
);

/** The properties of one stream listener, for `Type.Object({ ...streamListenerProperties, … }, { additionalProperties: false })`. */
export const streamListenerProperties = {
  host: Type.Optional(
    Type.String({ minLength: 1, default: DEFAULTS.host, description: "Address or name to listen on." }),
  ),
  port: Type.Integer({ minimum: 0, maximum: 65_535, description: "TCP port; 0 = any free one." }),
  tls: Type.Optional(tlsSchema),
  proxyProtocol: Type.Optional(
    Type.Union([proxyMode({}), proxySchema], {
      default: DEFAULTS.proxyProtocol,
      description:
        "PROXY protocol in front of the connection: a mode alone (then proxies on this host are trusted), or with its settings.",
    }),
  ),
  maxConnections: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: DEFAULTS.maxConnections,
      description: "Open connections; further ones are refused.",
    }),
  ),
  acceptRatePerSecond: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: DEFAULTS.acceptRatePerSecond,
      description: "New connections per second; as many may come at once. Further ones are refused.",
    }),
  ),
  firstFrameTimeoutMs: Type.Optional(
    Type.Integer({
      minimum: 10,
      maximum: HOUR_MS,
      default: DEFAULTS.firstFrameTimeoutMs,
      description: "How long a new connection may take to send its first whole frame, in milliseconds.",
    }),
  ),
  highWaterMarkBytes: Type.Optional(
    Type.Integer({
      minimum: 65_536,
      maximum: 1_073_741_824,
      default: DEFAULTS.highWaterMarkBytes,
      description: "Unsent output of one connection above which nothing more is delivered to it, in bytes.",
    }),
  ),
  outputMaxBytes: Type.Optional(
    Type.Integer({
      minimum: 65_536,
      maximum: 1_073_741_824,
      default: DEFAULTS.outputMaxBytes,
      description: "Unsent output of one connection above which it is closed as a slow consumer, in bytes.",
    }),
  ),
};

/** One stream listener without additions. */
export const streamListenerSchema = Type.Object(streamListenerProperties, strict);

/** What users write. */
export type StreamListenerConfig = Type.Static<typeof streamListenerSchema>;
export type TlsConfig = Type.Static<typeof tlsSchema>;
type ProxyConfig = Type.Static<typeof proxySchema>;
export type ProxyMode = "require" | "allow" | "off";

export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
  readonly requireClientCertificate: boolean;
  readonly minVersion: "1.2" | "1.3";
  readonly handshakeTimeoutMs: number;
  readonly serverNames: readonly { readonly name: string; readonly cert: string; readonly key: string }[];
}

export interface ProxySettings {
  readonly mode: ProxyMode;
  readonly trusted: readonly string[];
  readonly timeoutMs: number;
}

/** What code passes: all of it present. */
export interface ListenerSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSettings | null;
  readonly proxyProtocol: ProxySettings;
  readonly maxConnections: number;
  readonly acceptRatePerSecond: number;
  readonly firstFrameTimeoutMs: number;
  readonly highWaterMarkBytes: number;
  readonly outputMaxBytes: number;
}

/** Of a configuration that the schema accepts; what an adapter added is left out. */
export function listenerSettings(config: Readonly<StreamListenerConfig>): ListenerSettings {
  return {
    host: config.host ?? DEFAULTS.host,
    port: config.port,
    tls: config.tls === undefined ? null : tlsSettings(config.tls),
    proxyProtocol: proxySettings(config.proxyProtocol ?? DEFAULTS.proxyProtocol),
    maxConnections: config.maxConnections ?? DEFAULTS.maxConnections,
    acceptRatePerSecond: config.acceptRatePerSecond ?? DEFAULTS.acceptRatePerSecond,
    firstFrameTimeoutMs: config.firstFrameTimeoutMs ?? DEFAULTS.firstFrameTimeoutMs,
    highWaterMarkBytes: config.highWaterMarkBytes ?? DEFAULTS.highWaterMarkBytes,
    outputMaxBytes: config.outputMaxBytes ?? DEFAULTS.outputMaxBytes,
  };
}

function tlsSettings(config: TlsConfig): TlsSettings {
  return {
    cert: config.cert,
    key: config.key,
    ca: config.ca ?? null,
    requireClientCertificate: config.requireClientCertificate ?? DEFAULTS.requireClientCertificate,
    minVersion: config.minVersion ?? DEFAULTS.minVersion,
    handshakeTimeoutMs: config.handshakeTimeoutMs ?? DEFAULTS.handshakeTimeoutMs,
    serverNames: config.serverNames ?? [],
  };
}

function proxySettings(config: NonNullable<StreamListenerConfig["proxyProtocol"]>): ProxySettings {
  const long: ProxyConfig = typeof config === "string" ? { mode: config } : config;
  return {
    mode: long.mode,
    trusted: long.trusted ?? DEFAULTS.proxyTrusted,
    timeoutMs: long.timeoutMs ?? DEFAULTS.proxyTimeoutMs,
  };
}
