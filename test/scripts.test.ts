// The wiring of `npm start` and `npm test`: arguments and signals arrive, and no test file is forgotten.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { GatewayProcess, PROJECT } from "./processes/gateway.ts";

const NOT_OURS: ReadonlySet<string> = new Set(["node_modules", "dist", ".git"]);

test("npm start passes arguments on, and SIGTERM ends the gateway", async () => {
  const gateway = await GatewayProcess.start({}, ["npm", "--prefix", PROJECT, "--silent", "run", "start", "--"]);
  const url = gateway.url("/readyz");
  assert.equal((await fetch(url)).status, 200);
  await gateway.stop();
  await assert.rejects(fetch(url));
});

test("npm test runs every test file there is", () => {
  const script = readFileSync(join(PROJECT, "scripts/test.sh"), "utf8");
  const patterns = [...(/set -- (.*)/.exec(script)?.[1] ?? "").matchAll(/'([^']+)'/g)].map(([, pattern]) => pattern!);
  assert.ok(patterns.length > 0);
  const run = new Set(globSync(patterns, { cwd: PROJECT }));
  const all = globSync("**/*.test.ts", { cwd: PROJECT, exclude: (name) => NOT_OURS.has(name) });
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
  for (const name of globSync("scripts/*.sh", { cwd: PROJECT })) {
    const text = readFileSync(join(PROJECT, name), "utf8");
    assert.doesNotMatch(text, /\[\[|\bfunction\b|<<<|\blocal\b|\$'/, name);
  }
});
