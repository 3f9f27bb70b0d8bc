// A vehicle (or a platform) as tests play it: frames out, frames in, on one socket.

import {
  Command,
  DecodeFault,
  Encryption,
  FRAME_MAX_BYTES,
  Gbt32960Bodies,
  Gbt32960Decoder,
  Gbt32960Encoder,
  Gbt32960Frame,
  Response,
  timeBytes,
} from "gbt32960-parser";
import type { Gbt32960Version } from "gbt32960-parser";
import { TcpClient } from "../../../conformance/adapter-kit/index.ts";
import type { Address } from "../../../conformance/adapter-kit/index.ts";

const encoder = new Gbt32960Encoder();
const bodies = new Gbt32960Bodies();
const START = Date.UTC(2025, 10, 20, 2, 0, 0);
const ICCID = "89860000000000000001";

export function frameBytes(
  command: number,
  id: string,
  data: Uint8Array = new Uint8Array(0),
  version: Gbt32960Version = 2016,
  response: number = Response.Command,
  encryption: number = Encryption.None,
): Uint8Array {
  return encoder.encode(new Gbt32960Frame(version, command, response, id, encryption, data));
}

/** A data unit by the table's native names; `n` is the second of its time. */
export function dataOf(
  command: number,
  native: object,
  n = 0,
  version: Gbt32960Version = 2016,
  form: "command" | "answer" = "command",
): Uint8Array {
  const layout = bodies.layout(version, command, form);
  if (layout === null) throw new Error(`no layout for ${command}`);
  const data = bodies.writeNative(layout, { time: new Date(START + n * 1000).toISOString(), ...native });
  if (!(data instanceof Uint8Array)) throw new Error(`${data.code} ${data.field}`);
  return data;
}

export const timeOf = (n: number): Uint8Array => timeBytes(START + n * 1000)!;

export function loginOf(n = 0, serial = 1, version: Gbt32960Version = 2016, iccid = ICCID): Uint8Array {
  const codes = version === 2016 ? { codes: [] } : { codes: [], packs: [] };
  return dataOf(Command.VehicleLogin, { serial, iccid, ...codes }, n, version);
}

export function logoutOf(n = 0, serial = 1): Uint8Array {
  return dataOf(Command.VehicleLogout, { serial }, n);
}

export function platformLoginOf(username: string, password: string, n = 0): Uint8Array {
  return dataOf(Command.PlatformLogin, { serial: 1, username, password, encryption: "none" }, n);
}

/** Position alone: state 0, 116.397 E, 39.908 N. */
const POSITION = Buffer.from("050006f01588026190e0", "hex");

export function reportOf(n = 0): Uint8Array {
  return Buffer.concat([timeOf(n), POSITION]);
}

export function framesIn(bytes: Uint8Array): Gbt32960Frame[] {
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  decoder.push(bytes);
  const out: Gbt32960Frame[] = [];
  for (let next = decoder.next(); next !== null; next = decoder.next()) {
    if (next instanceof DecodeFault) throw new Error(`the gateway sent a bad frame: ${next.code}`);
    out.push(next.detached());
  }
  return out;
}

export class Gbt32960Device {
  readonly vin: string;
  readonly version: Gbt32960Version;
  readonly tcp: TcpClient;
  /** Everything that came, in order; shared with those beside it. */
  readonly frames: Gbt32960Frame[];
  readonly #decoder: Gbt32960Decoder;
  #read = 0;
  #sent = 0;

  private constructor(
    tcp: TcpClient,
    vin: string,
    version: Gbt32960Version,
    decoder: Gbt32960Decoder,
    frames: Gbt32960Frame[],
  ) {
    this.tcp = tcp;
    this.vin = vin;
    this.version = version;
    this.#decoder = decoder;
    this.frames = frames;
  }

  static async open(at: Address, vin: string, version: Gbt32960Version = 2016): Promise<Gbt32960Device> {
    return new Gbt32960Device(await TcpClient.open(at), vin, version, new Gbt32960Decoder(FRAME_MAX_BYTES), []);
  }

  /** Another vehicle on the same socket. */
  beside(vin: string): Gbt32960Device {
    return new Gbt32960Device(this.tcp, vin, this.version, this.#decoder, this.frames);
  }

  get closed(): Promise<void> {
    return this.tcp.closed;
  }

  /** The second of the next message's time: another each time. */
  get next(): number {
    return this.#sent++;
  }

  send(command: number, data: Uint8Array = new Uint8Array(0), response: number = Response.Command): void {
    this.tcp.write(frameBytes(command, this.vin, data, this.version, response));
  }

  /** Sends a frame and waits for its answer, known by command, VIN and time; gives it. */
  async ask(command: number, data: Uint8Array = new Uint8Array(0)): Promise<Gbt32960Frame> {
    const before = this.frames.length;
    this.send(command, data);
    const time = Buffer.from(data.subarray(0, 6));
    const hasTime = command !== Command.Heartbeat && command !== Command.TimeSync;
    return this.find(
      (frame, at) =>
        (hasTime || at >= before) &&
        frame.command === command &&
        frame.vin === this.vin &&
        !frame.isCommand &&
        (!hasTime || time.equals(frame.data.subarray(0, 6))),
      `an answer to ${command}`,
      before,
    );
  }

  /** The flag of the answer. */
  async flag(command: number, data?: Uint8Array): Promise<number> {
    return (await this.ask(command, data)).response;
  }

  async login(serial = 1): Promise<number> {
    return this.flag(Command.VehicleLogin, loginOf(this.next, serial, this.version));
  }

  async report(): Promise<number> {
    return this.flag(Command.Report, reportOf(this.next));
  }

  /** The first frame of those that came (from `from` on) or will come. */
  async find(isIt: (frame: Gbt32960Frame, at: number) => boolean, what: string, from = 0): Promise<Gbt32960Frame> {
    const matches = (frame: Gbt32960Frame, at: number): boolean => at >= from && isIt(frame, at);
    await this.tcp.until(() => this.#sort() && this.frames.some(matches), what);
    return this.frames.find(matches)!;
  }

  /** The next frame that is no answer. */
  async command(): Promise<Gbt32960Frame> {
    const next = (): number =>
      this.frames.findIndex((frame, at) => at >= this.#read && frame.isCommand && frame.vin === this.vin);
    await this.tcp.until(() => this.#sort() && next() >= 0, "a command");
    const at = next();
    this.#read = at + 1;
    return this.frames[at]!;
  }

  #sort(): boolean {
    this.#decoder.push(this.tcp.take(this.tcp.received.length));
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (next instanceof DecodeFault) throw new Error(`the gateway sent a bad frame: ${next.code}`);
      this.frames.push(next.detached());
    }
    return true;
  }
}
