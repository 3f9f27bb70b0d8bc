// table: every limit of the core as a key of the configuration. The defaults are the core's own.

import { Type } from "typebox";
import type { TSchema } from "typebox";

import { defaultLimits } from "../../core/limits.ts";
import type { CoreLimits, Rate } from "../../core/limits.ts";

/** What a Map of that size can hold, and then some. */
const COUNT_MAX = 16_000_000;
const BYTES_MAX = 1_099_511_627_776;
const TIME_MAX_MS = 31_536_000_000;

function count(value: number, description: string, minimum = 1, maximum = COUNT_MAX): TSchema {
  return Type.Integer({ default: value, minimum, maximum, description });
}

function rate(value: Rate, description: string): TSchema {
  return Type.Object(
    {
      perSecond: Type.Number({ default: value.perSecond, minimum: 0, description: "A second; 0 = no limit." }),
      burst: Type.Number({ default: value.burst, minimum: 0, description: "At once; 0 = as many as a second's." }),
    },
    { additionalProperties: false, default: {}, description },
  );
}

const d = defaultLimits;

const limits: Record<keyof CoreLimits, TSchema> = {
  messageMaxBytes: count(d.messageMaxBytes, "Largest payload, bytes.", 1, 268_435_455),
  topicMaxBytes: count(d.topicMaxBytes, "Longest topic or filter, bytes of UTF-8.", 1, 65_535),
  topicMaxLevels: count(d.topicMaxLevels, "Levels of a topic or filter.", 1, 65_535),
  clientIdMaxBytes: count(d.clientIdMaxBytes, "Longest client id, bytes of UTF-8.", 1, 65_535),
  sessionsMax: count(d.sessionsMax, "Sessions of all tenants, connected or waiting for their device."),
  sessionsPerTenantMax: count(d.sessionsPerTenantMax, "Sessions of one tenant."),
  sessionExpiryMaxMs: count(
    d.sessionExpiryMaxMs,
    "How long a session may outlive its connection, ms; also what MQTT 3 clients without clean session get.",
    0,
    TIME_MAX_MS,
  ),
  subscriptionsPerSessionMax: count(d.subscriptionsPerSessionMax, "Subscriptions of one session."),
  inflightMax: count(d.inflightMax, "Unacknowledged deliveries to one device.", 1, 65_535),
  inboundInflightMax: count(d.inboundInflightMax, "QoS 2 messages that one session may have open.", 1, 65_535),
  queueMaxMessages: count(d.queueMaxMessages, "Messages that wait for one device."),
  queueMaxBytes: count(d.queueMaxBytes, "Bytes of the messages that wait for one device.", 1, BYTES_MAX),
  queueDropPolicy: Type.Union([Type.Literal("newest"), Type.Literal("oldest")], {
    default: d.queueDropPolicy,
    description: "What is dropped when a device's queue is full: the `newest` message or the `oldest`.",
  }),
  retainedMaxMessages: count(d.retainedMaxMessages, "Retained messages of one tenant; 0 switches them off.", 0),
  retainedMaxBytes: count(d.retainedMaxBytes, "Bytes of one tenant's retained messages.", 0, BYTES_MAX),
  topicsMax: count(d.topicsMax, "Topics of one tenant whose route and last value are remembered."),
  lastValueMaxBytes: count(d.lastValueMaxBytes, "Bytes of one tenant's last values; 0 = none are kept.", 0, BYTES_MAX),
  lastValueMessageMaxBytes: count(d.lastValueMessageMaxBytes, "Largest payload kept as a last value.", 0, 268_435_455),
  sessionMessages: rate(d.sessionMessages, "Messages that one session may publish."),
  sessionBytes: rate(d.sessionBytes, "Bytes of payload that one session may publish."),
  tenantMessages: rate(d.tenantMessages, "Messages that the sessions of one tenant may publish together."),
  tenantBytes: rate(d.tenantBytes, "Bytes of payload that the sessions of one tenant may publish together."),
  willDelayMaxMs: count(d.willDelayMaxMs, "Longest delay of a will message, ms.", 0, TIME_MAX_MS),
  shareStrategy: Type.Union([Type.Literal("round-robin"), Type.Literal("sticky")], {
    default: d.shareStrategy,
    description:
      "Who of a shared subscription's members gets a message: each in turn, or always the same one for a publisher.",
  }),
};

export const limitsSchema = Type.Object(limits, {
  additionalProperties: false,
  default: {},
  description: "What is bounded, and by how much.",
});
