// The short commands as real processes: what they print and how they end.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { parsePasswordHash, verifyPassword } from "../../../backends/builtin/password-hash.ts";
import { Child } from "../../../test/processes/child.ts";
import { PROGRAM } from "../../../test/processes/gateway.ts";
import { TemporaryFolder } from "../../../test/processes/temporary-folder.ts";
import { run } from "./command.ts";

const folder = new TemporaryFolder("program");
after(() => folder.remove());

function fileOf(text: string): string {
  return folder.write("tributary.yaml", text);
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8")) as {
  version: string;
};

test("version", async () => {
  const { code, stdout } = await run(["version"]);
  assert.equal(code, 0);
  assert.equal(stdout, `tributary ${manifest.version} (node ${process.versions.node})\n`);
});

test("help, and wrong use", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  for (const name of ["start", "check-config", "passwd", "healthcheck", "version", "pub", "sub"]) {
    assert.match(help.stdout, new RegExp(`^  ${name} `, "m"));
  }
  for (const args of [
    ["frobnicate"],
    ["start", "--nonsense"],
    ["pub"],
    ["pub", "-t", "a"],
    ["sub", "-t", "a", "-q", "3"],
  ]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 64, args.join(" "));
    assert.notEqual(stderr, "");
  }
});

test("check-config: valid, with a digest", async () => {
  const text = "adapters: { line: { listeners: [{ port: 0 }] } }\n";
  const file = fileOf(text);
  const { code, stdout } = await run(["check-config", "--config", file]);
  assert.equal(code, 0);
  assert.equal(stdout, `${file} is valid (sha256 ${createHash("sha256").update(text).digest("hex")})\n`);
});

test("check-config: every problem with its place, and code 78", async () => {
  const file = fileOf("anonymos: allow\nadapters:\n  line: { listeners: [{ port: 70000 }] }\n");
  const { code, stdout, stderr } = await run(["check-config", "--config", file]);
  assert.equal(code, 78);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `${file}:1:1: unknown key anonymos, expected anonymous\n` +
      `${file}:3:31: adapters.line.listeners[0].port is 70000, expected an integer from 0 to 65535\n`,
  );
  const missing = await run(["check-config", "--config", folder.join("missing.yaml")]);
  assert.equal(missing.code, 78);
  assert.match(missing.stderr, /^tributary: cannot read the configuration: ENOENT/);
});

test("check-config --print: what is in force, from where, without secrets", async () => {
  const file = fileOf("admin: { token: a-secret-of-some-length }\nadapters: { line: { listeners: [{ port: 0 }] } }\n");
  const { code, stdout } = await run(["check-config", "--config", file, "--print"], "", { TRIBUTARY__NODE: "edge" });
  assert.equal(code, 0);
  assert.match(stdout, /^node: edge {2}# TRIBUTARY__NODE$/m);
  assert.match(stdout, /^anonymous: deny {2}# default$/m);
  assert.match(stdout, /^ {8}port: 0 {2}# .*tributary\.yaml:2:\d+$/m);
  assert.ok(!stdout.includes("a-secret"));
});

test("passwd: a hash that verifies, from standard input", async () => {
  for (const input of ["open sesame", "open sesame\n", "open sesame\r\nmore\n"]) {
    const { code, stdout } = await run(["passwd"], input);
    assert.equal(code, 0);
    const hash = parsePasswordHash(stdout.trimEnd());
    assert.ok(hash, stdout);
    assert.equal(await verifyPassword(new TextEncoder().encode("open sesame"), hash), true);
  }
  const { code, stdout, stderr } = await run(["passwd"], "\n");
  assert.equal(code, 64);
  assert.equal(stdout, "");
  assert.match(stderr, /empty/);
  assert.equal((await run(["passwd"], "x".repeat(10_000))).code, 64);
});

test("passwd on a terminal: asks twice, shows nothing of it", async (context) => {
  const script = "/usr/bin/script";
  if (!existsSync(script)) {
    context.skip(`${script} is not here`);
    return;
  }
  const typed = async (first: string, second: string) => {
    const terminal = new Child(script, ["-qec", [...PROGRAM, "passwd"].join(" "), "/dev/null"], { input: null });
    const asked = (text: string) => terminal.until(text, () => (terminal.text.includes(text) ? true : null));
    await asked("Password: ");
    terminal.write(first);
    await asked("Again: ");
    terminal.write(second);
    const { code } = await terminal.ended;
    return { code, stdout: terminal.text };
  };
  const { code, stdout } = await typed("sexy\u007f\u007fcret\r", "secret\r");
  assert.equal(code, 0);
  assert.match(stdout, /^Password: \r\nAgain: \r\n\$scrypt\$ln=15,r=8,p=1\$\S+\r\n$/);
  const hash = parsePasswordHash(stdout.trimEnd().split("\n").at(-1)!);
  assert.ok(hash !== null && (await verifyPassword(new TextEncoder().encode("secret"), hash)));
  assert.equal((await typed("one\r", "two\r")).code, 64);
  assert.equal((await typed("one\r", "\u0003")).code, 1);
});

test("passwd --token: a token and its digest", async () => {
  const { code, stdout } = await run(["passwd", "--token"]);
  assert.equal(code, 0);
  const [token, digest] = stdout.split("\n");
  assert.equal(digest, `$sha256$${createHash("sha256").update(token!).digest("hex")}`);
});

test("healthcheck: nobody there", async () => {
  const file = fileOf("admin: { port: 1 }\n");
  const { code, stderr } = await run(["healthcheck", "--config", file]);
  assert.equal(code, 1);
  assert.match(stderr, /^tributary: http:\/\/127\.0\.0\.1:1\/readyz\?verbose does not answer: /);
  assert.equal((await run(["healthcheck", "--config", fileOf("admin: { port: 0 }\n")])).code, 64);
  assert.equal((await run(["healthcheck", "--config", fileOf("admin: { enabled: false }\n")])).code, 64);
  assert.equal((await run(["healthcheck", "--url", "nonsense"])).code, 1);
});
