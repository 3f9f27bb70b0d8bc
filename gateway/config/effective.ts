// `check-config --print`: the configuration in force, each value with where it comes from, secrets masked.

import { stringify } from "yaml";

import { formatPlace } from "./problem.ts";
import type { Path } from "./problem.ts";
import type { Loaded } from "./load.ts";

const SECRET = /password|token|secret/i;
const MASK = "********";

export function printEffective(loaded: Loaded): string {
  const lines: string[] = [];
  print(loaded.settings, [], loaded, lines);
  return `${lines.join("\n")}\n`;
}

function print(value: unknown, path: Path, loaded: Loaded, lines: string[]): void {
  if (typeof value === "object" && value !== null) {
    const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
    let isEmpty = true;
    for (const [key, inner] of entries) {
      isEmpty = false;
      const indent = "  ".repeat(path.length);
      const label = typeof key === "number" ? "-" : `${key}:`;
      const isLeaf = typeof inner !== "object" || inner === null || Object.keys(inner).length === 0;
      if (isLeaf) lines.push(`${indent}${label} ${leaf(inner, [...path, key])}${origin([...path, key], loaded)}`);
      else {
        lines.push(`${indent}${label}`);
        print(inner, [...path, key], loaded, lines);
      }
    }
    if (isEmpty && path.length === 0) lines.push("{}");
  }
}

function leaf(value: unknown, path: Path): string {
  if (path.some((step) => SECRET.test(String(step))) && typeof value === "string") return MASK;
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}

function origin(path: Path, loaded: Loaded): string {
  const place = loaded.tree.writtenAt(path);
  return place === null ? "  # default" : `  # ${formatPlace(place)}`;
}
