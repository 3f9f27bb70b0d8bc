// How listeners that speak HTTP say no in JSON, also where no server answers any more: an upgrade that is refused, a
// request that is none.

import { STATUS_CODES } from "node:http";

/** `{"error":{"code","message"}}`. */
export function faultBody(code: string, message: string): string {
  return JSON.stringify({ error: { code, message } });
}

/** A whole answer as it goes onto the socket; the connection ends with it. */
export function lastAnswer(status: number, body: string): string {
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}
