// `GET /v1/subscribe`, over real sockets and against the real core.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { EventReader } from "./event-reader.ts";
import type { ReadEvent } from "./event-reader.ts";
import { basic, codeOf, readAnswer, withRig } from "./rig.ts";
import type { Rig } from "./rig.ts";

async function read(rig: Rig, query: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const response = await rig.open(`/v1/subscribe?${query}`, { headers });
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["content-type"], "text/event-stream");
  return new EventReader(response);
}
const dataOf = (event: ReadEvent): Record<string, unknown> => event.data as Record<string, unknown>;
async function payloads(reader: EventReader, count: number): Promise<unknown[]> {
  const got = [];
  for (let n = 0; n < count; n++) got.push(dataOf(await reader.next("message"))["payload"]);
  return got;
}
/** Goes away, and waits until the gateway has noticed. */
async function leave(rig: Rig, reader: EventReader): Promise<void> {
  await rig.until(() => rig.connections === 1, "the reader alone");
  reader.destroy();
  await rig.until(() => rig.connections === 0, "its end");
}

suite("GET /v1/subscribe", () => {
  test("messages as events", () =>
    withRig({}, async (rig) => {
      const reader = await read(rig, "filter=a/%23&qos=1&client=reader");
      const start = await reader.next("start");
      assert.deepEqual(start.data, { resumed: false, missed: 0, filters: ["a/#"], qos: 1 });
      await rig.post("a/1?qos=1&client=sensor", "21.5", { "content-type": "text/csv" });
      await rig.post("b/1", "not for us");
      await rig.post("a/2?client=sensor", Buffer.from([0xff]));
      const first = await reader.next("message");
      assert.deepEqual(first.data, {
        topic: "a/1",
        payload: "21.5",
        contentType: "text/csv",
        receivedAt: new Date(rig.clock.now()).toISOString(),
        publisher: { client: "sensor", device: "sensor", protocol: "http" },
        qos: 1,
        retain: false,
      });
      const second = await reader.next("message");
      assert.equal(dataOf(second)["payloadBase64"], "/w==");
      const token = start.id!.split(".")[0];
      assert.deepEqual([start.id, first.id, second.id], [`${token}.0`, `${token}.1`, `${token}.2`]);
      reader.destroy();
    }));

  test("many filters; retained messages first, or not", () =>
    withRig({}, async (rig) => {
      await rig.post("a?retain", "ra");
      await rig.post("b?retain", "rb");
      const both = await read(rig, "filter=a&filter=b");
      const got = [await both.next("message"), await both.next("message")].map(dataOf);
      assert.deepEqual(new Set(got.map(({ payload }) => payload)), new Set(["ra", "rb"]));
      assert.ok(got.every(({ retain }) => retain === true));
      const neither = await read(rig, "filter=a&filter=b&retained=false");
      await neither.next("start");
      await rig.post("a", "new");
      assert.deepEqual(await payloads(neither, 1), ["new"]);
      both.destroy();
      neither.destroy();
    }));

  test("shared subscriptions share", () =>
    withRig({}, async (rig) => {
      const readers = [await read(rig, "filter=$share/g/a"), await read(rig, "filter=$share/g/a")];
      for (const reader of readers) await reader.next("start");
      for (const payload of ["1", "2"]) await rig.post("a", payload);
      const got = await Promise.all(readers.map((reader) => payloads(reader, 1)));
      assert.deepEqual(new Set(got.flat()), new Set(["1", "2"]));
      for (const reader of readers) reader.destroy();
    }));

  test("refused filters refuse the stream, and leave nothing", () =>
    withRig({ config: { streams: { filtersMax: 3 } } }, async (rig) => {
      const ask = (query: string) => rig.ask(`/v1/subscribe?${query}`);
      const denied = await ask("filter=a&filter=denied/x");
      assert.deepEqual([denied.status, codeOf(denied)], [403, "denied"]);
      assert.match(denied.text, /denied\/x/);
      assert.equal((await ask("filter=a/%23/b")).status, 400);
      assert.equal((await ask("filter=")).status, 400);
      assert.equal((await ask("")).status, 400);
      assert.equal((await ask("filter=a&qos=2")).status, 400);
      assert.equal((await ask("filter=a&Filter=b")).status, 400);
      const many = await ask("filter=a&filter=b&filter=c&filter=d");
      assert.deepEqual([many.status, codeOf(many)], [400, "too_many_filters"]);
      assert.equal(rig.core.stats().subscriptions, 0);
      assert.equal(rig.core.stats().sessions, 1, "the session of the requests, and no other");
    }));

  test("not let in is 401", () =>
    withRig({ anonymous: false }, async (rig) => {
      assert.equal((await rig.ask("/v1/subscribe?filter=a")).status, 401);
    }));

  test("streams are bounded, for all and for each principal", () =>
    withRig({ config: { streams: { max: 3, perPrincipalMax: 2, windowMs: 0 } } }, async (rig) => {
      const readers = [await read(rig, "filter=a&client=x"), await read(rig, "filter=a&client=x")];
      const third = await rig.ask("/v1/subscribe?filter=a&client=x");
      assert.deepEqual([third.status, codeOf(third)], [429, "too_many_streams"]);
      assert.equal(third.headers["retry-after"], "1");
      readers.push(await read(rig, "filter=a&client=y"));
      assert.equal((await rig.ask("/v1/subscribe?filter=a&client=z")).status, 429);
      for (const reader of readers) reader.destroy();
      await rig.until(() => rig.connections === 0, "the readers' end");
      const after = await read(rig, "filter=a&client=z");
      after.destroy();
    }));

  test("streams do not count as running requests", () =>
    withRig({ config: { requestsMax: 2 } }, async (rig) => {
      const readers = [];
      for (let n = 0; n < 5; n++) readers.push(await read(rig, "filter=a"));
      assert.equal((await rig.post("a", "x")).status, 202);
      for (const reader of readers) reader.destroy();
    }));

  test("a comment when nothing else was sent", () =>
    withRig({ config: { streams: { heartbeatMs: 1_000 } } }, async (rig) => {
      const reader = await read(rig, "filter=a");
      await reader.next("start");
      rig.clock.advance(1_000);
      rig.clock.advance(1_000);
      await reader.commented(1);
      reader.destroy();
    }));

  test("stop says goodbye", () =>
    withRig({}, async (rig) => {
      const reader = await read(rig, "filter=a");
      await reader.next("start");
      const stopped = rig.adapter.stop(AbortSignal.timeout(2_000));
      assert.deepEqual((await reader.next("end")).data, { reason: "stopping" });
      await reader.ended();
      await stopped;
    }));
});

suite("Last-Event-ID", () => {
  test("goes on where the reader was, QoS 0 and 1", () =>
    withRig({}, async (rig) => {
      for (const qos of [0, 1]) {
        const first = await read(rig, `filter=a&qos=${qos}&client=r${qos}`);
        await first.next("start");
        for (const payload of ["1", "2", "3"]) await rig.post("a?qos=1", payload);
        const second = (await first.next("message"), await first.next("message"));
        await leave(rig, first);
        await rig.post("a?qos=1", "4");
        const headers = { "last-event-id": second.id! };
        const again = await read(rig, `filter=a&qos=${qos}&client=r${qos}`, headers);
        const start = dataOf(await again.next("start"));
        assert.deepEqual([start["resumed"], start["missed"]], [true, 0]);
        assert.deepEqual(await payloads(again, 2), ["3", "4"]);
        await rig.post("a?qos=1", "5");
        assert.deepEqual(await payloads(again, 1), ["5"]);
        await leave(rig, again);
      }
    }));

  test("can be resumed before its first message", () =>
    withRig({}, async (rig) => {
      const first = await read(rig, "filter=a");
      const { id } = await first.next("start");
      await leave(rig, first);
      await rig.post("a", "1");
      const again = await read(rig, "filter=a", { "last-event-id": id! });
      assert.deepEqual(await payloads(again, 1), ["1"]);
      again.destroy();
    }));

  test("what has left the window is counted as missed", () =>
    withRig({ config: { streams: { windowMessages: 3 } } }, async (rig) => {
      const first = await read(rig, "filter=a");
      const { id } = await first.next("start");
      for (let n = 1; n <= 10; n++) {
        await rig.post("a", `${n}`);
        await first.next("message");
      }
      await leave(rig, first);
      const again = await read(rig, "filter=a", { "last-event-id": id! });
      const start = await again.next("start");
      assert.equal(dataOf(start)["missed"], 7);
      assert.equal(start.id!.split(".")[1], "7");
      assert.deepEqual(await payloads(again, 3), ["8", "9", "10"]);
      again.destroy();
    }));

  test("a reader that comes back while the old connection stands takes the stream over", () =>
    withRig({}, async (rig) => {
      const first = await read(rig, "filter=a");
      const { id } = await first.next("start");
      const second = await read(rig, "filter=a", { "last-event-id": id! });
      assert.equal(dataOf(await second.next("start"))["resumed"], true);
      assert.deepEqual((await first.next("end")).data, { reason: "resumed_elsewhere" });
      await rig.post("a", "1");
      assert.deepEqual(await payloads(second, 1), ["1"]);
      second.destroy();
    }));

  test("is of no use to anybody else, for another filter, or when it is made up", () =>
    withRig({}, async (rig) => {
      const first = await read(rig, "filter=a&client=owner");
      const id = (await first.next("start")).id!;
      const token = id.split(".")[0]!;
      await leave(rig, first);
      await rig.post("a", "secret");
      const tries: readonly (readonly [string, string])[] = [
        ["filter=a&client=thief", id],
        ["filter=b&client=owner", id],
        ["filter=a&client=owner&qos=1", id],
        ["filter=a&client=owner", `${token}.5`],
        ["filter=a&client=owner", `${token.split("").toReversed().join("")}.0`],
        ["filter=a&client=owner", `${token}.-1`],
        ["filter=a&client=owner", `${token}.01`],
        ["filter=a&client=owner", "nonsense"],
        ["filter=a&client=owner", ""],
      ];
      for (const [query, lastEventId] of tries) {
        const reader = await read(rig, query, { "last-event-id": lastEventId });
        const start = dataOf(await reader.next("start"));
        assert.deepEqual([start["resumed"], start["missed"]], [false, null], `${query} ${lastEventId}`);
        await leave(rig, reader);
      }
      const thief = await rig.open("/v1/subscribe?filter=a", {
        headers: { ...basic("acme/truck-7"), "last-event-id": id },
      });
      const stolen = new EventReader(thief);
      assert.equal(dataOf(await stolen.next("start"))["resumed"], false);
      await leave(rig, stolen);
      const owner = await read(rig, "filter=a&client=owner", { "last-event-id": id });
      assert.equal(dataOf(await owner.next("start"))["resumed"], true);
      assert.deepEqual(await payloads(owner, 1), ["secret"]);
      owner.destroy();
    }));

  test("not after its time: the session is closed with it", () =>
    withRig({ config: { streams: { windowMs: 5_000 } } }, async (rig) => {
      const first = await read(rig, "filter=a");
      const { id } = await first.next("start");
      await leave(rig, first);
      assert.equal(rig.core.stats().subscriptions, 1);
      rig.clock.advance(5_000);
      assert.equal(rig.core.stats().subscriptions, 0);
      const again = await read(rig, "filter=a", { "last-event-id": id! });
      assert.deepEqual(dataOf(await again.next("start"))["missed"], null);
      again.destroy();
    }));

  test("away readers hold back what does not fit the window; the core's queue takes it over", () =>
    withRig({ config: { streams: { windowMessages: 5 } } }, async (rig) => {
      const first = await read(rig, "filter=a&qos=1");
      const { id } = await first.next("start");
      await leave(rig, first);
      for (let n = 1; n <= 20; n++) await rig.post("a?qos=1", `${n}`);
      assert.ok(rig.core.stats().queuedMessages >= 14, "they wait in the core");
      const again = await read(rig, "filter=a&qos=1", { "last-event-id": id! });
      assert.equal(dataOf(await again.next("start"))["missed"], 0);
      const expected = Array.from({ length: 20 }, (_, n) => `${n + 1}`);
      assert.deepEqual(await payloads(again, 20), expected);
      again.destroy();
    }));
});

suite("a reader that does not read", () => {
  test("is cut off after a while, and can come back", () =>
    withRig({ config: { streams: { stalledMs: 5_000, heartbeatMs: 1_000 } } }, async (rig) => {
      const slow = await read(rig, "filter=a");
      const { id } = await slow.next("start");
      slow.pause();
      const payload = Buffer.alloc(500_000, 65);
      for (let n = 0; n < 24; n++) assert.equal((await rig.post("a", payload)).status, 202);
      await rig.until(() => rig.connections === 1, "the reader alone");
      for (let n = 0; n < 8; n++) rig.clock.advance(1_000);
      await rig.until(() => rig.connections === 0, "its end");
      const again = await read(rig, "filter=a", { "last-event-id": id! });
      assert.equal(dataOf(await again.next("start"))["resumed"], true);
      again.destroy();
      slow.destroy();
    }));
});

test("HEAD and POST on the stream are 405", () =>
  withRig({}, async (rig) => {
    const answer = await readAnswer(await rig.open("/v1/subscribe?filter=a", { method: "POST" }));
    assert.deepEqual([answer.status, answer.headers.allow], [405, "GET"]);
    assert.equal((await rig.ask("/v1/subscribe?filter=a", { method: "HEAD" })).status, 405);
  }));
