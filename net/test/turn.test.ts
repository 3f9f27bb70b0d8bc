import assert from "node:assert/strict";
import { test } from "node:test";
import { Turn } from "../turn.ts";
import type { Gathering } from "../turn.ts";

/** Writes down when it was flushed; gathers again when told to. */
class Gatherer implements Gathering {
  readonly #name: string;
  readonly #log: string[];
  #aheadIn = -1;
  constructor(name: string, log: string[]) {
    this.#name = name;
    this.#log = log;
  }
  flush(): void {
    this.#log.push(this.#name);
  }
  flushAhead(turn: number): void {
    if (this.#aheadIn === turn) return;
    this.#aheadIn = turn;
    this.#log.push(`${this.#name} ahead`);
  }
}

const gatherers = (count: number, log: string[]) => Array.from({ length: count }, (_, i) => new Gatherer(`w${i}`, log));

test("few that gather wait for the end of the turn", () => {
  const turn = new Turn();
  const log: string[] = [];
  for (const wire of gatherers(15, log)) turn.gather(wire);
  turn.checkpoint();
  assert.deepEqual(log, []);
  turn.flush();
  assert.equal(log.length, 15);
});

test("many are flushed ahead, each once in a turn, and again at its end", () => {
  const turn = new Turn();
  const log: string[] = [];
  const wires = gatherers(16, log);
  for (const wire of wires) turn.gather(wire);
  turn.checkpoint();
  assert.deepEqual(
    log,
    wires.map((_, i) => `w${i} ahead`),
  );
  for (const wire of wires) turn.gather(wire);
  turn.checkpoint();
  assert.equal(log.length, 16, "not twice");
  turn.flush();
  assert.equal(log.length, 48, "both entries of each at the end");
  for (const wire of wires) turn.gather(wire);
  turn.checkpoint();
  assert.equal(log.length, 64, "a new turn, a new flush ahead");
  turn.flush();
});

test("what others write while they are flushed goes out in the same turn, behind them", () => {
  const turn = new Turn();
  const log: string[] = [];
  const [wire] = gatherers(1, log);
  turn.add({
    flush: () => {
      log.push("other");
      turn.gather(wire!);
    },
  });
  assert.equal(turn.isPending, true);
  turn.flush();
  assert.deepEqual(log, ["other", "w0"]);
});

test("who is added by a flush waits for the next turn, which comes by itself", async () => {
  const turn = new Turn();
  const flushed = new Promise<number>((resolve) => {
    turn.add({ flush: () => turn.add({ flush: () => resolve(turn.count) }) });
  });
  assert.equal(await flushed, 2);
  assert.equal(turn.isPending, false);
});
