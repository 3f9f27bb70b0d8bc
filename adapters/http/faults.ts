// What this adapter answers when the answer is not the one that was asked for: codes, statuses and texts, and the two
// tables that put the core's verdicts and refusals into the words of HTTP. Codes are stable; texts are for people.

import { RefusalReason, Verdict } from "../../core/index.ts";
import { faultBody } from "../../net/web-answer.ts";

/** An answer to a request that did not succeed. A value: returned, not thrown. */
export class HttpFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Seconds for `Retry-After`; 0 = no such header. */
  readonly retryAfterS: number;
  constructor(status: number, code: string, message: string, retryAfterS = 0) {
    this.status = status;
    this.code = code;
    this.message = message;
    this.retryAfterS = retryAfterS;
  }

  /** The body of every answer that is not a success. */
  toJson(): string {
    return faultBody(this.code, this.message);
  }
}

/** What comes back by waiting is worth asking for again after this long. */
const RETRY_AFTER_S = 1;

/** Indexed by verdict. null: the message was taken (202). */
export const verdictFaults: readonly (HttpFault | null)[] = Object.freeze(
  indexed<HttpFault | null>([
    [Verdict.Pending, new HttpFault(503, "settle_timeout", "the message was not settled in time", RETRY_AFTER_S)],
    [Verdict.Accepted, null],
    [Verdict.NoSubscriber, null],
    [Verdict.Denied, new HttpFault(403, "denied", "the access rules do not allow this topic")],
    [Verdict.InvalidTopic, new HttpFault(400, "invalid_topic", "the topic (or filter) is not well formed")],
    [Verdict.InvalidMessage, new HttpFault(400, "invalid_message", "the message is not acceptable")],
    [Verdict.TooLarge, new HttpFault(413, "too_large", "the payload is larger than this gateway takes")],
    [Verdict.RateLimited, new HttpFault(429, "rate_limited", "more messages or bytes than allowed", RETRY_AFTER_S)],
    [Verdict.QuotaExceeded, new HttpFault(403, "quota_exceeded", "a limit that does not come back by waiting")],
    [Verdict.Overload, new HttpFault(503, "overload", "the gateway cannot take it now", RETRY_AFTER_S)],
    [Verdict.Closed, new HttpFault(503, "closed", "the session was closed meanwhile", RETRY_AFTER_S)],
    [Verdict.NotSupported, new HttpFault(400, "not_supported", "this feature is switched off here")],
  ]),
);

/** Indexed by refusal reason; 0 is unused. */
const refusalFaults: readonly HttpFault[] = Object.freeze(
  indexed<HttpFault>([
    [0, new HttpFault(503, "unavailable", "no session can be opened now", RETRY_AFTER_S)],
    [RefusalReason.BadCredentials, new HttpFault(401, "bad_credentials", "user, password or token is not known here")],
    [RefusalReason.NotAuthorized, new HttpFault(403, "not_authorized", "known, but not allowed to connect here")],
    [RefusalReason.Banned, new HttpFault(403, "banned", "banned")],
    [RefusalReason.InvalidClient, new HttpFault(400, "invalid_client", "the client id is not acceptable")],
    [RefusalReason.QuotaExceeded, new HttpFault(429, "too_many_sessions", "a session limit is reached", RETRY_AFTER_S)],
    [RefusalReason.RateLimited, new HttpFault(429, "rate_limited", "connecting too fast", RETRY_AFTER_S)],
    [RefusalReason.Unavailable, new HttpFault(503, "unavailable", "no session can be opened now", RETRY_AFTER_S)],
  ]),
);

export function faultOfRefusal(reason: RefusalReason): HttpFault {
  return refusalFaults[reason] ?? refusalFaults[0]!;
}

/** null: the verdict says that the message was taken. */
export function faultOfVerdict(verdict: Verdict): HttpFault | null {
  const fault = verdictFaults[verdict];
  return fault === undefined ? internal : fault;
}

export const internal = Object.freeze(new HttpFault(500, "internal", "the gateway failed; its log says more"));
export const notFound = Object.freeze(new HttpFault(404, "not_found", "there is nothing at this path"));
export const noValue = Object.freeze(new HttpFault(404, "no_value", "nothing is known of this topic"));
export const busy = Object.freeze(new HttpFault(503, "busy", "too many requests are running", RETRY_AFTER_S));
export const stopping = Object.freeze(new HttpFault(503, "stopping", "the gateway is stopping", RETRY_AFTER_S));
export const tooManyStreams = Object.freeze(
  new HttpFault(429, "too_many_streams", "a limit of open event streams is reached", RETRY_AFTER_S),
);
export const originRefused = Object.freeze(
  new HttpFault(403, "origin_not_allowed", "web pages of this origin may not use this listener"),
);
export const hostRefused = Object.freeze(
  new HttpFault(403, "host_not_allowed", "at a loopback address only loopback hosts are answered"),
);
export const keyReused = Object.freeze(
  new HttpFault(422, "idempotency_key_reused", "this Idempotency-Key came before with another request"),
);
export const keyInvalid = Object.freeze(
  new HttpFault(400, "invalid_idempotency_key", "an Idempotency-Key has 1 to 255 visible ASCII characters"),
);

/** What Node and fastify find wrong, by their codes. */
const errorFaults: ReadonlyMap<string, HttpFault> = new Map([
  ["FST_ERR_CTP_BODY_TOO_LARGE", new HttpFault(413, "too_large", "the body is larger than this gateway takes")],
  ["FST_ERR_CTP_INVALID_MEDIA_TYPE", new HttpFault(415, "invalid_content_type", "the Content-Type is none")],
  ["FST_ERR_CTP_INVALID_CONTENT_LENGTH", new HttpFault(400, "malformed", "the body is not as long as Content-Length")],
  ["FST_ERR_BAD_URL", new HttpFault(400, "malformed", "the path is not percent-encoded UTF-8")],
  ["FST_ERR_MAX_PARAM_LENGTH", new HttpFault(414, "too_long", "the path is too long")],
  ["HPE_HEADER_OVERFLOW", new HttpFault(431, "headers_too_large", "the request line and headers are too long")],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", new HttpFault(413, "too_large", "the chunk extensions are too long")],
  ["ERR_HTTP_REQUEST_TIMEOUT", new HttpFault(408, "request_timeout", "the request did not come in time")],
]);
const malformed = Object.freeze(new HttpFault(400, "malformed", "this is not a well-formed request"));

/** Of an error that was thrown before a route had its say: the peer's where it says so, else ours. */
export function faultOfError(error: Error & { code?: string | undefined; statusCode?: number | undefined }): HttpFault {
  const { code = "", statusCode = 500 } = error;
  const known = errorFaults.get(code);
  if (known !== undefined) return known;
  if (code === "FST_ERR_VALIDATION") return new HttpFault(400, "invalid_query", error.message);
  return code.startsWith("HPE_") || (statusCode >= 400 && statusCode < 500) ? malformed : internal;
}

/** Rows in the order of their keys 0, 1, 2…: a table written with names and read by number. */
function indexed<Value>(rows: readonly (readonly [number, Value])[]): Value[] {
  const values: Value[] = [];
  for (const [at, value] of rows) values[at] = value;
  return values;
}
