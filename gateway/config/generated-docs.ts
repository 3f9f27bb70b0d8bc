// Which files under docs/ are made from the code, and what is in them.

import { referencePage } from "./reference.ts";
import { configSchema } from "./schema.ts";
import type { JsonSchema } from "./schema-walk.ts";
import type { Module } from "./schema.ts";

/** File name and content. */
export function generatedDocs(modules: readonly Module[]): Map<string, string> {
  const schema = configSchema(modules);
  const written = { $schema: "http://json-schema.org/draft-07/schema#", title: "Tributary configuration", ...schema };
  return new Map([
    ["config.schema.json", `${JSON.stringify(written, leaveOutDefaults, 2)}\n`],
    ["configuration.md", referencePage(schema)],
  ]);
}

/** What has a default is there once the gateway has read it, but nobody needs to write it. */
function leaveOutDefaults(this: JsonSchema, key: string, value: unknown): unknown {
  if (key !== "required" || !Array.isArray(value)) return value;
  const written = value.filter((name) => this.properties?.[String(name)]?.default === undefined);
  return written.length === 0 ? undefined : written;
}
