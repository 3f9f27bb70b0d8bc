// Platforms that connect again and again: whatever way a link goes (closed, silent, overtaken by its successor), its
// terminals' sessions go with it or are taken over, and nothing of it stays. The real core, links without sockets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createCore } from "../../../core/compose.ts";
import type { Core } from "../../../core/compose.ts";
import type { Peer } from "../../../core/index.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { memoryInUse } from "../../../conformance/memory.ts";
import { SilentLog } from "../../../conformance/silent-log.ts";
import type { Wire } from "../../../net/stream.ts";
import { Turn } from "../../../net/turn.ts";
import { AuthCodes } from "../admission.ts";
import { listenerOptions } from "../config.ts";
import { Jt808Connection } from "../connection.ts";
import { ListenerContext } from "../context.ts";
import { Holders } from "../holders.ts";
import { frameBytes } from "./jt808-device.ts";

const TERMINALS = 1500;
const RECONNECTS = 10_000;
/** Every so many reconnects all terminals of the link come back, otherwise some of them. */
const FULL_EVERY = 200;
const SOME = 10;
/** What two measurements may differ by: far less than one object for each reconnect. */
const SAME_BYTES = 1_000_000;
const TURNS_MAX = 10_000;

const heartbeats = Array.from({ length: TERMINALS }, (_, n) => frameBytes(0x0002, `0138${`${n}`.padStart(8, "0")}`, 1));
const phoneOf = (n: number): string => `138${`${n}`.padStart(8, "0")}`;

/** A wire to nowhere: counts what would have been sent. */
class Nowhere implements Wire {
  readonly staging = new Uint8Array(256);
  readonly bufferedBytes = 0;
  sent = 0;
  isEnded = false;
  write(): boolean {
    return true;
  }
  stage(): number {
    return 0;
  }
  commit(): boolean {
    this.sent++;
    return true;
  }
  established(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {
    this.isEnded = true;
  }
  destroy(): void {
    this.isEnded = true;
  }
}

class Platform {
  readonly #context: ListenerContext;
  readonly #terminals: readonly number[];
  #wire = new Nowhere();
  #link: Jt808Connection | null = null;
  #port = 1;

  constructor(context: ListenerContext, terminals: readonly number[]) {
    this.#context = context;
    this.#terminals = terminals;
  }

  /** A new link, on which some terminals say something. `isOvertaken`: the old one is still there for a while. */
  async reconnect(isOvertaken: boolean, count: number, from: number): Promise<void> {
    const old = this.#link;
    if (!isOvertaken) old?.onClosed();
    const peer: Peer = Object.freeze({
      address: "10.0.0.1",
      port: this.#port++,
      proxy: null,
      listener: "jt808",
      secure: false,
      certificate: null,
      serverName: null,
    });
    const wire = new Nowhere();
    this.#wire = wire;
    this.#link = new Jt808Connection(this.#context, wire, peer, null);
    const size = this.#terminals.length;
    const spoken = Array.from({ length: Math.min(count, size) }, (_, n) => this.#terminals[(from + n) % size]!);
    this.#link.onBytes(Buffer.concat(spoken.map((n) => heartbeats[n]!)));
    for (let turn = 0; wire.sent < spoken.length; turn++) {
      assert.ok(turn < TURNS_MAX, `${wire.sent} of ${spoken.length} were answered`);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (isOvertaken) old?.onClosed();
  }

  close(): void {
    this.#link?.onClosed();
    assert.ok(this.#wire.isEnded);
  }
}

function sessionsOf(core: Core): { count: number; names: Set<string> } {
  const names = new Set<string>();
  let count = 0;
  for (const { client, connected } of core.clients()) {
    assert.ok(connected);
    names.add(client);
    count++;
  }
  return { count, names };
}

for (const links of [1, 10]) {
  test(
    `${TERMINALS} terminals over ${links} links, ${RECONNECTS} reconnects: exactly their sessions, flat memory`,
    { timeout: 120_000 },
    async () => {
      const clock = new FakeClock();
      const core = createCore({
        node: "test",
        clock,
        log: new SilentLog(),
        authenticators: [{ name: "anonymous", authenticate: async () => ({ tenant: "", user: "" }) }],
        authorizer: { rulesFor: async () => ({ mayPublish: () => true, maySubscribe: () => true }) },
      });
      const options = listenerOptions({
        port: 0,
        allowMultipleTerminals: true,
        terminalsMax: TERMINALS,
        sessionMessages: "consume",
      });
      const context = new ListenerContext(
        core.gateway("jt808"),
        new Turn(),
        options,
        new AuthCodes(null),
        new Holders(),
      );
      const all = Array.from({ length: TERMINALS }, (_, n) => n);
      const platforms = Array.from(
        { length: links },
        (_, link) =>
          new Platform(
            context,
            all.filter((n) => n % links === link),
          ),
      );
      for (const platform of platforms) await platform.reconnect(false, TERMINALS, 0);
      let before = 0;
      for (let n = 1; n <= RECONNECTS; n++) {
        // What a process needs is there after the first tenth.
        if (n === RECONNECTS / 10) before = await atRest(platforms);
        const isFull = n % FULL_EVERY === 0;
        await platforms[n % links]!.reconnect(n % 2 === 0, isFull ? TERMINALS : SOME, n);
        clock.advance(10);
      }
      const after = await atRest(platforms);
      const { count, names } = sessionsOf(core);
      assert.equal(count, TERMINALS);
      assert.deepEqual(names, new Set(all.map(phoneOf)));
      assert.ok(after - before < SAME_BYTES, `${after - before} bytes more after ${RECONNECTS} reconnects`);
      for (const platform of platforms) platform.close();
      assert.equal(sessionsOf(core).count, 0);
      assert.equal(core.stats().sessions, 0);
      core.stop();
      assert.equal(clock.armed, 0);
    },
  );
}

/** Memory with every terminal there. */
async function atRest(platforms: readonly Platform[]): Promise<number> {
  for (const platform of platforms) await platform.reconnect(true, TERMINALS, 0);
  return memoryInUse();
}
