// The frames that a page sends, taken apart and checked field by field. Pure: text in, a frame or a fault out.

import type { SubscribeRequest } from "../../core/index.ts";
import { SECONDS_MAX } from "../../net/web-message.ts";
import type { WebMessage } from "../../net/web-message.ts";
import { FrameFault } from "./faults.ts";
import type { FrameId } from "./faults.ts";
import { Fields } from "./fields.ts";

export interface ConnectFrame {
  readonly type: "connect";
  /** "" = the gateway is to choose one. */
  readonly client: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly token: string | null;
  /** How long the session outlives the connection, seconds. */
  readonly expiryS: number;
  readonly clean: boolean;
  /** 0 = as many as the gateway allows. */
  readonly inflight: number;
  readonly will: WillFields | null;
}

export interface WillFields extends WebMessage {
  readonly delayS: number;
}
export interface PublishFrame extends WebMessage {
  readonly type: "publish";
  /** null: no answer is asked for. */
  readonly id: FrameId | null;
}
export interface SubscribeFrame {
  readonly type: "subscribe";
  readonly id: FrameId | null;
  readonly requests: readonly SubscribeRequest[];
}
export interface UnsubscribeFrame {
  readonly type: "unsubscribe";
  readonly id: FrameId | null;
  readonly filters: readonly string[];
}
export interface AckFrame {
  readonly type: "ack";
  readonly delivery: number;
}
export interface PingFrame {
  readonly type: "ping";
}
export interface DisconnectFrame {
  readonly type: "disconnect";
  readonly will: boolean;
}
export type ClientFrame =
  | ConnectFrame
  | PublishFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | AckFrame
  | PingFrame
  | DisconnectFrame;

/** Filters of one frame. */
const FILTERS_MAX = 1_000;
const IDENTIFIER_MAX = 268_435_455;

type Parse = (fields: Fields) => ClientFrame;

/** A Map: the key comes from the wire. */
const parsers: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ["connect", connect],
  ["publish", publish],
  ["subscribe", subscribe],
  ["unsubscribe", unsubscribe],
  ["ack", (fields) => ({ type: "ack", delivery: fields.integer("id", null, 1, 65_535) })],
  ["ping", () => ({ type: "ping" })],
  ["disconnect", (fields) => ({ type: "disconnect", will: fields.boolean("will", false) })],
]);

export function parseFrame(text: string): ClientFrame | FrameFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new FrameFault("bad_json", "the frame is not JSON");
  }
  const fields = Fields.of(value);
  if (fields === null) return new FrameFault("bad_frame", "a frame is a JSON object");
  const type = fields.text("type");
  const parse = parsers.get(type);
  if (parse === undefined) {
    const known = [...parsers.keys()].join(", ");
    return new FrameFault("unknown_type", `\`type\` is to be one of ${known}`, fields.idOrNull());
  }
  const frame = parse(fields);
  const wrong = fields.wrong();
  return wrong === null ? frame : new FrameFault("bad_frame", wrong, fields.idOrNull());
}

function connect(fields: Fields): ConnectFrame {
  const expiryS = fields.integer("expiry", 0, 0, SECONDS_MAX);
  const will = fields.object("will");
  return {
    type: "connect",
    client: fields.text("client", ""),
    user: fields.text("user", null),
    password: fields.text("password", null),
    token: fields.text("token", null),
    expiryS,
    clean: fields.boolean("clean", expiryS === 0),
    inflight: fields.integer("inflight", 0, 0, 65_535),
    will: will === null ? null : { ...message(will), delayS: will.integer("delay", 0, 0, SECONDS_MAX) },
  };
}

function publish(fields: Fields): PublishFrame {
  const { topic, payload, qos, retain, expiryS, properties } = message(fields);
  return { type: "publish", id: fields.id(), topic, payload, qos, retain, expiryS, properties };
}

function message(fields: Fields): WebMessage {
  return {
    topic: fields.text("topic"),
    payload: fields.payload(),
    qos: fields.integer("qos", 0, 0, 1) === 1 ? 1 : 0,
    retain: fields.boolean("retain", false),
    expiryS: fields.integer("expiry", 0, 0, SECONDS_MAX),
    properties: fields.properties(),
  };
}

function subscribe(fields: Fields): SubscribeFrame {
  return { type: "subscribe", id: fields.id(), requests: fields.list("filters", FILTERS_MAX, request) };
}

/** A filter alone, or an object with its options. */
function request(entry: unknown, fields: Fields): SubscribeRequest {
  const own = typeof entry === "string" ? Fields.of({ filter: entry })! : fields.nested("filters", entry);
  const retainHandling = own.integer("retainHandling", 0, 0, 2);
  return {
    filter: own.text("filter"),
    qos: own.integer("qos", 0, 0, 1) === 1 ? 1 : 0,
    noLocal: own.boolean("noLocal", false),
    retainAsPublished: own.boolean("retainAsPublished", false),
    retainHandling: retainHandling === 0 ? 0 : retainHandling === 1 ? 1 : 2,
    identifier: own.integer("identifier", 0, 0, IDENTIFIER_MAX),
  };
}

function unsubscribe(fields: Fields): UnsubscribeFrame {
  const filters = fields.list("filters", FILTERS_MAX, (entry, own) => own.asText("filters", entry));
  return { type: "unsubscribe", id: fields.id(), filters };
}
