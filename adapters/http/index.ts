// HTTP for publishers without a session of their own, readers of last values, and subscribers by server-sent events.

import type { AdapterModule } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { httpConfigSchema } from "./config.ts";
import type { HttpConfig } from "./config.ts";
import { HttpAdapter } from "./listener.ts";

export const http: AdapterModule<HttpConfig, NetKit> = {
  name: "http",
  stability: "experimental",
  capabilities: {
    transports: ["http"],
    publish: true,
    subscribe: true,
    maxQos: 1,
    retain: true,
    will: false,
    multipleSessions: true,
  },
  configSchema: httpConfigSchema,
  create: (config, gateway, kit) => new HttpAdapter(config, gateway, kit),
};
