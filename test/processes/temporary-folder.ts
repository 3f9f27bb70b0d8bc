// A folder of one test, gone with it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class TemporaryFolder {
  readonly path: string;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `tributary-${name}-`));
  }

  join(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.join(name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}
