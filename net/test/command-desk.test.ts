// The desk of commands: what the core, the device and the application each see of one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../conformance/fake-clock.ts";
import {
  CommandEnd,
  CommandState,
  Message,
  Outcome,
  UNANSWERED,
  commandStateNames,
  type Origin,
  type Session,
} from "../../core/index.ts";
import { CommandDesk, DeskCause, type CommandDeskOwner, type Order } from "../command-desk.ts";
import { Turn } from "../turn.ts";

const ORIGIN: Origin = Object.freeze({
  tenant: "",
  device: "app",
  client: "app",
  user: "",
  via: [],
  protocol: "test",
  protocolVersion: "",
  listener: "test",
  node: "",
  peer: { address: "", port: 0, proxy: null, listener: "test", secure: false, certificate: null, serverName: null },
});
const TTL_MS = 60_000;

class Owner implements CommandDeskOwner<string> {
  readonly written: string[] = [];
  readonly reports: string[] = [];
  readonly outcomes: [number, Outcome][] = [];
  writables = 0;
  isFree = true;
  readonly session = {
    onAcknowledged: (id: number, outcome: Outcome) => this.outcomes.push([id, outcome]) > 0,
    onWritable: () => void this.writables++,
  } as unknown as Session;

  toOrder(payload: Uint8Array): Order<string> | string {
    const text = Buffer.from(payload).toString();
    if (text === "?") return "no command";
    const end = text.startsWith("written") ? CommandEnd.Written : CommandEnd.Answer;
    return { content: text, lane: text.length, end, ttlMs: text.startsWith("short") ? 1000 : null };
  }
  write(content: string, attempt: number): boolean {
    this.written.push(`${content} ${attempt}`);
    return this.isFree;
  }
  reportOf(content: string, state: CommandState, attempts: number, cause: string): string {
    return `${content} ${commandStateNames[state]} ${attempts}${cause === "" ? "" : ` ${cause}`}`;
  }
  publishReport(json: string): void {
    this.reports.push(json);
  }
}

function scene(queueMax = 4, reports = true) {
  const clock = new FakeClock();
  const turn = new Turn();
  const owner = new Owner();
  const desk = new CommandDesk(clock, turn, owner, { queueMax, answerWaitsMs: [1000, 2000], ttlMs: TTL_MS, reports });
  const deliver = (text: string, id = 0, expiresAt = 0): boolean =>
    desk.deliver(
      id,
      Message.of(ORIGIN, "down", Buffer.from(text), id === 0 ? 0 : 1, false, expiresAt),
      id === 0 ? 0 : 1,
    );
  const told = (): string[] => {
    turn.flush();
    return owner.reports.splice(0);
  };
  return { clock, owner, desk, deliver, told };
}

test("the application hears of each state, at the end of the turn; the core of the end", () => {
  const { owner, desk, deliver, told } = scene();
  assert.equal(deliver("a", 7), true);
  assert.deepEqual(owner.reports, [], "not in the middle of a delivery");
  assert.deepEqual(told(), ["a queued 0", "a sent 1"]);
  const [command] = desk.outstanding;
  desk.acknowledge(command!);
  desk.finish(command!);
  assert.deepEqual(told(), ["a acknowledged 1", "a done 1"]);
  assert.deepEqual(owner.outcomes, [[7, Outcome.Completed]], "once: when the device has it");
});

test("what fails, and what is no command, is rejected; QoS 0 is acknowledged to nobody", () => {
  const { clock, owner, desk, deliver, told } = scene();
  deliver("?", 1);
  deliver("?");
  deliver("bb", 2);
  deliver("ccc", 3);
  deliver("dddd");
  desk.fail(desk.outstanding[0]!, "refused");
  clock.advance(3000);
  assert.deepEqual(owner.written, ["bb 1", "ccc 1", "dddd 1", "ccc 2", "dddd 2"]);
  assert.deepEqual(
    told().filter((line) => !/queued|sent/.test(line)),
    ["no command", "no command", "bb failed 1 refused", `ccc failed 2 ${UNANSWERED}`, `dddd failed 2 ${UNANSWERED}`],
  );
  assert.deepEqual(
    owner.outcomes,
    [1, 2, 3].map((id) => [id, Outcome.Rejected]),
  );
  assert.equal(clock.armed, 0);
});

test("a command lives as long as it says, as the desk says, or as its message says: the shortest", () => {
  const { clock, owner, desk, deliver, told } = scene();
  deliver("short", 1);
  deliver("message", 2, clock.now() + 1500);
  deliver("desk", 3);
  for (const command of desk.outstanding) desk.acknowledge(command);
  told();
  clock.advance(1000);
  assert.deepEqual(told(), ["short expired 1"]);
  clock.advance(500);
  assert.deepEqual(told(), ["message expired 1"]);
  clock.advance(TTL_MS - 1500);
  assert.deepEqual(told(), ["desk expired 1"]);
  assert.equal(owner.outcomes.length, 3);
});

test("a full queue and a full output hold the core, which is told once when there is room", () => {
  const { owner, desk, deliver, told } = scene(2);
  assert.deepEqual([deliver("a"), desk.isFull, deliver("a"), desk.isFull], [true, false, false, true]);
  assert.equal(deliver("a", 9), false);
  assert.ok(told().includes(`a failed 0 ${DeskCause.QueueFull}`));
  assert.deepEqual(owner.outcomes, [[9, Outcome.Rejected]]);
  desk.finish(desk.outstanding[0]!);
  assert.equal(owner.writables, 1);
  desk.finish(desk.outstanding[0]!);
  assert.equal(owner.writables, 1);
  owner.isFree = false;
  assert.equal(deliver("written"), false, "whoever has the output tells when it is free");
});

test("reports that nobody has taken yet hold the core, too", () => {
  const { owner, desk, deliver, told } = scene();
  let taken = 0;
  while (deliver("?")) taken++;
  assert.ok(taken >= 200 && taken < 300 && desk.isFull);
  assert.equal(owner.writables, 0);
  assert.equal(told().length, taken + 1);
  assert.equal(owner.writables, 1);
});

test("at the end, what the core keeps is left to it, and the rest is told as lost", () => {
  for (const isKept of [true, false]) {
    const { clock, owner, desk, deliver } = scene();
    deliver("a", 1);
    deliver("bb");
    deliver("ccc", 2);
    desk.acknowledge(desk.outstanding[2]!);
    desk.end(isKept);
    const lost = owner.reports.filter((line) => line.endsWith(DeskCause.ConnectionLost));
    const names = lost.map((line) => line.split(" ")[0]);
    assert.deepEqual(names, isKept ? ["bb", "ccc"] : ["a", "bb", "ccc"]);
    assert.deepEqual(owner.outcomes, [[2, Outcome.Completed]]);
    assert.equal(clock.armed, 0);
  }
});

test("reports can be switched off", () => {
  const { owner, deliver, told } = scene(4, false);
  deliver("written", 1);
  assert.deepEqual([told(), owner.outcomes], [[], [[1, Outcome.Completed]]]);
});
