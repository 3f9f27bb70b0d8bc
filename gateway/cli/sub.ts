// `tributary sub`: prints what it receives, one message a line.

import type { QoS } from "mqtt-packet";

import { CommandError, ExitCode } from "../exit-code.ts";
import { clientOptions } from "./connection-options.ts";
import type { ConnectionFlags } from "./connection-options.ts";
import { MqttClient } from "./mqtt-client.ts";
import type { Received } from "./mqtt-client.ts";

export interface SubFlags extends ConnectionFlags {
  readonly topic: readonly string[];
  readonly qos: QoS;
  readonly verbose?: boolean;
  readonly count?: number;
  readonly wait?: number;
}

const NEWLINE = Buffer.from("\n");

/** Ends after `count` messages, after `wait` seconds (then with code 27), by a signal, or when the server is gone. */
export async function sub(flags: SubFlags): Promise<void> {
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
  let left = flags.count ?? Infinity;
  const onMessage = (message: Received): boolean => {
    if (left === 0) return true;
    left--;
    const wantsMore = print(message, flags.verbose === true);
    if (left === 0) end();
    return wantsMore;
  };
  const client = await MqttClient.connect(clientOptions(flags), onMessage);
  client.onLost = fail;
  process.stdout.on("drain", () => client.resume());
  process.stdout.on("error", () => end());
  process.once("SIGINT", () => end());
  process.once("SIGTERM", () => end());
  const timer =
    flags.wait === undefined
      ? undefined
      : setTimeout(() => {
          fail(new CommandError(ExitCode.TimedOut, `${flags.wait} s are over`));
        }, flags.wait * 1000);
  try {
    await Promise.all([client.subscribe(flags.topic, flags.qos), ended]);
  } finally {
    clearTimeout(timer);
    await client.end();
  }
}

function print(message: Received, isVerbose: boolean): boolean {
  const head = isVerbose ? `${message.topic} ` : "";
  return process.stdout.write(Buffer.concat([Buffer.from(head, "utf8"), message.payload, NEWLINE]));
}
