// Which of the programs that a test needs are not there. The set-up of `npm test` installs them where it may.

import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Debian keeps daemons where an ordinary user's PATH does not look. */
const ALSO = "/usr/sbin";

export function isInstalled(program: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(":"), ALSO].filter((folder) => folder !== "");
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** For the `skip` of a test: false, or which programs are missing. Under CI they are installed: never skipped there. */
export function missingPrograms(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0 || process.env["CI"] !== undefined) return false;
  return `not installed: ${missing.join(", ")}`;
}
