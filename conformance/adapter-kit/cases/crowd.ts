// Many at once: connections that come together are all served, and when they go together nothing of them stays.

import assert from "node:assert/strict";
import type { ContractCase } from "../contract-case.ts";
import { Stage, closed, eventually, utf8 } from "../stage.ts";

const CROWD = 200;

export const crowd: readonly ContractCase[] = [
  {
    name: `${CROWD} devices at once`,
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const { publish } = subject.module.capabilities;
        const clients = await Promise.all(Array.from({ length: CROWD }, () => stage.connect()));
        const qos = subject.driver.publishQos;
        if (publish) {
          const told = await Promise.all(
            clients.map((client, n) => client.publish({ topic: `kit/${n}`, payload: utf8(`${n}`), qos })),
          );
          assert.deepEqual(new Set(told), new Set(["taken"]));
        }
        const names = new Set(stage.gateway.sessions.map(({ origin }) => origin.client));
        assert.equal(names.size, CROWD);
        const published = stage.gateway.sessions.flatMap(({ publications }) => publications);
        assert.equal(published.length, publish ? CROWD : 0);
        for (const client of clients) client.destroy();
        await Promise.all(clients.map(closed));
        if (subject.driver.exclusive) await eventually(() => stage.gateway.open.length, 0, "sessions left");
        const meter = stage.gateway.meters.get(subject.module.name);
        await eventually(() => meter?.connections, 0, "connections counted as open");
      }),
  },
];
