// A simulated terminal of JT/T 808: registers, authenticates, sends heartbeats and positions, answers commands.
//
//   AWAY ──link opens──▶ REGISTERING ──code──▶ AUTHENTICATING ──ok──▶ ONLINE        (link lost: AWAY, and keeps its code)

import { HeaderForm, Jt808Encoder, plainFrame } from "jt808-parser";
import type { BodyVersion, Jt808Bodies, Jt808Frame } from "jt808-parser";
import type { SimCounts } from "./sim-counts.ts";
import type { SimLink } from "./sim-link.ts";
import type { SimDevice } from "./simulation.ts";
import { Vehicle, type Road } from "./jt808-vehicle.ts";

const State = { Away: 0, Registering: 1, Authenticating: 2, Online: 3 } as const;
type State = (typeof State)[keyof typeof State];

const Id = {
  Ack: 0x0001,
  Heartbeat: 0x0002,
  Register: 0x0100,
  Authenticate: 0x0102,
  Location: 0x0200,
  GeneralAnswer: 0x8001,
  RegisterAnswer: 0x8100,
} as const;

/** Answers of the platform: nothing is said to them. */
const ANSWERS: ReadonlySet<number> = Object.freeze(new Set([0x8001, 0x8003, 0x8004, 0x8100, 0x8800, 0x9212]));
/** An answer that has not come after this time does not come. */
const ANSWER_TIMEOUT_MS = 5_000;
const NOTHING = new Uint8Array(0);

/** What all terminals of a fleet share. */
export interface Fleet {
  readonly bodies: Jt808Bodies;
  readonly encoder: Jt808Encoder;
  readonly road: Road;
  readonly counts: SimCounts;
  readonly form: HeaderForm;
  readonly heartbeatMs: number;
  /** Reports in flight of one terminal, where the next one follows an answer; 0: they come by the clock. */
  readonly window: number;
  /** To authenticate with; null: the one that registration gives. */
  readonly code: string | null;
}

export class SimTerminal implements SimDevice {
  readonly link: SimLink;
  readonly phone: string;
  readonly #fleet: Fleet;
  readonly #vehicle: Vehicle;
  #state: State = State.Away;
  #code: Uint8Array | null;
  #serial = 0;
  #inFlight = 0;
  /** How many it may have in flight; 0: they come by the clock, or not yet. */
  #window = 0;
  #lastAsked = 0;
  #lastBeat = 0;
  /** One report at a time is timed. */
  #timedSerial = -1;
  #timedAt = 0;

  constructor(fleet: Fleet, link: SimLink, phone: string, number: number) {
    this.link = link;
    this.phone = phone;
    this.#fleet = fleet;
    this.#vehicle = new Vehicle(fleet.road, number);
    this.#code = fleet.code === null ? null : Buffer.from(fleet.code);
  }

  onOpen(now: number): void {
    this.#lastAsked = now;
    this.#lastBeat = now;
    if (this.#code === null) this.#register();
    else this.#authenticate(this.#code);
  }

  onLost(): void {
    if (this.#state === State.Online) this.#fleet.counts.online--;
    this.#fleet.counts.lost += this.#inFlight;
    this.#state = State.Away;
    this.#inFlight = 0;
    this.#timedSerial = -1;
  }

  onFrame(frame: Jt808Frame, now: number): void {
    if (frame.id === Id.GeneralAnswer) this.#onAnswer(frame.body, now);
    else if (frame.id === Id.RegisterAnswer) this.#onRegistered(frame.body);
    else if (!ANSWERS.has(frame.id)) this.#onCommand(frame, now);
  }

  report(now: number): void {
    if (this.#state !== State.Online) return;
    const { counts } = this.#fleet;
    if (this.link.isFull) {
      counts.skipped++;
      return;
    }
    const serial = this.#send(Id.Location, this.#vehicle.drive(Date.now()));
    counts.reports++;
    this.#inFlight++;
    this.#lastAsked = now;
    if (this.#timedSerial >= 0) return;
    this.#timedSerial = serial;
    this.#timedAt = now;
  }

  onStart(now: number): void {
    this.#window = this.#fleet.window;
    this.#fill(now);
  }

  onSecond(now: number): void {
    const { counts, heartbeatMs } = this.#fleet;
    if (this.#state === State.Away) return;
    const isLate = now - this.#lastAsked >= ANSWER_TIMEOUT_MS;
    if (this.#state !== State.Online) {
      // Refused, or lost on the way: once more from the start.
      if (isLate) this.onOpen(now);
      return;
    }
    if (isLate && this.#inFlight > 0) {
      counts.lost += this.#inFlight;
      this.#inFlight = 0;
      this.#timedSerial = -1;
      this.#fill(now);
    }
    if (now - this.#lastBeat < heartbeatMs) return;
    this.#lastBeat = now;
    this.#send(Id.Heartbeat, NOTHING);
  }

  #register(): void {
    this.#state = State.Registering;
    this.#sendFields(Id.Register, {
      province: 31,
      city: 115,
      manufacturer: "SIM",
      model: "tributary",
      dev_id: this.phone.slice(-7),
      color: 1,
      license_number: `SIM${this.phone.slice(-5)}`,
    });
  }

  #authenticate(code: Uint8Array): void {
    this.#state = State.Authenticating;
    if (this.#fleet.form === HeaderForm.V2019) {
      const fields = { code: Buffer.from(code).toString(), imei: this.phone.slice(-15), software_version: "1.0" };
      this.#sendFields(Id.Authenticate, fields);
    } else this.#send(Id.Authenticate, code);
  }

  #onRegistered(body: Uint8Array): void {
    if (this.#state !== State.Registering) return;
    if (body[2] !== 0) {
      this.#fleet.counts.rejected++;
      return;
    }
    this.#code = body.slice(3);
    this.#authenticate(this.#code);
  }

  #onAnswer(body: Uint8Array, now: number): void {
    const id = (body[2]! << 8) | body[3]!;
    const isOk = body[4] === 0;
    if (id === Id.Location) this.#onReportAnswered((body[0]! << 8) | body[1]!, isOk, now);
    else if (id === Id.Authenticate && this.#state === State.Authenticating) this.#onAuthenticated(isOk, now);
  }

  #onAuthenticated(isOk: boolean, now: number): void {
    const { counts, code } = this.#fleet;
    if (!isOk) {
      counts.rejected++;
      // A gateway that has forgotten its codes gives a new one.
      if (code === null) this.#code = null;
      return;
    }
    this.#state = State.Online;
    counts.online++;
    this.#fill(now);
  }

  #onReportAnswered(serial: number, isOk: boolean, now: number): void {
    const { counts } = this.#fleet;
    if (isOk) counts.accepted++;
    else counts.refused++;
    if (serial === this.#timedSerial) {
      counts.latencies.add(now - this.#timedAt);
      this.#timedSerial = -1;
    }
    if (this.#inFlight > 0) this.#inFlight--;
    if (this.#inFlight < this.#window) this.report(now);
  }

  #fill(now: number): void {
    for (let n = this.#inFlight; n < this.#window; n++) this.report(now);
  }

  #onCommand(frame: Jt808Frame, now: number): void {
    if (frame.isFragment && frame.fragmentNumber < frame.fragmentTotal) return;
    this.#fleet.counts.commands++;
    const { serial, id } = frame;
    if (id === 0x8201) {
      const position = this.#vehicle.drive(Date.now());
      this.#send(0x0201, Buffer.concat([Uint8Array.of(serial >> 8, serial), position]));
    } else if (id === 0x8104 || id === 0x8106) {
      this.#send(
        0x0104,
        Uint8Array.of(serial >> 8, serial, 1, 0, 0, 0, 1, 4, ...beUint32(this.#fleet.heartbeatMs / 1000)),
      );
    } else this.#sendFields(Id.Ack, { seq: serial, id, result: 0 });
    this.#lastAsked = now;
  }

  get #version(): BodyVersion {
    return this.#fleet.form === HeaderForm.V2019 ? 2019 : 2013;
  }

  #sendFields(id: number, fields: object): void {
    const body = this.#fleet.bodies.write(id, this.#version, fields);
    if (!(body instanceof Uint8Array)) throw new Error(`our own ${id} cannot be written: ${body.code} ${body.field}`);
    this.#send(id, body);
  }

  /** Gives the serial. */
  #send(id: number, body: Uint8Array): number {
    const { encoder, form, counts } = this.#fleet;
    const serial = this.#serial;
    this.#serial = (serial + 1) & 0xffff;
    const frame = plainFrame(id, form, form === HeaderForm.V2019 ? 1 : 0, this.phone, serial, body);
    // A frame at its longest: every byte escaped.
    counts.bytesSent += this.link.put(2 * body.length + 48, (target, at) => encoder.write(frame, target, at));
    return serial;
  }
}

function beUint32(value: number): number[] {
  const whole = Math.round(value);
  return [whole >>> 24, (whole >>> 16) & 0xff, (whole >>> 8) & 0xff, whole & 0xff];
}
