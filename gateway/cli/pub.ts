// `tributary pub`: publishes one message, or one for each line of standard input.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import type { QoS } from "mqtt-packet";

import { CommandError, ExitCode } from "../exit-code.ts";
import { clientOptions } from "./connection-options.ts";
import type { ConnectionFlags } from "./connection-options.ts";
import { MqttClient } from "./mqtt-client.ts";

export interface PubFlags extends ConnectionFlags {
  readonly topic: string;
  readonly message?: string;
  readonly file?: string;
  readonly lines?: boolean;
  readonly qos: QoS;
  readonly retain?: boolean;
}

export async function pub(flags: PubFlags): Promise<void> {
  const sources = [flags.message, flags.file, flags.lines].filter((source) => source !== undefined);
  if (sources.length !== 1) throw new CommandError(ExitCode.Usage, "expected one of --message, --file and --lines");
  const whole = flags.lines === true ? null : wholePayload(flags);
  const client = await MqttClient.connect(clientOptions(flags), () => true);
  try {
    for await (const payload of whole === null ? inputLines() : [whole]) {
      await client.publish(flags.topic, payload, flags.qos, flags.retain === true);
    }
  } finally {
    await client.end();
  }
}

function wholePayload(flags: PubFlags): Uint8Array {
  if (flags.message !== undefined) return Buffer.from(flags.message, "utf8");
  try {
    return readFileSync(flags.file === "-" ? 0 : flags.file!);
  } catch (error) {
    throw new CommandError(ExitCode.Usage, `cannot read --file: ${(error as Error).message}`);
  }
}

async function* inputLines(): AsyncGenerator<Uint8Array> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    yield Buffer.from(line, "utf8");
  }
}
