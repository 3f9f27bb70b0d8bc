// The terminals of somebody who follows the README: a shell for each command, and windows in which something goes on.

import { Child } from "../processes/child.ts";
import { within } from "../processes/deadline.ts";
import { seenAt } from "./steps.ts";

/** `npm start` in a fresh clone installs first. */
const INSTALL_DEADLINE_MS = 300_000;
const COMMAND_DEADLINE_MS = 60_000;

class Terminal {
  readonly child: Child;
  /** How much of its output was seen. */
  seen = 0;
  constructor(child: Child) {
    this.child = child;
  }
}

export class Terminals {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #named = new Map<string, Terminal>();
  #lastOutput = "";

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** In a shell of its own, to its end. */
  async run(commands: string): Promise<void> {
    this.#lastOutput = await this.#shell(`set -e\n${commands}`).succeeds(0, COMMAND_DEADLINE_MS);
  }

  async start(name: string, commands: string): Promise<void> {
    await this.interrupt(name);
    this.#named.set(name, new Terminal(this.#shell(commands)));
  }

  /** As Ctrl-C does: everything in the terminal hears of it. */
  async interrupt(name: string): Promise<void> {
    const terminal = this.#named.get(name);
    this.#named.delete(name);
    if (terminal === undefined) return;
    terminal.child.signal("SIGINT");
    await within(`the end of ${terminal.child.name}`, terminal.child.ended, () => terminal.child.text);
  }

  /** Resolves when the terminal has shown the lines. */
  async shows(name: string, expected: string): Promise<void> {
    const terminal = this.#named.get(name);
    if (terminal === undefined) throw new Error(`nothing runs in ${name}`);
    const { child } = terminal;
    const find = (): number | null => seenAt(child.text, terminal.seen, expected);
    terminal.seen = await child.until(`what ${name} is to show:\n${expected}\n`, find, INSTALL_DEADLINE_MS);
  }

  /** Whether the last commands without a terminal have written the lines. */
  assertWritten(expected: string): void {
    if (seenAt(this.#lastOutput, 0, expected) !== null) return;
    throw new Error(`expected:\n${expected}\ngot:\n${this.#lastOutput}`);
  }

  /** The last address that a terminal has asked to open. */
  get address(): string {
    const found = [...this.#named.values()].map(({ child }) => /^open (http:\S+)$/m.exec(child.text)?.[1]);
    const address = found.findLast((one) => one !== undefined);
    if (address === undefined) throw new Error("no terminal shows an address to open");
    return address;
  }

  async stop(): Promise<void> {
    for (const { child } of this.#named.values()) await child.stop();
    this.#named.clear();
  }

  #shell(commands: string): Child {
    return new Child("bash", ["-c", commands], { cwd: this.#folder, env: this.#env, group: true });
  }
}
