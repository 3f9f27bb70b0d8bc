// What users write under `adapters.http`, the only home of its defaults, and the settings that code passes.

import { Type } from "typebox";
import { streamListenerProperties } from "../../net/config.ts";

const DEFAULTS = {
  headersMaxBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 75_000,
  settleTimeoutMs: 10_000,
  requestsMax: 1_024,
  batchItemsMax: 1_000,
  batchMaxBytes: 8_388_608,
  sessions: { max: 10_000, idleMs: 60_000, ageMs: 300_000 },
  idempotency: { max: 10_000, perPrincipalMax: 1_000, ageMs: 600_000 },
  streams: {
    max: 1_000,
    perPrincipalMax: 100,
    filtersMax: 100,
    inflightMax: 256,
    heartbeatMs: 15_000,
    stalledMs: 30_000,
    unsentMaxBytes: 262_144,
    windowMessages: 1_000,
    windowBytes: 1_048_576,
    windowMs: 60_000,
  },
} as const;

const TIMER_MAX_MS = 2_147_483_647;

const strict = { additionalProperties: false };

const milliseconds = (value: number, description: string, minimum = 1) =>
  Type.Optional(
    Type.Integer({ minimum, maximum: TIMER_MAX_MS, default: value, description: `${description}, in ms.` }),
  );
const amount = (value: number, description: string, minimum = 1, maximum = 1_073_741_824) =>
  Type.Optional(Type.Integer({ minimum, maximum, default: value, description: `${description}.` }));

const listener = Type.Object(
  {
    ...streamListenerProperties,
    corsOrigins: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description: "Origins whose web pages may use this listener, as `https://host:port`; `*` = all of them.",
      }),
    ),
  },
  strict,
);

const sessions = Type.Object(
  {
    max: amount(DEFAULTS.sessions.max, "Authenticated sessions of publishers that are kept between their requests"),
    idleMs: milliseconds(DEFAULTS.sessions.idleMs, "How long one is kept without a request"),
    ageMs: milliseconds(DEFAULTS.sessions.ageMs, "After this long the credentials are checked again", 0),
  },
  { ...strict, description: "Sessions of publishers, which many requests share." },
);

const idempotency = Type.Object(
  {
    max: amount(DEFAULTS.idempotency.max, "Requests with an Idempotency-Key that are remembered"),
    perPrincipalMax: amount(DEFAULTS.idempotency.perPrincipalMax, "The same, for one principal"),
    ageMs: milliseconds(DEFAULTS.idempotency.ageMs, "How long they are remembered"),
  },
  { ...strict, description: "Idempotency-Key: requests that are answered again and not executed again." },
);

const streams = Type.Object(
  {
    max: amount(DEFAULTS.streams.max, "Event streams, with a reader or waiting for it"),
    perPrincipalMax: amount(DEFAULTS.streams.perPrincipalMax, "The same, for one principal"),
    filtersMax: amount(DEFAULTS.streams.filtersMax, "Topic filters of one stream", 1, 10_000),
    inflightMax: amount(DEFAULTS.streams.inflightMax, "Unacknowledged QoS 1 deliveries of one stream", 1, 65_535),
    heartbeatMs: milliseconds(
      DEFAULTS.streams.heartbeatMs,
      "A comment is sent when nothing else was for this long",
      10,
    ),
    stalledMs: milliseconds(DEFAULTS.streams.stalledMs, "A reader that takes nothing for this long is cut off", 10),
    unsentMaxBytes: amount(
      DEFAULTS.streams.unsentMaxBytes,
      "Bytes that wait for one reader before its messages wait in the core",
    ),
    windowMessages: amount(DEFAULTS.streams.windowMessages, "Events that are kept for a reader that comes back"),
    windowBytes: amount(DEFAULTS.streams.windowBytes, "The same, in bytes"),
    windowMs: milliseconds(DEFAULTS.streams.windowMs, "How long a stream waits for its reader; 0 = not at all", 0),
  },
  { ...strict, description: "Streams of server-sent events." },
);

export const httpConfigSchema = Type.Object(
  {
    listeners: Type.Array(listener, { minItems: 1, maxItems: 100, description: "Where HTTP is spoken." }),
    headersMaxBytes: amount(
      DEFAULTS.headersMaxBytes,
      "Bytes of a request's line and headers together, and so of a topic in a path",
      1_024,
      1_048_576,
    ),
    headersTimeoutMs: milliseconds(DEFAULTS.headersTimeoutMs, "How long the headers of a request may take"),
    requestTimeoutMs: milliseconds(DEFAULTS.requestTimeoutMs, "How long a whole request may take"),
    keepAliveTimeoutMs: milliseconds(DEFAULTS.keepAliveTimeoutMs, "How long a connection is kept between requests"),
    settleTimeoutMs: milliseconds(DEFAULTS.settleTimeoutMs, "How long a request waits for the verdict on its message"),
    requestsMax: amount(DEFAULTS.requestsMax, "Requests that run at once on one listener, streams not counted"),
    batchItemsMax: amount(DEFAULTS.batchItemsMax, "Messages of one `POST /v1/publish`", 1, 100_000),
    batchMaxBytes: amount(DEFAULTS.batchMaxBytes, "Bytes of one `POST /v1/publish`", 1_024),
    sessions: Type.Optional(sessions),
    idempotency: Type.Optional(idempotency),
    streams: Type.Optional(streams),
  },
  { ...strict, description: "HTTP: publish, read last values, subscribe to server-sent events." },
);

/** What users write. */
export type HttpConfig = Type.Static<typeof httpConfigSchema>;
export type HttpListenerConfig = HttpConfig["listeners"][number];

type Numbers<Group> = { readonly [Key in keyof Group]: Group[Key] extends number ? number : Numbers<Group[Key]> };
/** What code passes: all of it present. */
export type HttpSettings = Numbers<typeof DEFAULTS>;

export function httpSettings(config: Readonly<HttpConfig>): HttpSettings {
  const { listeners: _, sessions: ofSessions, idempotency: ofIdempotency, streams: ofStreams, ...own } = config;
  return {
    ...DEFAULTS,
    ...own,
    sessions: { ...DEFAULTS.sessions, ...ofSessions },
    idempotency: { ...DEFAULTS.idempotency, ...ofIdempotency },
    streams: { ...DEFAULTS.streams, ...ofStreams },
  };
}
