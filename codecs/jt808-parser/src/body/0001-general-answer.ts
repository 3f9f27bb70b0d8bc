// A table. General answers: 0x0001 from the terminal, 0x8001 from the platform.

import { field, record, u16, u8 } from "../layout.ts";
import { message } from "../message.ts";
import { choice, messageId } from "../native.ts";

/** 4 is the platform's alone, from 2013 on. */
const result = choice({ 0: "ok", 1: "failed", 2: "bad_message", 3: "unsupported", 4: "alarm_handled" });

const generalAnswer = record([
  field("seq", u16, { as: "serial" }),
  field("id", u16, { native: messageId }),
  field("result", u8, { native: result }),
]);

export const GENERAL_ANSWER_BYTES = 5;

/** The same layout for the hot path: what a platform sends for nearly every frame, at target[0…4]. */
export function putGeneralAnswer(target: Uint8Array, serial: number, id: number, code: number): void {
  target[0] = serial >> 8;
  target[1] = serial;
  target[2] = id >> 8;
  target[3] = id;
  target[4] = code;
}

export const generalAnswers = [
  message(0x0001, "up", "ack", generalAnswer),
  message(0x8001, "down", "platform_ack", generalAnswer),
] as const;
