// The smallest whole adapter: lines of text over TCP. A template for new ones, and what the contract suite tests itself on.

import type { AdapterModule } from "../../core/index.ts";
import type { NetKit } from "../../net/kit.ts";
import { StreamAdapter } from "../../net/stream-adapter.ts";
import { lineConfigSchema, type LineConfig } from "./config.ts";
import { LineConnection } from "./connection.ts";

const can = { publish: true, subscribe: true, retain: false, will: false } as const;

export const line: AdapterModule<LineConfig, NetKit> = {
  name: "line",
  stability: "experimental",
  capabilities: { ...can, transports: ["tcp", "tls"], maxQos: 1, multipleSessions: false },
  configSchema: lineConfigSchema,
  create: ({ listeners }, gateway, kit) =>
    new StreamAdapter("line", listeners, gateway, kit, () => ({
      accept: (wire, peer) => new LineConnection(wire, peer, gateway),
    })),
};
