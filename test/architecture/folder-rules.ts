// Rules about folders: what every adapter and every codec package has, so that who knows one knows them all.

import type { SourceFile, Tree } from "./tree.ts";

const ADAPTER_FILES = [
  "README.md",
  "index.ts",
  "config.ts",
  "mapping.ts",
  "connection.ts",
  "listener.ts",
  "test/contract.test.ts",
];
/** What an adapter does without, and why. */
const SPARED: ReadonlyMap<string, string> = new Map([
  ["adapters/line/listener.ts", "its listeners are net's StreamAdapter as it is: index.ts makes one"],
]);
/** The template is to be read at a glance. */
const TEMPLATE = "adapters/line/";
const TEMPLATE_CODE_LINES_MAX = 149;
const CODEC_FILES = ["README.md", "package.json", "src/index.ts"];

/** The files of an adapter. */
export function checkAdapterFolders(tree: Tree): string[] {
  const faults: string[] = [];
  for (const adapter of foldersIn(tree, "adapters/")) {
    for (const file of ADAPTER_FILES) {
      const path = `adapters/${adapter}/${file}`;
      if (!tree.has(path) && !SPARED.has(path)) faults.push(`adapters/${adapter}: has no ${file}`);
    }
  }
  return faults;
}

/** The template adapter stays under 150 lines of code in all (comments, blank lines and tests aside). */
export function checkTemplateSize(files: readonly SourceFile[]): string[] {
  const lines = files
    .filter(({ path, test }) => path.startsWith(TEMPLATE) && !test)
    .flatMap(({ text }) => text.split("\n"))
    .filter((text) => !/^\s*(?:\/\/|\/\*|\*|$)/.test(text)).length;
  return lines > TEMPLATE_CODE_LINES_MAX ? [`${TEMPLATE}: ${lines} lines of code`] : [];
}

/** `index.ts` of an adapter is the AdapterModule constant and nothing else. */
export function checkAdapterIndex(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => /^adapters\/[^/]+\/index\.ts$/.test(file.path))
    .filter((file) => {
      const names = file.tokens.filter((token) => token.depth === 0 && token.kind === "name").map(({ text }) => text);
      const exported = names.filter((text) => text === "export").length;
      return exported !== 1 || names[names.indexOf("export") + 1] !== "const" || names.includes("function");
    })
    .map((file) => `${file.path}: exports something else than the one module constant`);
}

/** The files of a codec package. */
export function checkCodecFolders(tree: Tree): string[] {
  const faults: string[] = [];
  for (const codec of foldersIn(tree, "codecs/")) {
    const base = `codecs/${codec}/`;
    for (const file of CODEC_FILES) if (!tree.has(base + file)) faults.push(`codecs/${codec}: has no ${file}`);
    const paths = [...tree.keys()];
    if (!paths.some((path) => path.startsWith(`${base}fixtures/`))) faults.push(`codecs/${codec}: has no fixtures`);
    if (!paths.some((path) => path.startsWith(`${base}test/`) && path.endsWith(".test.ts"))) {
      faults.push(`codecs/${codec}: has no tests`);
    }
  }
  return faults;
}

function foldersIn(tree: Tree, prefix: string): Set<string> {
  const found = new Set<string>();
  for (const path of tree.keys()) {
    const [name, ...rest] = path.startsWith(prefix) ? path.slice(prefix.length).split("/") : [];
    if (name !== undefined && rest.length > 0) found.add(name);
  }
  return found;
}
