// The options that `pub` and `sub` share, named as in mosquitto's clients.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

import { CommandError, ExitCode } from "../exit-code.ts";
import type { ClientOptions } from "./mqtt-client.ts";

export interface ConnectionFlags {
  readonly host: string;
  readonly port?: number;
  readonly id?: string;
  readonly username?: string;
  readonly pw?: string;
  readonly cafile?: string;
  readonly mqttVersion: "311" | "5";
}

const MQTT_PORT = 1883;
const MQTTS_PORT = 8883;

export function addConnectionOptions(command: Command): Command {
  return command
    .helpOption("--help", "display help for command")
    .option("-h, --host <host>", "server", "127.0.0.1")
    .option("-p, --port <port>", `TCP port (${MQTT_PORT}, with --cafile ${MQTTS_PORT})`, wholeNumber(1, 65_535))
    .option("-i, --id <client>", "client id (a random one)")
    .option("-u, --username <name>", "user name")
    .option("-P, --pw <password>", "password (or the variable TRIBUTARY_PASSWORD)")
    .option("--cafile <file>", "use TLS and trust the authorities of this PEM file")
    .addOption(new Option("-V, --mqtt-version <version>", "MQTT version").choices(["311", "5"]).default("5"));
}

export function clientOptions(flags: ConnectionFlags): ClientOptions {
  const ca = flags.cafile === undefined ? null : readPem(flags.cafile);
  return {
    host: flags.host,
    port: flags.port ?? (ca === null ? MQTT_PORT : MQTTS_PORT),
    ca,
    clientId: flags.id ?? `tributary-${randomBytes(6).toString("hex")}`,
    user: flags.username ?? null,
    password: flags.pw ?? (flags.username === undefined ? null : (process.env["TRIBUTARY_PASSWORD"] ?? null)),
    protocolVersion: flags.mqttVersion === "5" ? 5 : 4,
  };
}

export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`expected a whole number from ${minimum} to ${maximum}.`);
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandError(ExitCode.Usage, `cannot read --cafile: ${(error as Error).message}`);
  }
}
