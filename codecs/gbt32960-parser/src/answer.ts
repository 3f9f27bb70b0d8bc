// Answers: the frame that came, with a flag in place of "command" and most of its data unit left away. The texts of the
// standard differ on what stays: chapter 6.3.2 of both versions keeps the message's time alone; annex B.3.3.2 of 2016,
// for terminals, changes flag and time and leaves the rest as it was sent.

import { Command, Encryption, Gbt32960Frame } from "./frame.ts";
import { TIME_BYTES, timeBytes } from "./time.ts";

/** `time`: the message's time and no more. `echo`: the platform's time, and behind it the rest as it was sent. */
export type AnswerForm = "time" | "echo";

const NOTHING = new Uint8Array(0);

/**
 * The answer to `frame`, whose data unit must be plain. A time request is answered with the platform's time, a message
 * without a time with nothing. `moment`: now, ms since the epoch. null: the frame is an answer itself, and must have none.
 */
export function answerTo(
  frame: Gbt32960Frame,
  response: number,
  form: AnswerForm,
  moment: number,
): Gbt32960Frame | null {
  if (!frame.isCommand) return null;
  const data = answerData(frame, form, moment);
  return new Gbt32960Frame(frame.version, frame.command, response, frame.id, Encryption.None, data);
}

function answerData(frame: Gbt32960Frame, form: AnswerForm, moment: number): Uint8Array {
  const { data } = frame;
  if (frame.command === Command.TimeSync) return timeBytes(moment) ?? NOTHING;
  if (frame.command === Command.Heartbeat || data.length < TIME_BYTES) return NOTHING;
  if (form === "time") return data.slice(0, TIME_BYTES);
  const out = data.slice();
  const now = timeBytes(moment);
  if (now !== null) out.set(now);
  return out;
}
