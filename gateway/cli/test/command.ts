// The `tributary` command, run to its end.

import { Child } from "../../../test/processes/child.ts";
import { PROGRAM } from "../../../test/processes/gateway.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(
  args: readonly string[],
  input = "",
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [executable, ...first] = PROGRAM;
  const child = new Child(executable!, [...first, ...args], { input, env: { ...process.env, ...environment } });
  const { code } = await child.ended;
  return { code, stdout: child.text, stderr: child.errors };
}
