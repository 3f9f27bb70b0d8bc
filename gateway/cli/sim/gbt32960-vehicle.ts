// A simulated vehicle of GB/T 32960: logs in, sends heartbeats and reports, answers commands. Frames have no serial: an
// answer is for the report whose time it repeats, and several of a second are told apart by their order.
//
//   AWAY ──link opens (its platform is in)──▶ LOGGING IN ──ok──▶ ONLINE        (link lost: AWAY)

import { Command, Encryption, Gbt32960Frame, Response, TIME_BYTES } from "gbt32960-parser";
import type { Gbt32960Bodies, Gbt32960Encoder, Gbt32960Version } from "gbt32960-parser";
import type { SimCounts } from "./sim-counts.ts";
import type { SimLink } from "./sim-link.ts";
import type { SimDevice } from "./simulation.ts";
import { Course, type Country } from "./gbt32960-course.ts";

const State = { Away: 0, LoggingIn: 1, Online: 2 } as const;
type State = (typeof State)[keyof typeof State];

/** An answer that has not come after this time does not come. */
const ANSWER_TIMEOUT_MS = 5_000;
const SERIAL_MAX = 65_531;
const NOTHING = new Uint8Array(0);

/** What all vehicles of a fleet share. */
export interface Fleet {
  readonly bodies: Gbt32960Bodies;
  readonly encoder: Gbt32960Encoder;
  readonly country: Country;
  readonly counts: SimCounts;
  readonly version: Gbt32960Version;
  readonly heartbeatMs: number;
  /** Reports in flight of one vehicle, where the next one follows an answer; 0: they come by the clock. */
  readonly window: number;
}

export class SimVehicle implements SimDevice {
  readonly link: SimLink;
  readonly vin: string;
  readonly #fleet: Fleet;
  readonly #course: Course;
  readonly #iccid: string;
  #state: State = State.Away;
  #serial = 0;
  #inFlight = 0;
  /** How many it may have in flight; 0: they come by the clock, or not yet. */
  #window = 0;
  #lastAsked = 0;
  #lastBeat = 0;
  /** One report at a time is timed: so many answers are still to come before its own; -1: none is. */
  #answersBefore = -1;
  #timedAt = 0;

  constructor(fleet: Fleet, link: SimLink, vin: string, number: number) {
    this.link = link;
    this.vin = vin;
    this.#fleet = fleet;
    this.#course = new Course(fleet.country, number);
    this.#iccid = `8986${String(number).padStart(16, "0")}`;
  }

  onOpen(now: number): void {
    this.#lastAsked = now;
    this.#lastBeat = now;
    this.#state = State.LoggingIn;
    this.#serial = (this.#serial % SERIAL_MAX) + 1;
    const codes = this.#fleet.version === 2016 ? { codes: [] } : { codes: [], packs: [] };
    this.#sendNative(Command.VehicleLogin, { serial: this.#serial, iccid: this.#iccid, ...codes });
  }

  onLost(): void {
    if (this.#state === State.Online) this.#fleet.counts.online--;
    this.#state = State.Away;
    this.#forgetInFlight();
  }

  onFrame(frame: Gbt32960Frame, now: number): void {
    if (frame.isCommand) this.#onCommand(frame, now);
    else if (frame.command === Command.Report) this.#onReportAnswered(frame.response === Response.Ok, now);
    else if (frame.command === Command.VehicleLogin && this.#state === State.LoggingIn) {
      this.#onLoggedIn(frame.response === Response.Ok, now);
    }
  }

  report(now: number): void {
    if (this.#state !== State.Online) return;
    const { counts } = this.#fleet;
    if (this.link.isFull) {
      counts.skipped++;
      return;
    }
    this.#send(Command.Report, Response.Command, this.#course.drive(Date.now()));
    counts.reports++;
    if (this.#answersBefore < 0) {
      this.#answersBefore = this.#inFlight;
      this.#timedAt = now;
    }
    this.#inFlight++;
    this.#lastAsked = now;
  }

  onStart(now: number): void {
    this.#window = this.#fleet.window;
    this.#fill(now);
  }

  onSecond(now: number): void {
    if (this.#state === State.Away) return;
    const isLate = now - this.#lastAsked >= ANSWER_TIMEOUT_MS;
    if (this.#state === State.LoggingIn) {
      if (isLate) this.onOpen(now);
      return;
    }
    if (isLate && this.#inFlight > 0) {
      this.#forgetInFlight();
      this.#fill(now);
    }
    if (now - this.#lastBeat < this.#fleet.heartbeatMs) return;
    this.#lastBeat = now;
    this.#send(Command.Heartbeat, Response.Command, NOTHING);
  }

  #forgetInFlight(): void {
    this.#fleet.counts.lost += this.#inFlight;
    this.#inFlight = 0;
    this.#answersBefore = -1;
  }

  #onLoggedIn(isOk: boolean, now: number): void {
    const { counts } = this.#fleet;
    if (!isOk) {
      counts.rejected++;
      return;
    }
    this.#state = State.Online;
    counts.online++;
    this.#fill(now);
  }

  #onReportAnswered(isOk: boolean, now: number): void {
    const { counts } = this.#fleet;
    if (this.#inFlight === 0) return;
    if (isOk) counts.accepted++;
    else counts.refused++;
    if (this.#answersBefore === 0) counts.latencies.add(now - this.#timedAt);
    if (this.#answersBefore >= 0) this.#answersBefore--;
    this.#inFlight--;
    if (this.#inFlight < this.#window) this.report(now);
  }

  #fill(now: number): void {
    for (let n = this.#inFlight; n < this.#window; n++) this.report(now);
  }

  #onCommand({ command, data, version }: Gbt32960Frame, now: number): void {
    const { bodies, counts, heartbeatMs } = this.#fleet;
    counts.commands++;
    this.#lastAsked = now;
    if (command === Command.Query) {
      const layout = bodies.layout(version, command, "answer");
      const parameters = { heartbeatPeriod: Math.min(240, Math.max(1, Math.round(heartbeatMs / 1000))) };
      const time = new Date().toISOString();
      const answer = layout === null ? NOTHING : bodies.writeNative(layout, { time, parameters });
      this.#send(command, Response.Ok, answer instanceof Uint8Array ? answer : NOTHING);
    } else this.#send(command, Response.Ok, data.slice(0, TIME_BYTES));
  }

  #sendNative(command: number, native: object): void {
    const { bodies, version } = this.#fleet;
    const layout = bodies.layout(version, command, "command");
    const time = new Date().toISOString();
    const data = layout === null ? null : bodies.writeNative(layout, { time, ...native });
    if (!(data instanceof Uint8Array)) throw new Error(`our own ${command} cannot be written`);
    this.#send(command, Response.Command, data);
  }

  #send(command: number, response: number, data: Uint8Array): void {
    const { encoder, version, counts } = this.#fleet;
    const frame = new Gbt32960Frame(version, command, response, this.vin, Encryption.None, data);
    counts.bytesSent += this.link.put(encoder.sizeOf(frame), (target, at) => encoder.write(frame, target, at));
  }
}
