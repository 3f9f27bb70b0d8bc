// From the text of a YAML file to a ConfigTree: every value keeps its line and column, and `${VAR:default}` is replaced.

import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node } from "yaml";

import { substitute } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { formatPath } from "./problem.ts";
import type { ConfigProblem, Path, Place } from "./problem.ts";
import { ConfigTree } from "./tree.ts";
import type { Mapping } from "./tree.ts";

/** Aliases may multiply what a small file says. */
const VALUES_MAX = 200_000;

export interface ReadDocument {
  readonly tree: ConfigTree;
  readonly problems: ConfigProblem[];
}

export function readDocument(text: string, file: string, environment: Environment): ReadDocument {
  return new DocumentReader(text, file, environment).read();
}

class DocumentReader {
  readonly #lines = new LineCounter();
  readonly #document: Document;
  readonly #file: string;
  readonly #environment: Environment;
  readonly #tree: ConfigTree;
  readonly #problems: ConfigProblem[] = [];
  /** Aliases that are being followed: one that leads to itself has no end. */
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(text: string, file: string, environment: Environment) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.#file = file;
    this.#environment = environment;
    this.#tree = new ConfigTree({ file, line: 1, column: 1 });
  }

  read(): ReadDocument {
    // What the parser says after its first error is mostly about what the first one hid.
    const error = this.#document.errors[0];
    if (error !== undefined) {
      this.#problems.push({ place: this.#at(error.pos[0]), text: `${error.message}, expected valid YAML` });
    }
    const contents = this.#document.contents;
    if (this.#problems.length === 0 && contents !== null) {
      const root = this.#value(contents, [], null);
      if (typeof root === "object" && !Array.isArray(root)) this.#tree.root = (root ?? {}) as Mapping;
      else if (this.#problems.length === 0) {
        this.#problems.push({ place: this.#placeOf(contents), text: "not a configuration, expected keys with values" });
      }
    }
    return { tree: this.#tree, problems: this.#problems };
  }

  #value(node: Node | null, path: Path, key: Place | null): unknown {
    this.#values++;
    const place = node === null || node.range === undefined ? (key ?? this.#at(0)) : this.#placeOf(node);
    this.#tree.mark(path, place, key);
    if (node === null) return null;
    if (this.#values > VALUES_MAX) {
      if (this.#values === VALUES_MAX + 1) this.#problem(node, `more than ${VALUES_MAX} values, expected fewer`);
      return null;
    }
    if (isAlias(node)) return this.#alias(node.resolve(this.#document) ?? null, node, path, key);
    if (isMap(node)) return this.#mapping(node.items, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#value(item as Node | null, [...path, index], null));
    if (isScalar(node)) return typeof node.value === "string" ? this.#text(node.value, node, path) : node.value;
    return null;
  }

  #alias(target: Node | null, alias: Node, path: Path, key: Place | null): unknown {
    if (target === null || this.#open.has(target)) {
      this.#problem(alias, "an alias without end or target, expected one to an earlier value");
      return null;
    }
    this.#open.add(target);
    const value = this.#value(target, path, key);
    this.#open.delete(target);
    return value;
  }

  #mapping(items: readonly { key: unknown; value: unknown }[], path: Path): Mapping {
    const mapping: Mapping = {};
    for (const item of items) {
      const keyNode = item.key as Node;
      const key = isScalar(keyNode) ? String(keyNode.value) : null;
      if (key === null || key === "__proto__") {
        this.#problem(keyNode, `${formatPath(path)} has a key that is no name, expected a name`);
        continue;
      }
      mapping[key] = this.#value(item.value as Node | null, [...path, key], this.#placeOf(keyNode));
    }
    return mapping;
  }

  #text(text: string, node: Node, path: Path): string {
    const result = substitute(text, this.#environment);
    for (const problem of result.problems) this.#problem(node, `${formatPath(path)}: ${problem}`);
    if (result.variables.length > 0) this.#tree.markText(path, result.variables.join(", "));
    return result.text;
  }

  #problem(node: Node, text: string): void {
    this.#problems.push({ place: this.#placeOf(node), text });
  }

  #placeOf(node: Node): Place {
    return this.#at(node.range?.[0] ?? 0);
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
