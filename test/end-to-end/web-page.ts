// examples/web in a real browser: the page publishes what its form says and shows what it receives, and is asked for
// both through its own document.

import { within } from "../processes/deadline.ts";
import { Child } from "../processes/child.ts";
import { Chromium } from "../browser/chromium.ts";
import type { Page } from "../browser/chromium.ts";
import { PROJECT } from "../processes/gateway.ts";
import { webUrl } from "./scene.ts";
import type { Delivery, Publisher, Received, Receiver, Scene } from "./scene.ts";

/** Less than the driver waits for an answer: the page is then asked what it shows instead. */
const WAIT_MS = 20_000;
const TAKEN: readonly unknown[] = ["accepted", "no_subscriber"];

interface ShownRow {
  readonly topic: string;
  readonly payload?: string;
  readonly payloadBase64?: string;
  readonly qos: string;
  readonly retain: string;
}

/** Runs in the page: resolves when `find` gives something that is not null; asked again when the document changes. */
const WATCH = `(find) => new Promise((resolve) => {
  const look = () => {
    const found = find();
    if (found === null) return;
    observer.disconnect();
    resolve(found);
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  look();
})`;

export class WebPage implements Publisher, Receiver {
  readonly name = "web page (Chromium)";
  readonly #chromium: Chromium;
  readonly #server: Child;
  readonly #page: Page;

  private constructor(chromium: Chromium, server: Child, page: Page) {
    this.#chromium = chromium;
    this.#server = server;
    this.#page = page;
  }

  /** Serves the example as its README says, opens it, and connects to the scene's gateway. */
  static async open(scene: Scene): Promise<WebPage> {
    const server = new Child(process.execPath, ["examples/web/serve.js", "0"], { cwd: PROJECT });
    let chromium: Chromium | null = null;
    try {
      const url = await server.until("its address", () => /^open (http:\S+)$/m.exec(server.output)?.[1] ?? null);
      chromium = await Chromium.start({ trustAnyCertificate: scene.authority !== null });
      const gateway = encodeURIComponent(webUrl(scene, "ws", "websocket", "/mqtt"));
      const page = new WebPage(chromium, server, await chromium.open(`${url}?gateway=${gateway}`));
      await page.connect(scene);
      return page;
    } catch (error) {
      await chromium?.stop();
      await server.stop();
      throw error;
    }
  }

  /** By the form: a new connection, which has no subscriptions yet. */
  async connect(scene: Scene): Promise<void> {
    const { name: user, password } = scene.account ?? { name: "", password: "" };
    await this.#submit("#connect", { user, password });
    await this.#shows("#state", "connected as ");
  }

  /** Fills in the form, as a person does. */
  async subscribe(filters: readonly string[], qos: 0 | 1): Promise<void> {
    for (const filter of filters) {
      await this.#submit("#subscribe", { filter, qos: String(qos) });
      await this.#shows("#answer", `subscribe to ${filter}: accepted`);
    }
  }

  /** Text through the form; what is no text through the function that the form uses. */
  async publish(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<void> {
    const verdict = await this.verdictOn(topic, payload, { qos, retain });
    if (!TAKEN.includes(verdict)) throw new Error(`the page is told of ${topic}: ${String(verdict)}`);
  }

  async verdictOn(topic: string, payload: Buffer, { qos, retain }: Delivery): Promise<unknown> {
    const text = payload.toString();
    if (!Buffer.from(text).equals(payload)) {
      const fields = JSON.stringify({ topic, payloadBase64: payload.toString("base64"), qos, retain });
      return this.#evaluate(`publish(${fields}).then((answer) => answer.verdict)`, `the verdict on ${topic}`);
    }
    await this.#submit("#publish", { topic, payload: text, qos: String(qos) }, retain);
    const shown = await this.#shows("#answer", `publish to ${topic}: `);
    return shown.slice(shown.lastIndexOf(" ") + 1);
  }

  /** What the page's table holds. */
  async received(topic: string, count: number): Promise<readonly Received[]> {
    const rows = await this.#evaluate(
      `(${WATCH})(() => {
        const rows = [...document.querySelectorAll("#messages tr")].filter((row) => row.dataset.topic === ${JSON.stringify(topic)});
        return rows.length >= ${count} ? rows.map((row) => ({ ...row.dataset })).reverse() : null;
      })`,
      `${count} × ${topic} in the page`,
    );
    return (rows as ShownRow[]).map(({ payload, payloadBase64, qos, retain }) => ({
      topic,
      payload: payload === undefined ? Buffer.from(payloadBase64!, "base64") : Buffer.from(payload),
      qos: Number(qos),
      retain: retain === "true",
    }));
  }

  /** What the page says of its connection, once it begins so. */
  async state(start: string): Promise<string> {
    return this.#shows("#state", start);
  }

  async close(): Promise<void> {
    await this.#chromium.stop();
    await this.#server.stop();
  }

  async #submit(form: string, fields: Readonly<Record<string, string>>, retain = false): Promise<void> {
    await this.#evaluate(
      `(() => {
        const form = document.querySelector(${JSON.stringify(form)});
        document.querySelector("#answer").textContent = "";
        for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form.elements[name].value = value;
        if (form.elements.retain) form.elements.retain.checked = ${retain};
        form.requestSubmit();
      })()`,
      `${form} to be submitted`,
    );
  }

  async #shows(selector: string, start: string): Promise<string> {
    const shown = await this.#evaluate(
      `(${WATCH})(() => {
        const { textContent } = document.querySelector(${JSON.stringify(selector)});
        return textContent.startsWith(${JSON.stringify(start)}) ? textContent : null;
      })`,
      `the page to show "${start}"`,
    );
    return String(shown);
  }

  async #evaluate(expression: string, what: string): Promise<unknown> {
    try {
      return await within(what, this.#page.evaluate(expression), () => "", WAIT_MS);
    } catch (error) {
      const shown = await this.#page.evaluate(
        `[...document.querySelectorAll("[role=status]")].map((one) => one.textContent)`,
      );
      throw new Error(`the page shows ${JSON.stringify(shown)}`, { cause: error });
    }
  }
}
