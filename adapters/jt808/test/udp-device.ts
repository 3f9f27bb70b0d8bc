// A terminal over UDP as tests play it: one socket, frames in datagrams.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { HeaderForm, Jt808Frame } from "jt808-parser";
import { within } from "../../../conformance/patience.ts";
import { answerIn, frameBytes, framesIn } from "./jt808-device.ts";

export class UdpDevice {
  readonly phone: string;
  readonly form: HeaderForm;
  /** Everything that came, in order. */
  readonly frames: Jt808Frame[] = [];
  readonly #socket: Socket = createSocket("udp4");
  readonly #to: number;
  #serial = 0;
  #changed: () => void = () => undefined;

  private constructor(phone: string, form: HeaderForm, to: number) {
    this.phone = phone;
    this.form = form;
    this.#to = to;
    this.#socket.on("message", (bytes) => {
      this.frames.push(...framesIn(bytes));
      this.#changed();
    });
  }

  static async open(t: TestContext, to: number, phone: string, form: HeaderForm = 2013): Promise<UdpDevice> {
    const device = new UdpDevice(phone, form, to);
    device.#socket.bind(0, "127.0.0.1");
    await once(device.#socket, "listening");
    t.after(() => device.#socket.close());
    return device;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  datagram(...parts: readonly Uint8Array[]): void {
    this.#socket.send(Buffer.concat(parts), this.#to, "127.0.0.1");
  }

  frame(id: number, body: Uint8Array = new Uint8Array(0), serial = this.#serial++): Uint8Array {
    return frameBytes(id, this.phone, serial, body, this.form);
  }

  /** Sends a frame; gives its serial. */
  send(id: number, body?: Uint8Array): number {
    const serial = this.#serial++;
    this.datagram(this.frame(id, body, serial));
    return serial;
  }

  /** Result of the general answer to a frame. */
  async result(id: number, body?: Uint8Array): Promise<number> {
    const serial = this.send(id, body);
    const isIt = (frame: Jt808Frame): boolean => answerIn(frame)?.seq === serial && answerIn(frame)?.id === id;
    return answerIn(await this.find(isIt, `an answer to ${id.toString(16)}`))!.result;
  }

  /** The first frame of those that came or will come. */
  async find(isIt: (frame: Jt808Frame) => boolean, what: string): Promise<Jt808Frame> {
    const found = this.frames.find(isIt);
    if (found !== undefined) return found;
    const { promise, resolve } = Promise.withResolvers<Jt808Frame>();
    this.#changed = () => {
      const now = this.frames.find(isIt);
      if (now !== undefined) resolve(now);
    };
    return within(promise, what);
  }
}
