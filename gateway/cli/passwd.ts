// `tributary passwd`: from a password to what a configuration holds of it; and new tokens.

import { createToken, hashPassword, hashToken } from "../../backends/builtin/password-hash.ts";
import { CommandError, ExitCode } from "../exit-code.ts";

/** Longer than any password, shorter than a file that was piped in by mistake. */
const INPUT_MAX_BYTES = 4_096;
const ENTER = /[\r\n]/;

export interface PasswdOptions {
  readonly token?: boolean;
}

export async function passwd(options: PasswdOptions): Promise<void> {
  if (options.token === true) {
    const token = createToken();
    process.stdout.write(`${token}\n${hashToken(token)}\n`);
    process.stderr.write("The first line is the token, shown this once; the second one goes under tokens.\n");
    return;
  }
  const password = process.stdin.isTTY ? await askTwice() : await readLine();
  if (password === "") throw new CommandError(ExitCode.Usage, "the password is empty, expected one");
  process.stdout.write(`${await hashPassword(new TextEncoder().encode(password))}\n`);
}

/** From a terminal, without echo: that is off before the first question stands there. */
async function askTwice(): Promise<string> {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  const typing = new Typing();
  const onData = (text: string): void => typing.add(text);
  stdin.on("data", onData);
  try {
    const password = await ask("Password: ", typing);
    if ((await ask("Again: ", typing)) !== password) throw new CommandError(ExitCode.Usage, "the two are not the same");
    return password;
  } finally {
    stdin.off("data", onData);
    stdin.setRawMode(false);
    stdin.pause();
  }
}

async function ask(prompt: string, typing: Typing): Promise<string> {
  process.stderr.write(prompt);
  try {
    return await typing.line();
  } finally {
    process.stderr.write("\n");
  }
}

/** What is typed, key by key, as lines. */
class Typing {
  #line = "";
  readonly #lines: string[] = [];
  #isInterrupted = false;
  #wake: () => void = () => undefined;

  add(text: string): void {
    for (const key of text) {
      if (ENTER.test(key) || key === "\u0004") {
        this.#lines.push(this.#line);
        this.#line = "";
      } else if (key === "\u0003") this.#isInterrupted = true;
      else if (key === "\u007f" || key === "\b") this.#line = this.#line.replace(/.$/su, "");
      else if (Buffer.byteLength(this.#line) < INPUT_MAX_BYTES) this.#line += key;
    }
    this.#wake();
  }

  async line(): Promise<string> {
    for (;;) {
      if (this.#isInterrupted) throw new CommandError(ExitCode.No, "interrupted");
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The first line of standard input. */
async function readLine(): Promise<string> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (ENTER.test(text)) break;
    if (Buffer.byteLength(text) > INPUT_MAX_BYTES) throw new CommandError(ExitCode.Usage, "the password is too long");
  }
  return text.split(ENTER, 1)[0] ?? "";
}
