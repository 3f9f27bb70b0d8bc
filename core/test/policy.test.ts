// The policy that no adapter can forget, in its order: limits, authentication, bans, tenants, access rules, rate.

import assert from "node:assert/strict";
import { test } from "node:test";
import { plainSession } from "../../conformance/session-options.ts";
import { Message, Refusal, RefusalReason, Verdict } from "../index.ts";
import type { Authenticator } from "../compose.ts";
import { CoreBench, RecordingDevice, open, peer, publish, request, trusting } from "./core-bench.ts";

const reasonOf = (value: unknown): number | null => (value instanceof Refusal ? value.reason : null);

test("authentication: the first that knows decides; nobody knowing, or failing, lets nobody in", async () => {
  const asked: string[] = [];
  const link = (name: string, answer: "pass" | "refuse" | "fail" | "accept"): Authenticator => ({
    name,
    authenticate: async () => {
      asked.push(name);
      if (answer === "fail") throw new Error("down");
      if (answer === "refuse") return new Refusal(RefusalReason.BadCredentials, "no");
      return answer === "accept" ? { tenant: "", user: name } : null;
    },
  });
  const first = new CoreBench({ authenticators: [link("a", "pass"), link("b", "accept"), link("c", "refuse")] });
  await first.connect("x");
  assert.deepEqual(asked, ["a", "b"]);
  assert.deepEqual([...first.core.stats().authentications], [["b,accepted", 1]]);
  for (const [answer, reason] of [
    ["pass", RefusalReason.BadCredentials],
    ["refuse", RefusalReason.BadCredentials],
    ["fail", RefusalReason.Unavailable],
  ] as const) {
    const bench = new CoreBench({ authenticators: [link("only", answer)] });
    assert.equal(reasonOf(await bench.tryConnect("x")), reason, answer);
  }
});

test("client ids: assigned when empty, refused when ill-formed or too long", async () => {
  const bench = new CoreBench({ limits: { clientIdMaxBytes: 20 } });
  assert.equal(reasonOf(await bench.tryConnect("a\u0000b")), RefusalReason.InvalidClient);
  assert.equal(reasonOf(await bench.tryConnect("\ud800")), RefusalReason.InvalidClient);
  assert.equal(reasonOf(await bench.tryConnect("x".repeat(21))), RefusalReason.InvalidClient);
  assert.equal(reasonOf(await bench.tryConnect("ä".repeat(11))), RefusalReason.InvalidClient);
  const roomy = new CoreBench();
  const one = await roomy.connect("");
  const two = await roomy.connect("");
  assert.notEqual(one.session.origin.client, two.session.origin.client);
  await roomy.connect("constructor");
  await roomy.connect("__proto__");
  assert.equal(roomy.core.stats().sessions, 4);
});

test("limits of sessions: all together, and of one tenant; a place that is freed can be taken", async () => {
  const bench = new CoreBench({ limits: { sessionsMax: 3, sessionsPerTenantMax: 2 } });
  const a = await bench.connect("1", {}, "acme/u");
  await bench.connect("2", {}, "acme/u");
  assert.equal(reasonOf(await bench.tryConnect("3", {}, "acme/u")), RefusalReason.QuotaExceeded);
  await bench.connect("2", {}, "acme/u");
  await bench.connect("3", {}, "beta/u");
  assert.equal(reasonOf(await bench.tryConnect("4", {}, "beta/u")), RefusalReason.QuotaExceeded);
  a.session.close(1);
  await bench.connect("4", {}, "beta/u");
});

test("bans: client, user and address; until their time", async () => {
  const bench = new CoreBench();
  const now = bench.clock.now();
  bench.core.bans.add({ kind: "client", value: "bad", until: now + 1_000 });
  bench.core.bans.add({ kind: "user", value: "acme/eve", until: 0 });
  bench.core.bans.add({ kind: "address", value: "192.0.2.66", until: 0 });
  assert.equal(reasonOf(await bench.tryConnect("bad")), RefusalReason.Banned);
  assert.equal(reasonOf(await bench.tryConnect("x", {}, "acme/eve")), RefusalReason.Banned);
  assert.equal(reasonOf(await bench.principal("x", null, { ...peer, address: "192.0.2.66" })), RefusalReason.Banned);
  await bench.connect("x", {}, "eve");
  bench.clock.advance(1_000);
  await bench.connect("bad");
  assert.equal(bench.core.bans.remove("user", "acme/eve"), true);
  await bench.connect("y", {}, "acme/eve");
});

test("a ban that comes between authentication and session holds", async () => {
  const bench = new CoreBench();
  const principal = await bench.principal("a");
  assert.ok(!(principal instanceof Refusal));
  bench.core.bans.add({ kind: "client", value: "a", until: 0 });
  assert.equal(
    reasonOf(await bench.gateway.openSession(principal, plainSession, new RecordingDevice())),
    RefusalReason.Banned,
  );
});

test("a principal opens sessions on the core that made it, and nowhere else", async () => {
  const bench = new CoreBench();
  const other = new CoreBench();
  const principal = await other.principal("a");
  assert.ok(!(principal instanceof Refusal));
  const forged = { tenant: "acme", client: "a", user: "root", peer };
  const inherited: typeof forged = Object.create(principal);
  for (const [name, value] of Object.entries({ foreign: principal, forged, inherited })) {
    const answer = await bench.gateway.openSession(value, plainSession, new RecordingDevice());
    assert.equal(reasonOf(answer), RefusalReason.NotAuthorized, name);
  }
});

test("tenants: the same topic, filter, client id and retained message in two tenants never meet", async () => {
  const bench = new CoreBench();
  const a = await bench.connect("c", {}, "acme/u");
  const b = await bench.connect("c", {}, "beta/u");
  await a.session.subscribe([request("#", { qos: 1 })]);
  await b.session.subscribe([request("t"), request("$share/g/t"), request("acme/t")]);
  assert.equal(publish(a.session, "t", "acme's", 1, true), Verdict.Accepted);
  assert.equal(publish(a.session, "acme/t", "acme's", 1), Verdict.Accepted);
  assert.deepEqual(b.device.received, []);
  await b.session.subscribe([request("#")]);
  assert.deepEqual(b.device.received, []);
  assert.equal((await b.session.read("t")).message, null);
});

test("access rules are asked for publish, subscribe (without the share prefix), read and will; answers are remembered", async () => {
  let asked = 0;
  const bench = new CoreBench({
    authorizer: {
      rulesFor: async ({ client }) => ({
        mayPublish: (topic) => {
          asked++;
          return topic.startsWith(`${client}/`);
        },
        maySubscribe: (filter) => filter.startsWith("open/"),
      }),
    },
  });
  const a = await bench.connect("a");
  for (let i = 0; i < 5; i++) {
    assert.equal(publish(a.session, "a/x", "1"), Verdict.NoSubscriber);
    assert.equal(publish(a.session, "b/x", "1"), Verdict.Denied);
  }
  assert.equal(asked, 2);
  const outcomes = await a.session.subscribe([
    request("open/#"),
    request("#"),
    request("$share/g/open/x"),
    request("$share/g/closed"),
  ]);
  assert.deepEqual(
    outcomes.map(({ verdict }) => verdict),
    [Verdict.Accepted, Verdict.Denied, Verdict.Accepted, Verdict.Denied],
  );
  assert.equal(bench.gateway.meter("test").messagesDropped.get("denied"), 5);
});

test("access rules that cannot be had let nobody in", async () => {
  const bench = new CoreBench({ authorizer: { rulesFor: () => Promise.reject(new Error("down")) } });
  assert.equal(reasonOf(await bench.tryConnect("a")), RefusalReason.Unavailable);
});

test("rate: messages and bytes, of a session and of its tenant; within 5 % at twice the quota", async () => {
  const rate = { perSecond: 100, burst: 100 };
  for (const [name, limits, clients] of [
    ["session messages", { sessionMessages: rate }, 1],
    ["tenant messages", { tenantMessages: rate }, 4],
    ["session bytes", { sessionBytes: { perSecond: 1_000, burst: 1_000 } }, 1],
    ["tenant bytes", { tenantBytes: { perSecond: 1_000, burst: 1_000 } }, 4],
  ] as const) {
    const bench = new CoreBench({ limits });
    const sessions = await Promise.all(Array.from({ length: clients }, (_, i) => bench.connect(`c${i}`, {}, "acme/u")));
    const bystander = await bench.connect("other", {}, "beta/u");
    let taken = 0;
    for (let ms = 0; ms < 20_000; ms += 5) {
      bench.clock.advance(5);
      const { session } = sessions[(ms / 5) % clients]!;
      const verdict = publish(session, "t", "0123456789");
      if (verdict === Verdict.NoSubscriber) taken++;
      else assert.equal(verdict, Verdict.RateLimited);
    }
    assert.ok(Math.abs(taken - 2_100) <= 105, `${name}: ${taken}`);
    assert.equal(publish(bystander.session, "t", "x"), Verdict.NoSubscriber, "another tenant is not touched");
  }
});

test("rate: connecting anew does not bring a new burst; a client that was away long enough has one again", async () => {
  const bench = new CoreBench({ limits: { sessionMessages: { perSecond: 10, burst: 10 } } });
  const burst = async (): Promise<number> => {
    const { session } = await bench.connect("a");
    let taken = 0;
    while (publish(session, "t", "x") !== Verdict.RateLimited) taken++;
    session.close(1);
    return taken;
  };
  assert.equal(await burst(), 10);
  assert.equal(await burst(), 0);
  bench.clock.advance(500);
  assert.equal(await burst(), 5);
  bench.clock.advance(60_000);
  assert.equal(await burst(), 10);
  const one = await bench.connect("a", { exclusive: false });
  assert.equal(publish(one.session, "t", "x"), Verdict.RateLimited, "sessions of one client share it");
});

test("what is over the rate pushes no other topic out of memory", async () => {
  const bench = new CoreBench({ limits: { topicsMax: 4, tenantMessages: { perSecond: 4, burst: 4 } } });
  const a = await bench.connect("a");
  publish(a.session, "kept", "value");
  for (let i = 0; i < 3; i++) publish(a.session, `t/${i}`, "x");
  for (let i = 0; i < 50; i++) assert.equal(publish(a.session, `flood/${i}`, "x"), Verdict.RateLimited);
  assert.equal((await a.session.read("kept")).message?.payloadBytes, 5);
});

test("size: a payload over the limit is refused, whatever the adapter let through", async () => {
  const bench = new CoreBench({ limits: { messageMaxBytes: 10 } });
  const a = await bench.connect("a");
  assert.equal(publish(a.session, "t", "x".repeat(11)), Verdict.TooLarge);
  assert.equal(publish(a.session, "t", "x".repeat(10)), Verdict.NoSubscriber);
});

test("two cores in one process do not see each other", async () => {
  const bench = new CoreBench({ authenticators: [trusting], authorizer: open });
  const other = new CoreBench();
  const a = await bench.connect("same");
  const b = await other.connect("same");
  await b.session.subscribe([request("#")]);
  publish(a.session, "t", "x", 0, true);
  assert.deepEqual(b.device.received, []);
  assert.equal(b.session.publish(Message.of(a.session.origin, "t", new Uint8Array(1)), 0), Verdict.InvalidMessage);
  assert.equal(other.core.stats().retainedMessages, 0);
});
