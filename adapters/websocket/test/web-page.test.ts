// The page of the README, run as it stands there, in a real browser.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite, test } from "node:test";
import { Chromium } from "../../../test/browser/chromium.ts";
import { missingPrograms } from "../../../test/processes/programs.ts";
import { Verdict } from "../../../core/index.ts";
import { withRig } from "./rig.ts";

const README = new URL("../README.md", import.meta.url);
const ADDRESS = "127.0.0.1:8083";

/** In the page: resolves when its document says so. */
const SHOWN = (text: string): string => `new Promise((resolve) => {
  const look = () => document.body.textContent.includes(${JSON.stringify(text)}) && resolve(true);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
})`;

suite("a web page in Chromium", { skip: missingPrograms("chromium") }, () => {
  test("the README's ten lines connect, subscribe, publish and show what comes", () =>
    withRig({}, async (rig) => {
      const code = /```js\n(.*?)```/s.exec(readFileSync(README, "utf8"))?.[1] ?? "";
      assert.ok(code.includes(ADDRESS));
      rig.gateway.script.publish = (session, { topic, payload }) => {
        session.send({ topic, payload });
        return Verdict.Accepted;
      };
      const chromium = await Chromium.start();
      try {
        // Whatever the port answers to a plain request is a page of the same host.
        const page = await chromium.open(`http://127.0.0.1:${rig.port}/`);
        await page.evaluate(code.replace(ADDRESS, `127.0.0.1:${rig.port}`));
        assert.equal(await page.evaluate(SHOWN("home/light: on")), true);
        const session = rig.gateway.sessionOf("page-1");
        assert.deepEqual([...session.subscriptions.keys()], ["home/#"]);
      } finally {
        await chromium.stop();
      }
    }));

  test("a page that another server of this machine serves is let in", () =>
    withRig({}, async (rig) => {
      const elsewhere = createServer((_request, response) => void response.end("a page"));
      elsewhere.listen(0, "127.0.0.1");
      await once(elsewhere, "listening");
      const chromium = await Chromium.start();
      try {
        const page = await chromium.open(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`);
        const outcome = await page.evaluate(`new Promise((resolve) => {
          const socket = new WebSocket("ws://127.0.0.1:${rig.port}/mqtt", "tributary.v1.json");
          socket.onopen = () => resolve("open");
          socket.onclose = ({ code }) => resolve(code);
        })`);
        assert.equal(outcome, "open");
      } finally {
        await chromium.stop();
        elsewhere.close();
        elsewhere.closeAllConnections();
      }
    }));
});
