// A tree against the schema: fills in defaults, and turns the validator's findings into sentences with a place.

import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";

import { nearest } from "./nearest.ts";
import { formatPath, pathOf } from "./problem.ts";
import type { ConfigProblem, Path } from "./problem.ts";
import { describeSchema, keysOf } from "./schema-walk.ts";
import type { JsonSchema } from "./schema-walk.ts";
import type { ConfigTree } from "./tree.ts";

/** Each round settles at least one value, and there are not more open ones than this in any real configuration. */
const ROUNDS_MAX = 1_000;
const SHOWN_MAX = 60;
const SECRET = /password|token|secret/i;

type Finding = ErrorObject<string, Record<string, unknown>>;

/** Changes the tree: defaults are filled in, open text gets its type. */
export function checkTree(tree: ConfigTree, schema: JsonSchema): ConfigProblem[] {
  // Not strict: defaults inside of alternatives are for readers, the adapters fill them in themselves.
  const ajv = new Ajv({ allErrors: true, verbose: true, useDefaults: true, strict: false });
  const validate = ajv.compile(schema as object);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const findings = findingsOf(validate, tree);
    const isSettled = findings.map((finding) => tree.settle(pathOf(finding.instancePath, tree.root))).includes(true);
    if (!isSettled) return explain(findings, tree);
  }
  return explain(findingsOf(validate, tree), tree);
}

function findingsOf(validate: ValidateFunction, tree: ConfigTree): Finding[] {
  return validate(tree.root) ? [] : [...((validate.errors ?? []) as Finding[])];
}

/** Of a choice between alternatives only what helps is told: the one that was meant, or all of them in one sentence. */
function explain(findings: readonly Finding[], tree: ConfigTree): ConfigProblem[] {
  const hidden = new Set<Finding>();
  for (const choice of findings.filter((finding) => finding.keyword === "anyOf")) {
    const inside = findings.filter((finding) => isInside(finding, choice));
    const telling = inside.filter((finding) => isTelling(finding, choice));
    for (const finding of telling.length > 0 ? [choice, ...inside.filter((one) => !telling.includes(one))] : inside) {
      hidden.add(finding);
    }
  }
  // Of a condition what it asks for is told, not that it was one.
  const telling = findings.filter((finding) => !hidden.has(finding) && finding.keyword !== "if");
  const problems = telling.map((finding) => toProblem(finding, tree));
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify(problem);
    return !seen.has(key) && seen.add(key);
  });
}

function isInside(finding: Finding, choice: Finding): boolean {
  const isSameValue = `${finding.instancePath}/`.startsWith(`${choice.instancePath}/`);
  return isSameValue && finding.schemaPath.startsWith(`${choice.schemaPath}/`);
}

/** True when the alternative was the one that the user meant: its kind of value is there. */
function isTelling(finding: Finding, choice: Finding): boolean {
  if (finding.instancePath !== choice.instancePath) return true;
  return !["type", "const", "enum", "anyOf"].includes(finding.keyword);
}

function toProblem(finding: Finding, tree: ConfigTree): ConfigProblem {
  const path = pathOf(finding.instancePath, tree.root);
  const schema = finding.parentSchema as JsonSchema;
  if (finding.keyword === "additionalProperties") {
    const key = String(finding.params["additionalProperty"]);
    const text = `unknown key ${formatPath([...path, key])}, expected ${nearest(key, keysOf(schema))}`;
    return { place: tree.placeOfKey([...path, key]), text };
  }
  if (finding.keyword === "required") {
    const key = String(finding.params["missingProperty"]);
    return { place: tree.placeOf(path), text: `${formatPath(path)} has no ${key}, expected one` };
  }
  const variables = tree.variablesOf(path);
  const from = variables === null || "variable" in tree.placeOf(path) ? "" : ` (from ${variables})`;
  const isOdd = ["maxItems", "maxLength", "multipleOf", "uniqueItems"].includes(finding.keyword);
  const expected = isOdd ? `what ${finding.message ?? finding.keyword}` : describeSchema(schema);
  const text = `${formatPath(path)} is ${show(tree.get(path), path)}${from}, expected ${expected}`;
  return { place: tree.placeOf(path), text };
}

function show(value: unknown, path: Path): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  if (path.some((step) => SECRET.test(String(step)))) return "not usable";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
