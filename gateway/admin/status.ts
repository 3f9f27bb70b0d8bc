// The whole gateway on one page.

import type { FastifyInstance } from "fastify";

import { runStateNames } from "../run-state.ts";
import type { ObservedRun } from "../run-state.ts";

const text = { type: "string" };
const number = { type: "number" };
const schema = {
  summary: "What runs here",
  tags: ["status"],
  response: {
    200: {
      type: "object",
      properties: {
        node: text,
        version: text,
        nodeVersion: text,
        state: text,
        startedAt: text,
        uptimeSeconds: number,
        residentBytes: number,
        listeners: { type: "array", items: { type: "object", additionalProperties: true } },
        adapters: { type: "array", items: { type: "object", additionalProperties: true } },
        totals: { type: "object", additionalProperties: number },
      },
    },
  },
};

export function addStatusRoute(server: FastifyInstance, run: ObservedRun): void {
  server.get("/api/v1/status", { schema }, async () => {
    const { authentications: _, ...totals } = run.core.stats();
    return {
      node: run.node,
      version: run.build.version,
      nodeVersion: run.build.node,
      state: runStateNames[run.state],
      startedAt: new Date(run.startedAt).toISOString(),
      uptimeSeconds: (run.clock.now() - run.startedAt) / 1000,
      residentBytes: process.memoryUsage.rss(),
      listeners: run.listeners,
      adapters: run.adapters.map(({ module }) => {
        const { name, stability, capabilities } = module;
        return { name, stability, capabilities };
      }),
      totals,
    };
  });
}
