import { runAdapterContract } from "../../../conformance/adapter-kit/index.ts";
import { gbt32960 } from "../index.ts";
import { gbt32960Driver } from "./gbt32960-driver.ts";

// The kit counts what devices publish: what only serves the link is not to be among it, nor what becomes of commands.
const listener = {
  acceptRatePerSecond: 1_000_000,
  sessionMessages: "consume",
  commands: { reports: false, queueMax: 1024 },
};
runAdapterContract({
  module: gbt32960,
  driver: gbt32960Driver,
  config: (ports) => ({ listeners: ports.map((port) => ({ port, ...listener })) }),
  inapplicable: { "hostile names": "a vehicle's name is 17 characters of its VIN" },
});
