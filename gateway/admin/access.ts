// Who may use the admin listener. With a token in the configuration: who shows it. Without one the listener is bound to
// loopback (the configuration check sees to that), and only requests that name this machine are answered, so that a web
// page in an operator's browser cannot reach it under a name of its own that resolves to 127.0.0.1.

import { createHash, timingSafeEqual } from "node:crypto";

import type { FastifyRequest } from "fastify";

import { isLoopbackHost } from "../../net/web-origin.ts";
import type { AdminSettings } from "../config/schema.ts";

/** Probes must work without a secret; what they tell is one bit. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/livez", "/readyz", "/healthz"]);

export class AdminError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly text: string;
  constructor(statusCode: number, code: string, text: string) {
    super(text);
    this.statusCode = statusCode;
    this.code = code;
    this.text = text;
  }

  /** Of anything that a route may throw. What is not meant for the client's eyes becomes "internal". */
  static from(error: unknown): AdminError {
    if (error instanceof AdminError) return error;
    const statusCode = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
    if (statusCode < 400 || statusCode > 499) return new AdminError(500, "internal", "internal error");
    return new AdminError(statusCode, "bad_request", (error as Error).message);
  }
}

export const errorSchema = {
  $id: "Error",
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" } },
    },
  },
};

export function guardOf(settings: AdminSettings): (request: FastifyRequest) => Promise<void> {
  const expected = settings.token === undefined ? null : digest(`Bearer ${settings.token}`);
  return async (request) => {
    if (expected === null) {
      if (!isLoopbackHost(request.headers.host ?? "")) {
        throw new AdminError(403, "forbidden", "without admin.token, only requests to a loopback address are answered");
      }
      return;
    }
    if (OPEN_PATHS.has(request.routeOptions.url ?? "")) return;
    if (!timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) {
      throw new AdminError(401, "unauthorized", "expected the admin token: Authorization: Bearer …");
    }
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
