// Which message ends which command, and what it says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Jt808Bodies, Jt808Frame, plainFrame } from "jt808-parser";
import { CommandEnd } from "../../../core/index.ts";
import { endOf, laneOf, ownAnswerOf, replyIn, resendRequestIn, resultName } from "../answer-kinds.ts";

const bodies = new Jt808Bodies();
const frame = (id: number, body: readonly number[]): Jt808Frame =>
  plainFrame(id, 2013, 0, "000000000001", 1, Uint8Array.from(body));

test("what ends a command, and what waits for what", () => {
  assert.deepEqual(
    [0x8300, 0x8103, 0x8104, 0x8106, 0x8801, 0x8108, 0x8001, 0x9212].map((id) => [endOf(id), laneOf(id)]),
    [
      [CommandEnd.Acknowledgement, 0x0001],
      [CommandEnd.Acknowledgement, 0x0001],
      [CommandEnd.Answer, 0x0104],
      [CommandEnd.Answer, 0x0104],
      [CommandEnd.Answer, 0x0805],
      [CommandEnd.Answer, 0x0108],
      [CommandEnd.Written, 0x0001],
      [CommandEnd.Written, 0x0001],
    ],
  );
  assert.deepEqual([ownAnswerOf(0x8302), ownAnswerOf(0x8300)], [0x0302, 0]);
});

test("a general answer says serial, id and result; a broken one answers nothing", () => {
  const answer = frame(0x0001, [0, 7, 0x83, 0, 2]);
  assert.deepEqual(replyIn(answer, bodies.read(answer, [2013])), { serial: 7, id: 0x8300, result: 2 });
  const broken = frame(0x0001, [0, 7, 0x83]);
  assert.equal(replyIn(broken, bodies.read(broken, [2013])), null);
  assert.deepEqual([0, 1, 2, 3, 4, 9].map(resultName), ["ok", "failed", "bad_message", "unsupported", "4", "9"]);
});

test("an answer of its own kind that cannot be read is told by its id alone", () => {
  assert.deepEqual(replyIn(frame(0x0a00, []), null), { serial: null, id: 0, result: 0 });
});

test("a request for fragments, with its count in a byte or in a word", () => {
  assert.deepEqual(resendRequestIn(Uint8Array.of(1, 2, 2, 0, 3, 0, 5)), { serial: 0x0102, numbers: [3, 5] });
  assert.deepEqual(resendRequestIn(Uint8Array.of(1, 2, 0, 2, 0, 3, 0, 5)), { serial: 0x0102, numbers: [3, 5] });
  for (const body of [[], [1, 2], [1, 2, 3, 0, 3], [1, 2, 0, 1], [1, 2, 0, 1, 0, 3, 0, 5]])
    assert.equal(resendRequestIn(Uint8Array.from(body)), null, body.join(" "));
});
