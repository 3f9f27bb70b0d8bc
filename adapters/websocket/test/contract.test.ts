import { runAdapterContract } from "../../../conformance/adapter-kit/index.ts";
import { websocket } from "../index.ts";
import { jsonDriver } from "./json-driver.ts";

runAdapterContract({
  module: websocket,
  driver: jsonDriver,
  config: (ports) => ({ listeners: ports.map((port) => ({ port })) }),
});
