// One gateway in this process: what starts, in which order it stops, and what is left when a port is taken.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";

import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { peer } from "../../core/test/core-bench.ts";
import { ListenError } from "../../net/faults.ts";
import { createNetKit } from "../../net/kit.ts";
import type { Module, Settings } from "../config/schema.ts";
import { GatewayRun } from "../gateway-run.ts";
import { portsOf } from "../listener-table.ts";
import { RunState } from "../run-state.ts";
import { build, fakeModule, settingsOf } from "./fake-adapters.ts";

function runOf(settings: Settings, modules: readonly Module[], log = new SilentLog()): GatewayRun {
  const kit = createNetKit({ clock: new FakeClock() });
  return new GatewayRun({ settings, modules, kit, log, build, processMetrics: false });
}

async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

test("start binds what the settings name, and stop ends it", async () => {
  const calls: string[] = [];
  const modules = [fakeModule("one", calls), fakeModule("two", calls), fakeModule("three", calls)];
  const run = runOf(settingsOf({ adapters: { one: {}, three: {} } }), modules);
  assert.deepEqual(run.listeners, []);
  await run.start();
  assert.equal(run.state, RunState.Ready);
  assert.deepEqual(Object.keys(portsOf(run.listeners)), ["one", "one.1", "three", "three.1", "admin"]);
  const ports = Object.values(portsOf(run.listeners));
  await run.stop(AbortSignal.timeout(1_000));
  assert.deepEqual(run.listeners, []);
  assert.equal(run.state, RunState.Stopped);
  assert.deepEqual(calls, ["one start", "three start", "one stop", "three stop"]);
  for (const port of ports) assert.ok(await isPortFree(port));
  await run.stop(AbortSignal.timeout(1_000));
});

test("bans of the settings are in force, until their time", async () => {
  const soon = new Date(new FakeClock().now() + 1_000).toISOString();
  const bans = [
    { kind: "client", value: "lost", until: soon },
    { kind: "user", value: "acme/eve" },
  ];
  const clock = new FakeClock();
  const settings = settingsOf({ bans });
  const run = new GatewayRun({
    settings,
    modules: [],
    kit: createNetKit({ clock }),
    log: new SilentLog(),
    build,
    processMetrics: false,
  });
  const subject = { tenant: "acme", user: "eve", client: "lost", peer };
  assert.equal(run.core.bans.isBanned({ ...subject, user: "bob" }, clock.now()), true);
  assert.equal(run.core.bans.isBanned({ ...subject, user: "bob" }, clock.now() + 1_000), false);
  assert.equal(run.core.bans.isBanned({ ...subject, client: "mine" }, clock.now()), true);
});

test("when one cannot be bound, nothing stays bound", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const calls: string[] = [];
  // That one of them cannot stop does not hide why the start failed.
  const modules = [fakeModule("one", calls, { stopError: new Error("stuck") }), fakeModule("two", calls, { port })];
  const run = runOf(settingsOf({ adapters: { one: {}, two: {} } }), modules);
  await assert.rejects(run.start(), ListenError);
  assert.deepEqual(calls, ["one start", "two start", "one stop", "two stop"]);
  assert.deepEqual(run.listeners, []);
  assert.equal(run.state, RunState.Stopped);
  taken.close();
});

test("the admin port in use stops the start before any adapter", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const calls: string[] = [];
  const run = runOf(settingsOf({ admin: { port }, adapters: { one: {} } }), [fakeModule("one", calls)]);
  await assert.rejects(run.start(), (error) => {
    assert.ok(error instanceof ListenError);
    assert.match(error.message, new RegExp(`listener admin: cannot listen on 127.0.0.1:${port}`));
    return true;
  });
  assert.deepEqual(calls, ["one stop"]);
  taken.close();
});

test("a stop while it starts wins", async () => {
  const calls: string[] = [];
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const modules = [fakeModule("one", calls, { gate }), fakeModule("two", calls)];
  const run = runOf(settingsOf({ adapters: { one: {}, two: {} } }), modules);
  const started = run.start();
  while (!calls.includes("one start")) await new Promise(setImmediate);
  const stopped = run.stop(AbortSignal.timeout(1_000));
  open();
  await Promise.all([started, stopped]);
  assert.equal(run.state, RunState.Stopped);
  assert.deepEqual(run.listeners, []);
  assert.ok(!calls.includes("two start"));
});

test("an adapter that does not stop is reported, and the rest has stopped", async () => {
  const calls: string[] = [];
  const modules = [fakeModule("one", calls, { stopError: new Error("stuck") }), fakeModule("two", calls)];
  const run = runOf(settingsOf({ adapters: { one: {}, two: {} } }), modules);
  await run.start();
  const { port } = run.listeners.find((listener) => listener.adapter === "admin")!;
  await assert.rejects(run.stop(AbortSignal.timeout(1_000)), AggregateError);
  assert.ok(calls.includes("two stop"));
  assert.ok(await isPortFree(port));
});

test("a reload that fails in one adapter is done in the others, and told", async () => {
  const calls: string[] = [];
  const log = new SilentLog();
  const modules = [fakeModule("one", calls, { reloadError: new Error("no such file") }), fakeModule("two", calls)];
  const run = runOf(settingsOf({ adapters: { one: {}, two: {} } }), modules, log);
  await run.start();
  const at = run.lastReload.succeededAt;
  assert.deepEqual(await run.reload(), { isSuccessful: false, succeededAt: at });
  assert.ok(calls.includes("two reload"));
  assert.partialDeepStrictEqual(log.of("error")[0], { fields: { adapter: "one" } });
  await run.stop(AbortSignal.timeout(1_000));
});

test("no adapter and no admin listener is a gateway, too", async () => {
  const run = runOf(settingsOf({ admin: { enabled: false } }), []);
  await run.start();
  assert.deepEqual(run.listeners, []);
  await run.stop(AbortSignal.timeout(1_000));
});
