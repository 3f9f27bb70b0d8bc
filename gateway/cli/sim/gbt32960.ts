// `tributary sim gbt32960`: a fleet of vehicles, each on a link of its own or together behind the links of a platform.

import {
  Command,
  DecodeFault,
  Encryption,
  FRAME_MAX_BYTES,
  Gbt32960Bodies,
  Gbt32960Decoder,
  Gbt32960Encoder,
  Gbt32960Frame,
  ID_BYTES,
  Response,
} from "gbt32960-parser";
import { CommandError, ExitCode } from "../../exit-code.ts";
import { Country } from "./gbt32960-course.ts";
import { SimVehicle, type Fleet } from "./gbt32960-vehicle.ts";
import { runCommand } from "./run-command.ts";
import { SimCounts } from "./sim-counts.ts";
import { SimLink, type LinkOwner, type SimTarget } from "./sim-link.ts";
import type { SimFlags } from "./sim-options.ts";

export interface Gbt32960SimFlags extends SimFlags {
  readonly port: number;
  readonly vehicles: number;
  readonly links?: number;
  readonly vin: string;
  readonly platform: string;
  readonly username: string;
  readonly password: string;
  readonly protocol: "2016" | "2025";
}

/** A platform's login on a link: the frame, made once. */
interface PlatformLogin {
  readonly bytes: Uint8Array;
}

/** The vehicles of one link, told apart by the VIN in each header; behind a platform, they wait for its login. */
class VehicleLink implements LinkOwner {
  readonly link: SimLink;
  readonly #vehicles: SimVehicle[] = [];
  readonly #byVin = new Map<string, SimVehicle>();
  readonly #counts: SimCounts;
  readonly #platform: PlatformLogin | null;
  #decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  #isReopened = false;

  constructor(target: SimTarget, counts: SimCounts, platform: PlatformLogin | null) {
    this.link = new SimLink(target, this);
    this.#counts = counts;
    this.#platform = platform;
  }

  add(vehicle: SimVehicle): void {
    this.#vehicles.push(vehicle);
    this.#byVin.set(vehicle.vin, vehicle);
  }

  onOpen(): void {
    if (this.#isReopened) this.#counts.reconnects++;
    this.#isReopened = true;
    this.#decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
    const platform = this.#platform;
    if (platform === null) this.#openVehicles();
    else {
      const put = (target: Uint8Array, at: number): number => {
        target.set(platform.bytes, at);
        return at + platform.bytes.length;
      };
      this.#counts.bytesSent += this.link.put(platform.bytes.length, put);
    }
    this.link.flush();
  }

  onBytes(chunk: Uint8Array): void {
    const now = performance.now();
    this.#decoder.push(chunk);
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (next instanceof DecodeFault) continue;
      if (next.command === Command.PlatformLogin && !next.isCommand) this.#onPlatformAnswer(next);
      else this.#byVin.get(next.vin)?.onFrame(next, now);
    }
    this.link.flush();
  }

  onLost(): void {
    for (const vehicle of this.#vehicles) vehicle.onLost();
  }

  #onPlatformAnswer({ response }: Gbt32960Frame): void {
    if (response === Response.Ok) this.#openVehicles();
    else this.#counts.rejected++;
  }

  #openVehicles(): void {
    const now = performance.now();
    for (const vehicle of this.#vehicles) vehicle.onOpen(now);
  }
}

export async function simGbt32960(flags: Gbt32960SimFlags): Promise<void> {
  const { vehicles, links = vehicles, interval, window } = flags;
  if (links > vehicles) throw new CommandError(ExitCode.Usage, `${links} links for ${vehicles} vehicles`);
  const counts = new SimCounts();
  const bodies = new Gbt32960Bodies();
  const version = flags.protocol === "2025" ? 2025 : 2016;
  const fleet: Fleet = {
    bodies,
    encoder: new Gbt32960Encoder(),
    country: new Country(bodies, version),
    counts,
    version,
    heartbeatMs: flags.heartbeat,
    window: interval === 0 ? window : 0,
  };
  const target = { host: flags.host, port: flags.port, isUdp: false };
  const platform = flags.links === undefined ? null : platformLogin(flags, fleet);
  const owners = Array.from({ length: links }, () => new VehicleLink(target, counts, platform));
  const devices = Array.from({ length: vehicles }, (_, number) => {
    const owner = owners[number % links]!;
    const vehicle = new SimVehicle(fleet, owner.link, vinOf(flags.vin, number, vehicles), number);
    owner.add(vehicle);
    return vehicle;
  });
  await runCommand(flags, { devices, links: owners.map(({ link }) => link), counts });
}

/** 17 characters. */
function vinOf(start: string, number: number, count: number): string {
  const digits = ID_BYTES - start.length;
  if (digits < String(count - 1).length) {
    throw new CommandError(ExitCode.Usage, `--vin ${start} leaves no room to tell ${count} vehicles apart`);
  }
  return start + String(number).padStart(digits, "0");
}

function platformLogin(flags: Gbt32960SimFlags, { bodies, encoder, version }: Fleet): PlatformLogin {
  const { platform: code, username, password } = flags;
  const layout = bodies.layout(version, Command.PlatformLogin, "command");
  const native = { time: new Date().toISOString(), serial: 1, username, password, encryption: "none" };
  const data = layout === null ? null : bodies.writeNative(layout, native);
  if (!(data instanceof Uint8Array) || code.length > ID_BYTES) {
    throw new CommandError(
      ExitCode.Usage,
      "a platform's code has at most 17 characters, its user name 12 and its password 20",
    );
  }
  const frame = new Gbt32960Frame(version, Command.PlatformLogin, Response.Command, code, Encryption.None, data);
  return { bytes: encoder.encode(frame) };
}
