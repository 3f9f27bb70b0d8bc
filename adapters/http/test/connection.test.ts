// The device behind plain requests, with the core played by hand: verdicts at their worst moments.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseReason, Message, Outcome, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import type { Device, Principal } from "../../../core/index.ts";
import { FakeGateway } from "../../../conformance/adapter-kit/fake-gateway.ts";
import type { FakeSession } from "../../../conformance/adapter-kit/fake-session.ts";
import { RequestConnection } from "../connection.ts";
import { directPeer } from "../../../net/peer.ts";

const SETTLE_MS = 1_000;
const peer = directPeer("http", "::1", 1);

async function opened() {
  const gateway = new FakeGateway({ protocol: "http" });
  const asked = await gateway.authenticate(peer, { client: "c", user: null, password: null, token: null });
  const connection = await RequestConnection.open(gateway, asked as Principal, "scope", SETTLE_MS);
  assert.ok(connection instanceof RequestConnection);
  const [session] = gateway.sessions;
  assert.ok(session !== undefined);
  const message = (): Message => Message.of(session.origin, "t", Buffer.alloc(0));
  return { gateway, connection, session, message };
}

/** The verdict comes from within `publish`, which then says Pending. */
function settleWithin(session: FakeSession, device: Device, verdict: Verdict): void {
  session.publish = (_message, receipt) => {
    device.onSettled(receipt, verdict);
    return Verdict.Pending;
  };
}

test("a verdict at once needs no promise and no timer", async () => {
  const { gateway, connection, message } = await opened();
  assert.equal(connection.publish(message()), Verdict.Accepted);
  assert.equal(gateway.clock.armed, 0);
});

test("a verdict from within the call is not lost", async () => {
  const { gateway, connection, session, message } = await opened();
  settleWithin(session, connection, Verdict.Denied);
  assert.equal(connection.publish(message()), Verdict.Denied);
  assert.equal(gateway.clock.armed, 0);
});

test("late verdicts go to their own publishes, and come once", async () => {
  const { gateway, connection, session, message } = await opened();
  gateway.script.publish = () => Verdict.Pending;
  const [first, second] = [connection.publish(message()), connection.publish(message())];
  const [one, two] = session.pending;
  session.settle(two!, Verdict.Denied);
  session.settle(one!, Verdict.Accepted);
  connection.onSettled(one!, Verdict.Denied);
  assert.deepEqual(await Promise.all([first, second]), [Verdict.Accepted, Verdict.Denied]);
  assert.equal(gateway.clock.armed, 0);
});

test("a verdict that never comes is Pending after its time", async () => {
  const { gateway, connection, message } = await opened();
  gateway.script.publish = () => Verdict.Pending;
  const waiting = connection.publish(message());
  gateway.clock.advance(SETTLE_MS);
  assert.equal(await waiting, Verdict.Pending);
});

test("what waits when the session ends is told Closed; what comes after it, too", async () => {
  const { gateway, connection, session, message } = await opened();
  gateway.script.publish = () => Verdict.Pending;
  const waiting = connection.publish(message());
  session.disconnect(CloseReason.Kicked);
  assert.equal(await waiting, Verdict.Closed);
  assert.equal(connection.isOpen, false);
  assert.equal(connection.publish(message()), Verdict.Closed);
  assert.equal(gateway.clock.armed, 0);
});

test("given up while a publish waits: closed with its verdict, not before", async () => {
  const { gateway, connection, session, message } = await opened();
  gateway.script.publish = () => Verdict.Pending;
  const waiting = connection.publish(message());
  connection.closeWhenIdle();
  assert.equal(session.closed, null);
  session.settle(session.pending[0]!, Verdict.Accepted);
  assert.equal(await waiting, Verdict.Accepted);
  assert.equal(session.closed, CloseReason.Normal);
});

test("given up while nothing waits: closed at once", async () => {
  const { connection, session } = await opened();
  connection.closeWhenIdle();
  connection.close();
  assert.equal(session.closed, CloseReason.Normal);
});

test("a delivery that nobody asked for is given back", async () => {
  const { connection, session } = await opened();
  session.onWritable();
  session.send({ topic: "t", payload: "x", qos: 1 });
  assert.deepEqual(
    session.acknowledgements.map(({ outcome }) => outcome),
    [Outcome.Rejected],
  );
  connection.close();
});

test("a refused session is a refusal", async () => {
  const gateway = new FakeGateway({ protocol: "http" });
  gateway.script.open = () => new Refusal(RefusalReason.QuotaExceeded, "full");
  const asked = await gateway.authenticate(peer, { client: "c", user: null, password: null, token: null });
  const refused = await RequestConnection.open(gateway, asked as Principal, "scope", SETTLE_MS);
  assert.ok(refused instanceof Refusal && refused.reason === RefusalReason.QuotaExceeded);
});
