// The wiring of `npm start` and `npm test`: arguments and signals arrive, and no test file is forgotten.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { RunningGateway } from "../gateway/cli/test/command.ts";

const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", "dist", ".git"]);
const root = join(import.meta.dirname, "..");

test("npm start passes arguments on, and SIGTERM ends the gateway", async () => {
  const program = ["npm", "--prefix", root, "--silent", "run"];
  // `start` is the command's first argument, and here npm's script; what follows goes through npm's `--`.
  const gateway = await RunningGateway.start("admin: { port: 0 }\n", program, ["--"]);
  const url = gateway.url("/readyz");
  assert.equal((await fetch(url)).status, 200);
  await gateway.stop();
  await assert.rejects(fetch(url));
});

test("npm test runs every test file there is", () => {
  const script = readFileSync(join(root, "scripts/test.sh"), "utf8");
  const patterns = [...(/set -- (.*)/.exec(script)?.[1] ?? "").matchAll(/'([^']+)'/g)].map(([, pattern]) => pattern!);
  assert.ok(patterns.length > 0);
  const run = new Set(globSync(patterns, { cwd: root }));
  const all = globSync("**/*.test.ts", { cwd: root, exclude: (name) => NOT_OURS.has(name) });
  assert.deepEqual(
    all.filter((name) => !run.has(name)),
    [],
  );
  assert.deepEqual(
    all.filter((name) => !name.includes("/test/") && !name.startsWith("test/")),
    [],
    "tests stand in folders named test",
  );
});

test("every shell script of the project is one that sh understands", () => {
  for (const name of globSync("scripts/*.sh", { cwd: root })) {
    const text = readFileSync(join(root, name), "utf8");
    assert.doesNotMatch(text, /\[\[|\bfunction\b|<<<|\blocal\b|\$'/, name);
  }
});
