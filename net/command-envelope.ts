// What the JSON of a command says in the same way for every protocol: the mark that comes back with the answer, how long
// it lives, and bytes as base64.

import { COMMAND_TTL_MAX_MS } from "./command-config.ts";

const REFERENCE_MAX = 256;

export interface CommandEnvelope {
  /** null: there is none (that could be used). */
  readonly reference: string | null;
  /** null: as configured. */
  readonly ttlMs: number | null;
  /** The key that is not of its form, or null. */
  readonly fault: "reference" | "ttl" | null;
}

/** `reference`: text, up to 256 characters. `ttl`: seconds. */
export function envelopeOf(json: Readonly<Record<string, unknown>>): CommandEnvelope {
  const { reference: written, ttl } = json;
  const reference = typeof written === "string" && written.length <= REFERENCE_MAX ? written : null;
  if (written !== undefined && reference === null) return { reference, ttlMs: null, fault: "reference" };
  if (ttl === undefined) return { reference, ttlMs: null, fault: null };
  const isTtl = typeof ttl === "number" && ttl > 0 && ttl * 1000 <= COMMAND_TTL_MAX_MS;
  return isTtl ? { reference, ttlMs: ttl * 1000, fault: null } : { reference, ttlMs: null, fault: "ttl" };
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** null: not base64. Node's own reader leaves out what it does not know. */
export function parseBase64(text: string): Uint8Array | null {
  return BASE64.test(text) ? Buffer.from(text, "base64") : null;
}
