// Starting and stopping: what an operator does, in every order, and what is left after it.

import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { Ajv } from "ajv";
import type { ContractCase } from "../contract-case.ts";
import type { ContractSubject } from "../driver.ts";
import { Stage, closed, configured } from "../stage.ts";
import { TcpClient } from "../tcp-client.ts";

export const lifeCycle: readonly ContractCase[] = [
  {
    name: "its configuration schema compiles and accepts the subject's configuration",
    async run(subject) {
      const config = configured(subject, [0]);
      assert.ok(Object.keys(config).length > 0);
    },
  },
  {
    name: "an unknown configuration key is refused",
    optional: "refuses an unknown configuration key",
    async run(subject) {
      const validate = new Ajv({ useDefaults: true, strict: false }).compile(subject.module.configSchema);
      const listeners: unknown = Reflect.get(subject.config([0]), "listeners");
      assert.equal(validate({ ...subject.config([0]), noSuchKey: 1 }), false, "at the top");
      assert.ok(Array.isArray(listeners), "`listeners` is an array");
      const planted = { ...subject.config([0]), listeners: [{ ...listeners[0], noSuchKey: 1 }] };
      assert.equal(validate(planted), false, "in a listener");
    },
  },
  {
    name: "stop without start, and stop twice",
    async run(subject) {
      const stage = new Stage(subject);
      assert.deepEqual(stage.adapter.listeners, []);
      await stage.stop();
      await stage.adapter.start();
      await stage.stop();
      await stage.stop();
      await stage.assertNothingLeft();
    },
  },
  {
    name: "two stops at once",
    async run(subject) {
      const stage = await Stage.started(subject);
      const client = await stage.connect();
      await Promise.all([stage.stop(), stage.stop()]);
      await closed(client);
      await stage.assertNothingLeft();
    },
  },
  {
    name: "start, stop, start again: listeners are listed exactly while they are bound",
    async run(subject) {
      const stage = new Stage(subject, { ports: [0, 0] });
      const name = subject.module.name;
      for (let round = 0; round < 2; round++) {
        await stage.adapter.start();
        const bound = stage.adapter.listeners;
        assert.deepEqual(
          bound.map((listener) => listener.name),
          [name, `${name}.1`],
        );
        assert.ok(bound.every(({ port, host }) => port > 0 && host === "127.0.0.1"));
        const client = await stage.connect();
        client.destroy();
        await closed(client);
        await stage.stop();
        for (const { host, port } of bound) await assert.rejects(TcpClient.open({ host, port }), `${port} is bound`);
      }
      await stage.assertNothingLeft();
    },
  },
  {
    name: "a port in use: start fails and leaves nothing bound",
    async run(subject) {
      const { server, port } = await occupy();
      const stage = new Stage(subject, { ports: [0, port] });
      const namesPort = (error: unknown): boolean => error instanceof Error && error.message.includes(`${port}`);
      try {
        await assert.rejects(stage.adapter.start(), namesPort);
        assert.deepEqual(stage.adapter.listeners, []);
      } finally {
        server.close();
        await once(server, "close");
      }
      await stage.assertNothingLeft();
      await stage.adapter.start();
      assert.equal(stage.adapter.listeners.length, 2, "it starts once the port is free");
      await stage.stop();
      await stage.assertNothingLeft();
    },
  },
  {
    name: "reload drops nobody",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const client = await stage.connect();
        await stage.adapter.reload();
        await publishOne(subject, client);
        client.destroy();
      }),
  },
  {
    name: "stop ends connected devices and their sessions",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const clients = await Promise.all(Array.from({ length: 5 }, () => stage.connect()));
        await stage.stop();
        await Promise.all(clients.map(closed));
      }),
  },
  {
    name: "a stop whose deadline has passed cuts off a device that never reads",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const client = await stage.connect();
        client.pause();
        const began = performance.now();
        await stage.adapter.stop(AbortSignal.abort());
        assert.ok(performance.now() - began < 1_500, "it waited past its deadline");
        client.resume();
        await closed(client);
      }),
  },
  {
    name: "a half-open connection that says nothing does not hold up a stop",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const silent = await TcpClient.open(stage.at);
        await stage.adapter.stop(AbortSignal.timeout(200));
        await closed(silent);
      }),
  },
];

async function publishOne(subject: ContractSubject, client: Awaited<ReturnType<Stage["connect"]>>): Promise<void> {
  if (!subject.module.capabilities.publish) return;
  const answer = await client.publish({
    topic: "kit/t",
    payload: new Uint8Array([49]),
    qos: subject.driver.publishQos,
  });
  assert.equal(answer, "taken");
}

async function occupy(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no address");
  return { server, port: address.port };
}
