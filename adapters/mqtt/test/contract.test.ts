import { describe } from "node:test";

import { runAdapterContract } from "../../../conformance/adapter-kit/index.ts";
import { mqtt } from "../index.ts";
import { mqttDriver } from "./mqtt-driver.ts";

const config = (ports: readonly number[]) => ({
  listeners: ports.map((port) => ({ port, acceptRatePerSecond: 1_000_000 })),
});

// MQTT 5, because it has a word for "no". (What 3.1.1 hears instead stands in conformance.limits.test.ts.)
describe("QoS 1", () => runAdapterContract({ module: mqtt, driver: mqttDriver(1), config }));
describe("QoS 2", () => runAdapterContract({ module: mqtt, driver: mqttDriver(2), config }));
