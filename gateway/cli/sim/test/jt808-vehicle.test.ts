import assert from "node:assert/strict";
import { test } from "node:test";
import { Jt808Bodies, plainFrame } from "jt808-parser";
import { Road, Vehicle } from "../jt808-vehicle.ts";

const bodies = new Jt808Bodies();

test("every position is one that its layout reads to the end, and the vehicle moves", () => {
  const vehicle = new Vehicle(new Road(bodies), 7);
  const seen = new Set<string>();
  for (let n = 0; n < 1000; n++) {
    const frame = plainFrame(0x0200, 2013, 0, "013800000000", n, vehicle.drive(Date.UTC(2026, 0, 1, 16, 0, n)));
    const body = bodies.read(frame, [2013])!;
    assert.equal(body.fault, null);
    const { fields } = body.toNative();
    const { latitude, longitude, speed, direction, time } = fields as Record<string, number>;
    assert.ok(Math.abs(latitude! - 31.23) <= 0.021 && Math.abs(longitude! - 121.47) <= 0.021);
    assert.ok(speed! >= 45 && speed! <= 65 && direction! >= 0 && direction! < 360);
    if (n === 0) assert.equal(time, "2026-01-02T00:00:00+08:00");
    if (n === 59) assert.equal(time, "2026-01-02T00:00:59+08:00");
    seen.add(`${latitude} ${longitude}`);
  }
  assert.ok(seen.size > 600);
});
