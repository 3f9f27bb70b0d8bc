// JSON in a payload: what messages that an adapter wrote itself say of themselves, and what comes out of one that
// somebody else wrote.

import type { MessageProperties } from "./message.ts";

/** Of a message whose payload is JSON. */
export const jsonProperties: MessageProperties = Object.freeze({
  contentType: "application/json",
  payloadIsText: true,
  responseTopic: null,
  correlationData: null,
  user: Object.freeze([]),
});

const text = new TextDecoder("utf-8", { fatal: true });

/** What somebody wrote as a JSON object; null: it is none. */
export function parseJsonObject(payload: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const json: unknown = JSON.parse(text.decode(payload));
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : null;
  } catch {
    // Text that is no UTF-8 or no JSON: somebody's mistake, not our bug.
    return null;
  }
}
