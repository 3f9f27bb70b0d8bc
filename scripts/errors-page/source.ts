// What the code says of its own codes: the comment above each member of a table of constants, and the texts that stand
// in `new SomeFault(status, code, text)`. Read from the source, because comments are not there at run time.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PROJECT = join(import.meta.dirname, "..", "..");

/** Files of code that are no tests, by a pattern from the top of the project. */
export function sourceFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: PROJECT })
    .filter((path) => !path.split("/").includes("test"))
    .toSorted();
}

export function sourceOf(path: string): string {
  return readFileSync(join(PROJECT, path), "utf8");
}

/** To import it by. */
export function sourceUrl(path: string): string {
  return pathToFileURL(join(PROJECT, path)).href;
}

export interface DocumentedTable {
  /** The comment above the table, "" where there is none. */
  readonly about: string;
  /** Name of each member and the comment above it. */
  readonly members: ReadonlyMap<string, string>;
}

/** The table `name` of constants in a file. */
export function documentedTable(path: string, name: string): DocumentedTable {
  const table = new RegExp(`(${COMMENT})?export const ${name}\\b[^{]*\\{\\n([^]*?)\\n\\}`).exec(sourceOf(path));
  if (table === null) throw new Error(`${path} has no table ${name}`);
  const [, about = "", body = ""] = table;
  const members = new Map<string, string>();
  for (const [, comment = "", member = ""] of body.matchAll(new RegExp(`(${COMMENT})?(?<=^|\\s)(\\w+): `, "g"))) {
    members.set(member, proseOf(comment));
  }
  return { about: proseOf(about), members };
}

/** A comment of documentation and the white space behind it. */
const COMMENT = "/\\*\\*(?:(?!\\*/)[^])*\\*/\\s*";

function proseOf(comment: string): string {
  return comment
    .trim()
    .replace(/^\/\*\*|\*\/$/g, "")
    .replaceAll(/\n\s*\* ?/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

export interface StatedFault {
  /** The digits; "4xx" where the status is the request's own; "" where the class has none. */
  readonly status: string;
  readonly code: string;
  readonly text: string;
}

/**
 * Every `new Name(status, "code", text)` and `new Name("code", text)` in the files, in their order. What stands in `${ }`
 * becomes "…"; a text that is no literal becomes "".
 */
export function statedFaults(pattern: string, className: string): StatedFault[] {
  const call = new RegExp(
    `new ${className}\\(\\s*(?:(\\w+),\\s*)?"(\\w+)",\\s*("(?:[^"\\\\]|\\\\.)*"|\`(?:[^\`\\\\]|\\\\.)*\`)?`,
    "g",
  );
  const found: StatedFault[] = [];
  for (const path of sourceFiles(pattern)) {
    for (const [, status = "", code = "", text = '""'] of sourceOf(path).matchAll(call)) {
      found.push({
        status: status === "" || /^\d/.test(status) ? status : "4xx",
        code,
        text: text
          .slice(1, -1)
          .replaceAll(/\$\{[^}]*\}/g, "…")
          .replaceAll("\\`", "`"),
      });
    }
  }
  return found;
}

/** The literals that some counter is given as its key: `count(meter.map, "key")`. */
export function countedKeys(pattern: string, map: string): string[] {
  const call = new RegExp(`count\\([\\w.#]*\\.${map}, "(\\w+)"`, "g");
  return sourceFiles(pattern).flatMap((path) => [...sourceOf(path).matchAll(call)].map(([, key]) => key!));
}
