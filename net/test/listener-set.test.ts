import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { SilentLog } from "../../conformance/silent-log.ts";
import { ListenerMeter } from "../../core/index.ts";
import { listenerName, ListenerSet } from "../listener-set.ts";
import { StreamListener } from "../stream-listener.ts";
import { kitOn, NEVER, RecordingAcceptor } from "./parts.ts";

function listener(index: number, port: number): StreamListener {
  const name = listenerName("test", index);
  return new StreamListener({
    name,
    config: { port },
    acceptor: new RecordingAcceptor(),
    kit: kitOn(new FakeClock()),
    meter: new ListenerMeter(name, "test"),
    log: new SilentLog(),
  });
}

test("listeners are named after their adapter", () => {
  assert.deepEqual(
    [0, 1, 2].map((index) => listenerName("mqtt", index)),
    ["mqtt", "mqtt.1", "mqtt.2"],
  );
});

test("all are bound, all stop, and all start again", async () => {
  const set = new ListenerSet([listener(0, 0), listener(1, 0)]);
  assert.deepEqual(set.listeners, []);
  await set.stop(NEVER);
  for (let round = 0; round < 2; round++) {
    await set.start();
    assert.deepEqual(
      set.listeners.map(({ name }) => name),
      ["test", "test.1"],
    );
    await set.reload();
    await set.stop(NEVER);
    assert.deepEqual(set.listeners, []);
  }
});

test("when one cannot be bound, none is", async () => {
  const taken = listener(0, 0);
  await taken.start();
  const set = new ListenerSet([listener(0, 0), listener(1, taken.bound!.port), listener(2, 0)]);
  await assert.rejects(set.start(), { name: "ListenError", code: "NET_ADDRESS_IN_USE" });
  assert.deepEqual(set.listeners, []);
  await taken.stop(NEVER);
  await set.start();
  assert.equal(set.listeners.length, 3);
  await set.stop(NEVER);
});

test("every listener reloads, and the first failure is told", async () => {
  const done: number[] = [];
  const fake = (index: number, error: Error | null) => ({
    bound: null,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    reload: () => {
      done.push(index);
      return error === null ? Promise.resolve() : Promise.reject(error);
    },
  });
  const set = new ListenerSet([fake(0, null), fake(1, new Error("bad file")), fake(2, null)]);
  await assert.rejects(set.reload(), /bad file/);
  assert.deepEqual(done, [0, 1, 2]);
});
