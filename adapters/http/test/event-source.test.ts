// The stream as a real browser reads it: EventSource, how it comes back, and its Last-Event-ID.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Chromium } from "../../../test/browser/chromium.ts";
import { missingPrograms } from "../../../test/processes/programs.ts";
import { EventReader } from "./event-reader.ts";
import { withRig } from "./rig.ts";

const URL_OF_STREAM = "/v1/subscribe?filter=home/%23&client=page";

/** In the page: everything that its EventSource hears, and a promise for a condition on it. */
const LISTEN = `
  globalThis.heard = [];
  globalThis.watchers = [];
  globalThis.source = new EventSource("${URL_OF_STREAM}");
  const hear = (event) => {
    heard.push({ name: event.type, id: event.lastEventId, data: JSON.parse(event.data) });
    for (const watcher of watchers) watcher();
  };
  for (const name of ["start", "message", "end"]) source.addEventListener(name, hear);
  globalThis.until = (name, count) => new Promise((resolve) => {
    const look = () => {
      const found = heard.filter((event) => event.name === name);
      if (found.length >= count) resolve(found);
    };
    watchers.push(look);
    look();
  });
  true`;

interface Heard {
  readonly id: string;
  readonly data: { readonly payload?: string; readonly resumed?: boolean; readonly missed?: number };
}

suite("EventSource in Chromium", { skip: missingPrograms("chromium") }, () => {
  test("reads, is interrupted, and comes back where it was", () =>
    withRig({}, async (rig) => {
      const chromium = await Chromium.start();
      try {
        const page = await chromium.open(`http://127.0.0.1:${rig.port}/openapi.json`);
        const heard = async (name: string, count: number) =>
          (await page.evaluate(`until("${name}", ${count})`)) as Heard[];
        await page.evaluate(LISTEN);
        await heard("start", 1);
        const taken = await page.evaluate(
          `fetch("/v1/topics/home/a", { method: "POST", body: "one" }).then(({ status }) => status)`,
        );
        assert.equal(taken, 202);
        const [first] = await heard("message", 1);
        assert.equal(first!.data.payload, "one");
        const thief = new EventReader(await rig.open(URL_OF_STREAM, { headers: { "last-event-id": first!.id } }));
        await thief.next("start");
        await heard("end", 1);
        thief.destroy();
        await rig.post("home/b", "two");
        const [, again] = await heard("start", 2);
        assert.deepEqual([again!.data.resumed, again!.data.missed], [true, 0]);
        const messages = await heard("message", 2);
        assert.deepEqual(
          messages.map(({ data }) => data.payload),
          ["one", "two"],
        );
      } finally {
        await chromium.stop();
      }
    }));
});
