// Native records for the tests: shown from hand-made data units, written, and refused by name.

import assert from "node:assert/strict";
import { BodyFault } from "../src/index.ts";
import type { Gbt32960Version, NativeRecord } from "../src/index.ts";
import { bodies, bodyOf, framed, hexOf } from "./vectors.ts";

export const TIME = "1a070706370f";
export const ISO = "2026-07-07T06:55:15+08:00";

export function report(version: Gbt32960Version, units: string): NativeRecord {
  return bodyOf(framed(version, 0x02, 0xfe, TIME + units)).toNative().fields;
}

export function written(
  version: Gbt32960Version,
  name: string,
  native: unknown,
  form: "command" | "answer" = "command",
): string {
  const layout = bodies.layout(version, bodies.rowNamed(name)!.command, form)!;
  const bytes = bodies.writeNative(layout, native);
  assert.ok(!(bytes instanceof BodyFault), JSON.stringify(bytes));
  return hexOf(bytes);
}

export function refused(version: Gbt32960Version, name: string, native: unknown): string {
  const layout = bodies.layout(version, bodies.rowNamed(name)!.command, "command")!;
  const fault = bodies.writeNative(layout, native);
  assert.ok(fault instanceof BodyFault, "refused");
  return `${fault.code} ${fault.field}`;
}
