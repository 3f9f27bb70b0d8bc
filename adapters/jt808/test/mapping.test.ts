// Verdicts to results, commands to the messages that answer them; and the small parts that keep count.

import assert from "node:assert/strict";
import { test } from "node:test";
import { plainFrame } from "jt808-parser";
import type { Jt808Frame } from "jt808-parser";
import { Verdict, isAccepted } from "../../../core/index.ts";
import { FakeClock } from "../../../conformance/fake-clock.ts";
import { AuthCodes, KnownTerminals } from "../admission.ts";
import { CommandWindow } from "../commands.ts";
import { listenerOptions } from "../config.ts";
import { Duplicates, hashOf } from "../duplicates.ts";
import { Result, isAnswered, ownAnswerOf, resultOf } from "../mapping.ts";

const frame = (id: number, body: Uint8Array, serial = 1): Jt808Frame =>
  plainFrame(id, 2013, 0, "000000000001", serial, body);

test("a terminal is told ok exactly when the core has the message", () => {
  for (const verdict of Object.values(Verdict)) {
    assert.equal(resultOf(verdict) === Result.Ok, isAccepted(verdict), String(verdict));
  }
});

test("which messages answer which commands", () => {
  assert.equal(ownAnswerOf(0x8104), 0x0104);
  assert.equal(ownAnswerOf(0x8300), 0);
  assert.equal(isAnswered(0x8300), true);
  for (const id of [0x8001, 0x8003, 0x8004, 0x8100, 0x8800]) assert.equal(isAnswered(id), false);
});

test("codes: bound to phone and secret", () => {
  const codes = new AuthCodes("0123456789abcdef");
  const code = Buffer.from(codes.codeOf("138"));
  assert.ok(codes.isCodeOf("138", code));
  assert.ok(!codes.isCodeOf("139", code));
  assert.ok(!codes.isCodeOf("138", code.subarray(1)));
  assert.ok(!codes.isCodeOf("138", new Uint8Array(0)));
  assert.ok(!new AuthCodes(null).isCodeOf("138", code));
});

test("known terminals: listed for ever, seen ones bounded with the oldest forgotten first", () => {
  const known = new KnownTerminals(new Set(["1"]));
  for (let n = 0; n < 100_001; n++) known.remember(`2${n}`);
  assert.deepEqual(
    [known.has("1"), known.has("20"), known.has("21"), known.has("2100000"), known.has("3")],
    [true, false, true, true, false],
  );
});

test("duplicates: id, serial and body; the last 32; not for ever", () => {
  const window = new Duplicates();
  const one = frame(0x0200, Uint8Array.of(1, 2, 3));
  assert.equal(window.resultOf(one, 1000), -1, "an empty window knows nothing");
  assert.equal(window.resultOf(frame(0, new Uint8Array(0), 0), 1000), -1, "not even zeros");
  window.remember(one.id, one.serial, hashOf(one.body), 2, 1000);
  assert.equal(window.resultOf(one, 2000), 2);
  assert.equal(window.resultOf(frame(0x0200, Uint8Array.of(1, 3, 2)), 2000), -1, "the same XOR, another body");
  assert.equal(window.resultOf(frame(0x0201, one.body), 2000), -1);
  assert.equal(window.resultOf(frame(0x0200, one.body, 2), 2000), -1);
  assert.equal(window.resultOf(one, 402_000), -1);
  for (let n = 0; n < 32; n++) window.remember(1, n, 0, 0, 1000);
  assert.equal(window.resultOf(one, 2000), -1);
});

test("command window: answers by serial and id, by kind in order, late ones again", () => {
  const clock = new FakeClock();
  const fired: number[] = [];
  const window = new CommandWindow(clock, { onTimer: (tag) => void fired.push(tag) }, 1000, 1);
  window.add(1, frame(0x8201, new Uint8Array(0), 10), "a");
  window.add(2, frame(0x8201, new Uint8Array(0), 11), "b");
  assert.equal(window.takeAnswered(10, 0x8300), null);
  assert.equal(window.takeByOwnAnswer(0x0201)?.reference, "a");
  assert.ok(window.has(11) && !window.has(10));
  clock.advance(1000);
  assert.deepEqual(fired, [11]);
  assert.equal(window.late(11)?.isGivenUp, false);
  clock.advance(2000);
  assert.deepEqual(fired, [11, 11]);
  assert.equal(window.late(11)?.isGivenUp, true);
  assert.equal(window.late(11), null);
  window.add(3, frame(0x8300, new Uint8Array(0), 12), null);
  window.clear();
  assert.equal(clock.armed, 0);
});

test("configuration: everything has a default", () => {
  const options = listenerOptions({ port: 1 });
  assert.deepEqual(
    Object.values(options).filter((value) => value === undefined),
    [],
  );
  assert.equal(options.authentication, "accept-any");
  assert.equal(options.version, null);
});
