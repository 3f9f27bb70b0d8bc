// What the platform says to a terminal of its own accord: answers, with a serial of their own, in the header form and
// with the digits that the terminal itself used last.

import { GENERAL_ANSWER_BYTES, HeaderForm, framesOfBody, plainFrame, putGeneralAnswer, timeDigits } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, Jt808Frame } from "jt808-parser";
import { MessageId, Result } from "./mapping.ts";

export class AnswerWriter {
  readonly #bodies: Jt808Bodies;
  readonly #general = new Uint8Array(GENERAL_ANSWER_BYTES);
  #form: HeaderForm;
  #protocolVersion: number;
  #phone: string;
  #serial: number;

  constructor(bodies: Jt808Bodies, phone: string) {
    this.#bodies = bodies;
    this.#form = HeaderForm.V2013;
    this.#protocolVersion = 0;
    this.#phone = phone;
    this.#serial = 0;
  }

  /** From now on as in this frame's header. */
  follow(frame: Jt808Frame): void {
    this.#form = frame.form;
    this.#protocolVersion = frame.protocolVersion;
    this.#phone = frame.phone;
  }

  get isVersioned(): boolean {
    return this.#form === HeaderForm.V2019;
  }

  get nextSerial(): number {
    return this.#serial;
  }

  /** The serials before it are passed over: they still stand for something else. */
  skipTo(serial: number): void {
    this.#serial = serial;
  }

  /** The body is not copied. */
  frame(id: number, body: Uint8Array): Jt808Frame {
    const frame = plainFrame(id, this.#form, this.#protocolVersion, this.#phone, this.#serial, body);
    this.#serial = (this.#serial + 1) & 0xffff;
    return frame;
  }

  /** One frame, or the fragments of a long body, which is not copied. `serial` of the first; null: the next one. */
  frames(id: number, body: Uint8Array, serial: number | null): readonly Jt808Frame[] {
    const first = serial ?? this.#serial;
    const frames = framesOfBody(id, this.#form, this.#protocolVersion, this.#phone, first, body);
    if (serial === null) this.#serial = (first + frames.length) & 0xffff;
    return frames;
  }

  /** To be sent before the next one is made: the body is this writer's own. */
  general(serial: number, id: number, result: number): Jt808Frame {
    putGeneralAnswer(this.#general, serial, id, result);
    return this.frame(MessageId.GeneralAnswer, this.#general);
  }

  time(now: number): Jt808Frame {
    return this.#written(MessageId.TimeAnswer, 2019, { time: timeDigits(now, 0) });
  }

  registration(serial: number, result: number, code: string | null): Jt808Frame {
    const fields = code === null ? { seq: serial, result } : { seq: serial, result, auth_code: code };
    return this.#written(MessageId.RegisterAnswer, 2013, fields);
  }

  #written(id: number, version: BodyVersion, fields: object): Jt808Frame {
    const body = this.#bodies.write(id, version, fields);
    if (!(body instanceof Uint8Array)) throw new Error(`our own answer ${id} cannot be written: ${body.code}`);
    return this.frame(id, body);
  }
}

/** A frame of a terminal that its link may not carry: told so, in its own header. */
export function refusalOf(bodies: Jt808Bodies, frame: Jt808Frame): Jt808Frame {
  const answers = new AnswerWriter(bodies, frame.phone);
  answers.follow(frame);
  return answers.general(frame.serial, frame.id, Result.Failed);
}
