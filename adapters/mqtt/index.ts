// MQTT 3.1, 3.1.1 and 5: the adapter's module.

import { type MqttConfig, mqttConfigSchema } from "./config.ts";
import { MqttAdapter } from "./listener.ts";
import type { AdapterModule } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";

const NAME = "mqtt";

export const mqtt: AdapterModule<MqttConfig, NetKit> = {
  name: NAME,
  stability: "stable",
  capabilities: Object.freeze({
    transports: Object.freeze(["tcp", "tls", "websocket"] as const),
    publish: true,
    subscribe: true,
    maxQos: 2,
    retain: true,
    will: true,
    multipleSessions: false,
  }),
  configSchema: mqttConfigSchema,
  create: (config, gateway, kit) => new MqttAdapter(NAME, config, gateway, kit),
};
