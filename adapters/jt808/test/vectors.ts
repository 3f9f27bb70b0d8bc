// Recorded frames with the JSON that the compatible profile's original gives for them.

import { readFileSync } from "node:fs";
import type { BodyVersion } from "jt808-parser";

export interface Vector {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly msg_id?: string;
  readonly hex: string;
  /** Of a set of fragments. */
  readonly frames?: readonly string[];
  readonly frame?: { readonly phone: string; readonly msg_sn: number };
  readonly expected_kind: string;
  readonly expected?: unknown;
  readonly reference?: Readonly<Record<string, unknown>>;
  readonly emqx?: {
    readonly header: Readonly<Record<string, unknown>>;
    readonly body: Readonly<Record<string, unknown>>;
  };
  readonly emqx_fails?: string;
}

export const vectors: readonly Vector[] = readFileSync(
  new URL("../../../codecs/jt808-parser/fixtures/jt808.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line): Vector => JSON.parse(line));

export function vector(id: string): Vector {
  const found = vectors.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found;
}

export function versionOf({ version }: Vector): BodyVersion {
  return version === "2011" ? 2011 : version === "2019" ? 2019 : 2013;
}
