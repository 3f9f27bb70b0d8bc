// The pages made from the code are those that the code makes; and what they publish accepts what they show.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Ajv } from "ajv";
import { parse } from "yaml";

import { adapterModules } from "../../adapters.ts";
import { generatedDocs } from "../generated-docs.ts";
import { embeddedDefault, loadConfig } from "../load.ts";

const docs = join(import.meta.dirname, "../../../docs");

for (const [name, text] of generatedDocs(adapterModules)) {
  test(`docs/${name} is up to date (npm run docs)`, () => {
    assert.equal(readFileSync(join(docs, name), "utf8"), text);
  });
}

test("the published schema accepts the example of the reference page, and the embedded default", () => {
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(join(docs, "config.schema.json"), "utf8")),
  );
  const example = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(docs, "configuration.md"), "utf8"))?.[1];
  for (const text of [example, embeddedDefault.text]) {
    assert.ok(validate(parse(text ?? "")), JSON.stringify(validate.errors));
  }
  assert.ok(!validate({ anonymus: "allow" }));
});

test("the gateway accepts its embedded default", () => {
  const loaded = loadConfig(embeddedDefault, {}, adapterModules);
  assert.ok(!Array.isArray(loaded), JSON.stringify(loaded));
});

test("every key has a meaning", () => {
  const page = readFileSync(join(docs, "configuration.md"), "utf8");
  const silent = page.split("\n").filter((line) => /^\| `.*\|\s*\|$/.test(line));
  assert.deepEqual(silent, []);
});
