// Names that are properties of every object, and names that look like paths or patterns: to the adapter they are text.

import assert from "node:assert/strict";
import { needsPublish, type ContractCase } from "../contract-case.ts";
import { Stage, closed, utf8 } from "../stage.ts";

export const HOSTILE_NAMES: readonly string[] = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
  "then",
  "toJSON",
  "length",
  "null",
  "undefined",
  "NaN",
  "-0",
  "%s%n%x",
  "${jndi}",
  "..",
  ".",
  "'; drop table clients; --",
  "<script>",
  "\u202etxt",
  "ﬀ",
  "😀",
  "a".repeat(300),
];

export const names: readonly ContractCase[] = [
  {
    name: "hostile client ids and users are names like others",
    optional: "hostile names",
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        for (const name of HOSTILE_NAMES) {
          const client = await stage.connect({ client: name, user: `acme/${name}`, password: name });
          const session = stage.gateway.sessionOf(name);
          assert.deepEqual([session.origin.client, session.origin.user], [name, name]);
          const { credentials } = stage.gateway.authentications.at(-1)!;
          assert.deepEqual(credentials.password, utf8(name));
          client.destroy();
          await closed(client);
        }
        assert.equal(new Set(stage.gateway.sessions.map(({ origin }) => origin.client)).size, HOSTILE_NAMES.length);
      }),
  },
  {
    name: "hostile topic levels are levels like others",
    optional: "hostile names",
    exclude: (subject) =>
      needsPublish(subject) ?? (subject.driver.content === "free" ? null : "the adapter makes the topics"),
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        const client = await stage.connect();
        for (const name of HOSTILE_NAMES) {
          for (const topic of [name, `kit/${name}`, `${name}/kit`, `${name}/${name}`]) {
            const publishing = { topic, payload: utf8(name), qos: subject.driver.publishQos };
            assert.equal(await client.publish(publishing), "taken", topic);
            const last = stage.gateway.sessions.flatMap(({ publications }) => publications).at(-1)!;
            assert.equal(last.message.topic, topic);
          }
        }
        client.destroy();
      }),
  },
  {
    name: "hostile filters are filters like others",
    optional: "hostile names",
    exclude: (subject) => (subject.module.capabilities.subscribe ? null : "devices do not subscribe"),
    run: (subject) =>
      Stage.run(subject, async (stage) => {
        for (const name of HOSTILE_NAMES) {
          const who = stage.who();
          const client = await stage.connect(who);
          assert.equal(await client.subscribe(`${name}/+/#`), "taken", name);
          const filters = stage.gateway.sessions
            .filter(({ origin }) => origin.client === who.client)
            .flatMap(({ subscriptions }) => [...subscriptions.keys()]);
          assert.deepEqual(filters, [`${name}/+/#`]);
          client.destroy();
          await closed(client);
        }
      }),
  },
];
