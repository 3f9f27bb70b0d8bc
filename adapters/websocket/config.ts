// What users write under `adapters.websocket`, the only home of its defaults, and the settings that code passes.

import { Type } from "typebox";
import type { EdgeLimits } from "../../core/index.ts";
import { streamListenerProperties } from "../../net/config.ts";

const DEFAULTS = { path: "/mqtt", pingIntervalMs: 30_000, faultsMax: 10, inflightMax: 100, pendingMax: 1_000 } as const;

const strict = { additionalProperties: false };

const listener = Type.Object(
  {
    ...streamListenerProperties,
    path: Type.Optional(
      Type.String({ pattern: "^/[!-~]*$", default: DEFAULTS.path, description: "Path that WebSockets are opened at." }),
    ),
    origins: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          "Origins whose web pages may connect, beside those from the same host (and, at a loopback address, pages that this machine serves), as `https://host:port`; `*` = all.",
      }),
    ),
  },
  strict,
);

export const websocketConfigSchema = Type.Object(
  {
    listeners: Type.Array(listener, { minItems: 1, maxItems: 100, description: "Where WebSockets are accepted." }),
    pingIntervalMs: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 3_600_000,
        default: DEFAULTS.pingIntervalMs,
        description: "Every peer is pinged this often, in ms; one that gave no sign of life since the last is cut off.",
      }),
    ),
    frameMaxBytes: Type.Optional(
      Type.Integer({
        minimum: 1_024,
        maximum: 1_073_741_824,
        description:
          "Longest WebSocket message that is taken, in bytes. If absent: twice `limits.messageMaxBytes` and 65,536, " +
          "so that a payload fits as base64.",
      }),
    ),
    json: Type.Optional(
      Type.Object(
        {
          faultsMax: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 10_000,
              default: DEFAULTS.faultsMax,
              description: "A page is told of this many bad frames; at the last, the connection is closed.",
            }),
          ),
          inflightMax: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 65_535,
              default: DEFAULTS.inflightMax,
              description: "QoS 1 messages on their way to one page that it has not acknowledged.",
            }),
          ),
          pendingMax: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1_000_000,
              default: DEFAULTS.pendingMax,
              description: "Messages from one page that wait for their verdict.",
            }),
          ),
        },
        { ...strict, description: "The sub-protocol tributary.v1.json." },
      ),
    ),
  },
  { ...strict, description: "WebSocket: MQTT, and JSON frames for web pages." },
);

/** What users write. */
export type WebsocketConfig = Type.Static<typeof websocketConfigSchema>;
export type WebsocketListenerConfig = WebsocketConfig["listeners"][number];

/** What code passes: all of it present. */
export interface WebsocketSettings {
  readonly pingIntervalMs: number;
  readonly frameMaxBytes: number;
  readonly json: JsonSettings;
}
export interface JsonSettings {
  readonly faultsMax: number;
  readonly inflightMax: number;
  readonly pendingMax: number;
}
export interface DoorSettings {
  readonly path: string;
  readonly origins: readonly string[];
}

/** base64 takes a third more than the payload, JSON's escapes more; and the names around it. */
const FRAME_OVERHEAD_BYTES = 65_536;

export function websocketSettings(config: Readonly<WebsocketConfig>, limits: EdgeLimits): WebsocketSettings {
  const { json } = config;
  return {
    pingIntervalMs: config.pingIntervalMs ?? DEFAULTS.pingIntervalMs,
    frameMaxBytes: config.frameMaxBytes ?? 2 * limits.messageMaxBytes + FRAME_OVERHEAD_BYTES,
    json: {
      faultsMax: json?.faultsMax ?? DEFAULTS.faultsMax,
      inflightMax: json?.inflightMax ?? DEFAULTS.inflightMax,
      pendingMax: json?.pendingMax ?? DEFAULTS.pendingMax,
    },
  };
}

export function doorSettings(config: Readonly<WebsocketListenerConfig>): DoorSettings {
  return { path: config.path ?? DEFAULTS.path, origins: config.origins ?? [] };
}
