// What users write under `adapters.mqtt`; the only home of the defaults. The keys beside `listeners` hold for all of
// them, and for MQTT that comes in over WebSocket.

import { Type } from "typebox";

import { streamListenerProperties } from "../../net/config.ts";
import type { QoS } from "../../core/index.ts";

const DEFAULTS = {
  keepAliveMaxSeconds: 0,
  inflightMax: 1024,
  maxQos: 2,
  retain: true,
  wildcardSubscriptions: true,
  sharedSubscriptions: true,
  subscriptionIdentifiers: true,
  topicAliasMax: 32,
  topicAliasSendMax: 32,
  responseInformation: "",
} as const;

const LISTENERS_MAX = 64;

const feature = (value: boolean, description: string) => Type.Optional(Type.Boolean({ default: value, description }));

export const mqttConfigSchema = Type.Object(
  {
    listeners: Type.Array(Type.Object(streamListenerProperties, { additionalProperties: false }), {
      maxItems: LISTENERS_MAX,
      description: "TCP and TLS listeners; all of them speak MQTT 3.1, 3.1.1 and 5.",
    }),
    keepAliveMaxSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        default: DEFAULTS.keepAliveMaxSeconds,
        description:
          "Longest keep-alive, in seconds: an MQTT 5 client that asks for more, or for none, is told this one. 0 = as the client asks.",
      }),
    ),
    inflightMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 65_534,
        default: DEFAULTS.inflightMax,
        description:
          "Unacknowledged deliveries (QoS 1 and 2) to one client; a smaller receive maximum of its own holds.",
      }),
    ),
    maxQos: Type.Optional(
      Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)], {
        default: DEFAULTS.maxQos,
        description: "Highest QoS that clients publish with, and that they are granted.",
      }),
    ),
    retain: feature(DEFAULTS.retain, "Clients may publish retained messages."),
    wildcardSubscriptions: feature(DEFAULTS.wildcardSubscriptions, "Filters may hold + and #."),
    sharedSubscriptions: feature(DEFAULTS.sharedSubscriptions, "Filters may be $share/{group}/{filter}."),
    subscriptionIdentifiers: feature(DEFAULTS.subscriptionIdentifiers, "MQTT 5 subscriptions may carry an identifier."),
    topicAliasMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        default: DEFAULTS.topicAliasMax,
        description: "Topic aliases that an MQTT 5 client may set on its connection. 0 = none.",
      }),
    ),
    topicAliasSendMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        default: DEFAULTS.topicAliasSendMax,
        description:
          "Topic aliases that we set towards an MQTT 5 client; a smaller maximum of its own holds. 0 = none.",
      }),
    ),
    responseInformation: Type.Optional(
      Type.String({
        maxLength: 1024,
        default: DEFAULTS.responseInformation,
        description: "Told to MQTT 5 clients that ask for response information; %c is the client id. Empty = not told.",
      }),
    ),
  },
  { additionalProperties: false, description: "MQTT 3.1, 3.1.1 and 5." },
);

/** What users write. */
export type MqttConfig = Type.Static<typeof mqttConfigSchema>;

/** What code passes: all of it present. */
export interface MqttSettings {
  readonly keepAliveMaxSeconds: number;
  readonly inflightMax: number;
  readonly maxQos: QoS;
  readonly retain: boolean;
  readonly wildcardSubscriptions: boolean;
  readonly sharedSubscriptions: boolean;
  readonly subscriptionIdentifiers: boolean;
  readonly topicAliasMax: number;
  readonly topicAliasSendMax: number;
  readonly responseInformation: string;
}

/** Of a configuration that the schema accepts. */
export function mqttSettings(config: Readonly<MqttConfig>): MqttSettings {
  const { listeners: _, ...written } = config;
  return Object.freeze({ ...DEFAULTS, ...written });
}
