// The `tributary` command as a child process, for tests: run to its end, or started and watched until it is ready.

import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, "../../main.ts");
const START_TIMEOUT_MS = 30_000;
const RUN_TIMEOUT_MS = 30_000;

/** A running command. Ended by its test, or killed by the time limit. */
export class Command {
  readonly child: Child;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}, program = sourceProgram()) {
    const [executable, ...first] = program;
    this.child = spawn(executable!, [...first, ...args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...environment },
      timeout: RUN_TIMEOUT_MS * 2,
      killSignal: "SIGKILL",
    });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    // Who ends before it has read everything is no failure of the test.
    this.child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Resolves when the pattern is on standard output or standard error. */
  async said(pattern: RegExp, timeoutMs = START_TIMEOUT_MS): Promise<void> {
    const until = Date.now() + timeoutMs;
    while (!pattern.test(this.stdout) && !pattern.test(this.stderr)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null || Date.now() > until) {
        throw new Error(`${String(pattern)} was not said:\n${this.stdout}\n${this.stderr}`);
      }
      await Promise.race([
        new Promise((resolve) => this.child.stdout.once("data", resolve)),
        new Promise((resolve) => this.child.stderr.once("data", resolve)),
        this.ended,
        new Promise((resolve) => setTimeout(resolve, 500).unref()),
      ]);
    }
  }
}

export function sourceProgram(): string[] {
  return [process.execPath, "--conditions=tributary-source", MAIN];
}

export function run(args: readonly string[], input = "", environment: Record<string, string> = {}): Promise<Ended> {
  const command = new Command(args, environment);
  command.child.stdin.end(input);
  return command.ended;
}

/** A gateway that is ready, in a directory of its own. */
export class RunningGateway {
  readonly command: Command;
  readonly directory: string;
  readonly #portsFile: string;

  private constructor(command: Command, directory: string, portsFile: string) {
    this.command = command;
    this.directory = directory;
    this.#portsFile = portsFile;
  }

  /** `between`: what stands between the command's name and its options. */
  static async start(
    config: string,
    program = sourceProgram(),
    between: readonly string[] = [],
  ): Promise<RunningGateway> {
    const directory = mkdtempSync(join(tmpdir(), "tributary-test-"));
    const file = join(directory, "tributary.yaml");
    const portsFile = join(directory, "ports.json");
    writeFileSync(file, config);
    const command = new Command(["start", ...between, "--config", file, "--ports-file", portsFile], {}, program);
    const gateway = new RunningGateway(command, directory, portsFile);
    try {
      await command.said(/^ready in \d+ ms$/m);
    } catch (error) {
      await gateway.kill();
      throw error;
    }
    return gateway;
  }

  get ports(): Record<string, number> {
    return JSON.parse(readFileSync(this.#portsFile, "utf8")) as Record<string, number>;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.ports["admin"]}${path}`;
  }

  signal(name: NodeJS.Signals): void {
    this.command.child.kill(name);
  }

  /** SIGTERM, and what came of it. */
  async stop(): Promise<Ended> {
    this.signal("SIGTERM");
    const ended = await this.command.ended;
    this.#tidy();
    return ended;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.command.ended;
    this.#tidy();
  }

  #tidy(): void {
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true });
  }
}
