// Where a simulated vehicle is: it drives in a circle, a position a report, as the body of 0x0200. The body is made once
// by its layout; each report changes the numbers in it.

import { Jt808Bodies, timeDigits } from "jt808-parser";

const LATITUDE_AT = 8;
const SPEED_AT = 18;
const TIME_AT = 22;
const MILEAGE_AT = 30;

/** Degrees. */
const CENTRE = { latitude: 31.23, longitude: 121.47 } as const;
const RADIUS = 0.02;
/** Of the circle, a report. */
const STEP_RADIANS = 0.01;
const BEIJING_OFFSET_MS = 8 * 3_600_000;

/** Reports of one turn of the event loop are of the same second, and share its digits. */
class SecondDigits {
  readonly bytes = new Uint8Array(6);
  #second = -1;

  at(ms: number): Uint8Array {
    const second = Math.floor(ms / 1000);
    if (second === this.#second) return this.bytes;
    this.#second = second;
    const digits = timeDigits(second * 1000, BEIJING_OFFSET_MS) ?? "000000000000";
    for (let i = 0; i < 6; i++) this.bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
    return this.bytes;
  }
}

/** What all vehicles of a fleet share. */
export class Road {
  readonly seconds = new SecondDigits();
  readonly template: Uint8Array;

  constructor(bodies: Jt808Bodies) {
    const body = bodies.write(0x0200, 2013, {
      alarm: 0,
      status: 0x0004_0003,
      latitude: 0,
      longitude: 0,
      altitude: 12,
      speed: 0,
      direction: 0,
      time: "000000000000",
      extra: [
        { id: 0x01, value: 0 },
        { id: 0x02, value: 450 },
        { id: 0x30, value: 28 },
        { id: 0x31, value: 14 },
      ],
    });
    if (!(body instanceof Uint8Array))
      throw new Error(`our own position cannot be written: ${body.code} ${body.field}`);
    this.template = body;
  }
}

export class Vehicle {
  readonly #road: Road;
  readonly #body: Uint8Array;
  readonly #view: DataView;
  #angle: number;
  #mileage: number;

  /** `number` tells it from others of its fleet. */
  constructor(road: Road, number: number) {
    this.#road = road;
    this.#body = road.template.slice();
    this.#view = new DataView(this.#body.buffer);
    this.#angle = number;
    this.#mileage = 1000 + number;
  }

  /** The next position; the bytes are the vehicle's own, and change with the next call. */
  drive(now: number): Uint8Array {
    const view = this.#view;
    this.#angle += STEP_RADIANS;
    this.#mileage++;
    view.setUint32(LATITUDE_AT, Math.round((CENTRE.latitude + RADIUS * Math.sin(this.#angle)) * 1e6));
    view.setUint32(LATITUDE_AT + 4, Math.round((CENTRE.longitude + RADIUS * Math.cos(this.#angle)) * 1e6));
    view.setUint16(SPEED_AT, 550 + Math.round(100 * Math.sin(3 * this.#angle)));
    view.setUint16(SPEED_AT + 2, Math.round((this.#angle * 180) / Math.PI) % 360);
    this.#body.set(this.#road.seconds.at(now), TIME_AT);
    view.setUint32(MILEAGE_AT, this.#mileage);
    return this.#body;
  }
}
