// Platforms and the vehicles behind them: who logs in, whose sessions they are, what leaves with the link; and that many
// vehicles on few links leave nothing behind, however often the links break.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Encryption, Gbt32960Encoder, Gbt32960Frame, Response } from "gbt32960-parser";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { memoryInUse } from "../../../conformance/memory.ts";
import { SilentLog } from "../../../conformance/silent-log.ts";
import { createCore } from "../../../core/compose.ts";
import { CloseReason, Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import type { Peer } from "../../../core/index.ts";
import type { StreamConnection, Wire } from "../../../net/stream.ts";
import { StreamEnd } from "../../../net/stream.ts";
import { Turn } from "../../../net/turn.ts";
import { createAcceptor } from "../listener.ts";
import { frameBytes, loginOf, logoutOf, platformLoginOf, reportOf } from "./gbt32960-device.ts";
import { startRig } from "./rig.ts";
import type { Rig } from "./rig.ts";

const CODE = "PLATFORM000000001";
const vinOf = (n: number): string => `LPLATFORM${`${n}`.padStart(8, "0")}`;

async function platform(rig: Rig, code = CODE) {
  const device = await rig.open(code);
  assert.equal(await device.flag(Command.PlatformLogin, platformLoginOf("user1", "secret", device.next)), Response.Ok);
  return device;
}

test("a platform logs in by user and password, with its code as client; its password is not published", async (t) => {
  const rig = await startRig(t, { tenant: "acme" });
  await platform(rig);
  const { credentials } = rig.gateway.authentications[0]!;
  assert.deepEqual(
    [credentials.client, credentials.user, Buffer.from(credentials.password!).toString()],
    [CODE, "acme/user1", "secret"],
  );
  const { topic, json, message } = rig.published()[0]!;
  assert.equal(topic, `gbt32960/${CODE}/up/platform_login`);
  const body = json["body"] as Record<string, unknown>;
  assert.deepEqual([body["username"], body["password"]], ["user1", undefined]);
  assert.ok(!Buffer.from(message.payload).includes("secret"));
  assert.equal(rig.gateway.open.length, 0, "a platform holds no session of its own");
});

test("a platform that is refused is told so, and cannot speak for vehicles", async (t) => {
  const rig = await startRig(t, { unauthenticatedFramesMax: 3, links: "platforms" });
  rig.gateway.script.authenticate = () => new Refusal(RefusalReason.BadCredentials, "test");
  const device = await rig.open(CODE);
  assert.equal(await device.flag(Command.PlatformLogin, platformLoginOf("user1", "wrong", 0)), Response.Error);
  assert.equal(await device.beside(vinOf(1)).flag(Command.VehicleLogin, loginOf(1)), Response.Error);
  device.send(Command.PlatformLogout, logoutOf(2));
  await device.closed;
  assert.deepEqual(rig.faults(), {
    GBT32960_LOGIN_REFUSED: 1,
    GBT32960_OTHER_VEHICLE: 1,
    GBT32960_PLATFORM: 2,
  });
  assert.equal(rig.gateway.sessions.length, 0);
});

test("a login whose publication is denied makes no platform of the link", async (t) => {
  const rig = await startRig(t);
  rig.gateway.script.publish = () => Verdict.Denied;
  const device = await rig.open(CODE);
  assert.equal(await device.flag(Command.PlatformLogin, platformLoginOf("user1", "secret", 0)), Response.Error);
  rig.gateway.script.publish = () => Verdict.Accepted;
  assert.equal(await device.beside(vinOf(1)).flag(Command.Report, reportOf(1)), Response.Error);
});

test("links: vehicles takes no platform; nor does a link that a vehicle has", async (t) => {
  const rig = await startRig(t, { links: "vehicles" });
  const device = await rig.open(CODE);
  assert.equal(await device.flag(Command.PlatformLogin, platformLoginOf("user1", "secret", 0)), Response.Error);
  const any = await startRig(t);
  const vehicle = await any.open(vinOf(1));
  await vehicle.login();
  const login = platformLoginOf("user1", "secret", 5);
  assert.equal(await vehicle.beside(CODE).flag(Command.PlatformLogin, login), Response.Error);
});

test("vehicles behind a platform: a session each, with the link in via; they come and go on their own", async (t) => {
  const rig = await startRig(t, { vehiclesMax: 3 });
  const link = await platform(rig);
  for (let n = 0; n < 2; n++) assert.equal(await link.beside(vinOf(n)).login(), Response.Ok);
  // Logged in when an earlier link stood.
  assert.equal(await link.beside(vinOf(2)).flag(Command.Report, reportOf(9)), Response.Ok);
  const sessions = rig.gateway.open;
  assert.deepEqual(
    sessions.map(({ origin }) => [origin.device, origin.client]),
    [0, 1, 2].map((n) => [vinOf(n), CODE]),
  );
  assert.match(sessions[0]!.origin.via[0]!, /^127\.0\.0\.1:\d+$/);
  assert.equal(rig.published().find(({ topic }) => topic.endsWith("/report"))!.json["platform"], CODE);
  assert.equal(await link.beside(vinOf(3)).flag(Command.Report, reportOf(10)), Response.Error, "one too many");
  sessions[0]!.disconnect(CloseReason.Kicked);
  assert.equal(await link.beside(vinOf(1)).flag(Command.VehicleLogout, logoutOf(11)), Response.Ok);
  assert.equal(sessions[1]!.closed, CloseReason.Normal);
  assert.equal(sessions[2]!.closed, null);
  // The logout again: answered again, and nobody comes back for it.
  const from = link.frames.length;
  link.beside(vinOf(1)).send(Command.VehicleLogout, logoutOf(11));
  await link.find(({ command }) => command === Command.VehicleLogout, "the answer again", from);
  assert.equal(rig.gateway.open.length, 1);
  // Who is gone makes room.
  assert.equal(await link.beside(vinOf(3)).flag(Command.Report, reportOf(12)), Response.Ok);
  link.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "the end of all sessions");
  const offline = rig.topics().filter((topic) => topic.endsWith("/offline"));
  assert.deepEqual(
    offline.toSorted(),
    [2, 3].map((n) => `gbt32960/${vinOf(n)}/up/offline`),
  );
});

test("dataBeforeLogin: refuse holds behind platforms, too", async (t) => {
  const rig = await startRig(t, { dataBeforeLogin: "refuse" });
  const link = await platform(rig);
  const vehicle = link.beside(vinOf(1));
  assert.equal(await vehicle.flag(Command.Report, reportOf(1)), Response.Error);
  assert.equal(await vehicle.login(), Response.Ok);
  assert.equal(await vehicle.flag(Command.Report, reportOf(2)), Response.Ok);
});

test("a platform's logout takes its vehicles along; the link stays for another login", async (t) => {
  const rig = await startRig(t);
  const link = await platform(rig);
  await link.beside(vinOf(1)).login();
  assert.equal(await link.flag(Command.PlatformLogout, logoutOf(20)), Response.Ok);
  assert.equal(rig.gateway.open.length, 0);
  assert.equal(rig.topics().at(-1), `gbt32960/${CODE}/up/platform_logout`);
  assert.equal(await link.beside(vinOf(1)).flag(Command.Report, reportOf(21)), Response.Error);
  assert.equal(await link.flag(Command.PlatformLogin, platformLoginOf("user1", "secret", 22)), Response.Ok);
  assert.equal(await link.beside(vinOf(2)).login(), Response.Ok);
});

test("what comes behind a platform's login waits for it", async (t) => {
  const rig = await startRig(t);
  const letGo = rig.gateway.hold("authenticate");
  const link = await rig.open(CODE);
  link.tcp.write(
    Buffer.concat([
      frameBytes(Command.PlatformLogin, CODE, platformLoginOf("user1", "secret", 0)),
      frameBytes(Command.Report, vinOf(1), reportOf(1)),
    ]),
  );
  await rig.gateway.until(() => rig.gateway.authentications.length === 1, "the question");
  letGo();
  const answer = await link.find(({ command }) => command === Command.Report, "the answer to the report");
  assert.equal(answer.response, Response.Ok);
});

test("a platform's link that ends while its login is published leaves nothing", async (t) => {
  const rig = await startRig(t);
  rig.gateway.script.publish = () => Verdict.Pending;
  const link = await rig.open(CODE);
  link.send(Command.PlatformLogin, platformLoginOf("user1", "secret", 0));
  await rig.gateway.until(() => rig.gateway.open.length === 1, "a session");
  link.tcp.destroy();
  await rig.gateway.until(() => rig.gateway.open.length === 0, "its end");
});

const VEHICLES = 1500;
const RECONNECTS = 10_000;
/** Between the first fifth of the reconnects and the last. */
const GROWTH_MAX_BYTES = 4 * 1_048_576;

/** Bytes that go nowhere, but are counted. */
class NullWire implements Wire {
  readonly staging = new Uint8Array(65_600);
  readonly bufferedBytes = 0;
  frames = 0;
  write(): boolean {
    return true;
  }
  stage(): number {
    return 0;
  }
  commit(): boolean {
    this.frames++;
    return true;
  }
  established(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

for (const links of [1, 10]) {
  test(
    `${VEHICLES} vehicles over ${links} link(s) through ${RECONNECTS} reconnects: ${VEHICLES} sessions, flat memory`,
    { timeout: 60_000 },
    async (t) => {
      const clock = new FakeClock();
      const core = createCore({
        node: "test",
        clock,
        log: new SilentLog(),
        authenticators: [{ name: "anonymous", authenticate: async () => ({ tenant: "", user: "" }) }],
        authorizer: { rulesFor: async () => ({ mayPublish: () => true, maySubscribe: () => true }) },
      });
      const acceptor = createAcceptor({ port: 0, idleTimeoutMs: 86_400_000 }, core.gateway("gbt32960"), {
        turn: new Turn(),
      });
      const fleet = new Fleet((wire, peer) => acceptor.accept(wire, peer), links);
      await fleet.connectAll();
      assert.equal(core.stats().connected, VEHICLES);
      // Each vehicle in turn is lost and found on another link; now and then a whole link breaks.
      let begun = 0;
      for (let n = 0; n < RECONNECTS; n++) {
        fleet.move(n % VEHICLES, n);
        if (n % 1000 === 999) await fleet.breakLink(((n / 1000) % links) | 0);
        if (n % 250 === 249) await settled();
        if (n === RECONNECTS / 5) begun = await memoryInUse();
      }
      await settled();
      const grown = (await memoryInUse()) - begun;
      t.diagnostic(`${Math.round(grown / 1024)} KiB more after ${RECONNECTS} reconnects`);
      assert.deepEqual([core.stats().sessions, core.stats().connected], [VEHICLES, VEHICLES]);
      const vins = new Set([...core.clients()].map(({ device }) => device));
      assert.equal(vins.size, VEHICLES);
      assert.ok(grown < GROWTH_MAX_BYTES, `${grown} bytes`);
      fleet.closeAll();
      assert.deepEqual([core.stats().sessions, clock.armed], [0, 0]);
      core.stop();
    },
  );
}

/** Lets everything that was begun come to its end. */
async function settled(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise<void>((resolve) => setImmediate(resolve));
}

const encoder = new Gbt32960Encoder();

class Fleet {
  readonly #accept: (wire: Wire, peer: Peer) => StreamConnection;
  readonly #links: StreamConnection[] = [];
  /** On which link each vehicle is. */
  readonly #linkOf: number[] = [];
  #ports = 1000;

  constructor(accept: (wire: Wire, peer: Peer) => StreamConnection, links: number) {
    this.#accept = accept;
    for (let link = 0; link < links; link++) this.#links.push(this.#open());
  }

  async connectAll(): Promise<void> {
    await settled();
    for (let vehicle = 0; vehicle < VEHICLES; vehicle++) {
      this.#linkOf.push(vehicle % this.#links.length);
      this.#send(this.#linkOf[vehicle]!, vehicle, Command.VehicleLogin, loginOf(vehicle));
    }
    await settled();
  }

  /** The vehicle leaves, and logs in again: on the next link, where there is one. */
  move(vehicle: number, n: number): void {
    const from = this.#linkOf[vehicle]!;
    const to = (from + 1) % this.#links.length;
    if (n % 2 === 0) this.#send(from, vehicle, Command.VehicleLogout, logoutOf(n));
    this.#linkOf[vehicle] = to;
    this.#send(to, vehicle, Command.VehicleLogin, loginOf(n));
    this.#send(to, vehicle, Command.Report, reportOf(n));
  }

  /** All vehicles of the link are lost, and found by their data on the new one. */
  async breakLink(link: number): Promise<void> {
    this.#links[link]!.onClosed(StreamEnd.Error);
    this.#links[link] = this.#open();
    await settled();
    for (let vehicle = 0; vehicle < VEHICLES; vehicle++) {
      if (this.#linkOf[vehicle] === link) this.#send(link, vehicle, Command.Report, reportOf(vehicle));
    }
    await settled();
  }

  closeAll(): void {
    for (const link of this.#links) link.onClosed(StreamEnd.Peer);
  }

  #open(): StreamConnection {
    const peer = {
      address: "10.0.0.1",
      port: this.#ports++,
      proxy: null,
      listener: "gbt32960",
      secure: false,
      certificate: null,
      serverName: null,
    };
    const link = this.#accept(new NullWire(), peer);
    link.onBytes(frameBytes(Command.PlatformLogin, CODE, platformLoginOf("user1", "secret", this.#ports)));
    return link;
  }

  #send(link: number, vehicle: number, command: number, data: Uint8Array): void {
    const frame = new Gbt32960Frame(2016, command, Response.Command, vinOf(vehicle), Encryption.None, data);
    this.#links[link]!.onBytes(encoder.encode(frame));
  }
}
