// A terminal for the contract suite: authenticates, reports positions, takes commands.

import type {
  Answer,
  ContractDriver,
  DeviceClient,
  SessionBytes,
  Who,
} from "../../../conformance/adapter-kit/index.ts";
import { Jt808Device, answerIn, bodyOf, frameBytes, framesIn, locationFields } from "./jt808-device.ts";

const AUTHENTICATE = 0x0102;
const LOCATION = 0x0200;
const BATCH = 0x0704;
const ACK = 0x0001;
const DEREGISTER = 0x0003;
const TEXT = 0x8300;
/** Of a command's body, which a frame can hold. */
const TEXT_MAX = 1000;

const codeOf = (who: Who): Uint8Array => Buffer.from(who.password ?? "");
const location = bodyOf(LOCATION, 2013, locationFields);
const batch = bodyOf(BATCH, 2013, { type: 0, location: [locationFields, locationFields] });

class Jt808Client implements DeviceClient {
  readonly closed: Promise<void>;
  readonly #device: Jt808Device;

  constructor(device: Jt808Device) {
    this.#device = device;
    this.closed = device.closed;
  }
  async publish(): Promise<Answer> {
    return (await this.#device.result(LOCATION, location)) === 0 ? "taken" : "refused";
  }
  async subscribe(): Promise<Answer> {
    throw new Error("terminals do not subscribe");
  }
  async receive(): Promise<number> {
    const { serial, id, body } = await this.#device.command();
    this.#device.send(ACK, bodyOf(ACK, 2013, { seq: serial, id, result: 0 }));
    return Number(Buffer.from(body).toString().trim());
  }
  pause(): void {
    this.#device.tcp.pause();
  }
  resume(): void {
    this.#device.tcp.resume();
  }
  async close(): Promise<void> {
    await this.#device.ask(DEREGISTER);
    this.#device.tcp.end();
    await this.closed;
  }
  destroy(): void {
    this.#device.tcp.destroy();
  }
}

export const jt808Driver: ContractDriver = {
  publishQos: 1,
  deliveryQos: [0, 1],
  content: "mapped",
  exclusive: true,
  clientId: (n) => `${13_800_000_000 + n}`,
  async connect(at, who) {
    const device = await Jt808Device.open(at, who.client);
    if ((await device.result(AUTHENTICATE, codeOf(who))) === 0) return new Jt808Client(device);
    device.tcp.destroy();
    return "refused";
  },
  delivery(n, bytes) {
    const text = `${n}`.padEnd(Math.min(bytes, TEXT_MAX));
    return { topic: "jt808/kit/down", payload: JSON.stringify({ id: TEXT, body: Buffer.from(text).toString("hex") }) };
  },
  session(who): SessionBytes {
    const frames = [
      frameBytes(AUTHENTICATE, who.client, 0, codeOf(who)),
      frameBytes(LOCATION, who.client, 1, location),
      frameBytes(0x0002, who.client, 0x7d7e),
      frameBytes(BATCH, who.client, 2, batch),
    ];
    const ends = frames.map((_, index) => frames.slice(0, index + 1).reduce((sum, frame) => sum + frame.length, 0));
    return {
      bytes: Buffer.concat(frames),
      publishEnds: [ends[1]!, ends[3]!],
      isAnswered: (received) => framesIn(received).filter((frame) => answerIn(frame)?.result === 0).length === 4,
    };
  },
  oversize: (who) => ({
    bytes: Buffer.concat([frameBytes(AUTHENTICATE, who.client, 0, codeOf(who)), Buffer.from("7e02000000", "hex")]),
    filler: 0x41,
    isRefused: () => false,
  }),
};
