// The configuration, by example: fixtures/NAME.yaml (lines `#env A=B` are its environment) gives what NAME.txt says: the
// problems, or the configuration in force where it differs from the defaults.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { printEffective } from "../effective.ts";
import { embeddedDefault, loadConfig } from "../load.ts";
import type { Loaded } from "../load.ts";
import { formatProblem } from "../problem.ts";
import { modules } from "./modules.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const UPDATE = process.env["TRIBUTARY_UPDATE_FIXTURES"] === "1";

function environmentOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^#env ([^=\n]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

function load(text: string, file = "t.yaml", environment = environmentOf(text)): Loaded {
  const loaded = loadConfig({ file, text }, environment, modules);
  assert.ok(!Array.isArray(loaded), "problems where there should be none");
  return loaded;
}

for (const file of readdirSync(fixtures).filter((name) => name.endsWith(".yaml"))) {
  test(file, () => {
    const text = readFileSync(join(fixtures, file), "utf8");
    const loaded = loadConfig({ file, text }, environmentOf(text), modules);
    const lines = Array.isArray(loaded)
      ? loaded.map(formatProblem)
      : printEffective(loaded)
          .split("\n")
          .filter((line) => line.includes(" # ") && !line.endsWith(" # default"));
    assert.equal(Array.isArray(loaded), file.startsWith("bad-"));
    const expected = join(fixtures, file.replace(".yaml", ".txt"));
    const actual = `${lines.join("\n").trimEnd()}\n`;
    if (UPDATE) writeFileSync(expected, actual);
    assert.equal(actual, readFileSync(expected, "utf8"));
    assert.ok(!actual.includes("plain-secret"), "a secret in the output");
  });
}

test("the embedded default names four protocols, and allows anonymous access on loopback", () => {
  assert.match(embeddedDefault.text, /^anonymous: allow$/m);
  const ports = [...embeddedDefault.text.matchAll(/(\w+): \{ listeners: \[\{ port: (\d+) \}\] \}/g)];
  assert.deepEqual(
    ports.map(([, name, port]) => [name, port]),
    [
      ["mqtt", "1883"],
      ["websocket", "8083"],
      ["http", "8080"],
      ["jt808", "6808"],
    ],
  );
});

test("only what the file names is there, and the result is frozen", () => {
  const { settings } = load("adapters: { jt808: { listeners: [] } }");
  assert.deepEqual(Object.keys(settings.adapters), ["jt808"]);
  assert.equal(settings.anonymous, "deny");
  assert.equal(settings.admin.port, 18_083);
  assert.throws(() => {
    (settings.adapters as Record<string, unknown>)["mqtt"] = {};
  }, TypeError);
  assert.throws(() => {
    (settings.limits as { sessionsMax: number }).sessionsMax = 1;
  }, TypeError);
});

test("an override may add an adapter, and a list's next entry", () => {
  const environment = { TRIBUTARY__ADAPTERS__MQTT__LISTENERS__0__PORT: "5" };
  const { settings } = load("", "t.yaml", environment);
  assert.partialDeepStrictEqual(settings.adapters, { mqtt: { listeners: [{ port: 5 }] } });
});

test("a secret comes from a file", () => {
  const file = join(import.meta.dirname, "fixtures", "token.secret");
  const { settings } = load("", "t.yaml", { TRIBUTARY__ADMIN__TOKEN_FILE: file });
  assert.equal(settings.admin.token, "a-token-of-some-length");
});

test("text that looks like a number stays text where text is wanted", () => {
  const { settings } = load('node: "${N:0123}"\nadmin: { token: "${T:1234567890123456}" }');
  assert.equal(settings.node, "0123");
  assert.equal(settings.admin.token, "1234567890123456");
});

test("many aliases do not make a small file large", () => {
  const levels = Array.from({ length: 12 }, (_, i) => `k${i}: &k${i} [${`*k${i - 1}, `.repeat(i === 0 ? 0 : 9)}1]`);
  const problems = loadConfig({ file: "t.yaml", text: levels.join("\n") }, {}, modules);
  assert.ok(Array.isArray(problems));
  assert.match(problems.map(formatProblem).join("\n"), /more than 200000 values|alias/);
});

test("of a condition in a schema, what it asks for is told and nothing else", () => {
  const conditional = modules.map((one) => ({
    ...one,
    configSchema: { ...one.configSchema, if: { required: ["nothing"] }, else: { required: ["listeners"] } },
  }));
  const text = "adapters: { jt808: {} }";
  const problems = loadConfig({ file: "t.yaml", text }, {}, conditional);
  assert.ok(Array.isArray(problems));
  assert.deepEqual(problems.map(formatProblem), ["t.yaml:1:20: adapters.jt808 has no listeners, expected one"]);
});
