// A real browser without a window, driven over the DevTools protocol: start, open a page, evaluate in it, stop.

import { once } from "node:events";

import { WebSocket } from "ws";

import { Child } from "../processes/child.ts";
import { within } from "../processes/deadline.ts";
import { TemporaryFolder } from "../processes/temporary-folder.ts";

const FLAGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--remote-debugging-port=0",
];

export interface ChromiumOptions {
  /** For certificates of one test's own authority. */
  readonly trustAnyCertificate?: boolean;
}

export class Chromium {
  readonly #child: Child;
  readonly #folder: TemporaryFolder;
  readonly #devTools: DevTools;

  private constructor(child: Child, folder: TemporaryFolder, devTools: DevTools) {
    this.#child = child;
    this.#folder = folder;
    this.#devTools = devTools;
  }

  static async start(options: ChromiumOptions = {}): Promise<Chromium> {
    const folder = new TemporaryFolder("chromium");
    const trust = options.trustAnyCertificate === true ? ["--ignore-certificate-errors"] : [];
    const args = [...FLAGS, ...trust, `--user-data-dir=${folder.path}`, "about:blank"];
    // A group of its own: the browser is many processes.
    const child = new Child("chromium", args, { group: true });
    try {
      const url = await child.until("its DevTools address", () => addressIn(child.errors));
      return new Chromium(child, folder, await DevTools.connect(url));
    } catch (error) {
      await child.stop();
      folder.remove();
      throw error;
    }
  }

  /** Resolves when the page has loaded. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.#devTools.ask("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.#devTools.ask("Target.attachToTarget", { targetId, flatten: true });
    const session = String(sessionId);
    await this.#devTools.ask("Page.enable", {}, session);
    const loaded = this.#devTools.event("Page.loadEventFired", session);
    const { errorText } = await this.#devTools.ask("Page.navigate", { url }, session);
    if (errorText !== undefined) throw new Error(`${url} does not open: ${JSON.stringify(errorText)}`);
    await within(`${url} to load`, loaded);
    return new Page(this.#devTools, session);
  }

  async stop(): Promise<void> {
    this.#devTools.close();
    await this.#child.stop();
    this.#folder.remove();
  }
}

/** One open page. */
export class Page {
  readonly #devTools: DevTools;
  readonly #session: string;

  constructor(devTools: DevTools, session: string) {
    this.#devTools = devTools;
    this.#session = session;
  }

  /** The value of a script, which must be JSON; of a promise, when it has settled. Rejects with what the script throws. */
  async evaluate(expression: string): Promise<unknown> {
    const asked = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.#devTools.ask("Runtime.evaluate", asked, this.#session);
    if (exceptionDetails !== undefined) throw new Error(`in the page: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value?: unknown }).value;
  }
}

/** null: it has not said it yet. */
function addressIn(errors: string): string | null {
  return /^DevTools listening on (ws:\S+)$/m.exec(errors)?.[1] ?? null;
}

type Fields = Readonly<Record<string, unknown>>;

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

/** Questions, answers and events of the DevTools protocol over one WebSocket. */
class DevTools {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (reply: Reply) => void>();
  /** By session and name of the event. */
  readonly #events = new Map<string, () => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#onReply(JSON.parse(data.toString()) as Reply));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const answer of this.#answers.values()) answer({ error: { message: "the browser is gone" } });
    });
  }

  static async connect(url: string): Promise<DevTools> {
    const socket = new WebSocket(url);
    await within("the connection to DevTools", once(socket, "open"));
    return new DevTools(socket);
  }

  async ask(method: string, params: object, sessionId?: string): Promise<Fields> {
    const id = ++this.#lastId;
    const answer = new Promise<Reply>((resolve) => this.#answers.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    const { result, error } = await within(`the answer to ${method}`, answer);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** The next event of this name. */
  event(method: string, session: string): Promise<void> {
    return new Promise((resolve) => this.#events.set(`${session} ${method}`, resolve));
  }

  close(): void {
    this.#socket.terminate();
  }

  #onReply(reply: Reply): void {
    if (reply.id === undefined) {
      const key = `${reply.sessionId} ${reply.method}`;
      this.#events.get(key)?.();
      this.#events.delete(key);
    } else {
      this.#answers.get(reply.id)?.(reply);
      this.#answers.delete(reply.id);
    }
  }
}
