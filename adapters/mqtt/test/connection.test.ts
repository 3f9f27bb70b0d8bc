// The connection between a scripted core and a wire of the test's: what no client can provoke at will. Late verdicts,
// answers that are awaited, a core that disconnects at the worst moment, a wire that is full.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mqttSettings } from "../config.ts";
import { MqttConnection } from "../connection.ts";
import { Context } from "../context.ts";
import { FakeWire } from "./fake-wire.ts";
import {
  bytes,
  connect,
  type ConnectFields,
  PINGREQ,
  publish,
  publish5,
  pubrel,
  subscribe,
  unsubscribe,
} from "./packets.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import type { FakeSession } from "../../../conformance/adapter-kit/fake-session.ts";
import { CloseReason, DeliveryFlag, Message, Outcome, type Peer, Verdict } from "../../../core/index.ts";
import { StreamEnd } from "../../../net/stream.ts";

const peer: Peer = Object.freeze({
  address: "192.0.2.1",
  port: 4711,
  proxy: null,
  listener: "mqtt",
  secure: false,
  certificate: null,
  serverName: null,
});

interface Scene {
  readonly gateway: FakeGateway;
  readonly wire: FakeWire;
  readonly connection: MqttConnection;
}

function scene(inboundInflightMax = 100): Scene {
  const gateway = new FakeGateway({ protocol: "mqtt", limits: { inboundInflightMax } });
  const wire = new FakeWire();
  const context = new Context(gateway, mqttSettings({ listeners: [] }));
  return { gateway, wire, connection: new MqttConnection(context, wire, peer) };
}

/** Promises that are ready have run. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function opened(fields: ConnectFields = {}, inboundInflightMax = 100): Promise<Scene & { session: FakeSession }> {
  const one = scene(inboundInflightMax);
  one.connection.onBytes(connect({ client: "c", ...fields }));
  await settled();
  one.wire.take();
  return { ...one, session: one.gateway.sessionOf("c") };
}

test("CONNECT lifts the first frame's deadline; nothing is delivered before CONNACK", async () => {
  const { gateway, wire, connection } = scene();
  const release = gateway.hold("openSession");
  connection.onBytes(connect({ client: "c" }));
  assert.equal(wire.isEstablished, true);
  await settled();
  assert.equal(wire.take(), "");
  release();
  await settled();
  assert.equal(wire.take(), "20020000");
  assert.deepEqual(gateway.violations, []);
});

test("a first packet that is no CONNECT does not lift it", () => {
  const { wire, connection } = scene();
  connection.onBytes(PINGREQ);
  assert.equal(wire.isEstablished, false);
  assert.equal(wire.isEnded, true);
});

test("what comes while the core is asked waits, and the wire is paused", async () => {
  const { gateway, wire, connection } = scene();
  const release = gateway.hold("authenticate");
  connection.onBytes(bytes(connect({ client: "c" }), publish({ topic: "a", payload: "1" })));
  assert.equal(wire.isPaused, false, "a pause costs; it is made when there is reason");
  connection.onBytes(publish({ topic: "a", payload: "2" }));
  assert.equal(wire.isPaused, true);
  release();
  await settled();
  assert.equal(wire.isPaused, false);
  const published = gateway.sessionOf("c").publications.map(({ message }) => Buffer.from(message.payload).toString());
  assert.deepEqual(published, ["1", "2"]);
});

test("a peer that sends without end while the core is asked is cut off", async () => {
  const { gateway, wire, connection } = scene();
  const release = gateway.hold("authenticate");
  connection.onBytes(connect({ client: "c" }));
  const chunk = new Uint8Array(65_536);
  for (let i = 0; i < 20 && !wire.isEnded; i++) connection.onBytes(chunk);
  assert.equal(wire.isEnded, true);
  release();
  await settled();
  assert.deepEqual(gateway.open, []);
});

test("lost while the core is asked: the session that comes is closed, nothing is written", async () => {
  const { gateway, wire, connection } = scene();
  const release = gateway.hold("openSession");
  connection.onBytes(connect({ client: "c", keepAlive: 10 }));
  await settled();
  connection.onClosed(StreamEnd.Peer);
  release();
  await settled();
  assert.equal(gateway.sessionOf("c").closed, CloseReason.ConnectionLost);
  assert.equal(wire.take(), "");
  assert.equal(gateway.clock.armed, 0);
});

test("[MQTT-4.6.0-2, -3] acknowledgements keep the messages' order, whatever the verdicts' order", async () => {
  const { gateway, session, connection, wire } = await opened({ level: 5 });
  gateway.script.publish = (_session, message) => (message.topic === "now" ? Verdict.Accepted : Verdict.Pending);
  connection.onBytes(
    bytes(
      publish5({ topic: "late", qos: 1, id: 1 }),
      publish5({ topic: "late", qos: 2, id: 2 }),
      publish5({ topic: "now", qos: 1, id: 3 }),
      publish5({ topic: "late", qos: 1, id: 4 }),
    ),
  );
  assert.equal(wire.take(), "");
  session.settle(4, Verdict.Denied);
  session.settle(2, Verdict.NoSubscriber);
  assert.equal(wire.take(), "");
  session.settle(1, Verdict.Accepted);
  assert.equal(wire.take(), ["40020001", "5003000210", "40020003", "4003000487"].join(""));
  connection.onBytes(publish5({ topic: "now", qos: 1, id: 9 }));
  assert.equal(wire.take(), "40020009");
});

test("a refused payload format keeps its place in that order", async () => {
  const { gateway, session, connection, wire } = await opened({ level: 5 });
  gateway.script.publish = () => Verdict.Pending;
  connection.onBytes(
    bytes(
      publish5({ topic: "a", qos: 1, id: 1 }),
      publish5({ topic: "a", qos: 1, id: 2, payload: Uint8Array.of(0xff), properties: Uint8Array.of(2, 1, 1) }),
    ),
  );
  assert.equal(wire.take(), "");
  session.settle(1, Verdict.Accepted);
  assert.equal(wire.take(), "400200014003000299");
});

test("QoS 2 repeated while its verdict is out: both are answered by the one verdict", async () => {
  const { gateway, session, connection, wire } = await opened();
  gateway.script.publish = () => Verdict.Pending;
  connection.onBytes(bytes(publish({ topic: "a", qos: 2, id: 1 }), publish({ topic: "a", qos: 2, id: 1, dup: true })));
  session.settle(1, Verdict.Accepted);
  assert.equal(wire.take(), "5002000150020001");
});

test("3.1.1: a late refusal that a repetition may mend closes, without an acknowledgement", async () => {
  const { gateway, session, connection, wire } = await opened();
  gateway.script.publish = () => Verdict.Pending;
  connection.onBytes(bytes(publish({ topic: "a", qos: 1, id: 1 }), publish({ topic: "a", qos: 1, id: 2 })));
  session.settle(1, Verdict.Overload);
  assert.equal(wire.take(), "");
  assert.equal(wire.isEnded, true);
  assert.equal(session.closed, CloseReason.QuotaExceeded);
});

test("too many verdicts outstanding: no more is read until one comes", async () => {
  const { gateway, session, connection, wire } = await opened({ keepAlive: 10 }, 2);
  gateway.script.publish = () => Verdict.Pending;
  const more = [1, 2, 3, 4].map((id) => publish({ topic: "a", qos: 1, id }));
  connection.onBytes(bytes(...more, PINGREQ));
  assert.equal(session.publications.length, 2);
  connection.onBytes(PINGREQ);
  assert.equal(wire.isPaused, true);
  gateway.clock.advance(60_000);
  assert.equal(wire.isEnded, false, "who is not read from is not silent");
  session.settle(1, Verdict.Accepted);
  assert.equal(session.publications.length, 3);
  assert.equal(wire.isPaused, false);
  session.settle(2, Verdict.Accepted);
  session.settle(3, Verdict.Accepted);
  session.settle(4, Verdict.Accepted);
  assert.equal(wire.take(), ["40020001", "40020002", "40020003", "d000", "d000", "40020004"].join(""));
  gateway.clock.advance(15_000);
  assert.equal(wire.isEnded, true);
});

test("while SUBSCRIBE is being answered nothing behind it is served", async () => {
  const { gateway, session, connection, wire } = await opened();
  const release = gateway.hold("subscribe");
  connection.onBytes(
    bytes(
      subscribe(4, 7, [
        ["a", 1],
        ["b", 2],
      ]),
      publish({ topic: "a" }),
      unsubscribe(4, 8, ["a"]),
      PINGREQ,
    ),
  );
  await settled();
  assert.equal(session.publications.length, 0);
  assert.equal(wire.take(), "");
  release();
  await settled();
  assert.equal(wire.take(), ["900400070102", "b0020008", "d000"].join(""));
  assert.equal(session.publications.length, 1);
});

test("the connection ends while SUBSCRIBE is being answered", async () => {
  const { gateway, session, connection, wire } = await opened();
  const release = gateway.hold("subscribe");
  connection.onBytes(bytes(subscribe(4, 7, [["a", 1]]), publish({ topic: "a" })));
  connection.onClosed(StreamEnd.Error);
  release();
  await settled();
  assert.equal(wire.take(), "");
  assert.equal(session.publications.length, 0);
  assert.equal(session.closed, CloseReason.ConnectionLost);
});

test("a subscribe that rejects is our bug: this connection ends, and it is logged", async () => {
  const { gateway, session, connection, wire } = await opened({ level: 5 });
  session.subscribe = () => Promise.reject(new Error("bug"));
  connection.onBytes(subscribe(5, 7, [["a", 1]]));
  await settled();
  assert.equal(wire.isEnded, true);
  assert.equal(wire.take(), "e0028000");
  assert.equal(gateway.log.of("error").length, 1);
  assert.notEqual(session.closed, null);
});

test("a defect behind an awaited answer ends this connection only", async () => {
  const { gateway, session, connection, wire } = await opened();
  session.publish = () => {
    throw new Error("bug");
  };
  connection.onBytes(bytes(subscribe(4, 7, [["a", 1]]), publish({ topic: "a" })));
  await settled();
  assert.equal(wire.isEnded, true);
  assert.equal(gateway.log.of("error").length, 1);
});

test("the core disconnects inside a publish: nothing behind it is served", async () => {
  const { gateway, session, connection, wire } = await opened({ level: 5 });
  gateway.script.publish = (publisher) => {
    publisher.disconnect(CloseReason.Kicked);
    return Verdict.Accepted;
  };
  connection.onBytes(bytes(publish5({ topic: "a" }), publish5({ topic: "a" }), PINGREQ));
  assert.equal(session.publications.length, 1);
  assert.equal(wire.take(), "e0029800");
  assert.equal(wire.isEnded, true);
});

test("every close reason has its code", async () => {
  const codes: readonly [CloseReason, string][] = [
    [CloseReason.TakenOver, "8e"],
    [CloseReason.Kicked, "98"],
    [CloseReason.Stopping, "8b"],
    [CloseReason.SlowConsumer, "97"],
    [CloseReason.Banned, "87"],
    [CloseReason.QuotaExceeded, "97"],
    [CloseReason.KeepAlive, "8d"],
    [CloseReason.Protocol, "82"],
  ];
  for (const [reason, code] of codes) {
    const five = await opened({ level: 5 });
    five.session.disconnect(reason);
    assert.equal(five.wire.take(), `e002${code}00`);
    const four = await opened();
    four.session.disconnect(reason);
    assert.equal(four.wire.take(), "");
    assert.equal(four.wire.isEnded, true);
  }
});

test("a full wire stops the core until it is writable", async () => {
  const { session, connection, wire } = await opened();
  wire.isFull = true;
  session.send({ topic: "a", payload: "1" });
  session.send({ topic: "a", payload: "2" });
  assert.equal(session.queued, 1);
  wire.isFull = false;
  connection.onWritable();
  assert.equal(session.queued, 0);
  assert.equal(wire.take(), "300400016131300400016132");
});

test("a delivery larger than the client takes is rejected (QoS 1) or counted (QoS 0)", async () => {
  const { gateway, session, wire } = await opened({ level: 5, properties: Uint8Array.of(5, 0x27, 0, 0, 0, 40) });
  session.send({ topic: "a", payload: "x".repeat(40), qos: 1 });
  session.send({ topic: "a", payload: "x".repeat(40) });
  session.send({ topic: "a", payload: "x".repeat(5000) });
  session.send({ topic: "a", payload: "x".repeat(40), identifiers: [1] });
  assert.equal(wire.take(), "");
  assert.deepEqual(session.acknowledgements, [{ id: 1, outcome: Outcome.Rejected, known: true }]);
  assert.equal(gateway.meter("mqtt").messagesDropped.get("larger_than_receiver_takes"), 3);
});

test("retain and DUP as the core says", async () => {
  const { session, wire } = await opened();
  session.send({ topic: "a", payload: "", flags: DeliveryFlag.Retain });
  session.send({ topic: "a", payload: "", qos: 1, flags: DeliveryFlag.Retain | DeliveryFlag.Redelivered });
  session.send({ topic: "a", payload: "", qos: 2, flags: DeliveryFlag.Redelivered });
  session.send({ topic: "a", payload: "", flags: DeliveryFlag.Redelivered });
  assert.equal(wire.take(), ["3103000161", "3b050001610001", "3c050001610002", "3003000161"].join(""));
});

test("a QoS 0 packet goes out as the very bytes that came in, to clients of the same form", async () => {
  const publisher = await opened();
  const four = await opened();
  const five = await opened({ level: 5 });
  const sent: Message[] = [];
  publisher.session.publish = (message) => {
    sent.push(message);
    return Verdict.Accepted;
  };
  const chunk = bytes(PINGREQ, publish({ topic: "a/b", payload: "body" }));
  publisher.connection.onBytes(chunk);
  const [message] = sent;
  assert.ok(message);
  assert.equal(message.source, chunk);
  const seen: [Uint8Array, number, number][] = [];
  four.wire.write = (...range) => {
    seen.push(range);
    return true;
  };
  four.connection.deliver(0, message, 0, 0, null);
  assert.deepEqual(seen, [[chunk, 2, chunk.length]]);
  five.connection.deliver(0, message, 0, 0, null);
  assert.equal(
    five.wire.take(),
    "300a0003" + Buffer.from("a/b").toString("hex") + "00" + Buffer.from("body").toString("hex"),
  );
});

test("a packet with DUP, RETAIN or an alias of its publisher is no form for others", async () => {
  const publisher = await opened({ level: 5 });
  const receiver = await opened({ level: 5 });
  publisher.session.publish = (message) => {
    receiver.connection.deliver(message.qos === 0 ? 0 : 5, message, message.qos, 0, null);
    return Verdict.Accepted;
  };
  publisher.connection.onBytes(
    bytes(
      publish5({ topic: "a", retain: true }),
      publish5({ topic: "a", properties: Uint8Array.of(3, 0x23, 0, 1) }),
      publish5({ topic: "", properties: Uint8Array.of(3, 0x23, 0, 1) }),
      publish5({ topic: "a", qos: 1, dup: true, retain: true, id: 77 }),
    ),
  );
  const plain = "300400016100";
  assert.equal(receiver.wire.take(), [plain, plain, plain, "3206000161000500"].join(""));
});

test("stop: goodbye, the session is closed, no timer is left", async () => {
  const { gateway, session, connection, wire } = await opened({ level: 5, keepAlive: 60 });
  assert.equal(gateway.clock.armed, 1);
  connection.onStopping();
  assert.equal(wire.take(), "e0028b00");
  assert.equal(session.closed, CloseReason.Stopping);
  assert.equal(gateway.clock.armed, 0);
  connection.onClosed(StreamEnd.Local);
  connection.onStopping();
  connection.disconnect(CloseReason.Kicked);
  connection.onBytes(PINGREQ);
  connection.onWritable();
  session.send({ topic: "a", payload: "" });
  connection.release(1);
  connection.onSettled(1, Verdict.Accepted);
  assert.equal(wire.take(), "");
});

test("keep-alive: one timer, re-armed lazily", async () => {
  const { gateway, connection, wire } = await opened({ keepAlive: 100 });
  gateway.clock.advance(100_000);
  connection.onBytes(PINGREQ);
  gateway.clock.advance(149_999);
  assert.equal(wire.isEnded, false);
  assert.equal(gateway.clock.armed, 1);
  gateway.clock.advance(2);
  assert.equal(wire.isEnded, true);
  assert.equal(gateway.clock.armed, 0);
});

test("PUBREL frees the receipt at the core", async () => {
  const { session, connection, wire } = await opened();
  connection.onBytes(bytes(publish({ topic: "a", qos: 2, id: 500 }), pubrel(500), pubrel(500)));
  assert.deepEqual(session.released, [500, 500]);
  assert.equal(wire.take(), "500201f4700201f4700201f4");
});
