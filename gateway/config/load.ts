// The way from a file and the environment to checked, frozen settings, or to everything that is wrong with them.

import { checkTree } from "./check.ts";
import { readDocument } from "./document.ts";
import { applyOverrides } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { ConfigProblem } from "./problem.ts";
import { ruleProblems } from "./rules.ts";
import { configSchema } from "./schema.ts";
import type { Module, Settings } from "./schema.ts";
import type { ConfigTree } from "./tree.ts";

export interface ConfigSource {
  /** As it is to be called in messages. */
  readonly file: string;
  readonly text: string;
}

export interface Loaded {
  readonly settings: Settings;
  /** Where each value was written. */
  readonly tree: ConfigTree;
}

/** Without a file: every protocol on its usual port of this machine alone, open to whoever is on it. */
export const embeddedDefault: ConfigSource = Object.freeze({
  file: "default",
  text: `anonymous: allow
adapters:
  mqtt: { listeners: [{ port: 1883 }] }
  websocket: { listeners: [{ port: 8083 }] }
  http: { listeners: [{ port: 8080 }] }
  jt808: { listeners: [{ port: 6808 }] }
`,
});

/** Problems in the order of their places; never both, never neither. */
export function loadConfig(
  source: ConfigSource,
  environment: Environment,
  modules: readonly Module[],
): Loaded | ConfigProblem[] {
  const { tree, problems } = readDocument(source.text, source.file, environment);
  const schema = configSchema(modules);
  problems.push(...applyOverrides(tree, schema, environment));
  if (problems.length > 0) return inOrder(problems);
  problems.push(...checkTree(tree, schema));
  if (problems.length > 0) return inOrder(problems);
  const settings = tree.root as unknown as Settings;
  problems.push(...ruleProblems(settings, tree));
  if (problems.length > 0) return inOrder(problems);
  return { settings: deepFreeze(settings), tree };
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => {
    if ("variable" in a.place || "variable" in b.place)
      return Number("variable" in a.place) - Number("variable" in b.place);
    return a.place.line - b.place.line || a.place.column - b.place.column;
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
