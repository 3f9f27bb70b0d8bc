import assert from "node:assert/strict";
import { test } from "node:test";
import { UpgradeFault } from "../faults.ts";
import { judgeUpgrade } from "../upgrade.ts";

const door = { path: "/mqtt", origins: ["https://app.example"] };
const known = ["mqtt", "mqttv3.1", "tributary.v1.json"];
const ask = (part: Partial<Parameters<typeof judgeUpgrade>[0]>) =>
  judgeUpgrade(
    { url: "/mqtt", host: "gw", origin: undefined, localAddress: undefined, protocols: "mqtt", ...part },
    door,
    known,
  );
const statusOf = (answer: string | UpgradeFault): number | string =>
  answer instanceof UpgradeFault ? answer.status : answer;

const cases: readonly (readonly [string, Parameters<typeof ask>[0], number | string])[] = [
  ["the first that is known", { protocols: "amqp, mqttv3.1,mqtt" }, "mqttv3.1"],
  ["JSON", { protocols: "tributary.v1.json" }, "tributary.v1.json"],
  ["names have case", { protocols: "MQTT" }, 400],
  ["none that is known", { protocols: "amqp, stomp" }, 400],
  ["none at all", { protocols: undefined }, 400],
  ["an empty one", { protocols: "" }, 400],
  ["a name that was made to point to this machine", { localAddress: "127.0.0.1", host: "rebound.example:8083" }, 403],
  ["this machine's own name", { localAddress: "127.0.0.1", host: "localhost:8083" }, "mqtt"],
  ["a query is no part of the path", { url: "/mqtt?x=1" }, "mqtt"],
  ["another path", { url: "/" }, 404],
  ["a longer path", { url: "/mqtt/x" }, 404],
  ["a page of the same host", { origin: "http://gw" }, "mqtt"],
  ["a page on the list", { origin: "https://app.example" }, "mqtt"],
  ["a page from elsewhere", { origin: "https://evil.example" }, 403],
];
for (const [name, part, expected] of cases) {
  test(`${name}: ${expected}`, () => assert.equal(statusOf(ask(part)), expected));
}

test("a refusal names the sub-protocols that are spoken", () => {
  assert.match((ask({ protocols: "amqp" }) as UpgradeFault).message, /mqtt, mqttv3\.1, tributary\.v1\.json/);
});
