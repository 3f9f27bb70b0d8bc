// A terminal as tests play it: frames out, frames in, on one socket.

import { DecodeFault, FRAME_MAX_BYTES, Jt808Bodies, Jt808Decoder, Jt808Encoder, plainFrame } from "jt808-parser";
import type { BodyVersion, HeaderForm, Jt808Frame, RawRecord } from "jt808-parser";
import { TcpClient } from "../../../conformance/adapter-kit/index.ts";
import type { Address } from "../../../conformance/adapter-kit/index.ts";

const bodies = new Jt808Bodies();
const encoder = new Jt808Encoder();
const decoder = (): Jt808Decoder => new Jt808Decoder(FRAME_MAX_BYTES);

/** A body by the table's raw names. */
export function bodyOf(id: number, version: BodyVersion, fields: object): Uint8Array {
  const body = bodies.write(id, version, fields);
  if (!(body instanceof Uint8Array)) throw new Error(`${body.code} ${body.field}`);
  return body;
}

export const locationFields: RawRecord = Object.freeze({
  alarm: 1,
  status: 3,
  latitude: 30_000_000,
  longitude: 114_000_000,
  altitude: 40,
  speed: 601,
  direction: 90,
  time: "251120101112",
  extra: [{ id: 0x01, value: 3000 }],
});

export function frameBytes(
  id: number,
  phone: string,
  serial: number,
  body: Uint8Array = new Uint8Array(0),
  form: HeaderForm = 2013,
): Uint8Array {
  return encoder.encode(plainFrame(id, form, form === 2019 ? 1 : 0, phone, serial, body));
}

export function framesIn(bytes: Uint8Array): Jt808Frame[] {
  const reader = decoder();
  reader.push(bytes);
  const out: Jt808Frame[] = [];
  for (let next = reader.next(); next !== null; next = reader.next()) {
    if (next instanceof DecodeFault) throw new Error(`the platform sent a bad frame: ${next.code}`);
    out.push(next.detached());
  }
  return out;
}

/** What a general answer (0x0001 or 0x8001) says; null: it is none. */
export function answerIn(frame: Jt808Frame): { seq: number; id: number; result: number } | null {
  if (frame.id !== 0x8001) return null;
  const [s1 = 0, s2 = 0, i1 = 0, i2 = 0, result = 0] = frame.body;
  return { seq: (s1 << 8) | s2, id: (i1 << 8) | i2, result };
}

export class Jt808Device {
  readonly phone: string;
  readonly form: HeaderForm;
  readonly tcp: TcpClient;
  readonly #decoder = decoder();
  /** Everything that came, in order. */
  readonly frames: Jt808Frame[] = [];
  #serial = 0;
  #read = 0;

  private constructor(tcp: TcpClient, phone: string, form: HeaderForm) {
    this.tcp = tcp;
    this.phone = phone;
    this.form = form;
  }

  static async open(at: Address, phone: string, form: HeaderForm = 2013): Promise<Jt808Device> {
    return new Jt808Device(await TcpClient.open(at), phone, form);
  }

  /** Another terminal on the same socket; only one of the two may read. */
  beside(phone: string): Jt808Device {
    return new Jt808Device(this.tcp, phone, this.form);
  }

  get closed(): Promise<void> {
    return this.tcp.closed;
  }

  /** Sends a frame; gives its serial. */
  send(id: number, body: Uint8Array = new Uint8Array(0), serial = this.#serial++): number {
    this.tcp.write(frameBytes(id, this.phone, serial, body, this.form));
    return serial;
  }

  /** Sends a frame and waits for the first that answers it. */
  async ask(id: number, body?: Uint8Array): Promise<Jt808Frame> {
    const serial = this.send(id, body);
    return this.awaitAnswer(id, serial);
  }

  /** Result of the general answer to a frame. */
  async result(id: number, body?: Uint8Array): Promise<number> {
    const answer = answerIn(await this.ask(id, body));
    if (answer === null) throw new Error("answered by something else");
    return answer.result;
  }

  awaitAnswer(id: number, serial: number): Promise<Jt808Frame> {
    return this.find((frame) => isAnswerTo(frame, id, serial), `an answer to ${id.toString(16)} ${serial}`);
  }

  /** The first frame of those that came or will come. */
  async find(isIt: (frame: Jt808Frame) => boolean, what: string): Promise<Jt808Frame> {
    await this.tcp.until(() => this.#sort() && this.frames.some(isIt), what);
    return this.frames.find(isIt)!;
  }

  /** The next frame that is not an answer. */
  async command(): Promise<Jt808Frame> {
    const next = (): number => this.frames.findIndex((frame, at) => at >= this.#read && !isAnswerFrame(frame.id));
    await this.tcp.until(() => this.#sort() && next() >= 0, "a command");
    const at = next();
    this.#read = at + 1;
    return this.frames[at]!;
  }

  #sort(): boolean {
    this.#decoder.push(this.tcp.take(this.tcp.received.length));
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (next instanceof DecodeFault) throw new Error(`the platform sent a bad frame: ${next.code}`);
      this.frames.push(next.detached());
    }
    return true;
  }
}

function isAnswerFrame(id: number): boolean {
  return id === 0x8001 || id === 0x8100 || id === 0x8004;
}

function isAnswerTo(frame: Jt808Frame, id: number, serial: number): boolean {
  if (frame.id === 0x8004) return id === 0x0004;
  if (frame.id === 0x8100) return id === 0x0100 && ((frame.body[0]! << 8) | frame.body[1]!) === serial;
  const answer = answerIn(frame);
  return answer !== null && answer.id === id && answer.seq === serial;
}
