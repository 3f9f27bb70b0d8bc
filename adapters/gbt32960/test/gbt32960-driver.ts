// A vehicle for the contract suite: logs in, reports, takes commands.

import { Command, Response } from "gbt32960-parser";
import type {
  Answer,
  ContractDriver,
  DeviceClient,
  SessionBytes,
  Who,
} from "../../../conformance/adapter-kit/index.ts";
import { Gbt32960Device, frameBytes, framesIn, loginOf, reportOf } from "./gbt32960-device.ts";

/** A command of a platform's own: its data unit is free. */
const CUSTOM = 0xc0;

class Gbt32960Client implements DeviceClient {
  readonly closed: Promise<void>;
  readonly #device: Gbt32960Device;

  constructor(device: Gbt32960Device) {
    this.#device = device;
    this.closed = device.closed;
  }
  async publish(): Promise<Answer> {
    return (await this.#device.report()) === Response.Ok ? "taken" : "refused";
  }
  async subscribe(): Promise<Answer> {
    throw new Error("vehicles do not subscribe");
  }
  async receive(): Promise<number> {
    const { command, data } = await this.#device.command();
    this.#device.send(command, data.subarray(0, 6), Response.Ok);
    return Number(Buffer.from(data).toString().trim());
  }
  pause(): void {
    this.#device.tcp.pause();
  }
  resume(): void {
    this.#device.tcp.resume();
  }
  async close(): Promise<void> {
    await this.#device.flag(Command.VehicleLogout, frameData(this.#device.next));
    this.#device.tcp.end();
    await this.closed;
  }
  destroy(): void {
    this.#device.tcp.destroy();
  }
}

/** A logout is a time and a serial, as a login begins. */
const frameData = (n: number): Uint8Array => loginOf(n).subarray(0, 8);

export const gbt32960Driver: ContractDriver = {
  publishQos: 1,
  deliveryQos: [0, 1],
  content: "mapped",
  exclusive: true,
  clientId: (n) => `LKITTEST${`${n}`.padStart(9, "0")}`,
  async connect(at, who) {
    const device = await Gbt32960Device.open(at, who.client);
    if ((await device.login()) === Response.Ok) return new Gbt32960Client(device);
    device.tcp.destroy();
    return "refused";
  },
  delivery(n, bytes) {
    const text = `${n}`.padEnd(Math.min(bytes, 60_000));
    const payload = JSON.stringify({ command: CUSTOM, raw: Buffer.from(text).toString("base64") });
    return { topic: "gbt32960/kit/down", payload };
  },
  session(who): SessionBytes {
    const frames = [
      frameBytes(Command.VehicleLogin, who.client, loginOf()),
      frameBytes(Command.Report, who.client, reportOf(1)),
      frameBytes(Command.Heartbeat, who.client),
      frameBytes(Command.Reissue, who.client, reportOf(2)),
    ];
    const ends = frames.map((_, index) => frames.slice(0, index + 1).reduce((sum, frame) => sum + frame.length, 0));
    return {
      bytes: Buffer.concat(frames),
      publishEnds: [ends[1]!, ends[3]!],
      isAnswered: (received) => framesIn(received).filter(({ response }) => response === Response.Ok).length === 4,
    };
  },
  oversize: (who: Who) => ({
    // A frame of 65,531 bytes that is never whole: what is behind it is its data, and then no frame at all.
    bytes: Buffer.concat([
      frameBytes(Command.VehicleLogin, who.client, loginOf()),
      frameBytes(Command.Report, who.client).subarray(0, 22),
      Buffer.from("fffb", "hex"),
    ]),
    filler: 0x41,
    isRefused: () => false,
  }),
};
