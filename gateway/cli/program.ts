// The command line: what commands and options there are. Each command is loaded when it is asked for: `pub` does not wait
// for a web server to load.

import { Command, CommanderError, Option } from "commander";

import { CommandError, ExitCode } from "../exit-code.ts";
import { readBuild } from "../version.ts";
import type { CheckOptions } from "./check-config.ts";
import { addConnectionOptions, wholeNumber } from "./connection-options.ts";
import type { HealthOptions } from "./healthcheck.ts";
import type { PasswdOptions } from "./passwd.ts";
import type { PubFlags } from "./pub.ts";
import type { StartOptions } from "./start.ts";
import type { Gbt32960SimFlags } from "./sim/gbt32960.ts";
import type { Jt808SimFlags } from "./sim/jt808.ts";
import { addSimOptions } from "./sim/sim-options.ts";
import type { SubFlags } from "./sub.ts";

const COUNT_MAX = 1_000_000_000;
const WAIT_MAX_SECONDS = 2_000_000;
const CONFIG = ["-c, --config <file>", "configuration (without one: every protocol on this machine alone)"] as const;

/** Runs one command. Never rejects: says what was wrong in a line, and sets the exit code. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
    else if (error instanceof CommandError) {
      process.stderr.write(`${error.message.replaceAll(/^/gm, error.prefix)}\n`);
      process.exitCode = error.exitCode;
    } else {
      process.stderr.write(`tributary: a bug: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = ExitCode.Software;
    }
    // A gateway that could not start may have left a handler for signals, which alone keeps nothing alive.
  }
}

function createProgram(): Command {
  const program = new Command("tributary")
    .description("An ingress gateway for devices: many protocols in, one message inside, every consumer out.")
    .helpOption("--help", "display help for command")
    .exitOverride()
    .showHelpAfterError("(tributary --help tells what there is)");
  addGatewayCommands(program);
  addClientCommands(program);
  addSimulators(program.command("sim").description("simulate a fleet of devices; also the load of the benchmarks"));
  return program;
}

function addGatewayCommands(program: Command): void {
  program
    .command("start")
    .description("run the gateway")
    .option(...CONFIG)
    .option("--ports-file <file>", "write the ports that were bound to this file, as JSON, when ready")
    .action(async (options: StartOptions) => (await import("./start.ts")).start(options));
  program
    .command("check-config")
    .description("check a configuration: exit code 0, or 78 and every problem with its place")
    .option(...CONFIG)
    .option("--print", "print the configuration in force, with the origin of each value and secrets masked")
    .action(async (options: CheckOptions) => (await import("./check-config.ts")).checkConfig(options));
  program
    .command("passwd")
    .description("make the hash of a password (asked for, or the first line of standard input)")
    .option("--token", "make a new bearer token and its hash instead")
    .action(async (options: PasswdOptions) => (await import("./passwd.ts")).passwd(options));
  program
    .command("healthcheck")
    .description("ask a running gateway whether it is ready: exit code 0 or 1")
    .option(...CONFIG)
    .option("--url <url>", "what to ask (the /readyz of the configuration's admin listener)")
    .action(async (options: HealthOptions) => (await import("./healthcheck.ts")).healthcheck(options));
  program
    .command("version")
    .description("print the version")
    .action(() => {
      const { version, node } = readBuild();
      process.stdout.write(`tributary ${version} (node ${node})\n`);
    });
}

function addClientCommands(program: Command): void {
  addConnectionOptions(program.command("pub").description("publish over MQTT"))
    .requiredOption("-t, --topic <topic>", "topic")
    .option("-m, --message <text>", "payload")
    .option("-f, --file <file>", "payload from a file (- = standard input)")
    .option("-l, --lines", "a message for each line of standard input")
    .option("-q, --qos <qos>", "quality of service", wholeNumber(0, 2), 0)
    .option("-r, --retain", "retain the message")
    .action(async (flags: PubFlags) => (await import("./pub.ts")).pub(flags));
  addConnectionOptions(program.command("sub").description("subscribe over MQTT and print what comes"))
    .requiredOption("-t, --topic <filter...>", "topic filter; may be given more than once")
    .option("-q, --qos <qos>", "quality of service", wholeNumber(0, 2), 0)
    .option("-v, --verbose", "print the topic before the payload")
    .option("-C, --count <count>", "end after so many messages", wholeNumber(1, COUNT_MAX))
    .option("-W, --wait <seconds>", "end after so many seconds, with exit code 27", wholeNumber(1, WAIT_MAX_SECONDS))
    .action(async (flags: SubFlags) => (await import("./sub.ts")).sub(flags));
}

const FLEET_MAX = 1_000_000;
const PHONE_MAX = 999_999_000_000;

function addSimulators(sim: Command): void {
  addSimOptions(sim.command("jt808").description("JT/T 808 terminals: register, authenticate, report, answer commands"))
    .option("-p, --port <port>", "port", wholeNumber(1, 65_535), 6808)
    .option("--terminals <count>", "terminals", wholeNumber(1, FLEET_MAX), 1000)
    .option("--links <count>", "links that carry them together (one each)", wholeNumber(1, FLEET_MAX))
    .option("--udp", "over UDP")
    .option("--phone <number>", "number of the first one", wholeNumber(1, PHONE_MAX), 13_800_000_000)
    .addOption(new Option("--protocol <year>", "form of the headers").choices(["2013", "2019"]).default("2013"))
    .option("--code <text>", "authenticate with this code, and do not register")
    .action(async (flags: Jt808SimFlags) => (await import("./sim/jt808.ts")).simJt808(flags));
  addSimOptions(sim.command("gbt32960").description("GB/T 32960 vehicles: log in, report, answer commands"))
    .requiredOption("-p, --port <port>", "port", wholeNumber(1, 65_535))
    .option("--vehicles <count>", "vehicles", wholeNumber(1, FLEET_MAX), 1000)
    .option("--links <count>", "platforms' links that carry them together (a link each)", wholeNumber(1, FLEET_MAX))
    .option("--vin <text>", "first characters of their VINs", "LTRIBUTARY")
    .option("--platform <code>", "the platform's code, with --links", "TRIBUTARYSIM00001")
    .option("--username <name>", "the platform's user name, with --links", "sim")
    .option("--password <text>", "and its password", "")
    .addOption(new Option("--protocol <year>", "version").choices(["2016", "2025"]).default("2016"))
    .action(async (flags: Gbt32960SimFlags) => (await import("./sim/gbt32960.ts")).simGbt32960(flags));
}
