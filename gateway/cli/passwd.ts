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

async function askTwice(): Promise<string> {
  const password = await ask("Password: ");
  if ((await ask("Again: ")) !== password) throw new CommandError(ExitCode.Usage, "the two are not the same");
  return password;
}

/** From a terminal, without echo. */
async function ask(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = "";
      const onData = (text: string): void => {
        for (const character of text) {
          if (ENTER.test(character) || character === "\u0004") {
            stdin.off("data", onData);
            resolve(typed);
            return;
          }
          if (character === "\u0003") reject(new CommandError(ExitCode.No, "interrupted"));
          else if (character === "\u007f" || character === "\b") typed = typed.replace(/.$/su, "");
          else if (Buffer.byteLength(typed) < INPUT_MAX_BYTES) typed += character;
        }
      };
      stdin.on("data", onData);
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
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
