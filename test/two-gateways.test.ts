// Two whole gateways in one process, under one clock: the same tenants, client ids, topics, retained messages, share
// groups and listener names, and neither sees anything of the other. What this finds is state that is nobody's: kept by a
// module instead of by what the composition root made.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { line } from "../adapters/line/index.ts";
import { FakeClock } from "../conformance/fake-clock.ts";
import { SilentLog } from "../conformance/silent-log.ts";
import { TcpClient } from "../conformance/adapter-kit/tcp-client.ts";
import { createCore, type Core } from "../core/compose.ts";
import { Message, Refusal, Verdict, type Adapter, type Device, type Session } from "../core/index.ts";
import { createNetKit } from "../net/kit.ts";
import { directPeer } from "../net/peer.ts";

const LINE_END = 10;

/** A gateway as the composition root makes one: core, kit, one adapter. */
class Gateway {
  readonly core: Core;
  readonly #adapter: Adapter;

  constructor(node: string, clock: FakeClock) {
    const log = new SilentLog();
    this.core = createCore({
      node,
      clock,
      log,
      authenticators: [{ name: "trusting", authenticate: async (_, { user }) => ({ tenant: "", user: user ?? "" }) }],
      authorizer: { rulesFor: async () => ({ mayPublish: () => true, maySubscribe: () => true }) },
      limits: { sessionMessages: { perSecond: 100, burst: 100 } },
    });
    const kit = createNetKit({ clock });
    const config = { listeners: [{ port: 0, host: "127.0.0.1" }] };
    this.#adapter = line.create(config, this.core.gateway(line.name), kit);
  }

  async start(): Promise<void> {
    await this.#adapter.start();
  }

  async stop(): Promise<void> {
    await this.#adapter.stop(AbortSignal.timeout(2_000));
    this.core.stop();
  }

  /** A device that has said hello. */
  async connect(client: string): Promise<TcpClient> {
    const { host, port } = this.#adapter.listeners[0]!;
    const device = await TcpClient.open({ host, port });
    assert.equal(await ask(device, `hello ${client} user`), "ok");
    return device;
  }

  /** A session of the same core without a socket. */
  async session(client: string, device: Device, expiryMs: number): Promise<Session> {
    const gateway = this.core.gateway("other");
    const peer = directPeer("other", "192.0.2.1", 1);
    const principal = await gateway.authenticate(peer, { client, user: "user", password: null, token: null });
    assert.ok(!(principal instanceof Refusal));
    const life = { exclusive: true, clean: false, expiryMs, inflightMax: 10, will: null };
    const session = await gateway.openSession(
      principal,
      { device: null, via: [], protocolVersion: "1", ...life },
      device,
    );
    assert.ok(!(session instanceof Refusal));
    return session;
  }
}

/** Says a line and takes the next one that comes. */
async function ask(device: TcpClient, text: string): Promise<string> {
  device.write(Buffer.from(`${text}\n`));
  return nextLine(device);
}

async function nextLine(device: TcpClient): Promise<string> {
  await device.until((received) => received.includes(LINE_END), "a line");
  return Buffer.from(device.take(device.received.indexOf(LINE_END) + 1))
    .toString()
    .trimEnd();
}

class Idle implements Device {
  readonly topics: string[] = [];
  readonly ends: number[] = [];
  deliver(_id: number, message: Message): boolean {
    this.topics.push(message.topic);
    return true;
  }
  release(): void {}
  onSettled(): void {}
  disconnect(reason: number): void {
    this.ends.push(reason);
  }
}

function say(session: Session, n: number): Verdict {
  return session.publish(Message.of(session.origin, `t/${n}`, new Uint8Array([n]), 0, true), n);
}

async function withTwo(run: (east: Gateway, west: Gateway, clock: FakeClock) => Promise<void>): Promise<void> {
  const clock = new FakeClock();
  const east = new Gateway("east", clock);
  const west = new Gateway("west", clock);
  await east.start();
  await west.start();
  try {
    await run(east, west, clock);
  } finally {
    await east.stop();
    await west.stop();
  }
  assert.equal(clock.armed, 0, "timers left");
}

suite("two gateways in one process", () => {
  test("messages stay where they were published", () =>
    withTwo(async (east, west) => {
      const [eastern, western] = [await east.connect("same"), await west.connect("same")];
      const [easternMember, westernMember] = [await east.connect("member"), await west.connect("member")];
      for (const device of [eastern, western]) assert.equal(await ask(device, "sub #"), "ok");
      for (const device of [easternMember, westernMember]) assert.equal(await ask(device, "sub $share/g/a/+"), "ok");
      const publisher = await west.connect("publisher");
      assert.equal(await ask(publisher, "pub a/b from-west"), "ok");
      assert.equal(await nextLine(western), "msg a/b from-west");
      assert.equal(await nextLine(westernMember), "msg a/b from-west");
      assert.equal(await ask(eastern, "pub a/b from-east"), "msg a/b from-east", "not the western one first");
      assert.equal(await nextLine(easternMember), "msg a/b from-east");
      assert.deepEqual([east.core.stats().sessions, west.core.stats().sessions], [2, 3]);
      assert.equal([...east.core.meters()].find(({ listener }) => listener === "line")?.messagesReceived[1], 1);
    }));

  test("the same client id is taken over in its own gateway only", () =>
    withTwo(async (east, west) => {
      const eastern = await east.connect("same");
      const older = await west.connect("same");
      const newer = await west.connect("same");
      assert.equal(await nextLine(older), "bye taken_over");
      await older.closed;
      assert.equal(await ask(newer, "pub a b"), "ok");
      assert.equal(await ask(eastern, "pub a b"), "ok");
      assert.equal(west.core.kick("", "same"), true);
      assert.equal(await nextLine(newer), "bye kicked");
      assert.equal(await ask(eastern, "pub a b"), "ok", "kicked in the other gateway");
    }));

  test("retained messages, last values, bans and rates are each gateway's own", () =>
    withTwo(async (east, west, clock) => {
      const [here, there] = [new Idle(), new Idle()];
      const eastern = await east.session("same", here, 0);
      const western = await west.session("same", there, 0);
      for (let n = 0; n < 100; n++) assert.equal(say(eastern, n), Verdict.NoSubscriber);
      assert.equal(say(eastern, 100), Verdict.RateLimited);
      assert.equal(say(western, 100), Verdict.NoSubscriber, "the other gateway's rate");
      assert.deepEqual([east.core.stats().retainedMessages, west.core.stats().retainedMessages], [100, 1]);
      assert.equal((await western.read("t/1")).message, null);
      assert.notEqual((await eastern.read("t/1")).message, null);
      east.core.bans.add({ kind: "client", value: "banned", until: 0 });
      await west.session("banned", new Idle(), 0);
      assert.equal(western.publish(Message.of(eastern.origin, "t", new Uint8Array(1)), 1), Verdict.InvalidMessage);
      clock.advance(1_000);
      assert.equal(say(eastern, 100), Verdict.NoSubscriber);
    }));

  test("one gateway's principal is a stranger to the other", () =>
    withTwo(async (east, west) => {
      const peer = directPeer("x", "", 0);
      const credentials = { client: "c", user: "u", password: null, token: null };
      const principal = await east.core.gateway("x").authenticate(peer, credentials);
      assert.ok(!(principal instanceof Refusal));
      const life = { exclusive: true, clean: true, expiryMs: 0, inflightMax: 1, will: null };
      const options = { device: null, via: [], protocolVersion: "1", ...life };
      assert.ok((await west.core.gateway("x").openSession(principal, options, new Idle())) instanceof Refusal);
      assert.equal(west.core.stats().sessions, 0);
    }));

  test("one clock drives both; a session that ends in one goes on in the other", () =>
    withTwo(async (east, west, clock) => {
      const eastern = await east.session("same", new Idle(), 10_000);
      const western = await west.session("same", new Idle(), 60_000);
      eastern.close(3);
      western.close(3);
      clock.advance(10_000);
      assert.deepEqual([east.core.stats().sessions, west.core.stats().sessions], [0, 1]);
      assert.equal((await west.session("same", new Idle(), 0)).resumed, true);
      assert.equal((await east.session("same", new Idle(), 0)).resumed, false);
    }));

  test("one stops, the other goes on", () =>
    withTwo(async (east, west) => {
      const eastern = await east.connect("same");
      const western = await west.connect("same");
      await east.stop();
      await eastern.closed;
      assert.equal(await ask(western, "sub #"), "ok");
      assert.equal(await ask(western, "pub a b"), "msg a b");
      assert.equal(await nextLine(western), "ok");
    }));
});
