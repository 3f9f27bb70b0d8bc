// A vehicle whose frames were recorded: it registers, authenticates and reports positions over TCP (or TLS), and reads
// what the platform answers. The frames are those of the codec's fixtures, sent byte for byte.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";

import {
  DecodeFault,
  FRAME_MAX_BYTES,
  Jt808Bodies,
  Jt808Decoder,
  Jt808Encoder,
  plainFrame,
  versionsFor,
} from "jt808-parser";
import type { Jt808Frame } from "jt808-parser";

import { within } from "../processes/deadline.ts";
import { PROJECT } from "../processes/gateway.ts";
import type { Scene } from "./scene.ts";

const FIXTURES = join(PROJECT, "codecs/jt808-parser/fixtures/jt808.jsonl");

export interface Recording {
  readonly id: string;
  readonly msg_id?: string;
  readonly hex: string;
  readonly frame?: { readonly phone: string; readonly msg_sn: number };
  readonly reference?: Readonly<Record<string, unknown>>;
  /** As the gateway shows it that the profile `emqx` is compatible with. */
  readonly emqx?: unknown;
}

/** Terminal 012345678901: one session of it, as recorded. */
const RECORDED = {
  register: "j036",
  authenticate: "j058",
  heartbeat: "j014",
  location: "j120",
  batch: "j175",
} as const;
export type Step = keyof typeof RECORDED;

/** As topics name it: without leading zeros. */
export const DEVICE = "12345678901";
/** As its header has it. */
export const PHONE = "012345678901";
/** What the recorded authentication carries. */
export const CODE = "abc@123&456";
const LOCATIONS_IN_BATCH = 3;

export interface Answer {
  readonly id: number;
  /** What the general answer or the answer to a registration says: 0 is "done". */
  readonly result: number;
  readonly serial: number;
}

export interface Command {
  readonly id: number;
  readonly body: Buffer;
}

/** General answer, answer to a registration. */
const ANSWERS: readonly number[] = [0x8001, 0x8100];

export class Vehicle {
  readonly name = "JT/T 808 terminal";
  readonly #socket: Socket;
  readonly #answers: Answer[] = [];
  readonly #commands: Command[] = [];
  readonly #decoder = new Jt808Decoder(FRAME_MAX_BYTES);
  readonly #encoder = new Jt808Encoder();
  readonly #bodies = new Jt808Bodies();
  /** Of its own answers, beside those that were recorded. */
  #serial = 0x7000;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", () => undefined);
  }

  static async connect(scene: Scene, listener = "jt808"): Promise<Vehicle> {
    const target = { host: "127.0.0.1", port: scene.gateway.port(listener) };
    const { authority } = scene;
    const socket = authority === null ? connect(target) : connectTls({ ...target, ca: readFileSync(authority) });
    await within("the link of a terminal", once(socket, authority === null ? "connect" : "secureConnect"));
    return new Vehicle(socket);
  }

  /** Sends one recorded frame; resolves with the platform's answer to it. */
  async send(step: Step): Promise<Answer> {
    const recording = recorded(step);
    this.#socket.write(Buffer.from(recording.hex, "hex"));
    return within(`the answer to the recorded ${step}`, this.#answerTo(recording.frame!.msg_sn));
  }

  /** The next message of the platform that answers nothing. */
  async command(): Promise<Command> {
    const next = async (): Promise<Command> => {
      while (this.#commands.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      return this.#commands.shift()!;
    };
    return within("a command to a terminal", next());
  }

  /** As a terminal begins: registration, authentication. Every answer says "done". */
  async logIn(): Promise<void> {
    assert.deepEqual(pick(await this.send("register")), { id: 0x8100, result: 0 });
    assert.deepEqual(pick(await this.send("authenticate")), { id: 0x8001, result: 0 });
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.hungUp();
  }

  /** Resolves when the link is closed. */
  async hungUp(): Promise<void> {
    if (!this.#socket.closed) await within("the end of a terminal's link", once(this.#socket, "close"));
  }

  async #answerTo(serial: number): Promise<Answer> {
    for (;;) {
      const at = this.#answers.findIndex((answer) => answer.serial === serial);
      if (at >= 0) return this.#answers.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #read(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    for (let next = this.#decoder.next(); next !== null; next = this.#decoder.next()) {
      if (next instanceof DecodeFault) throw new Error(`the gateway sent a bad frame: ${next.code}`);
      if (ANSWERS.includes(next.id)) this.#answers.push(this.#answerOf(next));
      else this.#obey(next);
    }
    this.#wake();
  }

  /** Says that it is done: the platform gives one command at a time. */
  #obey(command: Jt808Frame): void {
    this.#commands.push({ id: command.id, body: Buffer.from(command.body) });
    const body = this.#bodies.write(0x0001, 2013, { seq: command.serial, id: command.id, result: 0 });
    assert.ok(body instanceof Uint8Array);
    const { form, protocolVersion, phone } = command;
    this.#socket.write(this.#encoder.encode(plainFrame(0x0001, form, protocolVersion, phone, this.#serial++, body)));
  }

  #answerOf(frame: Jt808Frame): Answer {
    const fields = this.#bodies.read(frame, versionsFor(frame, null))?.fields;
    return { id: frame.id, result: Number(fields?.["result"]), serial: Number(fields?.["seq"]) };
  }
}

function pick({ id, result }: Answer): { id: number; result: number } {
  return { id, result };
}

export function recorded(step: Step): Recording {
  const lines = readFileSync(FIXTURES, "utf8").trimEnd().split("\n");
  const recordings = lines.map((line) => JSON.parse(line) as Recording);
  return recordings.find(({ id }) => id === RECORDED[step])!;
}

/** What a step is published as: topic, and what the message must say. The heartbeat's is nobody's concern. */
export function parcelsOf(step: Step): { readonly topic: string; readonly verify: (payload: Buffer) => void }[] {
  if (step === "location") return [{ topic: `jt808/${DEVICE}/up/location`, verify: verifyLocation }];
  return step === "batch" ? [{ topic: `jt808/${DEVICE}/up/location_batch`, verify: verifyBatch }] : [];
}

/** The fixture's raw integers, in engineering units. */
function verifyLocation(payload: Buffer): void {
  const { id, message, device, phone, serial, body } = JSON.parse(payload.toString());
  assert.deepEqual(
    { id, message, device, phone, serial },
    { id: "0x0200", message: "location", device: DEVICE, phone: "012345678901", serial: 19 },
  );
  verifyPosition(body, recorded("location").reference!);
  assert.equal(body.time, "2021-07-26T20:35:31+08:00");
  assert.equal(body.extra.mileage, 0);
}

function verifyBatch(payload: Buffer): void {
  const { body } = JSON.parse(payload.toString());
  const expected = recorded("batch").reference!["location"] as Readonly<Record<string, unknown>>[];
  assert.equal(body.count, LOCATIONS_IN_BATCH);
  assert.equal(body.locations.length, LOCATIONS_IN_BATCH);
  for (const [at, raw] of expected.entries()) verifyPosition(body.locations[at], raw);
}

function verifyPosition(position: unknown, raw: Readonly<Record<string, unknown>>): void {
  const { latitude, longitude, altitude, speed, direction, alarmBits, statusBits } = position as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    { latitude, longitude, altitude, speed, direction, alarmBits, statusBits },
    {
      latitude: Number(raw["latitude"]) / 1e6,
      longitude: Number(raw["longitude"]) / 1e6,
      altitude: raw["altitude"],
      speed: Number(raw["speed"]) / 10,
      direction: raw["direction"],
      alarmBits: raw["alarm"],
      statusBits: raw["status"],
    },
  );
}
