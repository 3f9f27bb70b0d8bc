// The adapter before the real core: recorded frames come in by TCP, a subscriber gets JSON, a publisher's command reaches
// the vehicle; and users, tenants and access rules reach it, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Command, Response } from "gbt32960-parser";
import type { AccessRules, Authenticator } from "../../../core/compose.ts";
import { Refusal, RefusalReason } from "../../../core/index.ts";
import { anonymous, everything, houseOf, type House } from "../../../conformance/json-application.ts";
import { gbt32960 } from "../index.ts";
import { Gbt32960Device, framesIn, loginOf, platformLoginOf, reportOf } from "./gbt32960-device.ts";

interface Vector {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly cmd?: string;
  readonly ack?: string;
  readonly hex: string;
}

const vectors: readonly Vector[] = readFileSync(
  new URL("../../../codecs/gbt32960-parser/fixtures/gbt32960.jsonl", import.meta.url),
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((line): Vector => JSON.parse(line));

const VIN = "LSVAU2A37N2100001";

const house = (
  t: TestContext,
  listener: object = {},
  authenticator = anonymous,
  rules: (client: string) => AccessRules = () => everything,
): Promise<House<Gbt32960Device>> =>
  houseOf(t, { module: gbt32960, listener, authenticator, rules, connect: (at, id) => Gbt32960Device.open(at, id) });

/** What vehicles send of their own accord, and what is published of it. */
const recorded = vectors.filter(({ kind, ack, cmd }) => {
  const command = Number(cmd);
  const isOfVehicle = command !== Command.PlatformLogin && command !== Command.PlatformLogout;
  const isPublished = command !== Command.Heartbeat && command !== Command.TimeSync && command !== 0x0a;
  return kind === "frame" && ack === "0xfe" && isOfVehicle && isPublished;
});

test(
  "every recorded frame of a vehicle reaches the subscriber, over one platform's link",
  { timeout: 30_000 },
  async (t) => {
    const { application, open } = await house(t);
    const link = await open("PLATFORM000000001");
    assert.equal(await link.flag(Command.PlatformLogin, platformLoginOf("u", "p", 0)), Response.Ok);
    assert.ok(recorded.length > 50);
    for (const { hex } of recorded) link.tcp.write(Buffer.from(hex, "hex"));
    // Identical data units of one vehicle would be one message; there are none.
    await application.received(recorded.length + 1);
    const all = application.messages.map(({ json }) => json);
    for (const { id, hex, cmd, version } of recorded) {
      const [frame] = framesIn(Buffer.from(hex, "hex"));
      const mine = all.filter(
        (json) => json["vin"] === frame!.vin && json["command"] === cmd && json["version"] === version,
      );
      assert.ok(mine.length > 0, `${id} is published`);
      for (const json of mine) assert.ok(json["body"] !== undefined || json["hex"] !== undefined, id);
    }
    assert.ok(!all.some(({ message }) => message === "undecoded"));
  },
);

test(
  "a command from an application reaches the vehicle, and its answer the application",
  { timeout: 20_000 },
  async (t) => {
    const { core, application, open } = await house(t);
    const device = await open(VIN);
    await device.login();
    const record = core.client("", VIN)!;
    assert.deepEqual(
      [record.protocol, record.protocolVersion, record.filters],
      ["gbt32960", "2016", [`gbt32960/${VIN}/down`]],
    );
    application.command(VIN, { command: "control", body: { command: "reset" }, reference: "job" });
    const { data } = await device.command();
    device.send(Command.Control, data.slice(0, 6), Response.Ok);
    await application.received(5);
    const byTopic = (name: string): Record<string, unknown>[] =>
      application.messages.filter(({ topic }) => topic.endsWith(`/up/${name}`)).map(({ json }) => json);
    assert.deepEqual(
      byTopic("command").map(({ state, reference }) => [state, reference]),
      ["queued", "sent", "done"].map((state) => [state, "job"]),
    );
    assert.equal(byTopic("response")[0]!["reference"], "job");
  },
);

/** Vehicles and platforms may publish everything but re-issued data. */
const noReissues = (client: string): AccessRules =>
  client === "app" ? everything : { mayPublish: (topic) => !topic.endsWith("/reissue"), maySubscribe: () => true };

const accounts: Authenticator = {
  name: "users",
  authenticate: async (_, { client, user, password }) => {
    const secret = Buffer.from(password ?? []).toString();
    if (client === "app") return { tenant: "acme", user: "app" };
    if (user === `acme/${VIN}` && secret === "89860000000000000001") return { tenant: "acme", user: VIN };
    if (user === "acme/user1" && secret === "secret") return { tenant: "acme", user: "user1" };
    return user === "acme/stranger" ? { tenant: "", user: "" } : new Refusal(RefusalReason.BadCredentials, "no");
  },
};

test(
  "users, tenants and rules: a wrong SIM card is refused, a forbidden publish is never ok",
  { timeout: 20_000 },
  async (t) => {
    const { application, open, core } = await house(t, { password: "iccid", tenant: "acme" }, accounts, noReissues);
    const device = await open(VIN);
    assert.equal(await device.flag(Command.VehicleLogin, loginOf(0, 1, 2016, "1")), Response.Error);
    assert.equal(await device.login(), Response.Ok);
    assert.equal(core.client("acme", VIN)?.user, VIN);
    assert.equal(await device.flag(Command.Reissue, reportOf(5)), Response.Error);
    assert.equal(await device.flag(Command.Report, reportOf(6)), Response.Ok);
    await application.received(2);
    assert.deepEqual(
      application.messages.map(({ json }) => json["message"]),
      ["login", "report"],
    );
    const link = await open("PLATFORM000000001");
    assert.equal(await link.flag(Command.PlatformLogin, platformLoginOf("user1", "wrong", 0)), Response.Error);
    assert.equal(await link.flag(Command.PlatformLogin, platformLoginOf("stranger", "", 1)), Response.Error);
    assert.equal(await link.flag(Command.PlatformLogin, platformLoginOf("user1", "secret", 2)), Response.Ok);
    assert.equal(await link.beside("LPLATFORM00000001").flag(Command.Report, reportOf(7)), Response.Ok);
    assert.equal(core.client("acme", "PLATFORM000000001", "LPLATFORM00000001")?.user, "user1");
  },
);

test(
  "the same vehicle behind two links of its platform is one session, on the newer link",
  { timeout: 20_000 },
  async (t) => {
    const { core, open } = await house(t);
    const links = [await open("PLATFORM000000001"), await open("PLATFORM000000001")];
    for (const [n, link] of links.entries()) {
      assert.equal(await link.flag(Command.PlatformLogin, platformLoginOf("u", "p", n)), Response.Ok);
      assert.equal(await link.beside(VIN).flag(Command.VehicleLogin, loginOf(10 + n)), Response.Ok);
    }
    const vehicles = [...core.clients()].filter(({ device }) => device === VIN);
    assert.equal(vehicles.length, 1);
    links[0]!.tcp.destroy();
    await links[0]!.closed;
    assert.equal(await links[1]!.beside(VIN).flag(Command.Report, reportOf(20)), Response.Ok);
  },
);
