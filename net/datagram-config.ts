// What users write about a listener of datagrams beside what stands in config.ts for all listeners; the only home of
// these defaults.

import { Type } from "typebox";
import { listenerSettings, type ListenerSettings, type StreamListenerConfig } from "./config.ts";

const DEFAULTS = {
  receiveBufferBytes: 4_194_304,
  sourceRatePerSecond: 5_000,
} as const;

export const datagramSchema = Type.Object(
  {
    receiveBufferBytes: Type.Optional(
      Type.Integer({
        minimum: 4096,
        maximum: 1_073_741_824,
        default: DEFAULTS.receiveBufferBytes,
        description:
          "Receive buffer that the kernel is asked for, in bytes; it may give less (net.core.rmem_max). The log says " +
          "what it gave.",
      }),
    ),
    sourceRatePerSecond: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        default: DEFAULTS.sourceRatePerSecond,
        description:
          "Datagrams per second from one address; as many may come at once. Further ones are dropped before anything " +
          "is kept of them. Many devices may share one address.",
      }),
    ),
  },
  { additionalProperties: false, description: "UDP: limits of the socket." },
);

export interface DatagramListenerConfig extends StreamListenerConfig {
  readonly datagrams?: Type.Static<typeof datagramSchema>;
}

/** What code passes: all of it present. */
export interface DatagramSettings extends ListenerSettings {
  readonly receiveBufferBytes: number;
  readonly sourceRatePerSecond: number;
}

export function datagramSettings(config: Readonly<DatagramListenerConfig>): DatagramSettings {
  return {
    ...listenerSettings(config),
    receiveBufferBytes: config.datagrams?.receiveBufferBytes ?? DEFAULTS.receiveBufferBytes,
    sourceRatePerSecond: config.datagrams?.sourceRatePerSecond ?? DEFAULTS.sourceRatePerSecond,
  };
}
