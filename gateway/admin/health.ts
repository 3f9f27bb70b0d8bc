// Probes. /livez: the event loop turns. /readyz (and /healthz): every part takes work; no while starting and draining.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { RunState, runStateNames } from "../run-state.ts";
import type { ObservedRun } from "../run-state.ts";

interface Check {
  readonly name: string;
  readonly isGood: boolean;
  readonly text: string;
}

export function addHealthRoutes(server: FastifyInstance, run: ObservedRun): void {
  const readiness = (request: FastifyRequest, reply: FastifyReply) => answer(checksOf(run), request, reply);
  const alive: Check[] = [{ name: "process", isGood: true, text: "running" }];
  server.get("/livez", documented("Is the process alive?"), (request, reply) => answer(alive, request, reply));
  server.get("/readyz", documented("Does it take connections? `?verbose` tells by component."), readiness);
  server.get("/healthz", documented("The same as /readyz."), readiness);
}

function documented(summary: string): object {
  return {
    schema: {
      summary,
      tags: ["health"],
      querystring: { type: "object", properties: { verbose: { type: "string" } }, additionalProperties: false },
      response: { 200: { type: "string" }, 503: { type: "string" } },
    },
  };
}

function checksOf(run: ObservedRun): Check[] {
  const isReady = run.state === RunState.Ready;
  const checks = [{ name: "gateway", isGood: isReady, text: runStateNames[run.state]! }];
  for (const { module, adapter } of run.adapters) {
    const bound = adapter.listeners.length;
    checks.push({ name: module.name, isGood: isReady && bound > 0, text: `${bound} bound` });
  }
  return checks;
}

function answer(checks: readonly Check[], request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isGood = checks.every((check) => check.isGood);
  const isVerbose = (request.query as { verbose?: string }).verbose !== undefined;
  const lines = isVerbose ? checks.map(({ name, isGood: good, text }) => `[${good ? "+" : "-"}] ${name}: ${text}`) : [];
  const text = [...lines, isGood ? "ok" : "not ready"].join("\n");
  return reply
    .status(isGood ? 200 : 503)
    .header("Cache-Control", "no-store")
    .type("text/plain; charset=utf-8")
    .send(`${text}\n`);
}
