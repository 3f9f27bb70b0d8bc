import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import { listenerSettings, streamListenerSchema, type StreamListenerConfig } from "../config.ts";

function check(config: unknown): string | null {
  const ajv = new Ajv({ useDefaults: true });
  const validate = ajv.compile<StreamListenerConfig>(streamListenerSchema);
  return validate(config) ? null : ajv.errorsText(validate.errors);
}

const pair = { cert: "c.pem", key: "k.pem" };

test("a port is enough, and the defaults of schema and settings are the same", () => {
  const config: StreamListenerConfig = { port: 1883 };
  const before = listenerSettings(config);
  assert.equal(check(config), null);
  assert.deepEqual(listenerSettings(config), before);
  assert.deepEqual(before, {
    host: "127.0.0.1",
    port: 1883,
    tls: null,
    proxyProtocol: { mode: "off", trusted: ["127.0.0.0/8", "::1"], timeoutMs: 5_000 },
    maxConnections: 100_000,
    acceptRatePerSecond: 10_000,
    firstFrameTimeoutMs: 10_000,
    highWaterMarkBytes: 262_144,
    outputMaxBytes: 16_777_216,
  });
});

test("the same for TLS and the long form of the PROXY protocol", () => {
  const config: StreamListenerConfig = { port: 0, tls: { ...pair }, proxyProtocol: { mode: "require" } };
  const before = listenerSettings(config);
  assert.equal(check(config), null);
  assert.deepEqual(listenerSettings(config), before);
  assert.deepEqual(before.tls, {
    ...pair,
    ca: null,
    requireClientCertificate: false,
    minVersion: "1.2",
    handshakeTimeoutMs: 10_000,
    serverNames: [],
  });
  assert.equal(before.proxyProtocol.mode, "require");
  assert.deepEqual(listenerSettings({ port: 0, proxyProtocol: "require" }).proxyProtocol, before.proxyProtocol);
});

for (const good of [
  { port: 0, host: "::" },
  { port: 65_535, proxyProtocol: "allow" },
  { port: 1, proxyProtocol: { mode: "require", trusted: ["10.0.0.0/8", "2001:db8::1"], timeoutMs: 100 } },
  {
    port: 1,
    tls: { ...pair, ca: "a", requireClientCertificate: true, minVersion: "1.3", serverNames: [{ name: "n", ...pair }] },
  },
]) {
  test(`accepted: ${JSON.stringify(good)}`, () => assert.equal(check(good), null));
}

for (const bad of [
  {},
  { port: -1 },
  { port: 65_536 },
  { port: "1883" },
  { port: 1, host: "" },
  { port: 1, prot: 2 },
  { port: 1, proxyProtocol: "on" },
  { port: 1, proxyProtocol: { trusted: [] } },
  { port: 1, proxyProtocol: { mode: "require", trusted: ["everybody"] } },
  { port: 1, proxyProtocol: { mode: "require", trust: [] } },
  { port: 1, tls: { cert: "c" } },
  { port: 1, tls: { ...pair, minVersion: "1.1" } },
  { port: 1, tls: { ...pair, serverNames: [{ name: "n" }] } },
  { port: 1, maxConnections: 0 },
  { port: 1, acceptRatePerSecond: 0 },
  { port: 1, firstFrameTimeoutMs: 1 },
  { port: 1, highWaterMarkBytes: 1_000 },
]) {
  test(`refused: ${JSON.stringify(bad)}`, () => assert.notEqual(check(bad), null));
}

test("every setting says what it is", () => {
  const undescribed: string[] = [];
  const walk = (path: string, schema: unknown): void => {
    if (typeof schema !== "object" || schema === null || !("properties" in schema)) return;
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (!("description" in property)) undescribed.push(`${path}.${name}`);
      walk(`${path}.${name}`, property);
    }
  };
  walk("", streamListenerSchema);
  assert.deepEqual(undescribed, []);
});
