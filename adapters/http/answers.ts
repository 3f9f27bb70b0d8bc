// How answers leave: JSON that is already text, faults with their status and headers. One place, so that every error
// body has the same form.

import type { FastifyReply } from "fastify";
import type { HttpFault } from "./faults.ts";
import type { Answer } from "./idempotency.ts";

const JSON_TYPE = "application/json; charset=utf-8";
const challenges = ['Basic realm="tributary", charset="UTF-8"', 'Bearer realm="tributary"'];

export function sendJson(reply: FastifyReply, status: number, body: string): void {
  reply.code(status).header("content-type", JSON_TYPE).send(body);
}

export function sendFault(reply: FastifyReply, fault: HttpFault): void {
  if (fault.status === 401) reply.header("www-authenticate", challenges);
  if (fault.retryAfterS > 0) reply.header("retry-after", fault.retryAfterS);
  sendJson(reply, fault.status, fault.toJson());
}

export function toAnswer(fault: HttpFault): Answer {
  return { status: fault.status, retryAfterS: fault.retryAfterS, body: fault.toJson() };
}

export function sendAnswer(reply: FastifyReply, answer: Answer, isRepeated: boolean): void {
  if (answer.retryAfterS > 0) reply.header("retry-after", answer.retryAfterS);
  if (isRepeated) reply.header("idempotency-replayed", "true");
  sendJson(reply, answer.status, answer.body);
}
