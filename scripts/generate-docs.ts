// `npm run docs`: writes the pages that are made from the code. A test compares them with what is there.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { adapterModules } from "../gateway/adapters.ts";
import { generatedDocs } from "../gateway/config/generated-docs.ts";
import { errorsPage } from "./errors-page/page.ts";

const docs = join(import.meta.dirname, "..", "docs");
mkdirSync(docs, { recursive: true });
for (const [name, text] of generatedDocs(adapterModules)) writeFileSync(join(docs, name), text);
writeFileSync(join(docs, "errors.md"), await errorsPage());
