// A vehicle of GB/T 32960 whose frames were recorded: it logs in, reports and logs out over TCP. The frames are those of
// the codec's fixtures, sent byte for byte.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";

import { DecodeFault, FRAME_MAX_BYTES, Gbt32960Decoder, Response } from "gbt32960-parser";

import { within } from "../processes/deadline.ts";
import { PROJECT } from "../processes/gateway.ts";
import type { Parcel } from "./combinations.ts";
import type { Scene } from "./scene.ts";

const FIXTURES = join(PROJECT, "codecs/gbt32960-parser/fixtures/gbt32960.jsonl");
export const OK = Response.Ok;

interface Recording {
  readonly id: string;
  readonly cmd?: string;
  readonly hex: string;
  readonly reference?: { readonly infos?: readonly Readonly<Record<string, unknown>>[] };
}

/** One session of a vehicle, as captured. */
const RECORDED = { login: "g008", report: "g029", logout: "g053" } as const;
const VIN = "LTESTVIN000000001";

export class ElectricVehicle {
  readonly #socket: Socket;
  readonly #decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  /** By command. */
  readonly #answers = new Map<number, number>();
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", () => undefined);
  }

  static async connect(scene: Scene): Promise<ElectricVehicle> {
    const socket = connect({ host: "127.0.0.1", port: scene.gateway.port("gbt32960") });
    await within("the link of a vehicle", once(socket, "connect"));
    return new ElectricVehicle(socket);
  }

  /** Sends one recorded frame; resolves with the flag of the answer. */
  async send(step: keyof typeof RECORDED): Promise<number> {
    const { hex, cmd } = recorded(step);
    this.#socket.write(Buffer.from(hex, "hex"));
    return within(`the answer to the recorded ${step}`, this.#answerTo(Number(cmd)));
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    if (!this.#socket.closed) await within("the end of a vehicle's link", once(this.#socket, "close"));
  }

  async #answerTo(command: number): Promise<number> {
    for (;;) {
      const flag = this.#answers.get(command);
      if (flag !== undefined) return flag;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #read(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (next instanceof DecodeFault) throw new Error(`the gateway sent a bad frame: ${next.code}`);
      this.#answers.set(next.command, next.response);
    }
    this.#wake();
  }
}

function recorded(step: keyof typeof RECORDED): Recording {
  const lines = readFileSync(FIXTURES, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Recording).find(({ id }) => id === RECORDED[step])!;
}

/** What the session is published as. */
export const electricParcels: readonly Parcel[] = Object.freeze([
  { topic: `gbt32960/${VIN}/up/login`, verify: verifyLogin },
  { topic: `gbt32960/${VIN}/up/report`, verify: verifyReport },
  { topic: `gbt32960/${VIN}/up/logout`, verify: verifyLogout },
]);

function verifyLogin(payload: Buffer): void {
  const { message, vin, version, body } = JSON.parse(payload.toString());
  assert.deepEqual({ message, vin, version }, { message: "login", vin: VIN, version: "2016" });
  assert.deepEqual(
    { time: body.time, serial: body.serial, iccid: body.iccid },
    { time: "2026-07-07T06:55:15+08:00", serial: 2, iccid: "89860000000000000001" },
  );
}

function rawUnit(type: number): Readonly<Record<string, unknown>> {
  return recorded("report").reference!.infos!.find((info) => info["type"] === type)!;
}

/** The fixture's raw integers, in engineering units. */
function verifyReport(payload: Buffer): void {
  const { body } = JSON.parse(payload.toString());
  const [vehicle, position, [cells]] = [
    rawUnit(1),
    rawUnit(5),
    rawUnit(8)["subsystems"] as Readonly<Record<string, unknown>>[],
  ];
  assert.equal(body.time, "2026-07-07T06:55:04+08:00");
  assert.equal(body.vehicle.speed, Number(vehicle["speed"]) / 10);
  assert.equal(body.vehicle.mileage, Number(vehicle["mileage"]) / 10);
  assert.equal(body.vehicle.current, (Number(vehicle["current"]) - 10_000) / 10);
  assert.equal(body.position.longitude, Number(position["longitude"]) / 1e6);
  assert.equal(body.position.latitude, Number(position["latitude"]) / 1e6);
  assert.deepEqual(
    body.batteryVoltages[0].cells,
    (cells!["cells"] as number[]).map((millivolts) => millivolts / 1000),
  );
}

function verifyLogout(payload: Buffer): void {
  const { body, serialFault } = JSON.parse(payload.toString());
  assert.deepEqual({ time: body.time, serial: body.serial }, { time: "2026-07-07T06:55:17+08:00", serial: 10 });
  assert.equal(serialFault, "not_of_login");
}
