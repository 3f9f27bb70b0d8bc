// One real program that a test runs: what it writes is kept and can be waited for, and it is ended by its own id.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

import { within } from "./deadline.ts";

const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;
const STOP_MS = 10_000;
/** Dead processes that nobody collects look alive: no longer than this is waited for them. */
const GROUP_ATTEMPTS = 50;
const GROUP_PAUSE_MS = 20;
/** Of what a program wrote, so much is shown when a wait for it fails. */
const SHOWN_CHARS = 4_000;

export interface ChildOptions {
  /** All of its standard input; null leaves that open for `write`. */
  readonly input?: Uint8Array | string | null;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** A process group of its own, so that what the program starts is ended with it. */
  readonly group?: boolean;
}

export interface Ending {
  /** null: by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Child {
  readonly name: string;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #isGroup: boolean;
  readonly #waiting = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #ending: Ending | null = null;

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.name = [command.split("/").at(-1), ...args].join(" ");
    this.#isGroup = options.group === true;
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      detached: this.#isGroup,
      ...(options.env !== undefined && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout += this.#kept(chunk, this.#stdout);
      this.#tell();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += this.#kept(chunk, this.#stderr);
      this.#tell();
    });
    // A program that does not read its input ends the pipe: how the program itself ends says whether that is a fault.
    this.#child.stdin?.on("error", () => undefined);
    if (options.input !== null) this.#child.stdin?.end(options.input ?? "");
    this.ended = new Promise((resolve) => {
      const end = (ending: Ending): void => {
        this.#ending ??= ending;
        this.#tell();
        resolve(this.#ending);
      };
      this.#child.on("error", (error) => {
        this.#stderr += `${error.message}\n`;
        end({ code: -1, signal: null });
      });
      this.#child.on("close", (code, signal) => end({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
  /** null: it runs. */
  get ending(): Ending | null {
    return this.#ending;
  }
  /** Byte for byte: one character of U+0000 to U+00FF is one byte. */
  get output(): string {
    return this.#stdout;
  }
  get text(): string {
    return Buffer.from(this.#stdout, "latin1").toString("utf8");
  }
  get errors(): string {
    return Buffer.from(this.#stderr, "latin1").toString("utf8");
  }

  /** What `find` gives that is not null, asked again whenever something was written. Rejects when the program ends first. */
  async until<T>(what: string, find: () => T | null, deadlineMs?: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = (): void => {
      const found = find();
      if (found !== null) resolve(found);
      else if (this.#ending !== null) reject(new Error(`${this.name} ended before ${what}\n${this.#shown()}`));
    };
    this.#waiting.add(look);
    try {
      look();
      return await within(`${what} (${this.name})`, promise, () => this.#shown(), deadlineMs);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** The same for what has to come before the program is of use: when it does not come, the program is ended. */
  async untilOrStop<T>(what: string, find: () => T | null): Promise<T> {
    try {
      return await this.until(what, find);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Resolves with what it wrote when it has ended with `code`. */
  async succeeds(code = 0, deadlineMs?: number): Promise<string> {
    const ending = await within(`the end of ${this.name}`, this.ended, () => this.#shown(), deadlineMs);
    if (ending.code !== code)
      throw new Error(`${this.name} ended with ${ending.code ?? ending.signal}\n${this.#shown()}`);
    return this.text;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** From here on nobody reads what it writes. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  signal(name: NodeJS.Signals): void {
    if (this.#ending !== null || this.pid === 0) return;
    try {
      process.kill(this.#isGroup ? -this.pid : this.pid, name);
    } catch {
      // It has just ended.
    }
  }

  /** Asks it to end, and makes it end when it does not. */
  async stop(): Promise<Ending> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), STOP_MS);
    try {
      return await within(`the end of ${this.name}`, this.ended, () => this.#shown(), 2 * STOP_MS);
    } finally {
      clearTimeout(timer);
      if (this.#isGroup) await this.#endGroup();
    }
  }

  /** What the program started may outlive it, and write where the test is about to remove. */
  async #endGroup(): Promise<void> {
    for (let attempt = 0; attempt < GROUP_ATTEMPTS; attempt++) {
      try {
        process.kill(-this.pid, "SIGKILL");
      } catch {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, GROUP_PAUSE_MS));
    }
  }

  #kept(chunk: Buffer, kept: string): string {
    return kept.length < OUTPUT_MAX_BYTES ? chunk.toString("latin1") : "";
  }

  #tell(): void {
    for (const look of this.#waiting) look();
  }

  #shown(): string {
    return `stdout: ${this.text.slice(-SHOWN_CHARS)}\nstderr: ${this.errors.slice(-SHOWN_CHARS)}`;
  }
}
