// The project as a map from path to text, so that every rule is a pure function that a test can feed a small tree of
// its own; and what a path says about a file: which layer it belongs to, whether it is a test.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importsOf, tokenize, type Import, type Token } from "./tokens.ts";

/** From path (relative, with slashes) to text; files that are not code have their text left empty. */
export type Tree = ReadonlyMap<string, string>;

const TOP = ["adapters", "backends", "bench", "bridges", "codecs", "conformance", "core", "examples", "gateway", "net"];
const ROOTS: readonly string[] = [...TOP, "scripts", "test"];
const SKIPPED = /^(?:node_modules|dist|\..*)$/;
const CODE = /\.(?:ts|mts|js|mjs)$/;

export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (SKIPPED.test(entry.name)) continue;
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) tree.set(path, isCode(path) ? readFileSync(join(root, path), "utf8") : "");
    }
  };
  const present = new Set(readdirSync(root));
  for (const folder of ROOTS) if (present.has(folder)) walk(folder);
  tree.set("package.json", readFileSync(join(root, "package.json"), "utf8"));
  return tree;
}

export function isCode(path: string): boolean {
  return CODE.test(path) && !path.includes("/fixtures/");
}

/** Tests, and what only tests use. */
export function isTest(path: string): boolean {
  return path.startsWith("test/") || path.includes("/test/");
}

/** "core", "net", "gateway", …, and with its second part "adapters/mqtt", "codecs/jt808-parser". */
export function layerOf(path: string): string {
  const parts = path.split("/");
  const nested = parts[0] === "adapters" || parts[0] === "codecs" || parts[0] === "backends" || parts[0] === "bridges";
  return nested && parts.length > 2 ? `${parts[0]}/${parts[1]}` : parts[0]!;
}

export interface SourceFile {
  readonly path: string;
  readonly layer: string;
  readonly test: boolean;
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly imports: readonly Target[];
}

/** One import, resolved: a path of the tree, or the name of a package. */
export interface Target extends Import {
  /** Path inside the tree, or null for a package (`node:` included). */
  readonly path: string | null;
  /** Package name, or null. For a codec of ours both are set. */
  readonly name: string | null;
}

export function sourcesOf(tree: Tree): SourceFile[] {
  const sources: SourceFile[] = [];
  for (const [path, text] of tree) {
    if (!isCode(path)) continue;
    const tokens = tokenize(text);
    const imports = importsOf(tokens).map((found) => resolve(tree, path, found));
    sources.push({ path, layer: layerOf(path), test: isTest(path), text, tokens, imports });
  }
  return sources;
}

function resolve(tree: Tree, from: string, found: Import): Target {
  if (found.specifier.startsWith(".")) {
    return { ...found, path: join(from, "..", found.specifier), name: null };
  }
  const name = found.specifier.startsWith("node:") ? found.specifier : packageName(found.specifier);
  const codec = `codecs/${name}/src/index.ts`;
  return { ...found, path: tree.has(codec) ? codec : null, name };
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
