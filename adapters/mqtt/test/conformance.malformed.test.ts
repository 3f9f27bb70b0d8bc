// Packets that break the standard, byte by byte, against the whole gateway on a real socket. MQTT 5 clients hear the
// reason code; MQTT 3.x clients are cut off. Every row names its clause.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Broker } from "./broker.ts";
import {
  binary,
  block,
  bytes,
  connect,
  hex,
  packet,
  PINGREQ,
  property,
  publish,
  publish5,
  subscribe,
  text,
  u16,
  unsubscribe,
} from "./packets.ts";
import { RawClient } from "./raw-client.ts";

let broker: Broker;
before(async () => {
  broker = await Broker.start();
});
after(async () => {
  await broker.stop();
  assert.equal(broker.core.stats().connected, 0);
  assert.equal(broker.clock.armed, 0);
  assert.deepEqual(
    broker.log.lines.filter((line) => line.level === "error"),
    [],
  );
});

/** A bystander must not notice. */
async function withBystander(body: () => Promise<void>): Promise<void> {
  const bystander = await RawClient.connect(broker.port, { client: "bystander" });
  await body();
  bystander.send(PINGREQ);
  await bystander.next("pingresp");
  await bystander.destroy();
}

const willFlag = 0x04;

describe("CONNECT", () => {
  /** `answer`: return code (3.x) or reason code (5) of CONNACK, or null for a close without a word. */
  const rows: readonly [clause: string, bytes: Uint8Array, answer: number | null][] = [
    ["[MQTT-3.1.0-1] first packet is PUBLISH", publish({ topic: "a" }), null],
    ["[MQTT-3.1.0-1] first packet is PINGREQ", PINGREQ, null],
    ["[MQTT-2.2.2-2] reserved flags of CONNECT's fixed header", bytes(0x11, connect().subarray(1)), null],
    ["[MQTT-3.1.2-1] protocol name unknown", connect({ name: "MQTT3" }), null],
    ["[MQTT-3.1.2-1] protocol name in lower case", connect({ name: "mqtt" }), null],
    ["[MQTT-3.1.2-2] level 3 under the name MQTT", connect({ name: "MQTT", level: 3 }), 1],
    ["[MQTT-3.1.2-2] level 4 under the name MQIsdp", connect({ name: "MQIsdp", level: 4 }), 1],
    ["[MQTT-3.1.2-2] level 0", connect({ level: 0 }), 1],
    ["[MQTT-3.1.2-2] level of a bridge", connect({ level: 0x84 }), 0x84],
    ["[MQTT-3.1.2-2] level 6 is answered in the words of 5", connect({ level: 6 }), 0x84],
    ["[3.1.1: MQTT-3.1.2-3] reserved connect flag", connect({ flags: 0x03 }), null],
    ["[5: MQTT-3.1.2-3] reserved connect flag", connect({ level: 5, flags: 0x03 }), 0x81],
    ["[3.1.1: MQTT-3.1.2-13] will QoS without will", connect({ flags: 0x0a }), null],
    ["[5: MQTT-3.1.2-11] will QoS without will", connect({ level: 5, flags: 0x0a }), 0x81],
    ["[3.1.1: MQTT-3.1.2-15] will retain without will", connect({ flags: 0x22 }), null],
    ["[5: MQTT-3.1.2-13] will retain without will", connect({ level: 5, flags: 0x22 }), 0x81],
    ["[3.1.1: MQTT-3.1.2-14] will QoS 3", connect({ will: { topic: "w", payload: "", qos: 3 } }), null],
    ["[5: MQTT-3.1.2-12] will QoS 3", connect({ level: 5, will: { topic: "w", payload: "", qos: 3 } }), 0x81],
    ["[3.1.1: MQTT-3.1.2-22] password without user name", connect({ client: "c", password: "p" }), null],
    ["[3.1: 3.1] password without user name", connect({ level: 3, client: "c", password: "p" }), null],
    [
      "[MQTT-3.1.2-9] will flag set, nothing behind the client id",
      connect({ client: "c", flags: 0x02 | willFlag }),
      null,
    ],
    ["[5: MQTT-3.1.2-9] the same in 5", connect({ level: 5, client: "c", flags: 0x02 | willFlag }), 0x81],
    ["[MQTT-3.1.2-19] user flag set, no user name", connect({ client: "c", flags: 0x82 }), null],
    ["[MQTT-3.1.3-8] empty client id with clean session 0", connect({ clean: false }), 2],
    ["[3.1: 3.1] empty client id", connect({ level: 3 }), 2],
    ["[MQTT-1.5.3-1] client id is not UTF-8", packet(0x10, text("MQTT"), 4, 2, u16(0), binary(hex("ff"))), null],
    ["[MQTT-1.5.3-2] client id with U+0000", connect({ client: "a\0b" }), null],
    [
      "[5: MQTT-1.5.4-1] client id with a surrogate",
      packet(0x10, text("MQTT"), 5, 2, u16(0), 0, binary(hex("eda080"))),
      0x81,
    ],
    ["[5: MQTT-1.5.4-2] user name with U+0000", connect({ level: 5, client: "c", user: "a\0" }), 0x81],
    ["trailing bytes", packet(0x10, text("MQTT"), 4, 2, u16(0), text("c"), 0), null],
    ["trailing bytes in 5", packet(0x10, text("MQTT"), 5, 2, u16(0), 0, text("c"), 0), 0x81],
    ["truncated before the keep-alive", packet(0x10, text("MQTT"), 4, 2, 0), null],
    ["empty CONNECT", packet(0x10), null],
    ["will topic with a wildcard", connect({ will: { topic: "a/#", payload: "" } }), null],
    ["will topic with a wildcard in 5", connect({ level: 5, will: { topic: "a/+", payload: "" } }), 0x90],
    ["will topic empty in 5", connect({ level: 5, will: { topic: "", payload: "" } }), 0x90],
    ["property unknown", connect({ level: 5, properties: block(hex("7f 00")) }), 0x81],
    [
      "[MQTT-2.2.2-2] property of another packet",
      connect({ level: 5, properties: block(property.contentType("x")) }),
      0x82,
    ],
    ["property that only servers send", connect({ level: 5, properties: block(hex("13 0001")) }), 0x82],
    [
      "property twice",
      connect({ level: 5, properties: block(property.receiveMaximum(1), property.receiveMaximum(1)) }),
      0x82,
    ],
    [
      "property twice, first value 0",
      connect({ level: 5, properties: block(property.sessionExpiry(0), property.sessionExpiry(1)) }),
      0x82,
    ],
    ["receive maximum 0", connect({ level: 5, properties: block(property.receiveMaximum(0)) }), 0x82],
    ["maximum packet size 0", connect({ level: 5, properties: block(property.maximumPacketSize(0)) }), 0x82],
    ["request problem information 2", connect({ level: 5, properties: block(property.requestProblem(2)) }), 0x82],
    ["request response information 7", connect({ level: 5, properties: block(property.requestResponse(7)) }), 0x82],
    [
      "authentication data without method",
      connect({ level: 5, properties: block(property.authenticationData("x")) }),
      0x82,
    ],
    [
      "[MQTT-4.12.0-1] authentication method unknown",
      connect({ level: 5, client: "c", properties: block(property.authenticationMethod("SCRAM")) }),
      0x8c,
    ],
    ["truncated user property", connect({ level: 5, properties: block(bytes(0x26, text("a"))) }), 0x81],
    ["property length beyond the packet", packet(0x10, text("MQTT"), 5, 2, u16(0), 0x7f), 0x81],
    ["property length in more bytes than it needs", packet(0x10, text("MQTT"), 5, 2, u16(0), 0x80, 0, text("c")), 0x81],
    ["will delay outside the will", connect({ level: 5, properties: block(property.willDelay(1)) }), 0x82],
    [
      "session expiry inside the will",
      connect({ level: 5, will: { topic: "w", payload: "", properties: block(property.sessionExpiry(1)) } }),
      0x82,
    ],
    [
      "payload format of the will is 2",
      connect({ level: 5, will: { topic: "w", payload: "", properties: block(property.payloadFormat(2)) } }),
      0x82,
    ],
    [
      "response topic of the will with a wildcard",
      connect({ level: 5, will: { topic: "w", payload: "", properties: block(property.responseTopic("#")) } }),
      0x82,
    ],
    ["remaining length over four bytes", hex("10 ff ff ff ff 7f"), null],
    ["larger than any CONNECT may be", hex("10 ff ff ff 7f"), null],
    ["reserved packet type 0", packet(0x00), null],
  ];
  for (const [clause, sent, answer] of rows) {
    test(clause, () =>
      withBystander(async () => {
        const client = await RawClient.open(broker.port, answer !== null && answer >= 0x80 ? 5 : 4);
        client.send(sent);
        const said = await client.untilClosed();
        if (answer === null) return assert.deepEqual(said, []);
        assert.equal(said.length, 1);
        assert.equal(said[0]!.cmd, "connack");
        assert.equal(said[0]!["sessionPresent"], false, "[MQTT-3.2.2-6]");
        assert.equal(said[0]!["reasonCode"] ?? said[0]!["returnCode"], answer);
      }),
    );
  }
});

describe("after CONNECT", () => {
  /** For each version that the row is for: bytes that end the connection, and MQTT 5's reason code. */
  const both: readonly [clause: string, v3: Uint8Array | null, v5: Uint8Array | null, reason: number][] = [
    ["[MQTT-3.1.0-2] second CONNECT", connect({ client: "x" }), connect({ level: 5, client: "x" }), 0x82],
    [
      "[MQTT-3.8.1-1] flags of SUBSCRIBE",
      packet(0x80, u16(1), text("a"), 0),
      packet(0x80, u16(1), 0, text("a"), 0),
      0x81,
    ],
    ["[MQTT-3.10.1-1] flags of UNSUBSCRIBE", packet(0xa0, u16(1), text("a")), packet(0xa0, u16(1), 0, text("a")), 0x81],
    ["[MQTT-3.6.1-1] flags of PUBREL", packet(0x60, u16(1)), packet(0x60, u16(1)), 0x81],
    ["[MQTT-2.1.3-1] flags of PUBACK", packet(0x41, u16(1)), packet(0x41, u16(1)), 0x81],
    ["[MQTT-2.1.3-1] flags of PINGREQ", packet(0xc1), packet(0xc2), 0x81],
    ["[MQTT-3.14.1-1] flags of DISCONNECT", packet(0xe1), packet(0xe8), 0x81],
    ["reserved packet type 0", packet(0x00), packet(0x00), 0x81],
    ["packet type 15 is reserved in 3.x", packet(0xf0), null, 0],
    ["[MQTT-4.12.0-6] AUTH without a method in CONNECT", null, packet(0xf0), 0x82],
    [
      "AUTH with a method that was not in CONNECT",
      null,
      packet(0xf0, 0x19, block(property.authenticationMethod("x"))),
      0x82,
    ],
    ["CONNACK from a client", packet(0x20, 0, 0), packet(0x20, 0, 0, 0), 0x82],
    ["SUBACK from a client", packet(0x90, u16(1), 0), packet(0x90, u16(1), 0, 0), 0x82],
    ["UNSUBACK from a client", packet(0xb0, u16(1)), packet(0xb0, u16(1), 0, 0), 0x82],
    ["PINGRESP from a client", packet(0xd0), packet(0xd0), 0x82],
    [
      "[MQTT-2.3.1-1] PUBLISH with packet id 0",
      publish({ topic: "a", qos: 1, id: 0 }),
      publish5({ topic: "a", qos: 1, id: 0 }),
      0x81,
    ],
    ["[MQTT-2.3.1-1] PUBLISH without packet id", packet(0x32, text("a")), packet(0x32, text("a")), 0x81],
    ["PUBLISH cut inside the packet id", packet(0x34, text("a"), 1), packet(0x34, text("a"), 1), 0x81],
    ["[MQTT-2.3.1-1] SUBSCRIBE with packet id 0", subscribe(4, 0, [["a", 0]]), subscribe(5, 0, [["a", 0]]), 0x81],
    ["SUBSCRIBE without packet id", packet(0x82), packet(0x82), 0x81],
    ["UNSUBSCRIBE with packet id 0", unsubscribe(4, 0, ["a"]), unsubscribe(5, 0, ["a"]), 0x81],
    ["PUBACK with packet id 0", packet(0x40, u16(0)), packet(0x40, u16(0)), 0x81],
    ["PUBREL without packet id", packet(0x62), packet(0x62), 0x81],
    ["PUBCOMP with one byte", packet(0x70, 1), packet(0x70, 1), 0x81],
    ["PUBACK with trailing bytes", packet(0x40, u16(1), 0), packet(0x40, u16(1), 0, 0, 0), 0x81],
    ["PUBACK with a reason code that it cannot have", null, packet(0x40, u16(1), 0x92), 0x82],
    ["PUBREL with a reason code that it cannot have", null, packet(0x62, u16(1), 0x80), 0x82],
    ["PUBREC with a property that it cannot have", null, packet(0x50, u16(1), 0, block(property.topicAlias(1))), 0x82],
    ["PINGREQ with trailing bytes", packet(0xc0, 0), packet(0xc0, 0), 0x81],
    ["DISCONNECT with trailing bytes", packet(0xe0, 0), packet(0xe0, 0, 0, 0), 0x81],
    ["DISCONNECT with a reason code of servers", null, packet(0xe0, 0x8e), 0x82],
    ["DISCONNECT with a server reference", null, packet(0xe0, 0, block(bytes(0x1c, text("x")))), 0x82],
    [
      "[MQTT-3.14.2-2] DISCONNECT raises the session expiry from 0",
      null,
      packet(0xe0, 0, block(property.sessionExpiry(5))),
      0x82,
    ],
    ["[MQTT-3.3.1-4] QoS 3", packet(0x36, text("a"), u16(1)), packet(0x36, text("a"), u16(1), 0), 0x81],
    ["[MQTT-3.3.1-2] DUP with QoS 0", publish({ topic: "a", dup: true }), publish5({ topic: "a", dup: true }), 0x81],
    ["[MQTT-3.3.2-2] topic with +", publish({ topic: "a/+" }), publish5({ topic: "a/+" }), 0x90],
    ["[MQTT-3.3.2-2] topic with #", publish({ topic: "#" }), publish5({ topic: "#" }), 0x90],
    ["[MQTT-4.7.3-1] empty topic", publish({ topic: "" }), publish5({ topic: "" }), 0x82],
    ["[MQTT-1.5.3-2] U+0000 in a topic", publish({ topic: "a\0b" }), publish5({ topic: "a\0b" }), 0x81],
    [
      "[MQTT-1.5.3-1] surrogate in a topic",
      publish({ topic: hex("61 eda080") }),
      publish5({ topic: hex("61 eda080") }),
      0x81,
    ],
    [
      "[MQTT-1.5.3-1] overlong form in a topic",
      publish({ topic: hex("c0af") }),
      publish5({ topic: hex("c0af") }),
      0x81,
    ],
    [
      "[MQTT-1.5.3-1] cut character at the topic's end",
      publish({ topic: hex("61 e282") }),
      publish5({ topic: hex("61 e282") }),
      0x81,
    ],
    ["topic longer than its packet", packet(0x30, u16(9), hex("61")), packet(0x30, u16(9), hex("61")), 0x81],
    ["PUBLISH of one byte", packet(0x30, 0), packet(0x30, 0), 0x81],
    ["PUBLISH of no byte", packet(0x30), packet(0x30), 0x81],
    ["[MQTT-3.8.3-3] SUBSCRIBE without a filter", subscribe(4, 1, []), subscribe(5, 1, []), 0x82],
    ["[MQTT-3.10.3-2] UNSUBSCRIBE without a filter", unsubscribe(4, 1, []), unsubscribe(5, 1, []), 0x82],
    ["[MQTT-4.7.3-1] SUBSCRIBE with an empty filter", subscribe(4, 1, [["", 0]]), subscribe(5, 1, [["", 0]]), 0x82],
    ["UNSUBSCRIBE with an empty filter", unsubscribe(4, 1, [""]), unsubscribe(5, 1, [""]), 0x82],
    ["[MQTT-3-8.3-4] QoS 3 in SUBSCRIBE", subscribe(4, 1, [["a", 3]]), subscribe(5, 1, [["a", 3]]), 0x81],
    ["[MQTT-3-8.3-4] reserved bits of the options", subscribe(4, 1, [["a", 4]]), subscribe(5, 1, [["a", 0x40]]), 0x81],
    ["filter without options", packet(0x82, u16(1), text("a")), packet(0x82, u16(1), 0, text("a")), 0x81],
    [
      "filter that is not UTF-8",
      packet(0x82, u16(1), binary(hex("ff")), 0),
      packet(0x82, u16(1), 0, binary(hex("ff")), 0),
      0x81,
    ],
    ["[MQTT-1.5.3-2] U+0000 in a filter", subscribe(4, 1, [["a\0", 0]]), subscribe(5, 1, [["a\0", 0]]), 0x81],
    ["retain handling 3", null, subscribe(5, 1, [["a", 0x30]]), 0x82],
    ["[MQTT-3.8.3-4] no local with a shared subscription", null, subscribe(5, 1, [["$share/g/a", 0x04]]), 0x82],
    ["subscription identifier 0", null, subscribe(5, 1, [["a", 0]], block(property.subscriptionIdentifier(0))), 0x82],
    [
      "subscription identifier twice",
      null,
      subscribe(5, 1, [["a", 0]], block(property.subscriptionIdentifier(1), property.subscriptionIdentifier(2))),
      0x82,
    ],
    ["subscription identifier of five bytes", null, subscribe(5, 1, [["a", 0]], block(hex("0b ff ff ff ff 01"))), 0x81],
    [
      "[MQTT-3.3.4-6] subscription identifier in PUBLISH",
      null,
      publish5({ topic: "a", properties: block(property.subscriptionIdentifier(1)) }),
      0x82,
    ],
    ["[MQTT-3.3.2-8] topic alias 0", null, publish5({ topic: "a", properties: block(property.topicAlias(0)) }), 0x94],
    [
      "[MQTT-3.3.2-9] topic alias above the maximum",
      null,
      publish5({ topic: "a", properties: block(property.topicAlias(33)) }),
      0x94,
    ],
    [
      "topic alias twice",
      null,
      publish5({ topic: "a", properties: block(property.topicAlias(1), property.topicAlias(1)) }),
      0x82,
    ],
    ["empty topic, alias never set", null, publish5({ topic: "", properties: block(property.topicAlias(1)) }), 0x82],
    ["payload format 2", null, publish5({ topic: "a", properties: block(property.payloadFormat(2)) }), 0x82],
    [
      "payload format twice",
      null,
      publish5({ topic: "a", properties: block(property.payloadFormat(0), property.payloadFormat(0)) }),
      0x82,
    ],
    [
      "message expiry twice",
      null,
      publish5({ topic: "a", properties: block(property.messageExpiry(0), property.messageExpiry(9)) }),
      0x82,
    ],
    [
      "content type twice",
      null,
      publish5({ topic: "a", properties: block(property.contentType(""), property.contentType("")) }),
      0x82,
    ],
    [
      "correlation data twice",
      null,
      publish5({ topic: "a", properties: block(property.correlation(""), property.correlation("")) }),
      0x82,
    ],
    [
      "response topic twice",
      null,
      publish5({ topic: "a", properties: block(property.responseTopic("r"), property.responseTopic("r")) }),
      0x82,
    ],
    [
      "[MQTT-3.3.2-14] response topic with a wildcard",
      null,
      publish5({ topic: "a", properties: block(property.responseTopic("r/#")) }),
      0x82,
    ],
    ["response topic empty", null, publish5({ topic: "a", properties: block(property.responseTopic("")) }), 0x82],
    [
      "user property that is not UTF-8",
      null,
      publish5({ topic: "a", properties: block(bytes(0x26, text("n"), binary(hex("ff")))) }),
      0x81,
    ],
    [
      "truncated user property in PUBLISH",
      null,
      publish5({ topic: "a", properties: block(bytes(0x26, text("n"))) }),
      0x81,
    ],
    [
      "property of CONNECT in PUBLISH",
      null,
      publish5({ topic: "a", properties: block(property.receiveMaximum(1)) }),
      0x82,
    ],
    ["unknown property in PUBLISH", null, publish5({ topic: "a", properties: block(hex("7e")) }), 0x81],
    ["property length beyond the packet", null, packet(0x30, text("a"), 5), 0x81],
    ["property length absent", null, packet(0x30, text("a")), 0x81],
    ["property length in more bytes than it needs", null, packet(0x30, text("a"), 0x80, 0), 0x81],
    ["property length of five bytes", null, packet(0x30, text("a"), hex("ff ff ff ff 01")), 0x81],
    ["property length cut", null, packet(0x30, text("a"), 0x80), 0x81],
    [
      "payload is not the text that it says it is, QoS 0",
      null,
      publish5({ topic: "a", payload: hex("ff"), properties: block(property.payloadFormat(1)) }),
      0x99,
    ],
    ["remaining length over four bytes", hex("30 ff ff ff ff 7f"), hex("30 ff ff ff ff 7f"), 0x81],
    ["remaining length in more bytes than it needs", hex("c0 80 00"), hex("c0 80 00"), 0x81],
    ["packet above the maximum", hex("30 ff ff ff 7f"), hex("30 ff ff ff 7f"), 0x95],
  ];

  for (const [clause, v3, v5, reason] of both) {
    if (v3 !== null) {
      test(`3.1.1 ${clause}`, () =>
        withBystander(async () => {
          const client = await RawClient.connect(broker.port, { client: "c", clean: true });
          client.send(v3, PINGREQ);
          assert.deepEqual(await client.untilClosed(), [], "closed, and nothing behind it is served");
        }));
    }
    if (v5 !== null) {
      test(`5 ${clause}`, () =>
        withBystander(async () => {
          const client = await RawClient.connect(broker.port, { level: 5, client: "c" });
          client.send(v5, PINGREQ);
          const said = await client.untilClosed();
          assert.equal(said.length, 1, "a reason, and nothing behind it is served");
          assert.equal(said[0]!.cmd, "disconnect");
          assert.equal(said[0]!["reasonCode"], reason);
        }));
    }
  }
});
