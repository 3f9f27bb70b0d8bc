// Sound messages of each protocol, from the codecs' fixtures and the adapters' own test packets: what hostile input is
// made of.

import { readdirSync, readFileSync } from "node:fs";
import { frame, json, Opcode, upgradeRequest } from "../../../adapters/websocket/test/raw-web-socket.ts";
import {
  block,
  connect,
  packet,
  property,
  puback,
  pubcomp,
  publish,
  publish5,
  pubrec,
  pubrel,
  subscribe,
  unsubscribe,
} from "../../../adapters/mqtt/test/packets.ts";

const CODECS = new URL("../../../codecs/", import.meta.url);

export function proxyHeaders(): Uint8Array[] {
  const folder = new URL("haproxy-protocol/fixtures/", CODECS);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".hex"))
    .toSorted()
    .map((name) => bytesOf(readFileSync(new URL(name, folder), "utf8").replaceAll(/#.*$|\s/gm, "")))
    .filter((bytes) => bytes.length > 0);
}

export function jt808Frames(): Uint8Array[] {
  return framesOf("jt808-parser/fixtures/jt808.jsonl");
}

export function gbt32960Frames(): Uint8Array[] {
  return framesOf("gbt32960-parser/fixtures/gbt32960.jsonl");
}

function framesOf(fixtures: string): Uint8Array[] {
  return readFileSync(new URL(fixtures, CODECS), "utf8")
    .trimEnd()
    .split("\n")
    .map((text) => bytesOf((JSON.parse(text) as { hex: string }).hex))
    .filter((bytes) => bytes.length > 0 && bytes.length < 1_000);
}

/** The checksum of a damaged frame, made right. */
export function mendJt808(damaged: Uint8Array): Uint8Array {
  const inside = damaged.subarray(1, -2);
  const mended = [0x7e];
  for (const byte of [...inside, inside.reduce((sum, next) => sum ^ next, 0)]) {
    if (byte === 0x7e) mended.push(0x7d, 2);
    else if (byte === 0x7d) mended.push(0x7d, 1);
    else mended.push(byte);
  }
  return Uint8Array.from([...mended, 0x7e]);
}

/** The check byte of a damaged frame, made right. */
export function mendGbt32960(damaged: Uint8Array): Uint8Array {
  const mended = damaged.slice();
  if (mended.length > 2) mended[mended.length - 1] = mended.subarray(2, -1).reduce((sum, next) => sum ^ next, 0);
  return mended;
}

const properties = block(
  property.payloadFormat(1),
  property.messageExpiry(10),
  property.topicAlias(1),
  property.responseTopic("r"),
  property.correlation("c"),
  property.user("n", "v"),
  property.contentType("t"),
);

export function mqttSessions(): Uint8Array[] {
  return [
    joinAll(connect({ level: 4, client: "a" }), subscribe(4, 1, [["a/#", 1]]), publish({ topic: "a/b", payload: "x" })),
    joinAll(
      connect({ level: 5, client: "b" }),
      subscribe(5, 1, [["a/#", 0x2d]]),
      publish5({ topic: "a/b", payload: "x" }),
    ),
    joinAll(connect({ level: 3, client: "c", clean: false }), subscribe(3, 1, [["+/b", 2]])),
    connect({ level: 5, client: "d", clean: false }),
    connect({ level: 5, client: "" }),
  ];
}

export function mqttPackets(): Uint8Array[] {
  return [
    publish({ topic: "a/b", payload: "payload" }),
    publish({ topic: "a/b", payload: "payload", qos: 1, id: 3 }),
    publish({ topic: "a/c", payload: "payload", qos: 2, id: 4 }),
    publish5({ topic: "a/b", payload: "payload", qos: 2, id: 4, properties }),
    publish5({ topic: "a/b", payload: "payload" }),
    subscribe(4, 2, [["b/+", 2]]),
    subscribe(5, 3, [["$share/g/x", 2]], block(property.subscriptionIdentifier(9))),
    unsubscribe(5, 1, ["a/#"]),
    unsubscribe(4, 1, ["a/#"]),
    puback(1),
    pubrec(1),
    pubrel(4),
    pubcomp(1),
    packet(0x40, 0, 1, 0x10, block(property.reasonString("why"))),
    packet(0xe0, 0x04, block(property.sessionExpiry(10))),
    packet(0xc0),
    packet(0xf0, 0x18, block(property.authenticationMethod("m"))),
  ];
}

export function lineSessions(): Uint8Array[] {
  return ["hello a user pass\nsub a/%23\npub a/b x\n", "hello b\r\nsub #\r\n", "hello\nsub $share/g/+\n"].map(utf8);
}

export function lines(): Uint8Array[] {
  return ["pub a/b one two\n", "pub a%2fb %00%ff\n", "sub a/+/b\n", "bye\n", "hello again\n", "\n", "pub\n"].map(utf8);
}

export function httpRequests(): Uint8Array[] {
  const host = "host: h\r\n";
  return [
    `POST /v1/topics/a/b?qos=1 HTTP/1.1\r\n${host}content-length: 3\r\ncontent-type: text/plain\r\n\r\nabc`,
    `POST /v1/topics/a HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    `POST /v1/publish HTTP/1.1\r\n${host}content-type: application/json\r\ncontent-length: 31\r\n\r\n[{"topic":"a/b","payload":"x"}]`,
    `GET /v1/topics/a/b HTTP/1.1\r\n${host}if-none-match: "x"\r\nauthorization: Basic dTpw\r\n\r\n`,
    `GET /v1/subscribe?filter=a/%23 HTTP/1.1\r\n${host}last-event-id: x\r\n\r\n`,
    `GET /openapi.json HTTP/1.1\r\n${host}\r\n`,
  ].map(utf8);
}

export function webSocketSessions(): Uint8Array[] {
  const page = upgradeRequest("tributary.v1.json");
  return [
    joinAll(
      page,
      json({ type: "connect", client: "p" }),
      json({ type: "subscribe", id: 1, filters: [{ filter: "a/#" }] }),
    ),
    joinAll(
      page,
      json({ type: "connect", client: "q" }),
      json({ type: "publish", id: 2, topic: "a/b", payload: "x", qos: 1 }),
    ),
    joinAll(upgradeRequest("mqtt"), frame(Opcode.Binary, mqttSessions()[0]!), frame(Opcode.Ping, "p")),
  ];
}

export function webSocketFrames(): Uint8Array[] {
  return [
    json({ type: "publish", id: 2, topic: "a/b", payload: "x", qos: 1, retain: true, expiry: 9 }),
    json({ type: "subscribe", id: 3, filters: [{ filter: "a/+", qos: 1, noLocal: true }] }),
    json({ type: "unsubscribe", id: 4, filters: ["a/+"] }),
    json({ type: "ping" }),
    frame(Opcode.Binary, mqttPackets()[1]!),
    frame(Opcode.Text, "[1,2,{}]"),
    frame(Opcode.Ping, "p"),
    frame(Opcode.Close, Uint8Array.of(3, 232)),
  ];
}

export function joinAll(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
