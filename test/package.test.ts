// What is published works where it is installed: packed, installed into an empty directory, run from there.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Child } from "./processes/child.ts";
import { within } from "./processes/deadline.ts";
import { GatewayProcess, PROJECT, tributary } from "./processes/gateway.ts";
import { TemporaryFolder } from "./processes/temporary-folder.ts";

const OLD_NODE_MAJOR = 24;
const NPM_TIMEOUT_MS = 240_000;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function execute(file: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const child = new Child(file, args, { cwd });
  const ending = await within(`the end of ${child.name}`, child.ended, () => child.errors, NPM_TIMEOUT_MS);
  return { code: ending.code, stdout: child.text, stderr: child.errors };
}

/** A Node that is too old for the gateway, as a host may have one, or null. */
async function findOldNode(): Promise<string | null> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(directory, "node");
    if (!existsSync(candidate)) continue;
    const { stdout } = await execute(candidate, ["--version"], PROJECT);
    if (Number(/^v(\d+)/.exec(stdout)?.[1] ?? OLD_NODE_MAJOR) < OLD_NODE_MAJOR) return candidate;
  }
  return null;
}

describe("the package", () => {
  const folder = new TemporaryFolder("package");
  const directory = folder.path;
  const installed = join(directory, "app");
  const launcher = join(installed, "node_modules/tributary/bin/tributary.js");
  after(() => folder.remove());

  before(async () => {
    const packed = await execute("npm", ["pack", "--pack-destination", directory], PROJECT);
    assert.equal(packed.code, 0, packed.stderr);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
    assert.ok(tarball, packed.stdout);
    const options = ["--prefer-offline", "--no-audit", "--no-fund", "--prefix", installed];
    const install = await execute("npm", ["install", ...options, join(directory, tarball)], directory);
    assert.equal(install.code, 0, install.stderr);
  });

  test("brings its codecs, and no sources or tests of the gateway", () => {
    const home = join(installed, "node_modules/tributary");
    assert.deepEqual(readdirSync(join(home, "node_modules")).toSorted(), [
      "gbt32960-parser",
      "haproxy-protocol",
      "jt808-parser",
    ]);
    const names = readdirSync(home, { recursive: true, encoding: "utf8" });
    assert.deepEqual(
      names.filter(
        (name) => /(^|\/)test(\/|$)/.test(name) || (name.endsWith(".ts") && !name.startsWith("node_modules")),
      ),
      [],
    );
  });

  test("tributary version, check-config", async () => {
    const bin = join(installed, "node_modules/.bin/tributary");
    const version = await execute(bin, ["version"], directory);
    assert.match(version.stdout, /^tributary \d+\.\d+\.\d+ \(node /);
    const check = await execute(bin, ["check-config"], directory);
    assert.deepEqual([check.code, check.stderr], [0, ""]);
    folder.write("bad.yaml", "mqtt: 1\n");
    assert.equal((await execute(bin, ["check-config", "--config", "bad.yaml"], directory)).code, 78);
  });

  test("starts, carries a message, stops", async () => {
    const program = [process.execPath, launcher];
    const adapters = { mqtt: { listeners: [{ port: 0 }] }, jt808: { listeners: [{ port: 0 }] } };
    const gateway = await GatewayProcess.start({ anonymous: "allow", adapters }, [...program, "start"]);
    const options = ["-p", String(gateway.port("mqtt")), "-t", "a/b"];
    await tributary(["pub", ...options, "-m", "packed", "-q", "1", "-r"], "", program).succeeds();
    assert.equal(await tributary(["sub", ...options, "-C", "1"], "", program).succeeds(), "packed\n");
    assert.equal((await gateway.stop()).code, 0);
  });

  test("an old Node says in one line what is needed, or hands over to the one beside it", async (context) => {
    const old = await findOldNode();
    if (old === null) {
      context.skip(`no Node older than ${OLD_NODE_MAJOR} in PATH`);
      return;
    }
    const refused = await execute(old, [launcher, "version"], directory);
    assert.equal(refused.code, 78);
    assert.match(refused.stderr, /^tributary: needs Node 24 or newer, this is v\d+\.\d+\.\d+: .*\n$/);
    // A checkout has the npm package `node` beside it.
    const handedOver = await execute(old, [join(PROJECT, "bin/tributary.js"), "version"], directory);
    assert.equal(handedOver.stdout, `tributary 0.1.0 (node ${process.versions.node})\n`);
    const failed = await execute(
      old,
      [join(PROJECT, "bin/tributary.js"), "check-config", "--config", "/none"],
      directory,
    );
    assert.equal(failed.code, 78);
    const gateway = await GatewayProcess.start({}, [old, join(PROJECT, "bin/tributary.js"), "start"]);
    assert.equal((await gateway.stop()).code, 0);
  });
});
