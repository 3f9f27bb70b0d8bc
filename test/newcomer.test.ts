// The path of somebody who is new here: clone, `npm start` with the system's own Node, and every command of the README's
// first messages, each of which must show what the README says. How the README is read: newcomer/steps.ts.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Chromium } from "./browser/chromium.ts";
import type { Page } from "./browser/chromium.ts";
import { Ports } from "./newcomer/ports.ts";
import { scriptOf, seenAt } from "./newcomer/steps.ts";
import type { Script, Step } from "./newcomer/steps.ts";
import { Terminals } from "./newcomer/terminals.ts";
import { Child } from "./processes/child.ts";
import { PROJECT, tributary } from "./processes/gateway.ts";
import { missingPrograms } from "./processes/programs.ts";
import { TemporaryFolder } from "./processes/temporary-folder.ts";

const SECTION = "## First messages";
const README = readFileSync(join(PROJECT, "README.md"), "utf8");
const missing = existsSync(join(PROJECT, ".git"))
  ? missingPrograms("git", "npm", "mosquitto_pub", "curl", "chromium")
  : "this is no git checkout";

/** The caller's environment without what a test run has put into it: no Node 24 of ours, no settings of npm's. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_|TRIBUTARY_|INIT_CWD$|CI$)/.test(name));
  const path = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  // What was downloaded for this checkout need not be downloaded again.
  return { ...Object.fromEntries(kept), PATH: path.join(":"), npm_config_prefer_offline: "true" };
}

/** In a page that is open: presses the button of this name, as a person does. */
async function press(page: Page, button: string): Promise<void> {
  const found = await page.evaluate(`(() => {
    const button = [...document.querySelectorAll("button")].find((one) => one.textContent === ${JSON.stringify(button)});
    button?.click();
    return button !== undefined;
  })()`);
  assert.equal(found, true, `the page has a button ${button}`);
}

describe("the newcomer's path", { skip: missing }, () => {
  const scope = new AsyncDisposableStack();
  after(() => scope.disposeAsync());
  const env = plainEnvironment();
  let clone: string;
  let script: Script;

  before(async () => {
    const folder = new TemporaryFolder("newcomer");
    scope.defer(() => folder.remove());
    clone = folder.join("tributary");
    // Whoever owns the checkout: it is ours to read.
    const trust = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" };
    await new Child("git", ["clone", "--quiet", PROJECT, clone], { env: { ...env, ...trust } }).succeeds();
    script = scriptOf(readFileSync(join(clone, "README.md"), "utf8"), SECTION);
  });

  test("every command, and what it shows", async (context) => {
    const node = (await new Child("node", ["--version"], { env }).succeeds()).trim();
    const walk = new Walk(clone, env, await Ports.usualIfFree());
    scope.defer(() => walk.stop());
    for (const step of script.steps) await walk.take(step);
    const presses = walk.taken.filter(({ kind }) => kind === "press").length;
    assert.equal(walk.taken.length - presses, script.blocks, "each block of the section was run or compared");
    assert.equal(presses, 2, "the page was used");
    context.diagnostic(`${script.blocks} blocks, system Node ${node}, ${walk.ports.description}`);
  });
});

/** One walk through the steps, with everything that it leaves running. */
class Walk {
  ports: Ports;
  readonly taken: Step[] = [];
  readonly #clone: string;
  readonly #env: NodeJS.ProcessEnv;
  #terminals: Terminals;
  #chromium: Chromium | null = null;
  #page: Page | null = null;

  constructor(clone: string, env: NodeJS.ProcessEnv, ports: Ports) {
    this.#clone = clone;
    this.#env = env;
    this.ports = ports;
    this.#terminals = new Terminals(clone, { ...env, ...ports.environment });
  }

  async take(step: Step): Promise<void> {
    try {
      await this.#try(step);
    } catch (error) {
      // The usual ports were free when we looked, and have been taken while `npm start` was installing.
      const isStart = this.taken.length === 1 && step.kind === "shows";
      if (!isStart || !/is in use|EADDRINUSE/.test(String(error))) {
        throw new Error(`README.md, line ${step.line}`, { cause: error });
      }
      await this.#terminals.stop();
      this.ports = await Ports.free();
      this.#terminals = new Terminals(this.#clone, { ...this.#env, ...this.ports.environment });
      await this.#try(this.taken[0]!);
      await this.#try(step);
    }
    this.taken.push(step);
  }

  async stop(): Promise<void> {
    await this.#chromium?.stop();
    await this.#terminals.stop();
  }

  async #try(step: Step): Promise<void> {
    if (step.kind === "press") {
      this.#page ??= await this.#open();
      await press(this.#page, step.button);
      return;
    }
    const text = this.ports.in(step.text);
    if (step.kind === "run") {
      await (step.terminal === null ? this.#terminals.run(text) : this.#terminals.start(step.terminal, text));
    } else if (step.terminal === null) this.#terminals.assertWritten(text);
    else await this.#terminals.shows(step.terminal, text);
  }

  /** The page's own address of the gateway is the usual one. */
  async #open(): Promise<Page> {
    this.#chromium = await Chromium.start();
    const gateway = encodeURIComponent(this.ports.in("ws://127.0.0.1:8083/mqtt"));
    const page = await this.#chromium.open(`${this.#terminals.address}?gateway=${gateway}`);
    await page.evaluate(`new Promise((resolve) => {
      const state = document.querySelector("#state");
      const look = () => state.textContent.startsWith("connected as ") && resolve();
      new MutationObserver(look).observe(state, { childList: true });
      look();
    })`);
    return page;
  }
}

test("the example of a configuration is one", { skip: missingPrograms("openssl") }, async () => {
  const [, yaml] = /\n```yaml\n([^`]+)```/.exec(README)!;
  const hash = (await tributary(["passwd"], "a river runs\n").succeeds()).trim();
  const folder = new TemporaryFolder("readme");
  try {
    const file = folder.write(
      "tributary.yaml",
      yaml!.replace("$scrypt$…", () => hash),
    );
    await tributary(["check-config", "--config", file]).succeeds();
  } finally {
    folder.remove();
  }
});

test("every link of README and examples leads to something", () => {
  for (const file of ["README.md", "examples/README.md"]) {
    const links = [...readFileSync(join(PROJECT, file), "utf8").matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link!);
    assert.ok(links.length > 0);
    for (const link of links) assert.ok(existsSync(join(PROJECT, dirname(file), link)), `${file}: ${link}`);
  }
});

test("expected lines: in their order, whole, with … for anything", () => {
  const shown = "one\ntwo  2\nthree {1}\nfour";
  assert.equal(seenAt(shown, 0, "one\nthree {…}"), shown.indexOf("four"));
  assert.equal(seenAt(shown, 0, "two 2\nfour"), shown.length);
  assert.equal(seenAt(shown, 0, "three {1}\none"), null, "in another order");
  assert.equal(seenAt(shown, 0, "thre"), null, "a part of a line");
  assert.equal(seenAt(shown, 4, "one"), null, "seen before");
  assert.equal(seenAt("a.c", 0, "abc"), null, "dots are dots");
});
