// Other people's clients, as they are: Mosquitto's command line tools and the mqtt package, every version, every QoS.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";

import { Broker } from "./broker.ts";

let broker: Broker;
before(async () => {
  broker = await Broker.start();
});
after(async () => {
  await broker.stop();
  assert.deepEqual(broker.log.of("error"), []);
});

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 5000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(condition(), what);
}

/** What a subscriber of Mosquitto's prints until it has `count` messages. */
class MosquittoSub {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #out = "";

  constructor(args: readonly string[], count: number) {
    const all = ["-h", "127.0.0.1", "-p", `${broker.port}`, "-W", "10", "-C", `${count}`, ...args];
    this.#child = spawn("mosquitto_sub", all, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.#out += chunk.toString()));
    this.#ended = once(this.#child, "close");
  }
  async lines(): Promise<string[]> {
    await this.#ended;
    return this.#out.trimEnd().split("\n");
  }
}

/** Runs one of Mosquitto's tools to its end, with this on its standard input. */
async function run(tool: string, args: readonly string[], input: string | Buffer = ""): Promise<void> {
  const child = spawn(tool, ["-h", "127.0.0.1", "-p", `${broker.port}`, ...args], {
    stdio: ["pipe", "ignore", "inherit"],
    timeout: 10_000,
  });
  child.stdin.end(input);
  const [status] = await once(child, "close");
  assert.equal(status, 0);
}

function publish(...args: readonly string[]): Promise<void> {
  return run("mosquitto_pub", args);
}

async function isSubscribed(client: string): Promise<void> {
  await until(() => broker.core.client("", client)?.filters.length === 1, `${client} subscribed`);
}

const isMosquittoHere = spawnSync("mosquitto_pub", ["--help"]).error === undefined;
const skip = isMosquittoHere ? false : "mosquitto-clients is not installed";
const versions = ["mqttv31", "mqttv311", "mqttv5"] as const;

describe("mosquitto_pub and mosquitto_sub", { skip }, () => {
  for (const from of versions) {
    for (const to of versions) {
      test(`${from} to ${to}, every QoS`, async () => {
        const topic = `mosquitto/${from}/${to}`;
        const id = `sub-${from}-${to}`;
        const sub = new MosquittoSub(["-V", to, "-t", `${topic}/+`, "-q", "2", "-i", id, "-F", "%t %q %r %p"], 3);
        await isSubscribed(id);
        const expected: string[] = [];
        for (const qos of ["0", "1", "2"]) {
          await publish("-V", from, "-t", `${topic}/${qos}`, "-q", qos, "-m", `hello ${qos}`);
          expected.push(`${topic}/${qos} ${qos} 0 hello ${qos}`);
        }
        assert.deepEqual(await sub.lines(), expected);
      });
    }
  }

  test("a retained message, and a client that asks for its session back", async () => {
    await publish("-t", "mosquitto/kept", "-r", "-q", "1", "-m", "kept");
    assert.deepEqual(await new MosquittoSub(["-t", "mosquitto/kept", "-F", "%r %p"], 1).lines(), ["1 kept"]);
    const away = ["-t", "mosquitto/away", "-q", "1", "-i", "sub-away", "-c"];
    await run("mosquitto_sub", [...away, "-E"]);
    await publish("-t", "mosquitto/away", "-q", "1", "-m", "while away");
    assert.deepEqual(await new MosquittoSub(away, 1).lines(), ["while away"]);
  });

  test("a will", async () => {
    const sub = new MosquittoSub(["-t", "mosquitto/will", "-i", "sub-will"], 1);
    await isSubscribed("sub-will");
    const args = ["-h", "127.0.0.1", "-p", `${broker.port}`, "-i", "dying", "-t", "x"];
    const dying = spawn("mosquitto_sub", [...args, "--will-topic", "mosquitto/will", "--will-payload", "gone"]);
    await isSubscribed("dying");
    dying.kill("SIGKILL");
    assert.deepEqual(await sub.lines(), ["gone"]);
  });

  test("a large payload, and many small ones in order", async () => {
    const large = new MosquittoSub(["-t", "mosquitto/large", "-i", "sub-large", "-F", "%l"], 1);
    await isSubscribed("sub-large");
    await run("mosquitto_pub", ["-t", "mosquitto/large", "-s"], Buffer.alloc(1_000_000, 65));
    assert.deepEqual(await large.lines(), ["1000000"]);
    const many = new MosquittoSub(["-t", "mosquitto/many", "-q", "2", "-i", "sub-many"], 500);
    await isSubscribed("sub-many");
    const numbers = Array.from({ length: 500 }, (_, i) => `${i}`);
    await run("mosquitto_pub", ["-t", "mosquitto/many", "-q", "2", "-l"], `${numbers.join("\n")}\n`);
    assert.deepEqual(await many.lines(), numbers);
  });
});

function open(options: IClientOptions): Promise<MqttClient> {
  return connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, ...options });
}

describe("the mqtt package", () => {
  const levels: readonly IClientOptions[] = [
    { protocolVersion: 3, protocolId: "MQIsdp", clientId: "three-one" },
    { protocolVersion: 4, clientId: "three-one-one" },
    {
      protocolVersion: 5,
      clientId: "five",
      properties: { topicAliasMaximum: 10 },
      autoAssignTopicAlias: true,
      autoUseTopicAlias: true,
    },
  ];
  for (const options of levels) {
    test(`level ${options.protocolVersion}: publish and receive at every QoS`, async () => {
      const client = await open(options);
      const got: string[] = [];
      client.on("message", (topic, payload, packet) => got.push(`${topic} ${packet.qos} ${payload.toString()}`));
      const granted = await client.subscribeAsync(`npm/${options.protocolVersion}/#`, { qos: 2 });
      assert.equal(granted[0]?.qos, 2);
      const sent: string[] = [];
      for (let i = 0; i < 30; i++) {
        const qos = (i % 3) as 0 | 1 | 2;
        await client.publishAsync(`npm/${options.protocolVersion}/${i % 5}`, `${i}`, { qos });
        sent.push(`npm/${options.protocolVersion}/${i % 5} ${qos} ${i}`);
      }
      await until(() => got.length === sent.length, "every message");
      assert.deepEqual(got, sent);
      await client.unsubscribeAsync(`npm/${options.protocolVersion}/#`);
      await client.endAsync();
    });
  }

  test("level 5: properties, shared subscription, refused subscription", async () => {
    const client = await open({ protocolVersion: 5 });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    client.on("message", (_topic, _payload, packet) => resolve(packet.properties));
    await client.subscribeAsync("$share/group/npm/shared", { qos: 1 });
    await client.publishAsync("npm/shared", "x", {
      qos: 1,
      properties: { contentType: "text/plain", userProperties: { a: "b" } },
    });
    const properties = JSON.parse(JSON.stringify(await promise));
    assert.deepEqual(properties, { contentType: "text/plain", userProperties: { a: "b" } });
    await assert.rejects(client.subscribeAsync("$share//wrong", { qos: 1 }));
    await client.endAsync();
  });
});
