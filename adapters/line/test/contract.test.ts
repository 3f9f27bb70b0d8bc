import { runAdapterContract } from "../../../conformance/adapter-kit/index.ts";
import { line } from "../index.ts";
import { lineDriver } from "./line-driver.ts";

const listener = { acceptRatePerSecond: 1_000_000 };
runAdapterContract({
  module: line,
  driver: lineDriver,
  config: (ports) => ({ listeners: ports.map((port) => ({ port, ...listener })) }),
});
