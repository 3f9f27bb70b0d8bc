// The adapter before the real core: recorded frames come in by TCP, a subscriber gets JSON, a publisher's command
// reaches the terminal; and the core's refusals reach it, too.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { canonicalPhone } from "jt808-parser";
import type { AccessRules, Authenticator } from "../../../core/compose.ts";
import { Refusal, RefusalReason, Verdict } from "../../../core/index.ts";
import { anonymous, everything, houseOf, type House } from "../../../conformance/json-application.ts";
import type { Jt808ListenerConfig } from "../config.ts";
import { jt808 } from "../index.ts";
import { Jt808Device, answerIn, bodyOf, framesIn } from "./jt808-device.ts";
import { vector, vectors } from "./vectors.ts";
import type { Vector } from "./vectors.ts";

/** Terminals may publish everything but positions. */
const noLocations = (client: string): AccessRules =>
  client === "app" ? everything : { mayPublish: (topic) => !topic.endsWith("/location"), maySubscribe: () => true };

const house = (
  t: TestContext,
  listener: Partial<Jt808ListenerConfig> = {},
  authenticator = anonymous,
  rules: (client: string) => AccessRules = () => everything,
): Promise<House<Jt808Device>> =>
  houseOf(t, { module: jt808, listener, authenticator, rules, connect: (at, id) => Jt808Device.open(at, id) });

/** Whether a message is that of a recorded frame. */
function isOf(one: Vector, json: Record<string, unknown>): boolean {
  const { phone, msg_sn: serial } = one.frame!;
  return json["device"] === canonicalPhone(phone) && json["id"] === one.msg_id && json["serial"] === serial;
}

test(
  "a recorded terminal: registers, authenticates, lives, reports; a subscriber has it all as JSON",
  { timeout: 20_000 },
  async (t) => {
    const { core, application, open } = await house(t, { batchPositions: false });
    const recording = ["j036", "j058", "j014", "j097", "j175"].map(vector);
    const device = await open("012345678901");
    // All in one piece: what comes ahead of the session waits for it.
    device.tcp.write(Buffer.concat(recording.map(({ hex }) => Buffer.from(hex, "hex"))));
    for (const { msg_id, frame } of recording) {
      const answer = await device.awaitAnswer(Number(msg_id), frame!.msg_sn);
      assert.equal(answerIn(answer)?.result ?? answer.body[2], 0, msg_id);
    }
    await application.received(5);
    assert.deepEqual(
      application.messages.map(({ topic }) => topic),
      ["register", "authenticate", "heartbeat", "location", "location_batch"].map(
        (name) => `jt808/12345678901/up/${name}`,
      ),
    );
    const [register, , , position, batch] = application.messages.map(
      ({ json }) => json["body"] as Record<string, unknown>,
    );
    assert.equal(register!["plate"], "测A1234");
    assert.equal(position!["time"], "2024-10-01T23:59:59+08:00");
    assert.equal((batch!["locations"] as unknown[]).length, 3);
    const record = core.client("", "12345678901")!;
    assert.deepEqual(
      [record.protocol, record.protocolVersion, record.filters],
      ["jt808", "2013", ["jt808/12345678901/down"]],
    );
  },
);

test("every recorded frame of a terminal reaches the subscriber, over one link", { timeout: 60_000 }, async (t) => {
  const { application, open } = await house(t, {
    allowMultipleTerminals: true,
    terminalsMax: 1000,
    batchPositions: false,
  });
  const up = vectors.filter(
    ({ kind, msg_id }) => (kind === "frame" || kind === "encrypted") && Number(msg_id) < 0x8000,
  );
  assert.ok(up.length > 200);
  const device = await open("0");
  for (const one of up) device.tcp.write(Buffer.from(one.hex, "hex"));
  await application.received(up.length);
  const all = application.messages.map(({ json }) => json);
  for (const one of up)
    assert.ok(
      all.some((json) => isOf(one, json)),
      `${one.id} ${one.msg_id} is published`,
    );
  for (const { json } of application.messages) {
    const isWhole = json["hex"] !== undefined || json["body"] !== undefined;
    assert.ok(isWhole && json["message"] !== "undecoded", JSON.stringify(json));
  }
});

test(
  "a command from an application reaches the terminal, and its answer the application",
  { timeout: 20_000 },
  async (t) => {
    const { application, open } = await house(t);
    const device = await open("013800138000");
    assert.equal(await device.result(0x0002), 0);
    assert.equal(
      application.command("13800138000", { id: "0x8300", body: "0161", reference: "hello" }),
      Verdict.Accepted,
    );
    const { serial, id, body } = await device.command();
    assert.deepEqual([id, Buffer.from(body).toString("hex")], [0x8300, "0161"]);
    device.send(0x0001, bodyOf(0x0001, 2013, { seq: serial, id, result: 0 }));
    // The heartbeat; queued, sent, the terminal's answer, done.
    await application.received(5);
    const ack = application.messages.find(({ topic }) => topic === "jt808/13800138000/up/ack");
    assert.deepEqual([ack?.json["reference"], ack?.json["body"]], ["hello", { serial, id: "0x8300", result: "ok" }]);
    const reports = () => application.messages.filter(({ topic }) => topic === "jt808/13800138000/up/command");
    assert.deepEqual(
      reports().map(({ json }) => [json["reference"], json["state"]]),
      ["queued", "sent", "done"].map((state) => ["hello", state]),
    );
    // A bad one does not stop those behind it.
    application.command("13800138000", { id: "nothing" });
    application.command("13800138000", { id: "0x8104" });
    assert.equal((await device.command()).id, 0x8104);
    await application.received(8);
    assert.deepEqual(reports()[3]!.json["state"], "failed");
  },
);

test(
  "users and access rules: a wrong code is refused, a forbidden publish is never told as ok",
  { timeout: 20_000 },
  async (t) => {
    const users: Authenticator = {
      name: "users",
      authenticate: async (_, { client, user, password }) => {
        if (client === "app") return { tenant: "acme", user: "app" };
        const isRight = user === "acme/13800138000" && Buffer.from(password ?? []).toString() === "s3cret";
        return isRight ? { tenant: "acme", user: "13800138000" } : new Refusal(RefusalReason.BadCredentials, "no");
      },
    };
    const { application, open } = await house(
      t,
      { authentication: "require-auth", tenant: "acme", batchPositions: false },
      users,
      noLocations,
    );
    const device = await open("013800138000");
    assert.equal(await device.result(0x0102, Buffer.from("wrong")), 1);
    assert.equal(await device.result(0x0102, Buffer.from("s3cret")), 0);
    const recorded = framesIn(Buffer.from(vector("j097").hex, "hex"))[0]!;
    assert.equal(await device.result(0x0200, recorded.body), 1, "denied");
    assert.equal(await device.result(0x0704, framesIn(Buffer.from(vector("j175").hex, "hex"))[0]!.body), 0);
    await application.received(2);
    assert.deepEqual(
      application.messages.map(({ json }) => json["message"]),
      ["authenticate", "location_batch"],
    );
  },
);

test("the same terminal on a new link takes the old one over", { timeout: 20_000 }, async (t) => {
  const { core, open } = await house(t);
  const older = await open("013800138000");
  await older.result(0x0002);
  const newer = await open("00013800138000".slice(-12));
  await newer.result(0x0002);
  await older.closed;
  assert.equal(await newer.result(0x0200, framesIn(Buffer.from(vector("j097").hex, "hex"))[0]!.body), 0);
  assert.equal([...core.clients()].filter(({ client }) => client === "13800138000").length, 1);
});
