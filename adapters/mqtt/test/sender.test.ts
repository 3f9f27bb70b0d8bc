// What goes out to one client, and in which form.

import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, PINGREQ, publish, publish5 } from "./packets.ts";
import { opened } from "./scene.ts";
import { DeliveryFlag, type Message, Outcome, Verdict } from "../../../core/index.ts";

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
