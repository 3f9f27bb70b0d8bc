// Web pages of other origins: what the browser is told, for those that the listener's list allows.

/** Headers of the answer to a request from an allowed origin. */
export function responseHeaders(origin: string): Record<string, string> {
  return {
    "access-control-allow-origin": origin,
    vary: "Origin",
    "access-control-expose-headers":
      "ETag, Last-Modified, Retry-After, Idempotency-Replayed, " +
      "Tributary-Received-At, Tributary-QoS, Tributary-Retain, Tributary-Publisher, Tributary-Protocol",
  };
}

/** What a preflight request is answered beside those. */
export const preflightHeaders: Readonly<Record<string, string>> = Object.freeze({
  "access-control-allow-methods": "GET, HEAD, POST",
  "access-control-allow-headers":
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Tributary-Client",
  "access-control-max-age": "600",
});
