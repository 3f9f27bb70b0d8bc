// What is published works where it is installed: packed, installed into an empty directory, run from there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import type { ExecFileException } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Command, RunningGateway } from "../gateway/cli/test/command.ts";

const root = join(import.meta.dirname, "..");
const OLD_NODE_MAJOR = 24;
const NPM_TIMEOUT_MS = 240_000;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(file: string, args: readonly string[], cwd: string, environment = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd, env: environment, timeout: NPM_TIMEOUT_MS, maxBuffer: 16_777_216 };
    execFile(file, [...args], options, (error: ExecFileException | null, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

/** A Node that is too old for the gateway, as a host may have one, or null. */
async function findOldNode(): Promise<string | null> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(directory, "node");
    if (!existsSync(candidate)) continue;
    const { stdout } = await execute(candidate, ["--version"], root);
    if (Number(/^v(\d+)/.exec(stdout)?.[1] ?? OLD_NODE_MAJOR) < OLD_NODE_MAJOR) return candidate;
  }
  return null;
}

describe("the package", () => {
  const directory = mkdtempSync(join(tmpdir(), "tributary-package-"));
  const installed = join(directory, "app");
  const launcher = join(installed, "node_modules/tributary/bin/tributary.js");
  after(() => rmSync(directory, { recursive: true }));

  before(async () => {
    const packed = await execute("npm", ["pack", "--pack-destination", directory], root);
    assert.equal(packed.code, 0, packed.stderr);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
    assert.ok(tarball, packed.stdout);
    const options = ["--prefer-offline", "--no-audit", "--no-fund", "--prefix", installed];
    const install = await execute("npm", ["install", ...options, join(directory, tarball)], directory);
    assert.equal(install.code, 0, install.stderr);
  });

  test("brings its codecs, and no sources or tests of the gateway", () => {
    const home = join(installed, "node_modules/tributary");
    assert.deepEqual(readdirSync(join(home, "node_modules")).toSorted(), ["haproxy-protocol", "jt808-parser"]);
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
    writeFileSync(join(directory, "bad.yaml"), "mqtt: 1\n");
    assert.equal((await execute(bin, ["check-config", "--config", "bad.yaml"], directory)).code, 78);
  });

  test("starts, carries a message, stops", async () => {
    const program = [process.execPath, launcher];
    const config =
      "anonymous: allow\nadmin: { port: 0 }\nadapters: { mqtt: { listeners: [{ port: 0 }] }, jt808: { listeners: [{ port: 0 }] } }\n";
    const gateway = await RunningGateway.start(config, program);
    const port = String(gateway.ports["mqtt"]);
    const options = ["-p", port, "-t", "a/b"];
    const published = new Command(["pub", ...options, "-m", "packed", "-q", "1", "-r"], {}, program);
    assert.equal((await published.ended).code, 0);
    const received = new Command(["sub", ...options, "-C", "1"], {}, program);
    assert.deepEqual([(await received.ended).stdout, (await gateway.stop()).code], ["packed\n", 0]);
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
    const handedOver = await execute(old, [join(root, "bin/tributary.js"), "version"], directory);
    assert.equal(handedOver.stdout, `tributary 0.1.0 (node ${process.versions.node})\n`);
    const failed = await execute(old, [join(root, "bin/tributary.js"), "check-config", "--config", "/none"], directory);
    assert.equal(failed.code, 78);
    const program = [old, join(root, "bin/tributary.js")];
    const gateway = await RunningGateway.start("admin: { port: 0 }\n", program);
    assert.equal((await gateway.stop()).code, 0);
  });
});
