// WebSockets: MQTT and other byte streams in binary frames, and JSON frames for web pages.

import type { AdapterModule } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { websocketConfigSchema } from "./config.ts";
import type { WebsocketConfig } from "./config.ts";
import { WebsocketAdapter } from "./listener.ts";

export const websocket: AdapterModule<WebsocketConfig, NetKit> = {
  name: "websocket",
  stability: "experimental",
  capabilities: {
    transports: ["websocket"],
    publish: true,
    subscribe: true,
    maxQos: 1,
    retain: true,
    will: true,
    multipleSessions: false,
  },
  configSchema: websocketConfigSchema,
  create: (config, gateway, kit) => new WebsocketAdapter(config, gateway, kit),
};
