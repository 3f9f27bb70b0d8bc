import { runAdapterContract } from "../../../conformance/adapter-kit/index.ts";
import { http } from "../index.ts";
import { httpDriver } from "./http-driver.ts";

runAdapterContract({
  module: http,
  driver: httpDriver,
  config: (ports) => ({ listeners: ports.map((port) => ({ port })) }),
});
