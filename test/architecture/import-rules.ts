// The direction of imports: who may import whom, as one table, and the two rules that a table does not say: no cycle,
// and every package that is imported is one that package.json names.

import type { SourceFile, Target, Tree } from "./tree.ts";
import { isTest, layerOf } from "./tree.ts";

/** What a layer may import besides itself. */
interface Allowance {
  /** Paths of ours: a file, or a folder that ends with "/". */
  readonly ours: readonly string[];
  readonly codecs: "none" | "own" | readonly string[];
  readonly node: boolean;
  readonly packages: boolean;
}

const CODEC: Allowance = { ours: [], codecs: "none", node: false, packages: false };
const CORE: Allowance = { ours: [], codecs: "none", node: false, packages: false };
const NET: Allowance = { ours: ["core/index.ts"], codecs: ["haproxy-protocol"], node: true, packages: true };
const ADAPTER: Allowance = { ours: ["core/index.ts", "net/"], codecs: "own", node: true, packages: true };
const BACKEND: Allowance = { ours: ["core/index.ts", "core/ports.ts"], codecs: "none", node: true, packages: true };
/** Serves tests alone, which may compose a core. */
const CONFORMANCE: Allowance = {
  ours: ["core/index.ts", "core/compose.ts", "net/"],
  codecs: "none",
  node: true,
  packages: true,
};
const ALL_OF_OURS = ["core/", "net/", "adapters/", "backends/", "bridges/", "conformance/"];
const GATEWAY: Allowance = { ours: ALL_OF_OURS.slice(0, 5), codecs: "own", node: true, packages: true };
/** Nobody imports these, so they may import everybody. */
const TOP: Allowance = { ours: [...ALL_OF_OURS, "gateway/", "test/"], codecs: "own", node: true, packages: true };
/** The folder test/ looks at what the scripts write, too. */
const TESTS_ACROSS: Allowance = { ...TOP, ours: [...TOP.ours, "scripts/"] };

function allowanceOf(file: SourceFile): Allowance {
  const top = file.layer.split("/")[0];
  if (top === "test") return TESTS_ACROSS;
  if (file.test && top !== "codecs") return TOP;
  switch (top) {
    case "codecs":
      return file.test ? { ...CODEC, node: true, packages: true } : CODEC;
    case "core":
      return CORE;
    case "net":
      return NET;
    case "adapters":
      return ADAPTER;
    case "backends":
    case "bridges":
      return BACKEND;
    case "conformance":
      return CONFORMANCE;
    case "gateway":
      return GATEWAY;
    default:
      return TOP;
  }
}

/** The import table. Tests may import whom they test with, but nobody may import a test. */
export function checkDirection(files: readonly SourceFile[], tree: Tree): string[] {
  const faults: string[] = [];
  for (const file of files) {
    const allowed = allowanceOf(file);
    for (const target of file.imports) {
      const fault = faultOf(file, target, allowed, tree);
      if (fault !== null) faults.push(`${file.path}:${target.line}: imports ${target.specifier}: ${fault}`);
    }
  }
  return faults;
}

function faultOf(file: SourceFile, target: Target, allowed: Allowance, tree: Tree): string | null {
  if (target.path === null) return packageFault(target.name!, allowed);
  if (!tree.has(target.path)) return "there is no such file";
  if (target.name === null && isTest(target.path) && !file.test && file.layer !== "bench") return "it is a test";
  const layer = layerOf(target.path);
  if (layer === file.layer) return null;
  if (layer.startsWith("codecs/")) return codecFault(target, allowed);
  if (file.layer.startsWith("adapters/") && layer.startsWith("adapters/")) return "an adapter never imports another";
  if (allowed.ours.some((path) => (path.endsWith("/") ? target.path!.startsWith(path) : target.path === path))) {
    return null;
  }
  return `${file.layer} may import ${allowed.ours.join(", ") || "nothing but itself"}`;
}

function codecFault(target: Target, allowed: Allowance): string | null {
  if (target.name === null) return "a codec is imported by its package name";
  if (allowed.codecs === "none") return "no codec here";
  return allowed.codecs === "own" || allowed.codecs.includes(target.name) ? null : "not a codec of this layer";
}

function packageFault(name: string, allowed: Allowance): string | null {
  if (name.startsWith("node:")) return allowed.node ? null : "nothing of Node here";
  return allowed.packages ? null : "no package here";
}

/** A codec has one user: `net` for the proxy header, one adapter for each of the others. Tests, bench and gateway aside. */
export function checkCodecUsers(files: readonly SourceFile[]): string[] {
  const users = new Map<string, Set<string>>();
  for (const file of files) {
    if (file.test || !/^(?:net|adapters\/)/.test(file.layer)) continue;
    for (const target of file.imports) {
      if (target.path === null || target.name === null) continue;
      const known = users.get(target.name) ?? new Set();
      users.set(target.name, known.add(file.layer));
    }
  }
  return [...users]
    .filter(([, layers]) => layers.size > 1)
    .map(([codec, layers]) => `codecs/${codec}: is imported by ${[...layers].join(" and ")}: a codec has one user`);
}

/** Packages must stand in package.json: `dependencies` for what runs, `devDependencies` too for tests and benches. */
export function checkPackages(files: readonly SourceFile[], tree: Tree): string[] {
  const manifest: unknown = JSON.parse(tree.get("package.json") ?? "{}");
  const runtime = namesIn(manifest, "dependencies");
  const development = namesIn(manifest, "devDependencies");
  const faults: string[] = [];
  for (const file of files) {
    const tooling = file.test || /^(?:bench|conformance|scripts)$/.test(file.layer);
    for (const { name, path, line } of file.imports) {
      if (name === null || path !== null || name.startsWith("node:")) continue;
      if (runtime.has(name) || (tooling && development.has(name))) continue;
      faults.push(`${file.path}:${line}: package ${name} is not in ${tooling ? "package.json" : "dependencies"}`);
    }
  }
  return faults;
}

function namesIn(manifest: unknown, key: string): Set<string> {
  if (typeof manifest !== "object" || manifest === null) return new Set();
  const section: unknown = Reflect.get(manifest, key);
  return new Set(typeof section === "object" && section !== null ? Object.keys(section) : []);
}

/** Import cycles, type-only imports included; each as "a → b → a". */
export function checkCycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const open: string[] = [];
  const faults: string[] = [];
  const visit = (path: string): void => {
    if (done.has(path)) return;
    const start = open.indexOf(path);
    if (start !== -1) {
      faults.push(`cycle: ${[...open.slice(start), path].join(" → ")}`);
      return;
    }
    open.push(path);
    for (const target of byPath.get(path)?.imports ?? []) if (target.path !== null) visit(target.path);
    open.pop();
    done.add(path);
  };
  for (const file of files) visit(file.path);
  return faults;
}
