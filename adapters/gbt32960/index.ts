// GB/T 32960.3-2016 and -2025: the adapter's module.

import type { AdapterModule } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { gbt32960ConfigSchema } from "./config.ts";
import type { Gbt32960Config } from "./config.ts";
import { createGbt32960Adapter } from "./listener.ts";

export const gbt32960: AdapterModule<Gbt32960Config, NetKit> = Object.freeze({
  name: "gbt32960",
  stability: "experimental",
  capabilities: Object.freeze({
    transports: Object.freeze(["tcp", "tls"] as const),
    publish: true,
    subscribe: false,
    maxQos: 1,
    retain: false,
    will: false,
    multipleSessions: true,
  }),
  configSchema: gbt32960ConfigSchema,
  create: (config, gateway, kit) => createGbt32960Adapter("gbt32960", config, gateway, kit),
} satisfies AdapterModule<Gbt32960Config, NetKit>);
