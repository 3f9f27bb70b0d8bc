// The command queue: each way through its states, and a plain model of it under random events on a clock that stands still.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FakeClock } from "../../conformance/fake-clock.ts";
import { CommandEnd, CommandQueue, CommandState, UNANSWERED, commandStateNames } from "../index.ts";
import type { Command, CommandSender } from "../index.ts";

const WAITS = [10_000, 20_000, 60_000, 240_000];
const LIFE = 600_000;

class Recorder implements CommandSender<string> {
  readonly lines: string[] = [];
  onSend: ((command: Command<string>) => void) | null = null;
  onChange: ((command: Command<string>) => void) | null = null;

  send(command: Command<string>): void {
    this.lines.push(`${command.content} written ${command.attempts}`);
    this.onSend?.(command);
  }
  onState(command: Command<string>, cause: string): void {
    this.lines.push(`${command.content} ${commandStateNames[command.state]}${cause === "" ? "" : ` ${cause}`}`);
    this.onChange?.(command);
  }
  take(): string[] {
    return this.lines.splice(0);
  }
}

function scene(commandsMax = 8) {
  const clock = new FakeClock();
  const sender = new Recorder();
  const queue = new CommandQueue(clock, sender, { commandsMax, answerWaitsMs: WAITS });
  const offer = (name: string, lane: number, end: CommandEnd, lifeMs = LIFE): boolean =>
    queue.offer(name, lane, end, clock.now() + lifeMs);
  const named = (name: string): Command<string> => {
    const found = queue.outstanding.find(({ content }) => content === name);
    assert.ok(found, `${name} is not outstanding`);
    return found;
  };
  return { clock, sender, queue, offer, named };
}

test("a command that nothing answers is done when it is written", () => {
  const { clock, sender, queue, offer } = scene();
  assert.equal(offer("a", 0, CommandEnd.Written), true);
  assert.deepEqual(sender.take(), ["a queued", "a written 1", "a sent", "a done"]);
  assert.deepEqual([queue.size, clock.armed], [0, 0]);
});

test("an acknowledgement ends a command, or is followed by its answer", () => {
  const { clock, sender, queue, offer, named } = scene();
  offer("a", 1, CommandEnd.Acknowledgement);
  offer("b", 2, CommandEnd.Answer);
  sender.take();
  const [a, b] = [named("a"), named("b")];
  queue.acknowledge(a);
  queue.acknowledge(b);
  queue.acknowledge(b);
  assert.deepEqual(sender.take(), ["a done", "b acknowledged"]);
  // It has it: it is not sent again, however long the answer takes.
  clock.advance(LIFE - 1);
  assert.deepEqual(sender.take(), []);
  queue.finish(b);
  queue.finish(b);
  queue.fail(a, "late");
  assert.deepEqual(sender.take(), ["b done"]);
  assert.deepEqual([queue.size, clock.armed], [0, 0]);
});

test("one outstanding command a lane, in order; lanes do not wait for each other", () => {
  const { sender, queue, offer, named } = scene();
  for (const [name, lane] of [
    ["a", 1],
    ["b", 1],
    ["c", 2],
    ["d", 1],
  ] as const)
    offer(name, lane, CommandEnd.Answer);
  assert.deepEqual(
    queue.outstanding.map(({ content }) => content),
    ["a", "c"],
  );
  sender.take();
  queue.finish(named("a"));
  assert.deepEqual(sender.take(), ["a done", "b written 1", "b sent"]);
  queue.fail(named("b"), "no");
  assert.deepEqual(sender.take(), ["b failed no", "d written 1", "d sent"]);
});

test("sent again on schedule, then given up", () => {
  const { clock, sender, offer } = scene();
  offer("a", 1, CommandEnd.Acknowledgement);
  offer("b", 1, CommandEnd.Written);
  assert.deepEqual(sender.take(), ["a queued", "a written 1", "a sent", "b queued", "b written 1", "b sent", "b done"]);
  for (const [n, wait] of WAITS.slice(0, -1).entries()) {
    clock.advance(wait - 1);
    assert.deepEqual(sender.take(), []);
    clock.advance(1);
    assert.deepEqual(sender.take(), [`a written ${n + 2}`]);
  }
  clock.advance(WAITS.at(-1)!);
  assert.deepEqual(sender.take(), [`a failed ${UNANSWERED}`]);
  assert.equal(clock.armed, 0);
});

test("life time ends a command that waits, that is sent, that is acknowledged, and one that comes too late", () => {
  const { clock, sender, queue, offer, named } = scene();
  offer("acknowledged", 1, CommandEnd.Answer, 5000);
  queue.acknowledge(named("acknowledged"));
  offer("waiting", 1, CommandEnd.Answer, 4000);
  offer("sent", 2, CommandEnd.Answer, 3000);
  sender.take();
  clock.advance(2999);
  assert.deepEqual(sender.take(), []);
  clock.advance(1);
  assert.deepEqual(sender.take(), ["sent expired"]);
  clock.advance(2000);
  assert.deepEqual(sender.take(), ["waiting expired", "acknowledged expired"]);
  assert.equal(offer("late", 3, CommandEnd.Answer, 0), true);
  assert.deepEqual(sender.take(), ["late queued", "late expired"]);
  assert.deepEqual([queue.size, clock.armed], [0, 0]);
});

test("a full queue takes nothing; a command without an end in time, and a schedule without a sending, are mistakes", () => {
  const { clock, sender, queue, offer } = scene(2);
  assert.deepEqual([offer("a", 1, CommandEnd.Answer), queue.isFull], [true, false]);
  assert.deepEqual([offer("b", 1, CommandEnd.Answer), queue.isFull], [true, true]);
  sender.take();
  assert.equal(offer("c", 2, CommandEnd.Answer), false);
  assert.deepEqual(sender.take(), []);
  assert.throws(() => queue.offer("d", 1, CommandEnd.Answer, Infinity), RangeError);
  assert.throws(() => new CommandQueue(clock, sender, { commandsMax: 1, answerWaitsMs: [] }), RangeError);
});

test("clear gives back what was there, sent ones first, and leaves no timer", () => {
  const { clock, sender, queue, offer } = scene();
  for (const name of ["a", "b", "c"]) offer(name, name === "c" ? 2 : 1, CommandEnd.Answer);
  sender.take();
  assert.deepEqual(
    queue.clear().map(({ content, state }) => `${content} ${commandStateNames[state]}`),
    ["a sent", "c sent", "b queued"],
  );
  assert.deepEqual([queue.size, clock.armed, sender.take()], [0, 0, []]);
});

test("the sender may refuse, bring more, or end everything from within", () => {
  const { clock, sender, queue, offer } = scene();
  sender.onSend = (command) => queue.fail(command, "unwritable");
  offer("a", 1, CommandEnd.Answer);
  assert.deepEqual(sender.take(), ["a queued", "a written 1", "a failed unwritable"]);
  sender.onSend = null;
  sender.onChange = ({ content, state }) => {
    if (content === "b" && state === CommandState.Done) offer("c", 1, CommandEnd.Answer);
  };
  offer("b", 1, CommandEnd.Written);
  assert.deepEqual(sender.take().slice(-4), ["b done", "c queued", "c written 1", "c sent"]);
  offer("d", 2, CommandEnd.Answer);
  offer("e", 3, CommandEnd.Answer);
  sender.onSend = () => void queue.clear();
  sender.take();
  clock.advance(WAITS[0]!);
  assert.deepEqual(sender.take(), ["c written 2"]);
  offer("f", 4, CommandEnd.Written);
  assert.deepEqual(sender.take(), ["f queued", "f written 1"]);
  assert.deepEqual([queue.size, clock.armed], [0, 0]);
});

/** What a command may come to from where it is. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  "": ["queued"],
  queued: ["sent", "expired"],
  sent: ["acknowledged", "done", "failed", "expired"],
  acknowledged: ["done", "failed", "expired"],
  done: [],
  failed: [],
  expired: [],
};

interface Told {
  state: string;
  writtenAt: number[];
  lane: number;
  end: CommandEnd;
  expiresAt: number;
}

/** Checks every call of the queue against what may come next. */
class Model implements CommandSender<number> {
  readonly commands: Told[] = [];
  readonly clock: FakeClock;
  constructor(clock: FakeClock) {
    this.clock = clock;
  }
  get open(): Told[] {
    return this.commands.filter(({ state }) => NEXT[state]!.length > 0);
  }
  send({ content, attempts }: Command<number>): void {
    const one = this.commands[content]!;
    const now = this.clock.now();
    assert.ok(now < one.expiresAt, "sent after its time");
    if (attempts === 1) {
      const before = this.commands.slice(0, content).filter(({ lane, end }) => lane === one.lane && end === one.end);
      if (one.end !== CommandEnd.Written) {
        assert.ok(
          before.every(({ state }) => state !== "queued"),
          "sent before its turn",
        );
        const others = this.commands.filter((other) => other !== one && other.lane === one.lane);
        assert.ok(
          others.every(({ state }) => state !== "sent" && state !== "acknowledged"),
          "two of a lane",
        );
      }
    } else {
      assert.equal(one.state, "sent", "sent again without need");
      assert.equal(now - one.writtenAt.at(-1)!, WAITS[attempts - 2], "not on schedule");
    }
    one.writtenAt.push(now);
    assert.ok(one.writtenAt.length <= WAITS.length);
  }
  onState({ content, state: number }: Command<number>, cause: string): void {
    const one = this.commands[content]!;
    const state = commandStateNames[number]!;
    assert.ok(NEXT[one.state]!.includes(state), `${one.state} to ${state}`);
    one.state = state;
    if (state === "expired") assert.ok(this.clock.now() >= one.expiresAt);
    if (cause === UNANSWERED) assert.equal(this.clock.now() - one.writtenAt.at(-1)!, WAITS.at(-1));
  }
}

const LANES = 3;
const MAX = 6;
const event = fc.oneof(
  fc.record({
    kind: fc.constant("offer" as const),
    lane: fc.nat(LANES - 1),
    end: fc.constantFrom(CommandEnd.Written, CommandEnd.Acknowledgement, CommandEnd.Answer),
    lifeMs: fc.constantFrom(0, 5_000, 30_000, 200_000, 600_000),
  }),
  fc.record({
    kind: fc.constantFrom("acknowledge" as const, "finish" as const, "fail" as const),
    which: fc.nat(LANES - 1),
  }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(1, 4_999, 10_000, 25_000, 100_000) }),
);

test("model: every command goes through its states once, on schedule, within its time, one a lane", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const clock = new FakeClock();
      const model = new Model(clock);
      const queue = new CommandQueue(clock, model, { commandsMax: MAX, answerWaitsMs: WAITS });
      for (const one of events) {
        if (one.kind === "offer") {
          const expiresAt = clock.now() + one.lifeMs;
          model.commands.push({ state: "", writtenAt: [], lane: one.lane, end: one.end, expiresAt });
          const isFull = model.open.length > MAX;
          assert.equal(queue.offer(model.commands.length - 1, one.lane, one.end, expiresAt), !isFull);
          if (isFull) model.commands.pop();
        } else if (one.kind === "advance") {
          clock.advance(one.ms);
        } else {
          const command = queue.outstanding[one.which];
          if (command === undefined) continue;
          if (one.kind === "acknowledge") queue.acknowledge(command);
          else if (one.kind === "finish") queue.finish(command);
          else queue.fail(command, "refused");
        }
        assert.equal(queue.size, model.open.length);
        assert.equal(clock.armed, queue.size === 0 ? 0 : 1);
        // Nothing waits for a free lane.
        for (const { state, lane } of model.commands) {
          if (state !== "queued") continue;
          assert.ok(
            model.open.some((other) => other.lane === lane && other.state !== "queued"),
            "waits for nobody",
          );
        }
      }
      clock.advance(LIFE);
      assert.deepEqual([queue.size, clock.armed, model.open.length], [0, 0, 0]);
    }),
    { numRuns: 1000 },
  );
});
