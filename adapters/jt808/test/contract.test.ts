import { runAdapterContract } from "../../../conformance/adapter-kit/index.ts";
import { jt808 } from "../index.ts";
import { jt808Driver } from "./jt808-driver.ts";

// The kit counts what devices publish: one message a frame, and what only serves the link is not to be among it.
const listener = { acceptRatePerSecond: 1_000_000, sessionMessages: "consume", batchPositions: false };
runAdapterContract({
  module: jt808,
  driver: jt808Driver,
  config: (ports) => ({ listeners: ports.map((port) => ({ port, ...listener })) }),
  inapplicable: { "hostile names": "a terminal's name is the digits of its phone number" },
});
