// The connection between a scripted core and a wire of the test's: what no client can provoke at will. Late verdicts,
// answers that are awaited, a core that disconnects at the worst moment, a wire that is full.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, connect, PINGREQ, publish, publish5, pubrel, subscribe, unsubscribe } from "./packets.ts";
import { opened, scene, settled } from "./scene.ts";
import { CloseReason, Verdict } from "../../../core/index.ts";
import { StreamEnd } from "../../../net/stream.ts";

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
