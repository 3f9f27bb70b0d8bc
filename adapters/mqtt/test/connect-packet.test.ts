import assert from "node:assert/strict";
import { test } from "node:test";
import { generate, type IConnectPacket } from "mqtt-packet";

import { readConnect, RefusedConnect, UnsupportedLevel, type ConnectPacket } from "../connect-packet.ts";
import { PacketDecoder } from "../decoder.ts";
import { Fault } from "../faults.ts";
import { Property } from "../properties.ts";

type Outcome = ReturnType<typeof readConnect>;

function read(packet: Uint8Array): Outcome {
  const decoder = new PacketDecoder(1_000_000);
  decoder.push(packet);
  assert.equal(decoder.next(), 1);
  return readConnect(decoder.bytes, decoder.body, decoder.end);
}

function accepted(packet: Uint8Array): ConnectPacket {
  const outcome = read(packet);
  assert.ok(!(outcome instanceof Fault || outcome instanceof UnsupportedLevel || outcome instanceof RefusedConnect));
  return outcome;
}

const full: IConnectPacket = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 5,
  clean: true,
  clientId: "client-ü",
  keepalive: 300,
  username: "tenant/user",
  password: Buffer.from([0, 1, 255]),
  will: {
    topic: "will/topic",
    payload: Buffer.from("bye"),
    qos: 2,
    retain: true,
    properties: {
      willDelayInterval: 1234,
      payloadFormatIndicator: true,
      messageExpiryInterval: 4321,
      contentType: "text/plain",
      responseTopic: "response",
      correlationData: Buffer.from([1, 2, 3]),
      userProperties: { a: ["1", "2"], b: "3" },
    },
  },
  properties: {
    sessionExpiryInterval: 0xffff_fffe,
    receiveMaximum: 432,
    maximumPacketSize: 1_000_000,
    topicAliasMaximum: 456,
    requestResponseInformation: true,
    requestProblemInformation: false,
    userProperties: { test: "value" },
    authenticationMethod: "method",
    authenticationData: Buffer.from([9]),
  },
};

test("everything that CONNECT of MQTT 5 can say, as other people's code writes it", () => {
  const packet = accepted(generate(full, { protocolVersion: 5 }));
  const { properties, will } = packet;
  assert.deepEqual(
    [packet.level, packet.clean, packet.keepAlive, packet.client, packet.user],
    [5, true, 300, "client-ü", "tenant/user"],
  );
  assert.deepEqual([...(packet.password ?? [])], [0, 1, 255]);
  assert.equal(properties.number(Property.SessionExpiry), 0xffff_fffe);
  assert.equal(properties.number(Property.ReceiveMaximum), 432);
  assert.equal(properties.number(Property.MaximumPacketSize), 1_000_000);
  assert.equal(properties.number(Property.TopicAliasMaximum), 456);
  assert.equal(properties.number(Property.RequestResponseInformation), 1);
  assert.equal(properties.number(Property.RequestProblemInformation), 0);
  assert.equal(properties.text(Property.AuthenticationMethod), "method");
  assert.deepEqual([...(properties.binary(Property.AuthenticationData) ?? [])], [9]);
  assert.deepEqual(properties.user, [["test", "value"]]);
  assert.ok(will);
  assert.deepEqual(
    [will.topic, Buffer.from(will.payload).toString(), will.qos, will.retain],
    ["will/topic", "bye", 2, true],
  );
  assert.equal(will.properties.number(Property.WillDelay), 1234);
  assert.equal(will.properties.number(Property.PayloadFormat), 1);
  assert.equal(will.properties.number(Property.MessageExpiry), 4321);
  assert.equal(will.properties.text(Property.ContentType), "text/plain");
  assert.equal(will.properties.text(Property.ResponseTopic), "response");
  assert.deepEqual([...(will.properties.binary(Property.CorrelationData) ?? [])], [1, 2, 3]);
  assert.deepEqual(will.properties.user, [
    ["a", "1"],
    ["a", "2"],
    ["b", "3"],
  ]);
});

test("what outlives the packet keeps no chunk alive", () => {
  const chunk = Buffer.concat([Buffer.alloc(50_000), generate(full, { protocolVersion: 5 })]).subarray(50_000);
  const packet = accepted(chunk);
  const { password, will } = packet;
  for (const kept of [password, will?.payload, will?.properties.binary(Property.CorrelationData)]) {
    assert.ok(kept);
    assert.equal(kept.buffer.byteLength, kept.length);
  }
});

test("3.1 and 3.1.1", () => {
  for (const [protocolId, protocolVersion] of [
    ["MQIsdp", 3],
    ["MQTT", 4],
  ] as const) {
    const sent: IConnectPacket = {
      cmd: "connect",
      protocolId,
      protocolVersion,
      clean: false,
      clientId: "c",
      keepalive: 0xffff,
      username: "u",
      password: Buffer.from("p"),
      will: { topic: "w", payload: Buffer.alloc(0), qos: 1, retain: false },
    };
    const packet = accepted(generate(sent));
    assert.deepEqual(
      [packet.level, packet.clean, packet.keepAlive, packet.user],
      [protocolVersion, false, 0xffff, "u"],
    );
    assert.deepEqual([packet.will?.topic, packet.will?.qos, packet.will?.payload.length], ["w", 1, 0]);
    assert.deepEqual(packet.properties.user, []);
  }
});

test("cut anywhere, and with a byte more, it is refused", () => {
  const packet = generate(full, { protocolVersion: 5 });
  const body = packet.subarray(packet.indexOf("MQTT") - 2);
  for (let end = 0; end < body.length; end++) {
    const outcome = readConnect(body, 0, end);
    assert.ok(outcome instanceof Fault || outcome instanceof RefusedConnect, `ended at ${end}`);
  }
  const more = Buffer.concat([body, Buffer.from([0])]);
  assert.ok(readConnect(more, 0, more.length) instanceof RefusedConnect);
});
