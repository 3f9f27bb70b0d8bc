// table
// What each route takes and answers, as JSON Schema: validates the queries, and is the text of /openapi.json.

import { SECONDS_MAX } from "../../../net/web-message.ts";

const client = {
  type: "string",
  description: "Client id, where the header Tributary-Client cannot be set. If absent: the name of the user.",
} as const;
const qos = { type: "string", enum: ["0", "1"], description: "Quality of service; 0 if absent." } as const;

const publishQuery = {
  type: "object",
  properties: {
    qos,
    retain: {
      type: "string",
      enum: ["", "true", "false", "1", "0"],
      description: "Keep the message as the topic's retained one. `?retain` alone means true.",
    },
    expiry: {
      type: "string",
      pattern: "^[0-9]{1,9}$",
      description: "Life time of the message in seconds; 0 or absent = for ever.",
    },
    client,
  },
  additionalProperties: false,
} as const;

const onlyClient = { type: "object", properties: { client }, additionalProperties: false } as const;

const subscribeQuery = {
  type: "object",
  properties: {
    filter: {
      anyOf: [
        { type: "string", minLength: 1 },
        { type: "array", items: { type: "string", minLength: 1 } },
      ],
      description: "Topic filter (`+`, `#`, `$share/{group}/…`); may be given more than once.",
    },
    qos: { ...qos, description: "QoS of the subscriptions: 1 = messages wait for a reader that is slow or away." },
    retained: {
      type: "string",
      enum: ["true", "false", "1", "0"],
      description: "Whether the retained messages of the filters come first; yes if absent.",
    },
    client,
  },
  required: ["filter"],
  additionalProperties: false,
} as const;

const errorBody = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: { code: { type: "string" }, message: { type: "string" } },
      required: ["code", "message"],
    },
  },
  required: ["error"],
} as const;

const takenBody = {
  type: "object",
  properties: {
    verdict: { type: "string", enum: ["accepted", "no_subscriber"] },
    matched: { type: "boolean", description: "Whether anybody's filter matched. The message was taken either way." },
    sequence: { type: "integer", description: "Counts the messages of this session." },
    receivedAt: { type: "string", format: "date-time" },
  },
} as const;

const batchBody = {
  type: "array",
  items: {
    type: "object",
    properties: {
      topic: { type: "string" },
      payload: { type: "string", description: "The payload as text." },
      payloadBase64: { type: "string", description: "The payload as base64, instead of `payload`." },
      qos: { type: "integer", enum: [0, 1], default: 0 },
      retain: { type: "boolean", default: false },
      expiry: { type: "integer", minimum: 0, maximum: SECONDS_MAX, default: 0, description: "Seconds; 0 = for ever." },
      contentType: { type: "string" },
      properties: {
        type: "array",
        items: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 2 },
        description: "Name and value pairs that go with the message.",
      },
    },
    required: ["topic"],
    additionalProperties: false,
  },
} as const;

const batchResults = {
  type: "object",
  properties: {
    results: {
      type: "array",
      description: "One result for each message, in order: `status` and what a single publish would have answered.",
      items: { type: "object", properties: { status: { type: "integer" } }, additionalProperties: true },
    },
  },
} as const;

const eventData = {
  type: "object",
  description: "`data` of one event without a name; its `id` resumes the stream behind it.",
  properties: {
    topic: { type: "string" },
    payload: { type: "string", description: "The payload, where it is UTF-8." },
    payloadBase64: { type: "string", description: "The payload, where it is not." },
    contentType: { type: "string" },
    properties: { type: "array", items: { type: "array", items: { type: "string" } } },
    receivedAt: { type: "string", format: "date-time" },
    publisher: {
      type: "object",
      properties: { client: { type: "string" }, device: { type: "string" }, protocol: { type: "string" } },
    },
    qos: { type: "integer" },
    retain: { type: "boolean" },
    redelivered: { type: "boolean" },
  },
} as const;

const json = (description: string, schema: object) => ({ description, content: { "application/json": { schema } } });
const fault = (description: string) => json(description, errorBody);

const faults = {
  400: fault("The request, the topic or the client id is not well formed; unknown query keys are named."),
  401: fault("Who is asking is not known here (WWW-Authenticate)."),
  403: fault("Not allowed: by the access rules, a ban, a quota, or the web page's origin."),
  429: fault("Too much of it; Retry-After says when to come back."),
  500: fault("The gateway failed."),
  503: fault("Not now; Retry-After says when to come back."),
} as const;

const security = [{}, { basic: [] }, { bearer: [] }];

const topicParams = {
  type: "object",
  properties: {
    "*": { type: "string", description: "The topic: the rest of the path with its slashes, percent-decoded once." },
  },
} as const;

const idempotencyKey = {
  type: "object",
  properties: {
    "idempotency-key": {
      type: "string",
      description: "1 to 255 visible ASCII characters. The same request with the same key is answered again.",
    },
  },
} as const;

export const publishSchema = {
  operationId: "publish",
  summary: "Publish one message",
  description: "The body is the payload, any bytes; Content-Type goes with it.",
  params: topicParams,
  querystring: publishQuery,
  headers: idempotencyKey,
  consumes: ["application/octet-stream"],
  body: { content: { "*/*": { schema: { type: "string", format: "binary" } } } },
  security,
  response: {
    202: json("The message was taken.", takenBody),
    ...faults,
    413: fault("The payload is larger than this gateway takes."),
    415: fault("The Content-Type is none."),
    422: fault("The Idempotency-Key came before with another request."),
  },
} as const;

export const batchSchema = {
  operationId: "publishBatch",
  summary: "Publish many messages",
  querystring: onlyClient,
  headers: idempotencyKey,
  body: { content: { "application/json": { schema: batchBody } } },
  security,
  response: {
    202: json("All messages were taken.", batchResults),
    207: json("Some were not taken: see the results.", batchResults),
    ...faults,
    413: fault("The body is larger, or the batch longer, than this gateway takes."),
    422: fault("The Idempotency-Key came before with another request."),
  },
} as const;

export const readSchema = {
  operationId: "read",
  summary: "Read the last value of a topic",
  description:
    "The body is the payload as it was published. With If-None-Match: 304 while it is still the same message.",
  params: topicParams,
  querystring: onlyClient,
  security,
  response: {
    200: { description: "The last message.", content: { "*/*": { schema: { type: "string", format: "binary" } } } },
    304: { description: "The message is still the one with this ETag." },
    ...faults,
    404: fault("Nothing is known of this topic."),
  },
} as const;

export const subscribeSchema = {
  operationId: "subscribe",
  summary: "Subscribe to a stream of server-sent events",
  description:
    "Begins with an event `start` and ends with an event `end`; events without a name are messages. A reader that " +
    "comes back with Last-Event-ID gets what it has missed, as far as it was kept; `start` says how many it lost.",
  querystring: subscribeQuery,
  headers: { type: "object", properties: { "last-event-id": { type: "string" } } },
  security,
  response: {
    200: { description: "The stream.", content: { "text/event-stream": { schema: eventData } } },
    ...faults,
  },
} as const;
