// What this build calls itself: the version in package.json, wherever the code stands (sources or dist/).

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Build {
  readonly version: string;
  /** Version of Node that runs it. */
  readonly node: string;
}

/** Directories between this file and the package's root: none in a checkout, one in dist/. */
const LEVELS_MAX = 3;

export function readBuild(): Build {
  let directory = import.meta.dirname;
  for (let level = 0; level < LEVELS_MAX; level++) {
    directory = dirname(directory);
    try {
      const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, unknown>;
      if (manifest["name"] === "tributary")
        return { version: String(manifest["version"]), node: process.versions.node };
    } catch {
      // Not in this directory.
    }
  }
  throw new Error("package.json of tributary is missing: the installation is damaged");
}
