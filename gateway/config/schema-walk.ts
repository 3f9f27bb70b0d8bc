// Walks a JSON Schema by keys, through its alternatives, and says in words what it wants.

/** As much of JSON Schema as our schemas use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  /** What the value is called after "expected", where its type says too little. */
  readonly title?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly writeOnly?: boolean;
  readonly additionalProperties?: boolean | JsonSchema;
}

/** The schema itself, or its alternatives. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(alternatives);
}

export function keysOf(schema: JsonSchema): string[] {
  return alternatives(schema).flatMap((branch) => Object.keys(branch.properties ?? {}));
}

export function childSchema(schema: JsonSchema, key: string): JsonSchema | null {
  for (const branch of alternatives(schema)) {
    if (branch.properties !== undefined && Object.hasOwn(branch.properties, key)) return branch.properties[key]!;
  }
  return null;
}

export function itemSchema(schema: JsonSchema): JsonSchema | null {
  return alternatives(schema).find((branch) => branch.items !== undefined)?.items ?? null;
}

/** What the schema wants, to be read after "expected". */
export function describeSchema(schema: JsonSchema): string {
  const branches = alternatives(schema);
  if (branches.length === 1) return describeBranch(branches[0]!);
  const constants = branches.flatMap(constantsOf).map(String);
  const others = branches.filter((branch) => constantsOf(branch).length === 0).map(describeBranch);
  const parts = constants.length > 1 ? [`one of ${constants.join(", ")}`] : constants;
  return [...parts, ...new Set(others)].join(", or ");
}

function describeBranch(schema: JsonSchema): string {
  const constants = constantsOf(schema).map(String);
  if (constants.length === 1) return constants[0]!;
  if (constants.length > 1) return `one of ${constants.join(", ")}`;
  if (schema.title !== undefined) return schema.title;
  switch (schema.type) {
    case "integer":
    case "number":
      return `${schema.type === "integer" ? "an integer" : "a number"}${describeRange(schema)}`;
    case "string":
      if (schema.pattern !== undefined) return `text that matches ${schema.pattern}`;
      if ((schema.minLength ?? 0) > 1) return `text of at least ${schema.minLength} characters`;
      return schema.minLength === undefined ? "text" : "text that is not empty";
    case "boolean":
      return "true or false";
    case "array":
      return schema.minItems === undefined ? "a list" : `a list of at least ${schema.minItems}`;
    case "object":
      return "keys with values";
    default:
      return "another value";
  }
}

function constantsOf(schema: JsonSchema): readonly unknown[] {
  return schema.const !== undefined ? [schema.const] : (schema.enum ?? []);
}

function describeRange(schema: JsonSchema): string {
  if (schema.exclusiveMinimum !== undefined) return ` above ${schema.exclusiveMinimum}`;
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}
