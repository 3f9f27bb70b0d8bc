// What the environment adds to a configuration: `${VAR:default}` inside values, and `TRIBUTARY__A__B` for single keys.

import { readFileSync } from "node:fs";

import { nearest } from "./nearest.ts";
import { formatPath } from "./problem.ts";
import type { ConfigProblem, Path } from "./problem.ts";
import { childSchema, itemSchema, keysOf } from "./schema-walk.ts";
import type { JsonSchema } from "./schema-walk.ts";
import type { ConfigTree, Mapping } from "./tree.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "TRIBUTARY__";
const FILE_SUFFIX = "_FILE";
const PLACEHOLDER = /\$?\$\{([^}]*)\}?/g;
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::([\s\S]*))?$/;

export interface Substitution {
  readonly text: string;
  readonly variables: readonly string[];
  readonly problems: readonly string[];
}

/** Replaces `${VAR}` and `${VAR:default}`; `$${` stands for a plain `${`. */
export function substitute(text: string, environment: Environment): Substitution {
  const variables: string[] = [];
  const problems: string[] = [];
  const replaced = text.replace(PLACEHOLDER, (whole: string, inner: string) => {
    if (whole.startsWith("$${")) return whole.slice(1);
    const match = whole.endsWith("}") ? NAME.exec(inner) : null;
    if (match === null) {
      problems.push(`${whole} is not a variable, expected \${NAME} or \${NAME:default} ($\${ for a plain \${)`);
      return "";
    }
    const [, name, fallback] = match;
    const value = environment[name!] ?? fallback;
    if (value === undefined)
      problems.push(`variable ${name} is not set, expected it, or a default: \${${name}:default}`);
    variables.push(name!);
    return value ?? "";
  });
  return { text: replaced, variables, problems };
}

/** Puts every `TRIBUTARY__…` variable into the tree. Names are those of the keys, without regard to case and `_`. */
export function applyOverrides(tree: ConfigTree, schema: JsonSchema, environment: Environment): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  // Sorted, so that index 0 of a list comes before index 1.
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX));
  for (const name of names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const value = environment[name];
    if (value === undefined) continue;
    const text = applyOverride(tree, schema, name, value);
    if (text !== null) problems.push({ place: { variable: name }, text });
  }
  return problems;
}

/** Null, or what is wrong with the variable. */
function applyOverride(tree: ConfigTree, schema: JsonSchema, name: string, value: string): string | null {
  const segments = name.slice(PREFIX.length).split("__");
  const direct = resolve(schema, segments);
  const last = segments.at(-1)!;
  if (typeof direct !== "string") return put(tree, direct, value, name);
  if (!last.endsWith(FILE_SUFFIX)) return direct;
  const target = resolve(schema, [...segments.slice(0, -1), last.slice(0, -FILE_SUFFIX.length)]);
  if (typeof target === "string") return direct;
  let content: string;
  try {
    content = readFileSync(value, "utf8").trimEnd();
  } catch (error) {
    return `cannot read ${value}: ${(error as Error).message}`;
  }
  return put(tree, target, content, name);
}

/** The path that the segments name, or what is wrong with them. */
function resolve(schema: JsonSchema, segments: readonly string[]): Path | string {
  const path: (string | number)[] = [];
  let current: JsonSchema = schema;
  for (const segment of segments) {
    const items = itemSchema(current);
    if (items !== null && /^\d{1,6}$/.test(segment)) {
      path.push(Number(segment));
      current = items;
      continue;
    }
    const keys = keysOf(current);
    const key = keys.find((candidate) => plain(candidate) === plain(segment));
    if (key === undefined) {
      const expected = items !== null ? "an index" : nearest(segment, keys);
      return `${formatPath(path)} has no key ${segment.toLowerCase()}, expected ${expected}`;
    }
    path.push(key);
    current = childSchema(current, key)!;
  }
  return path;
}

function put(tree: ConfigTree, path: Path, value: string, variable: string): string | null {
  for (let length = 0; length < path.length; length++) {
    const step = path[length]!;
    const holder = path.slice(0, length);
    let container = tree.get(holder);
    if (typeof container !== "object" || container === null) {
      container = typeof step === "number" ? [] : {};
      tree.set(holder, container);
      tree.mark(holder, { variable }, null);
    }
    if (typeof step !== "number") continue;
    if (!Array.isArray(container)) return `${formatPath(holder)} is not a list in the configuration, expected one`;
    if (step > container.length) {
      return `${formatPath([...holder, step])} leaves a gap, expected an index up to ${container.length}`;
    }
  }
  (tree.get(path.slice(0, -1)) as Mapping)[path.at(-1)!] = value;
  tree.mark(path, { variable }, { variable });
  tree.markText(path, variable);
  return null;
}

function plain(name: string): string {
  return name.replaceAll("_", "").replaceAll("-", "").toLowerCase();
}
