import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Encryption, Gbt32960Bodies, Gbt32960Frame, Response } from "gbt32960-parser";
import { Country, Course } from "../gbt32960-course.ts";

const bodies = new Gbt32960Bodies();

for (const version of [2016, 2025] as const) {
  test(`${version}: every report is one that its layout reads to the end, and the vehicle moves`, () => {
    const course = new Course(new Country(bodies, version), 7);
    const seen = new Set<string>();
    for (let n = 0; n < 1000; n++) {
      const data = course.drive(Date.UTC(2026, 0, 1, 16, 0, n));
      const frame = new Gbt32960Frame(version, Command.Report, Response.Command, "V", Encryption.None, data);
      const body = bodies.read(frame)!;
      assert.ok(body.isClean);
      const { fields } = body.toNative();
      const { time, vehicle, position } = fields as {
        readonly time: string;
        readonly vehicle: Record<string, number>;
        readonly position: Record<string, number>;
      };
      assert.ok(vehicle["speed"]! >= 45 && vehicle["speed"]! <= 65);
      assert.equal(vehicle["mileage"], (1008 + n) / 10);
      const { longitude, latitude } = position;
      assert.ok(Math.abs(latitude! - 31.23) <= 0.021 && Math.abs(longitude! - 121.47) <= 0.021);
      if (n === 59) assert.equal(time, "2026-01-02T00:00:59+08:00");
      for (const part of [vehicle, position])
        assert.deepEqual([part["invalid"], part["outOfRange"]], [undefined, undefined]);
      seen.add(`${latitude} ${longitude}`);
    }
    assert.ok(seen.size > 600);
  });
}
