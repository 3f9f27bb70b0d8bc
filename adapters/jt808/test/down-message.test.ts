// The serials of commands: those that still stand for an outstanding command are not given to another one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerWriter } from "../answers.ts";
import { DownMessage } from "../down-message.ts";
import { Jt808Bodies } from "jt808-parser";

const message = (bytes: number): DownMessage =>
  new DownMessage({ id: 0x8300, body: new Uint8Array(bytes), serial: null, reference: null, ttlMs: null });

function sent(bytes: number, serial: number): DownMessage {
  const one = message(bytes);
  one.frames = new AnswerWriter(new Jt808Bodies(), "000000000001").frames(one.id, one.takeBody(), serial);
  return one;
}

test("a set of fragments has its serials, around the end of the numbers, too", () => {
  const set = sent(2500, 0xfffe);
  assert.deepEqual(
    [0xfffd, 0xfffe, 0xffff, 0, 1].map((serial) => set.has(serial)),
    [false, true, true, true, false],
  );
  assert.deepEqual([set.serialAfter, set.bytes], [1, 2500]);
  assert.equal(message(1).has(0), false);
});

test("sets that share a serial overlap", () => {
  const set = sent(2500, 0xfffe);
  const cases: readonly (readonly [serial: number, count: number, overlaps: boolean])[] = [
    [0xfffd, 1, false],
    [0xfffd, 2, true],
    [0xfff0, 100, true],
    [0, 1, true],
    [1, 10, false],
  ];
  for (const [serial, count, overlaps] of cases)
    assert.equal(set.overlaps(serial, count), overlaps, `${serial} ${count}`);
  assert.equal(message(1).overlaps(0, 65_535), false);
});

test("only the fragments of its own set are given again", () => {
  const set = sent(2500, 7);
  assert.deepEqual(
    set.missing({ serial: 7, numbers: [3, 1, 9, 3] }).map(({ fragmentNumber }) => fragmentNumber),
    [1, 3],
  );
  assert.deepEqual(set.missing({ serial: 8, numbers: [1] }), []);
  assert.deepEqual(sent(10, 7).missing({ serial: 7, numbers: [0, 1] }), []);
});

test("the body is taken once", () => {
  const one = message(3);
  assert.equal(one.takeBody().length, 3);
  assert.throws(() => one.takeBody());
});
