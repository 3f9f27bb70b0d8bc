import assert from "node:assert/strict";
import { test } from "node:test";

import { type MqttConfig, mqttSettings } from "../config.ts";
import { readConnect, type ConnectPacket } from "../connect-packet.ts";
import { PacketDecoder } from "../decoder.ts";
import { faults } from "../faults.ts";
import {
  lacksClientId,
  toConnackProperties,
  toCredentials,
  toExpiryMs,
  toSessionOptions,
  toTerms,
  whyRefused,
} from "../mapping.ts";
import { block, connect, type ConnectFields, property } from "./packets.ts";

const DAY_MS = 86_400_000;

function packetOf(fields: ConnectFields): ConnectPacket {
  const decoder = new PacketDecoder(100_000);
  decoder.push(connect(fields));
  decoder.next();
  const packet = readConnect(decoder.bytes, decoder.body, decoder.end);
  assert.ok("client" in packet);
  return packet;
}

const settings = (config: Omit<MqttConfig, "listeners"> = {}) => mqttSettings({ ...config, listeners: [] });

const terms = (fields: ConnectFields, config: Omit<MqttConfig, "listeners"> = {}) =>
  toTerms(packetOf(fields), settings(config), DAY_MS);

test("session expiry: 3.x by clean session, 5 as asked, cut to the limit", () => {
  assert.equal(terms({ clean: true }).expiryMs, 0);
  assert.equal(terms({ client: "c", clean: false }).expiryMs, DAY_MS);
  assert.equal(terms({ client: "c", clean: false }).isExpiryCut, false);
  const asked = (seconds: number) => terms({ level: 5, properties: block(property.sessionExpiry(seconds)) });
  assert.equal(terms({ level: 5, clean: false }).expiryMs, 0);
  assert.deepEqual([asked(60).expiryMs, asked(60).isExpiryCut], [60_000, false]);
  assert.deepEqual([asked(0xffff_ffff).expiryMs, asked(0xffff_ffff).isExpiryCut], [DAY_MS, true]);
  assert.equal(toExpiryMs(0xffff_ffff), Infinity);
});

test("a limit of Infinity cuts nothing", () => {
  const packet = packetOf({ level: 5, properties: block(property.sessionExpiry(0xffff_ffff)) });
  const unlimited = toTerms(packet, settings(), Infinity);
  assert.deepEqual([unlimited.expiryMs, unlimited.isExpiryCut], [Infinity, false]);
});

test("keep-alive: one and a half times; a maximum holds for 5 and is told, 3.x keeps its own", () => {
  assert.equal(terms({ keepAlive: 10 }).silenceMaxMs, 15_000);
  assert.equal(terms({ keepAlive: 0 }).silenceMaxMs, 0);
  const most = { keepAliveMaxSeconds: 60 };
  assert.equal(terms({ keepAlive: 100 }, most).silenceMaxMs, 150_000);
  for (const keepAlive of [0, 61, 65_535]) {
    const cut = terms({ level: 5, keepAlive }, most);
    assert.deepEqual([cut.silenceMaxMs, cut.serverKeepAlive], [90_000, 60]);
  }
  assert.equal(terms({ level: 5, keepAlive: 60 }, most).serverKeepAlive, -1);
});

test("windows, packet sizes and aliases: the smaller of both sides'", () => {
  const told = block(property.receiveMaximum(7), property.maximumPacketSize(500), property.topicAliasMaximum(9));
  const small = terms({ level: 5, properties: told }, { topicAliasSendMax: 100 });
  assert.deepEqual([small.inflightMax, small.packetMaxBytes, small.aliasMax], [7, 500, 9]);
  const large = terms({ level: 5, properties: told }, { inflightMax: 3, topicAliasSendMax: 2 });
  assert.deepEqual([large.inflightMax, large.aliasMax], [3, 2]);
  const silent = terms({ level: 5 });
  assert.deepEqual([silent.inflightMax, silent.packetMaxBytes, silent.aliasMax], [1024, 268_435_460, 0]);
});

test("credentials and session options", () => {
  const packet = packetOf({ client: "c", user: "acme/u", password: "p", clean: false });
  assert.deepEqual(toCredentials(packet), {
    client: "c",
    user: "acme/u",
    password: new Uint8Array(Buffer.from("p")),
    token: null,
  });
  assert.deepEqual(toCredentials(packetOf({})), { client: "", user: null, password: null, token: null });
  const options = toSessionOptions(packet, terms({ client: "c", clean: false }));
  assert.deepEqual(options, {
    device: null,
    via: [],
    protocolVersion: "3.1.1",
    exclusive: true,
    clean: false,
    expiryMs: DAY_MS,
    inflightMax: 1024,
    will: null,
  });
  assert.equal(toSessionOptions(packetOf({ level: 3, client: "c" }), terms({})).protocolVersion, "3.1");
  assert.equal(toSessionOptions(packetOf({ level: 5 }), terms({})).protocolVersion, "5.0");
});

test("wills", () => {
  const plain = toSessionOptions(
    packetOf({ will: { topic: "w", payload: "x", qos: 1, retain: true } }),
    terms({}),
  ).will;
  assert.deepEqual(plain, {
    topic: "w",
    payload: new Uint8Array([120]),
    qos: 1,
    retain: true,
    delayMs: 0,
    expiryMs: 0,
    properties: null,
  });
  const properties = block(property.willDelay(3), property.messageExpiry(4), property.user("n", "v"));
  const rich = toSessionOptions(packetOf({ level: 5, will: { topic: "w", payload: "", properties } }), terms({})).will;
  assert.deepEqual([rich?.delayMs, rich?.expiryMs], [3000, 4000]);
  assert.deepEqual(rich?.properties, {
    contentType: null,
    payloadIsText: false,
    responseTopic: null,
    correlationData: null,
    user: [["n", "v"]],
  });
  const atOnce = packetOf({
    level: 5,
    will: { topic: "w", payload: "", properties: block(property.messageExpiry(0)) },
  });
  assert.equal(toSessionOptions(atOnce, terms({})).will?.expiryMs, 1, "0 would mean: for ever");
});

test("what cannot be served is refused before anybody is asked", () => {
  assert.equal(
    whyRefused(packetOf({ level: 5, properties: block(property.authenticationMethod("x")) }), settings()),
    faults.authenticationMethod,
  );
  const will = { topic: "w", payload: "", qos: 2, retain: true };
  assert.equal(whyRefused(packetOf({ will }), settings()), null);
  assert.equal(whyRefused(packetOf({ will }), settings({ maxQos: 1 })), faults.willQos);
  assert.equal(whyRefused(packetOf({ will }), settings({ retain: false })), faults.willRetain);
});

test("[MQTT-3.1.3-8] who needs a client id", () => {
  assert.equal(lacksClientId(packetOf({ clean: true })), false);
  assert.equal(lacksClientId(packetOf({ clean: false })), true);
  assert.equal(lacksClientId(packetOf({ level: 3 })), true);
  assert.equal(lacksClientId(packetOf({ level: 5, clean: false })), false);
  assert.equal(lacksClientId(packetOf({ level: 3, client: "c", clean: false })), false);
});

test("CONNACK tells what is not the default, and nothing else", () => {
  const server = { receiveMaximum: 65_535, packetMaxBytes: 1000 };
  const nobody = { id: "c", isAssigned: false };
  assert.deepEqual(toConnackProperties(terms({ level: 5 }), settings({ topicAliasMax: 0 }), server, nobody), {
    maximumPacketSize: 1000,
  });
  const asking = terms({ level: 5, properties: block(property.requestResponse(1)) });
  const told = toConnackProperties(asking, settings({ responseInformation: "r/%c/%c", topicAliasMax: 0 }), server, {
    id: "$1",
    isAssigned: true,
  });
  assert.deepEqual(told, { maximumPacketSize: 1000, assignedClientIdentifier: "$1", responseInformation: "r/$1/$1" });
});
