// The emqx profile on a link, beside a native one: the same vehicle, other topics and other JSON; commands in both words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Response, toHex } from "gbt32960-parser";
import { emqxProfile } from "../emqx.ts";
import { dataOf, platformLoginOf, reportOf } from "./gbt32960-device.ts";
import { startRig } from "./rig.ts";

const VIN = "LSVAU2A37N2100001";
const CODE = "PLATFORM000000001";

test("topics and JSON of every kind of message", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(VIN);
  assert.equal(await device.login(3), Response.Ok);
  assert.equal(await device.flag(Command.Report, reportOf(1)), Response.Ok);
  assert.equal(await device.flag(Command.Reissue, reportOf(2)), Response.Ok);
  assert.equal(await device.flag(Command.Report, reportOf(3).subarray(0, 12)), Response.Error);
  assert.equal(await device.flag(0xc0, Buffer.from("010203040506", "hex")), Response.Ok);
  const [login, report] = rig.published();
  assert.deepEqual(
    rig.topics(),
    ["vlogin", "info", "reinfo", "decode_error", "transparent"].map((name) => `gbt32960/${VIN}/upstream/${name}`),
  );
  const Time = { Year: 25, Month: 11, Day: 20, Hour: 10, Minute: 0 };
  assert.deepEqual(login!.json, {
    Cmd: 1,
    Vin: VIN,
    Encrypt: 1,
    Data: { Time: { ...Time, Second: 0 }, Seq: 3, ICCID: "89860000000000000001", Num: 0, Length: 0, Id: "" },
  });
  assert.deepEqual(report!.json["Data"], {
    Time: { ...Time, Second: 1 },
    Infos: [{ Type: "Location", Status: 0, Longitude: 116_397_448, Latitude: 39_948_512 }],
  });
});

test("commands in its words and in ours, answers on upstream/response; a mount point of one's own", async (t) => {
  const rig = await startRig(t, { profile: "emqx", emqx: { mountpoint: "fleet/{clientid}/x/" } });
  const device = await rig.open(VIN);
  await device.login();
  const session = rig.gateway.sessionOf(VIN);
  const topic = `fleet/${VIN}/x/dnstream`;
  assert.deepEqual([...session.subscriptions.keys()], [topic]);
  const give = (json: object): void => session.send({ topic, payload: JSON.stringify(json), qos: 1 });
  give({ Action: "Query", Total: 1, Ids: ["0x02"] });
  const query = await device.command();
  assert.deepEqual([query.command, toHex(query.data)], [Command.Query, "1a01010800000102"]);
  device.send(
    Command.Query,
    dataOf(Command.Query, { parameters: { reportPeriod: 10 } }, 1, 2016, "answer"),
    Response.Ok,
  );
  await rig.gateway.until(() => rig.published().length === 2, "the answer");
  const answer = rig.published()[1]!;
  assert.equal(answer.topic, `fleet/${VIN}/x/upstream/response`);
  assert.deepEqual((answer.json["Data"] as Record<string, unknown>)["Params"], [{ "0x02": 10 }]);
  give({ Action: "Control", Command: "0x06", Param: { Level: 1, Message: "hot" } });
  assert.equal(toHex((await device.command()).data), "1a01010800000601686f74");
  give({ Action: "Dance" });
  give({ command: "0xC1", raw: "AQI=" });
  assert.equal(toHex((await device.command()).data), "0102");
  device.tcp.destroy();
  await rig.gateway.until(() => session.closed !== null, "the end");
  assert.equal(rig.published().length, 2, "states of commands and presence are not published there");
});

test("a platform's login is published without its password", async (t) => {
  const rig = await startRig(t, { profile: "emqx" });
  const device = await rig.open(CODE);
  assert.equal(await device.flag(Command.PlatformLogin, platformLoginOf("user1", "secret", 0)), Response.Ok);
  const { topic, json } = rig.published()[0]!;
  assert.equal(topic, `gbt32960/${CODE}/upstream/plogin`);
  const content = json["Data"] as Record<string, unknown>;
  assert.deepEqual([content["Username"], content["Password"]], ["user1\0\0\0\0\0\0\0", ""]);
});

test("both forms of the placeholder", () => {
  for (const mountpoint of ["a/{clientid}/", "a/${clientid}/"]) {
    const profile = emqxProfile(mountpoint);
    assert.equal(profile.downTopic("$&"), "a/$&/dnstream");
    assert.equal(profile.upTopic("V", "offline"), null);
  }
  assert.equal(emqxProfile("").upTopic("V", "report"), "upstream/info");
});
