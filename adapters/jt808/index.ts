// JT/T 808-2011, -2013 and -2019: the adapter's module.

import type { AdapterModule } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { jt808ConfigSchema } from "./config.ts";
import type { Jt808Config } from "./config.ts";
import { createJt808Adapter } from "./listener.ts";

export const jt808: AdapterModule<Jt808Config, NetKit> = Object.freeze({
  name: "jt808",
  stability: "experimental",
  capabilities: Object.freeze({
    transports: Object.freeze(["tcp", "tls", "udp"] as const),
    publish: true,
    subscribe: false,
    maxQos: 1,
    retain: false,
    will: false,
    multipleSessions: true,
  }),
  configSchema: jt808ConfigSchema,
  create: (config, gateway, kit) => createJt808Adapter("jt808", config, gateway, kit),
} satisfies AdapterModule<Jt808Config, NetKit>);
