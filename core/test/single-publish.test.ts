import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeGateway } from "../../conformance/adapter-kit/fake-gateway.ts";
import { CloseReason, Refusal, RefusalReason, Verdict } from "../index.ts";
import type { Peer, Principal } from "../index.ts";
import { SinglePublish } from "../single-publish.ts";

const peer: Peer = Object.freeze({
  address: "127.0.0.1",
  port: 1,
  proxy: null,
  listener: "test",
  secure: false,
  certificate: null,
  serverName: null,
});
const publication = {
  device: null,
  via: [],
  protocolVersion: "1",
  topic: "a/b",
  payload: Buffer.from("x"),
  properties: null,
} as const;

async function principalOf(gateway: FakeGateway): Promise<Principal> {
  const found = await gateway.authenticate(peer, { client: "c", user: null, password: null, token: null });
  assert.ok(!(found instanceof Refusal));
  return found;
}

test("one message, then the session is over; whoever holds the name keeps it", async () => {
  const gateway = new FakeGateway();
  const verdict = await new SinglePublish().run(gateway, await principalOf(gateway), publication);
  assert.equal(verdict, Verdict.Accepted);
  const session = gateway.sessionOf("c");
  assert.deepEqual(
    [session.options.exclusive, session.closed, session.publications.length],
    [false, CloseReason.Normal, 1],
  );
});

test("no session: denied; a late verdict is waited for", async () => {
  const gateway = new FakeGateway();
  const principal = await principalOf(gateway);
  gateway.script.open = () => new Refusal(RefusalReason.QuotaExceeded, "test");
  assert.equal(await new SinglePublish().run(gateway, principal, publication), Verdict.Denied);
  gateway.script.open = () => null;
  gateway.script.publish = () => Verdict.Pending;
  const running = new SinglePublish().run(gateway, principal, publication);
  await gateway.until(() => gateway.sessions.length > 0 && gateway.sessionOf("c").pending.length > 0, "a publish");
  gateway.sessionOf("c").settle(0, Verdict.Overload);
  assert.equal(await running, Verdict.Overload);
  assert.equal(gateway.open.length, 0);
});

test("cancelled: while its session is opened, and while its verdict is awaited", async () => {
  const gateway = new FakeGateway();
  const principal = await principalOf(gateway);
  gateway.script.publish = () => Verdict.Pending;
  const letGo = gateway.hold("openSession");
  const early = new SinglePublish();
  const earlyRun = early.run(gateway, principal, publication);
  early.cancel();
  letGo();
  assert.equal(await earlyRun, Verdict.Closed);
  assert.equal(gateway.sessionOf("c").publications.length, 0);
  const late = new SinglePublish();
  const lateRun = late.run(gateway, principal, publication);
  await gateway.until(() => gateway.open.length > 0 && gateway.sessionOf("c").pending.length > 0, "a publish");
  late.cancel();
  assert.equal(await lateRun, Verdict.Closed);
  assert.equal(gateway.open.length, 0);
  const kicked = new SinglePublish();
  const kickedRun = kicked.run(gateway, principal, publication);
  await gateway.until(() => gateway.open.length > 0 && gateway.sessionOf("c").pending.length > 0, "a publish");
  gateway.sessionOf("c").disconnect(CloseReason.Kicked);
  assert.equal(await kickedRun, Verdict.Closed);
});
