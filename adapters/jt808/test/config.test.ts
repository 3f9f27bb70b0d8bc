import assert from "node:assert/strict";
import { test } from "node:test";
import { jt808Problems, type Jt808ListenerConfig } from "../config.ts";

const cases: readonly (readonly [string, Partial<Jt808ListenerConfig>, readonly string[]])[] = [
  ["nothing but a port", {}, []],
  ["keys of the profile with the profile", { profile: "emqx", emqx: {} }, []],
  ["keys of the profile without it", { emqx: {} }, ["emqx"]],
  ["keys of datagrams over tcp", { datagrams: {} }, ["datagrams"]],
  ["keys of datagrams over udp", { transport: "udp", datagrams: {}, proxyProtocol: "off" }, []],
  ["tls over udp", { transport: "udp", tls: { cert: "a", key: "b" } }, ["tls"]],
  ["a proxy header over udp", { transport: "udp", proxyProtocol: "allow" }, ["proxyProtocol"]],
  ["the same, written out", { transport: "udp", proxyProtocol: { mode: "require" } }, ["proxyProtocol"]],
];

for (const [name, listener, keys] of cases) {
  test(`${name}: ${keys.length === 0 ? "fits" : `${keys.join()} does not`}`, () => {
    const found = jt808Problems({ listeners: [{ port: 0 }, { port: 0, ...listener }] });
    assert.deepEqual(
      found.map(({ path }) => path),
      keys.map((key) => ["listeners", 1, key]),
    );
  });
}
