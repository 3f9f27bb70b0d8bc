import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  CloseReason,
  Message,
  Outcome,
  Refusal,
  RefusalReason,
  Verdict,
  type Device,
  type Peer,
  type SessionOptions,
} from "../../../core/index.ts";
import { FakeGateway } from "../fake-gateway.ts";
import type { FakeSession } from "../fake-session.ts";
import { plainSession } from "../../session-options.ts";
import { directPeer } from "../../../net/peer.ts";

const PEER: Peer = directPeer("fake", "127.0.0.1", 1);
const OPTIONS: SessionOptions = { ...plainSession, inflightMax: 2 };

class RecordingDevice implements Device {
  readonly events: unknown[] = [];
  full = false;
  deliver(id: number, message: Message, qos: number): boolean {
    this.events.push(["deliver", id, message.topic, qos]);
    return !this.full;
  }
  release(id: number): void {
    this.events.push(["release", id]);
  }
  onSettled(receipt: number, verdict: Verdict): void {
    this.events.push(["settled", receipt, verdict]);
  }
  disconnect(reason: CloseReason): void {
    this.events.push(["disconnect", reason]);
  }
}

async function openSession(gateway: FakeGateway, client: string, device: Device): Promise<FakeSession> {
  const principal = await gateway.authenticate(PEER, { client, user: "acme/tom", password: null, token: null });
  assert.ok(!(principal instanceof Refusal));
  const session = await gateway.openSession(principal, OPTIONS, device);
  assert.ok(!(session instanceof Refusal));
  return gateway.sessionOf(client);
}

suite("fake gateway", () => {
  test("a session carries who authenticated", async () => {
    const gateway = new FakeGateway();
    const session = await openSession(gateway, "truck", new RecordingDevice());
    const { tenant, user, client, device } = session.origin;
    assert.deepEqual([tenant, user, client, device], ["acme", "tom", "truck", "truck"]);
  });

  test("refusals come from the script, a principal of nobody's is a violation", async () => {
    const gateway = new FakeGateway();
    gateway.script.authenticate = () => new Refusal(RefusalReason.Banned, "no");
    const refused = await gateway.authenticate(PEER, { client: "a", user: null, password: null, token: null });
    assert.ok(refused instanceof Refusal && refused.reason === RefusalReason.Banned);
    const forged = { tenant: "", client: "a", user: "", peer: PEER };
    assert.ok((await gateway.openSession(forged, OPTIONS, new RecordingDevice())) instanceof Refusal);
    assert.equal(gateway.violations.length, 1);
  });

  test("publish is recorded and answered by the script; a message goes in once", async () => {
    const gateway = new FakeGateway();
    const device = new RecordingDevice();
    const session = await openSession(gateway, "a", device);
    const message = Message.of(session.origin, "t", new Uint8Array([1]), 1);
    assert.equal(session.publish(message, 7), Verdict.Accepted);
    assert.equal(session.publish(message, 8), Verdict.InvalidMessage);
    gateway.script.publish = () => Verdict.Pending;
    assert.equal(session.publish(Message.of(session.origin, "u", new Uint8Array(0), 1), 9), Verdict.Pending);
    session.settle(9, Verdict.Denied);
    assert.deepEqual(device.events, [["settled", 9, Verdict.Denied]]);
    assert.deepEqual(
      session.publications.map(({ message: { topic }, receipt }) => [topic, receipt]),
      [
        ["t", 7],
        ["u", 9],
      ],
    );
    assert.equal(gateway.violations.length, 1);
  });

  test("QoS 2: the same receipt is answered again and not published again, until it is released", async () => {
    const gateway = new FakeGateway();
    const session = await openSession(gateway, "a", new RecordingDevice());
    const publish = (): Verdict => session.publish(Message.of(session.origin, "t", new Uint8Array(0), 2), 5);
    assert.deepEqual([publish(), publish()], [Verdict.Accepted, Verdict.Accepted]);
    assert.equal(session.publications.length, 1);
    assert.deepEqual([session.onReleased(5), session.onReleased(5)], [true, false]);
    publish();
    assert.equal(session.publications.length, 2);
  });

  test("deliveries wait for the first onWritable, for a full device and for the window", async () => {
    const gateway = new FakeGateway();
    const device = new RecordingDevice();
    const session = await openSession(gateway, "a", device);
    for (const topic of ["1", "2", "3"]) session.send({ topic, payload: "x", qos: 1 });
    assert.deepEqual(device.events, []);
    device.full = true;
    session.onWritable();
    assert.deepEqual([session.delivered, session.queued, session.refusals], [1, 2, 1]);
    device.full = false;
    session.onWritable();
    assert.deepEqual([session.delivered, session.queued, session.inFlight], [2, 1, 2]);
    assert.equal(session.onAcknowledged(1, Outcome.Completed), true);
    assert.equal(session.onAcknowledged(1, Outcome.Completed), false);
    assert.deepEqual(
      device.events.map((event) => Array.isArray(event) && event[1]),
      [1, 2, 3],
    );
  });

  test("QoS 2 deliveries are released after Received and end with Completed", async () => {
    const gateway = new FakeGateway();
    const device = new RecordingDevice();
    const session = await openSession(gateway, "a", device);
    session.onWritable();
    session.send({ topic: "t", payload: "x", qos: 2 });
    assert.equal(session.onAcknowledged(1, Outcome.Completed), false);
    assert.equal(session.onAcknowledged(1, Outcome.Received), true);
    assert.deepEqual(device.events.at(-1), ["release", 1]);
    assert.equal(session.onAcknowledged(1, Outcome.Completed), true);
    assert.equal(session.inFlight, 0);
  });

  test("a newer session of the same name takes over; close is safe twice; nothing after it", async () => {
    const gateway = new FakeGateway();
    const device = new RecordingDevice();
    const first = await openSession(gateway, "a", device);
    const second = await openSession(gateway, "a", new RecordingDevice());
    assert.deepEqual(device.events, [["disconnect", CloseReason.TakenOver]]);
    assert.deepEqual(gateway.open, [second]);
    first.close(CloseReason.ConnectionLost);
    assert.equal(first.closed, CloseReason.TakenOver);
    second.close(CloseReason.Normal);
    second.send({ topic: "t", payload: "x" });
    second.onWritable();
    assert.equal(second.delivered, 0);
    assert.equal(second.publish(Message.of(second.origin, "t", new Uint8Array(0)), 0), Verdict.Closed);
    assert.deepEqual(gateway.open, []);
  });

  test("a verb can be held back, and a condition waited for", async () => {
    const gateway = new FakeGateway();
    const letGo = gateway.hold("openSession");
    const opened = openSession(gateway, "a", new RecordingDevice());
    const seen = gateway.until(() => gateway.sessions.length === 1, "a session");
    await new Promise(setImmediate);
    assert.equal(gateway.sessions.length, 0);
    letGo();
    await seen;
    assert.equal(await opened, gateway.sessions[0]);
  });

  test("a device that throws is written down", async () => {
    const gateway = new FakeGateway();
    const device = new RecordingDevice();
    const session = await openSession(gateway, "a", device);
    device.deliver = () => {
      throw new Error("bug");
    };
    session.onWritable();
    session.send({ topic: "t", payload: "x" });
    assert.match(gateway.violations.join(), /deliver threw.*bug/);
  });
});
