// What ends which command: the general answer, or a message of the terminal's own kind, told by its serial where it
// carries one. Tables, and what is read from them; everything here is pure.

import type { Jt808Body, Jt808Frame } from "jt808-parser";
import { CommandEnd } from "../../core/index.ts";
import { MessageId, Result } from "./mapping.ts";

/** Messages of ours that no terminal answers: answers themselves. */
const unanswered: ReadonlySet<number> = Object.freeze(new Set([0x8001, 0x8003, 0x8004, 0x8100, 0x8800, 0x9212]));

/** Commands that are answered by a message of its own kind, beside the general answer or instead of it. */
const ownAnswers: ReadonlyMap<number, number> = Object.freeze(
  new Map([
    [0x8104, 0x0104],
    [0x8106, 0x0104],
    [0x8107, 0x0107],
    [0x8108, 0x0108],
    [0x8201, 0x0201],
    [0x8302, 0x0302],
    [0x8500, 0x0500],
    [0x8608, 0x0608],
    [0x8700, 0x0700],
    [0x8702, 0x0702],
    [0x8801, 0x0805],
    [0x8802, 0x0802],
    [0x8a00, 0x0a00],
    [0x9003, 0x1003],
    [0x9205, 0x1205],
    [0x9206, 0x1206],
  ]),
);

/** Of those answers, the ones whose `result` says that the command came to nothing unless it is 0. */
const withResult: ReadonlySet<number> = Object.freeze(new Set([0x0108, 0x0805, 0x1206]));

/** The id of the message that answers a command beside the general answer; 0: none. */
export function ownAnswerOf(id: number): number {
  return ownAnswers.get(id) ?? 0;
}

export function endOf(id: number): CommandEnd {
  if (unanswered.has(id)) return CommandEnd.Written;
  return ownAnswers.has(id) ? CommandEnd.Answer : CommandEnd.Acknowledgement;
}

/** Commands that the same kind of message answers wait for each other: the lane is that message's id. */
export function laneOf(id: number): number {
  return ownAnswers.get(id) ?? MessageId.Ack;
}

/** What a terminal says to a command. */
export interface Reply {
  /** Serial of the frame that it answers; null: this kind of answer does not say. */
  readonly serial: number | null;
  /** Id of the command, in a general answer; 0 in an answer of its own kind. */
  readonly id: number;
  /** Not 0: it came to nothing. */
  readonly result: number;
}

/** null: such a message answers no command. A body that could not be read says neither serial nor result. */
export function replyIn(frame: Jt808Frame, body: Jt808Body | null): Reply | null {
  const { seq, id, result } = body?.fields ?? {};
  if (frame.id === MessageId.Ack) {
    if (typeof seq !== "number" || typeof id !== "number" || typeof result !== "number") return null;
    return { serial: seq, id, result };
  }
  return {
    serial: typeof seq === "number" ? seq : null,
    id: 0,
    result: withResult.has(frame.id) && typeof result === "number" ? result : Result.Ok,
  };
}

const resultNames: readonly string[] = Object.freeze(["ok", "failed", "bad_message", "unsupported"]);

/** As the native form of a general answer has it; a number without a name as it is. */
export function resultName(result: number): string {
  return resultNames[result] ?? String(result);
}

/** Fragments that a terminal asks for again. */
export interface ResendRequest {
  /** Of the first fragment of the set. */
  readonly serial: number;
  /** From 1. */
  readonly numbers: readonly number[];
}

/** A terminal that misses fragments says so with its own id (0x0005), or with the platform's. */
export function isResendRequest(id: number): boolean {
  return id === 0x0005 || id === 0x8003;
}

/**
 * The body of 0x0005, or of 0x8003 in the other direction: serial of the first fragment, how many numbers, the numbers.
 * The count is a byte in 2013 and a word in 2019: the length of the body tells which. null: it is neither.
 */
export function resendRequestIn(body: Uint8Array): ResendRequest | null {
  if (body.length < 3) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const at = body.length % 2 === 1 ? 3 : 4;
  const numbers: number[] = [];
  for (let next = at; next + 1 < body.length; next += 2) numbers.push(view.getUint16(next));
  const count = at === 3 ? view.getUint8(2) : view.getUint16(2);
  return count === numbers.length ? { serial: view.getUint16(0), numbers } : null;
}
