// The same meeting behind a lock: one configuration with TLS everywhere, users with passwords, and an access list. What
// is denied is told to each device in the words of its own protocol.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { makeCertificates } from "../processes/certificates.ts";
import type { Certificates } from "../processes/certificates.ts";
import { Child } from "../processes/child.ts";
import { GatewayProcess, tributary } from "../processes/gateway.ts";
import { missingPrograms } from "../processes/programs.ts";
import { TemporaryFolder } from "../processes/temporary-folder.ts";
import { openPublishers, openReceivers, vehicleSender } from "./cast.ts";
import { senderOf, testCombinations } from "./combinations.ts";
import { curl, CurlPost, topicPath } from "./curl.ts";
import { JsonClient } from "./json-client.ts";
import { mosquittoOptions } from "./mosquitto.ts";
import { testRetained } from "./retained.ts";
import { PLAIN } from "./scene.ts";
import type { Account, Scene } from "./scene.ts";
import { CODE, DEVICE, Vehicle } from "./vehicle.ts";
import { WebPage } from "./web-page.ts";

const TENANT = "acme";
const missing = missingPrograms("mosquitto_pub", "curl", "chromium", "openssl");
const account: Account = { name: `${TENANT}/fleet-desk`, password: "a river runs 7 ways" };
const secret = Buffer.from("nobody is to read this");

/** As an operator makes it: with the real command. */
async function hashOf(password: string): Promise<string> {
  return (await tributary(["passwd"], `${password}\n`).succeeds()).trim();
}

async function configuration({ certificate, key }: Certificates): Promise<object> {
  const tls = { cert: certificate, key };
  return {
    anonymous: "deny",
    users: [
      { name: account.name, password: await hashOf(account.password) },
      { name: `${TENANT}/${DEVICE}`, password: await hashOf(CODE) },
    ],
    acl: [
      // Of the vehicle, positions one by one are welcome, and batches of them are not.
      { deny: "publish", topic: "jt808/+/up/location_batch" },
      { allow: "publish", topic: "jt808/%d/up/#" },
      { allow: "subscribe", topic: "jt808/%d/down" },
      { allow: "all", topic: "fleet/#" },
      { allow: "subscribe", topic: "jt808/+/up/+" },
      { allow: "subscribe", topic: "gbt32960/+/up/+" },
      { deny: "all", topic: "#" },
    ],
    adapters: {
      mqtt: { listeners: [{ port: 0, tls }] },
      websocket: { listeners: [{ port: 0, tls }] },
      http: { listeners: [{ port: 0, tls }] },
      jt808: { listeners: [{ port: 0, tls, profile: "native", authentication: "require-auth", tenant: TENANT }] },
    },
  };
}

describe("with TLS, users and an access list", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  let scene: Scene;
  let page: WebPage;

  before(async () => {
    const folder = new TemporaryFolder("secured");
    scope.defer(() => folder.remove());
    const certificates = await makeCertificates(folder);
    const gateway = await GatewayProcess.start(await configuration(certificates));
    scope.defer(async () => assert.equal((await gateway.stop()).code, 0));
    scene = { gateway, authority: certificates.authority, account };
    page = await WebPage.open(scene);
    scope.defer(() => page.close());
  });

  test("all pairs", async (context) => {
    await using opened = new AsyncDisposableStack();
    await page.connect(scene);
    const receivers = await openReceivers(scene, 0, page, opened);
    const publishers = await openPublishers(scene, page, opened);
    const senders = [vehicleSender(scene, ["location", "heartbeat"]), ...publishers.map(senderOf)];
    await testCombinations(context, senders, receivers, publishers[0]!);
  });

  test("all pairs, retained and at QoS 1", async (context) => {
    await using opened = new AsyncDisposableStack();
    await page.connect(scene);
    const publishers = await openPublishers(scene, page, opened);
    await testRetained(context, publishers, () => openReceivers(scene, 1, page, opened));
  });

  describe("denied, in each protocol's own words", () => {
    test("MQTT 5: PUBACK and SUBACK 0x87", async () => {
      const options = mosquittoOptions(scene, "mqttv5");
      const pub = new Child("mosquitto_pub", [...options, "-t", "secret/plan", "-q", "1", "-d", "-m", "x"]);
      await pub.ended;
      assert.match(pub.text, /received PUBACK \(Mid: 1, RC:135\)/);
      const sub = new Child("mosquitto_sub", [...options, "-t", "secret/#", "-q", "1", "-d", "-E"]);
      await sub.ended;
      assert.match(sub.text, /Subscribed \(mid: 1\): 135/);
    });

    test("MQTT 3.1.1: SUBACK 0x80", async () => {
      const options = mosquittoOptions(scene, "mqttv311");
      const sub = new Child("mosquitto_sub", [...options, "-t", "secret/#", "-q", "1", "-d", "-E"]);
      await sub.ended;
      assert.match(sub.text, /Subscribed \(mid: 1\): 128/);
    });

    test("HTTP: 403", async () => {
      const posted = await new CurlPost(scene).post("secret/plan", secret, PLAIN);
      assert.equal(posted.status, 403);
      assert.equal(JSON.parse(posted.body.toString()).error.code, "denied");
      assert.equal((await curl(scene, topicPath("secret/plan"))).status, 403);
      assert.equal((await curl(scene, "/v1/subscribe?filter=secret/%23")).status, 403);
    });

    test("WebSocket: the verdict", async () => {
      await using opened = new AsyncDisposableStack();
      const client = await JsonClient.connect(scene);
      opened.defer(() => client.close());
      assert.equal(await client.verdictOn("secret/plan", secret, PLAIN), "denied");
      assert.deepEqual(await client.subscribe(["secret/#", "fleet/#"], 0), ["denied", "accepted"]);
      assert.equal(await page.verdictOn("secret/plan", secret, PLAIN), "denied");
    });

    test("JT/T 808: result 1", async () => {
      const vehicle = await Vehicle.connect(scene);
      await vehicle.logIn();
      assert.equal((await vehicle.send("location")).result, 0);
      assert.equal((await vehicle.send("batch")).result, 1);
      await vehicle.close();
    });

    test("each of those messages is counted as denied, on the listener where it came in", async () => {
      const response = await fetch(`http://127.0.0.1:${scene.gateway.port("admin")}/metrics`);
      const lines = (await response.text())
        .split("\n")
        .filter((line) => line.startsWith("tributary_publish_verdicts_total{"));
      const denied = new Map<string, number>();
      for (const line of lines.filter((one) => one.includes('verdict="denied"'))) {
        denied.set(/listener="([^"]*)"/.exec(line)![1]!, Number(line.slice(line.lastIndexOf(" "))));
      }
      assert.deepEqual(Object.fromEntries(denied), { mqtt: 1, http: 1, websocket: 2, jt808: 1 });
    });
  });

  describe("not let in, in each protocol's own words", () => {
    const wrong: Account = { name: account.name, password: "guessed" };

    test("MQTT 5: CONNACK 0x86, MQTT 3.1.1: CONNACK 4 or 5", async () => {
      const five = new Child("mosquitto_pub", [
        ...mosquittoOptions({ ...scene, account: wrong }, "mqttv5"),
        "-t",
        "fleet/x",
        "-n",
      ]);
      assert.notEqual((await five.ended).code, 0);
      assert.match(five.errors, /Bad user ?name or password|Not authorized/i);
      const three = new Child("mosquitto_pub", [
        ...mosquittoOptions({ ...scene, account: null }, "mqttv311"),
        "-t",
        "fleet/x",
        "-n",
      ]);
      assert.notEqual((await three.ended).code, 0);
      assert.match(three.errors, /Connection (?:error|Refused): .*(?:bad user name or password|not authorised)/i);
    });

    test("HTTP: 401", async () => {
      const answer = await new CurlPost({ ...scene, account: wrong }).post("fleet/x", secret, PLAIN);
      assert.equal(answer.status, 401);
      assert.ok(answer.headers.has("www-authenticate"));
    });

    test("WebSocket: refused, and closed", async () => {
      await assert.rejects(JsonClient.connect({ ...scene, account: wrong }), /the first answer is refused/);
    });

    test("JT/T 808: the position of a terminal that did not authenticate is answered with a failure", async () => {
      const vehicle = await Vehicle.connect(scene);
      assert.notEqual((await vehicle.send("location")).result, 0);
      await vehicle.close();
    });
  });
});
