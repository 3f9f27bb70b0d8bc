// The plan of the house, checked: who may import whom, what a file and a folder must look like. Each rule is also fed a
// small tree that breaks it, so that a rule that sees nothing is found out.

import assert from "node:assert/strict";
import { join } from "node:path";
import { suite, test } from "node:test";
import {
  checkHeads,
  checkLength,
  checkModuleState,
  checkNames,
  checkProtocolWords,
} from "./architecture/file-rules.ts";
import {
  checkAdapterFolders,
  checkAdapterIndex,
  checkCodecFolders,
  checkTemplateSize,
} from "./architecture/folder-rules.ts";
import { checkCodecUsers, checkCycles, checkDirection, checkPackages } from "./architecture/import-rules.ts";
import { importsOf, tokenize } from "./architecture/tokens.ts";
import { readTree, sourcesOf, type SourceFile, type Tree } from "./architecture/tree.ts";

type Rule = (files: readonly SourceFile[], tree: Tree) => string[];

interface Planted {
  readonly rule: string;
  readonly check: Rule;
  /** Trees that break the rule: each must give at least one fault. */
  readonly bad: readonly Record<string, string>[];
  /** Trees that look like it and do not. */
  readonly good: readonly Record<string, string>[];
}

const LONG = "const x = 1;\n".repeat(401);

const RULES: readonly Planted[] = [
  {
    rule: "imports follow the table",
    check: checkDirection,
    bad: [
      { "core/a.ts": `import { x } from "../net/wire.ts";`, "net/wire.ts": "" },
      { "core/a.ts": `import { createServer } from "node:net";` },
      { "core/a.ts": `import type { Fastify } from "fastify";` },
      { "core/a.ts": `const late = await import("node:fs");` },
      { "core/a.ts": `export * from "../gateway/main.ts";`, "gateway/main.ts": "" },
      { "codecs/x/src/a.ts": `import { Message } from "../../../core/index.ts";`, "core/index.ts": "" },
      { "codecs/x/src/a.ts": `import { Buffer } from "node:buffer";` },
      { "codecs/x/test/a.test.ts": `import "../../y/src/index.ts";`, "codecs/y/src/index.ts": "" },
      { "net/a.ts": `import { Router } from "../core/router.ts";`, "core/router.ts": "" },
      { "net/a.ts": `import { mqtt } from "../adapters/mqtt/index.ts";`, "adapters/mqtt/index.ts": "" },
      { "net/a.ts": `import { F } from "jt808-parser";`, "codecs/jt808-parser/src/index.ts": "" },
      { "adapters/a/x.ts": `import { y } from "../b/y.ts";`, "adapters/b/y.ts": "" },
      { "adapters/a/x.ts": `import { Message } from "../../core/message.ts";`, "core/message.ts": "" },
      { "adapters/a/x.ts": `import type { C } from "../../gateway/config.ts";`, "gateway/config.ts": "" },
      { "adapters/a/x.ts": `import { f } from "../../codecs/c/src/index.ts";`, "codecs/c/src/index.ts": "" },
      { "adapters/a/x.ts": `import { f } from "./test/fake.ts";`, "adapters/a/test/fake.ts": "" },
      { "backends/l/x.ts": `import { n } from "../../net/kit.ts";`, "net/kit.ts": "" },
      { "gateway/x.ts": `import { FakeClock } from "../conformance/fake-clock.ts";`, "conformance/fake-clock.ts": "" },
      { "gateway/x.ts": `import "./gone.ts";` },
      { "test/x.test.ts": `import "./gone.ts";` },
      { "conformance/x.ts": `import { a } from "../adapters/a/index.ts";`, "adapters/a/index.ts": "" },
    ],
    good: [
      { "core/a.ts": `// import "node:net"\nconst text = 'import "node:net"';` },
      { "net/a.ts": `import { F } from "haproxy-protocol";`, "codecs/haproxy-protocol/src/index.ts": "" },
      { "net/a.ts": `import type { Clock } from "../core/index.ts";`, "core/index.ts": "" },
      { "adapters/a/x.ts": `import { f } from "c";\nimport fs from "node:fs";`, "codecs/c/src/index.ts": "" },
      { "adapters/a/test/x.test.ts": `import { y } from "../../../core/compose.ts";`, "core/compose.ts": "" },
      { "gateway/x.ts": `import { a } from "../core/compose.ts";`, "core/compose.ts": "" },
      { "codecs/x/test/a.test.ts": `import fc from "fast-check";\nimport test from "node:test";` },
    ],
  },
  {
    rule: "a codec has one user",
    check: checkCodecUsers,
    bad: [
      {
        "adapters/a/x.ts": `import { f } from "c";`,
        "adapters/b/x.ts": `import { f } from "c";`,
        "codecs/c/src/index.ts": "",
      },
    ],
    good: [
      {
        "adapters/a/x.ts": `import { f } from "c";`,
        "adapters/b/test/x.ts": `import { f } from "c";`,
        "codecs/c/src/index.ts": "",
      },
    ],
  },
  {
    rule: "packages stand in package.json",
    check: checkPackages,
    bad: [
      { "net/a.ts": `import x from "left-pad";`, "package.json": `{"devDependencies": {"left-pad": "1"}}` },
      { "test/a.test.ts": `import x from "left-pad";`, "package.json": `{}` },
    ],
    good: [
      { "net/a.ts": `import x from "@a/b/c";`, "package.json": `{"dependencies": {"@a/b": "1"}}` },
      { "test/a.test.ts": `import x from "left-pad";`, "package.json": `{"devDependencies": {"left-pad": "1"}}` },
    ],
  },
  {
    rule: "no import cycle",
    check: checkCycles,
    bad: [
      { "core/a.ts": `import type { B } from "./b.ts";`, "core/b.ts": `import type { A } from "./a.ts";` },
      {
        "net/a.ts": `import "./b.ts";`,
        "net/b.ts": `export { c } from "./c.ts";`,
        "net/c.ts": `const a = import("./a.ts");`,
      },
      { "net/a.ts": `import "c";`, "codecs/c/src/index.ts": `import "../../../net/a.ts";` },
    ],
    good: [{ "core/a.ts": `import "./b.ts"; import "./c.ts";`, "core/b.ts": `import "./c.ts";`, "core/c.ts": "" }],
  },
  {
    rule: "no file of code is longer than 400 lines",
    check: checkLength,
    bad: [{ "core/a.ts": LONG }, { "core/a.ts": `// vegetable\n${LONG}` }],
    good: [{ "core/a.ts": `// A table of codes\n${LONG}` }, { "core/a.ts": LONG.slice(13) }],
  },
  {
    rule: "the head of a file says why it exists",
    check: checkHeads,
    bad: [{ "core/a.ts": `import "./b.ts";\n// late` }],
    good: [{ "core/a.ts": "// Why.\n" }, { "core/test/a.test.ts": "test();" }, { "scripts/a.mjs": "#!x\n// Why." }],
  },
  {
    rule: "no folder or file has a name that says nothing",
    check: (_, tree) => checkNames(tree),
    bad: [
      { "core/utils/a.ts": "" },
      { "net/common/deep/a.ts": "" },
      { "net/helper.ts": "" },
      { "gateway/shared.test.ts": "" },
      { "gateway/misc.md": "" },
    ],
    good: [{ "core/shared-subscriptions.ts": "" }],
  },
  {
    rule: "the core names no protocol",
    check: checkProtocolWords,
    bad: [
      { "core/a.ts": "const isMqtt = true;" },
      { "core/a.ts": `if (origin.protocol === "http") x();` },
      { "core/a.ts": "const t = `over ${x} coap`;" },
      { "core/a.ts": "class JT808Thing {}" },
      { "core/a.ts": "const snTopic = 1;" },
      { "core/a.ts": "this.#tcpPort = 1;" },
      { "core/contract.ts": `const MQTT_CONNECT = 1;` },
    ],
    good: [
      { "core/a.ts": "// as MQTT has it\n/* http */ const snapshot = rows.assets; const s = `session ${x}`;" },
      { "core/contract.ts": `readonly transports: readonly ("tcp" | "tls")[];` },
      { "core/test/a.test.ts": `const protocol = "mqtt";` },
      { "net/a.ts": "const tcp = 1;" },
    ],
  },
  {
    rule: "nothing mutable at module level",
    check: checkModuleState,
    bad: [
      { "core/a.ts": "let count = 0;" },
      { "core/a.ts": "export let count = 0;" },
      { "core/a.ts": "var count = 0;" },
      { "core/a.ts": "const seen = new Map<string, number>();" },
      { "core/a.ts": "export const seen: Set<string> = new Set();" },
      { "core/a.ts": "const peers = new WeakMap();" },
      { "core/a.ts": "const list = [];" },
      { "core/a.ts": "const cache: Record<string, number> = {};" },
      { "core/a.ts": "const state = { count: 0 }; function f() { state.count = 1; }" },
      { "core/a.ts": "const state = { count: 0 }; function f(k) { state[k] = 1; }" },
      { "core/a.ts": "const state = { count: 0 }; function f(k) { delete state.count; }" },
      { "core/a.ts": "const list: string[] = [`a${1}b`]; const f = () => list.push('b');" },
      { "core/a.ts": "class A { static count = 0; }" },
      { "core/a.ts": "class A { private static count: number; }" },
      { "core/a.ts": "class A { static readonly all = new Map(); }" },
    ],
    good: [
      { "core/a.ts": "function f() { let x = 0; const m = new Map(); return x; }" },
      { "core/a.ts": "for (const a of b) { let x = a; }" },
      { "core/a.ts": "const names: readonly string[] = ['a'];" },
      { "core/a.ts": "const names: ReadonlyMap<string, number> = new Map([['a', 1]]);" },
      { "core/a.ts": "export const Verdict = { Pending: 0 } as const;" },
      {
        "core/a.ts":
          "const strict = { extra: false }; function f() { return { ...strict, x: strict.extra === x.strict }; }",
      },
      { "core/a.ts": "const frozen = Object.freeze([1]);" },
      { "core/a.ts": "const text = `let ${[1].map((x) => { return x; })} let`; const n = a / b / c;" },
      { "core/a.ts": "class A { static of(): A { let x; return x; } static readonly NONE = new A(); }" },
      { "core/test/a.test.ts": "let count = 0;" },
    ],
  },
  {
    rule: "an adapter's folder has the files of all adapters",
    check: (_, tree) => checkAdapterFolders(tree),
    bad: [{ "adapters/a/index.ts": "" }],
    good: [
      Object.fromEntries(
        [
          "README.md",
          "index.ts",
          "config.ts",
          "mapping.ts",
          "connection.ts",
          "listener.ts",
          "test/contract.test.ts",
        ].map((file) => [`adapters/a/${file}`, ""]),
      ),
    ],
  },
  {
    rule: "the template adapter has less than 150 lines of code",
    check: checkTemplateSize,
    bad: [{ "adapters/line/a.ts": "x();\n".repeat(100), "adapters/line/b.ts": "x();\n".repeat(50) }],
    good: [
      { "adapters/line/a.ts": "x();\n\n// why\n".repeat(149), "adapters/line/test/a.test.ts": "x();\n".repeat(100) },
    ],
  },
  {
    rule: "index.ts of an adapter is its module and nothing else",
    check: checkAdapterIndex,
    bad: [
      { "adapters/a/index.ts": "export const a = 1;\nexport const b = 2;" },
      { "adapters/a/index.ts": `export * from "./config.ts";` },
      { "adapters/a/index.ts": "export const a = 1;\nfunction b() {}" },
    ],
    good: [{ "adapters/a/index.ts": `import { x } from "./x.ts";\nexport const a: M = { create: () => x() };` }],
  },
  {
    rule: "a codec is a package with a README, tests and fixtures",
    check: (_, tree) => checkCodecFolders(tree),
    bad: [{ "codecs/a/src/index.ts": "", "codecs/a/README.md": "", "codecs/a/package.json": "" }],
    good: [
      {
        "codecs/README.md": "",
        "codecs/a/src/index.ts": "",
        "codecs/a/README.md": "",
        "codecs/a/package.json": "",
        "codecs/a/test/a.test.ts": "",
        "codecs/a/fixtures/a.hex": "",
      },
    ],
  },
];

suite("architecture", () => {
  const tree = readTree(join(import.meta.dirname, ".."));
  const sources = sourcesOf(tree);

  test("the whole project was read", () => {
    assert.ok(sources.length > 10, `only ${sources.length} files`);
    for (const path of ["core/contract.ts", "net/stream.ts", "test/architecture.test.ts", "package.json"]) {
      assert.ok(tree.has(path), path);
    }
  });

  for (const { rule, check, bad, good } of RULES) {
    test(rule, () => assert.deepEqual(check(sources, tree), []));
    test(`${rule}: a planted violation is seen`, () => {
      for (const planted of bad) assert.notDeepEqual(run(check, planted), [], JSON.stringify(planted));
      for (const planted of good) assert.deepEqual(run(check, planted), [], JSON.stringify(planted));
    });
  }
});

function run(check: Rule, planted: Record<string, string>): string[] {
  const tree = new Map(Object.entries(planted));
  return check(sourcesOf(tree), tree);
}

test("the tokeniser tells code from comments, strings, templates and regular expressions", () => {
  const source = [
    "import type { A } from './a.ts'; // import './b.ts'",
    "/* import './c.ts' */ export { B, type C as D } from \"./d.ts\";",
    "const late = import('./e.ts'), text = `import './f.ts' ${import('./g.ts')} from './h.ts'`;",
    "const r = /from '[/]i.ts'/.test(x) ? a / b : 'from';",
    "import './j.ts';",
  ].join("\n");
  const found = importsOf(tokenize(source));
  assert.deepEqual(
    found.map(({ specifier, line }) => [specifier, line]),
    [
      ["./a.ts", 1],
      ["./d.ts", 2],
      ["./e.ts", 3],
      ["./g.ts", 3],
      ["./j.ts", 5],
    ],
  );
  assert.deepEqual([...new Set(tokenize("a({[`${b}`]})").map(({ depth }) => depth))], [0, 1, 2, 3, 4]);
});
