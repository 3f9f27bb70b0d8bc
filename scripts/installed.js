// Says by its exit code whether node_modules holds what package-lock.json asks for: 0 = yes, 1 = install first.
// Plain JavaScript for Node 20: it runs before anything is installed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

function isInstalled() {
  const installedLock = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedLock) || !existsSync(join(root, "node_modules/.bin/node"))) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(installedLock, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    // Workspaces have no entry of their own there; optional packages are those of other platforms.
    if (!path.startsWith("node_modules/") || entry.optional) continue;
    if (present[path]?.version !== entry.version || !existsSync(join(root, path))) return false;
  }
  return true;
}

process.exit(isInstalled() ? 0 : 1);
