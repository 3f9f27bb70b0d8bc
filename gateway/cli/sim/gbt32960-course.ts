// What a simulated vehicle reports: it drives in a circle, and its battery empties. The data unit is made once by its
// layout; each report changes the numbers in it.

import { Command, Gbt32960Bodies, timeBytes } from "gbt32960-parser";
import type { Gbt32960Version } from "gbt32960-parser";

/** Degrees. */
const CENTRE = { latitude: 31.23, longitude: 121.47 } as const;
const RADIUS = 0.02;
/** Of the circle, a report. */
const STEP_RADIANS = 0.01;
const MARK_SPEED = 123.4;
const MARK_MILEAGE = 111_111.1;
const MARK_LONGITUDE = 101.010101;

/** What all vehicles of a fleet share: the data unit, and where the numbers stand in it. */
export class Country {
  readonly template: Uint8Array;
  readonly speedAt: number;
  readonly mileageAt: number;
  readonly longitudeAt: number;
  #second = -1;
  #time: Uint8Array = new Uint8Array(6);

  constructor(bodies: Gbt32960Bodies, version: Gbt32960Version) {
    const layout = bodies.layout(version, Command.Report, "command");
    const vehicle = {
      state: "on",
      charging: "none",
      mode: "electric",
      speed: MARK_SPEED,
      mileage: MARK_MILEAGE,
      voltage: 360.5,
      current: 12.5,
      soc: 80,
      dcDc: "on",
      gear: "drive",
      driveForce: true,
      insulation: 5000,
      ...(version === 2016 ? { acceleratorPedal: 20, brakePedal: 0 } : {}),
    };
    const position = {
      valid: true,
      ...(version === 2025 ? { coordinateSystem: "WGS-84" } : {}),
      longitude: MARK_LONGITUDE,
      latitude: 31,
    };
    const native = { time: "2026-01-01T00:00:00+08:00", vehicle, position };
    const data = layout === null ? null : bodies.writeNative(layout, native);
    if (!(data instanceof Uint8Array)) throw new Error(`our own report cannot be written: ${JSON.stringify(data)}`);
    this.template = data;
    this.speedAt = placeOf(data, 2, MARK_SPEED * 10);
    this.mileageAt = placeOf(data, 4, MARK_MILEAGE * 10);
    this.longitudeAt = placeOf(data, 4, MARK_LONGITUDE * 1e6);
  }

  /** Reports of one turn of the event loop are of the same second, and share its bytes. */
  timeAt(ms: number): Uint8Array {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) this.#time = timeBytes(second * 1000) ?? this.#time;
    this.#second = second;
    return this.#time;
  }
}

/** Where a number stands, that nothing else in the data unit looks like. */
function placeOf(data: Uint8Array, width: 2 | 4, value: number): number {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at + width <= data.length; at++) {
    const found = width === 2 ? view.getUint16(at) : view.getUint32(at);
    if (found === Math.round(value)) return at;
  }
  throw new Error(`our own report does not hold ${value}`);
}

export class Course {
  readonly #country: Country;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #angle: number;
  #mileage: number;

  /** `number` tells it from others of its fleet. */
  constructor(country: Country, number: number) {
    this.#country = country;
    this.#data = country.template.slice();
    this.#view = new DataView(this.#data.buffer);
    this.#angle = number;
    this.#mileage = 1000 + number;
  }

  /** The next report; the bytes are the vehicle's own, and change with the next call. */
  drive(now: number): Uint8Array {
    const { speedAt, mileageAt, longitudeAt } = this.#country;
    const view = this.#view;
    this.#angle += STEP_RADIANS;
    this.#mileage++;
    this.#data.set(this.#country.timeAt(now), 0);
    view.setUint16(speedAt, 550 + Math.round(100 * Math.sin(3 * this.#angle)));
    view.setUint32(mileageAt, this.#mileage);
    view.setUint32(longitudeAt, Math.round((CENTRE.longitude + RADIUS * Math.cos(this.#angle)) * 1e6));
    view.setUint32(longitudeAt + 4, Math.round((CENTRE.latitude + RADIUS * Math.sin(this.#angle)) * 1e6));
    return this.#data;
  }
}
