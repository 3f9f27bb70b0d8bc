// The second layer of reports by hand-made cases: units, offsets, signs, times, names, marks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { beijingTime, isoTime, timeBytes } from "../src/index.ts";
import type { NativeRecord } from "../src/index.ts";
import { ISO, TIME, refused, report, written } from "./native-forms.ts";
import { bodies, bodyOf, framed, hexOf, tight } from "./vectors.ts";

test("vehicle: each version's scales and offsets", () => {
  const common = { state: "on", charging: "parked", mode: "electric", dcDc: "on", insulation: 1 };
  assert.deepEqual(report(2016, "01010101 0064 0000000a 0fa0 2710 320103 00010102")["vehicle"], {
    ...common,
    speed: 10,
    mileage: 1,
    voltage: 400,
    current: 0,
    soc: 50,
    gear: "3",
    gearBits: 3,
    brakeForce: false,
    driveForce: false,
    acceleratorPedal: 1,
    brakePedal: 2,
  });
  assert.deepEqual(report(2025, "0101010100640000000a0fa0753132012e0001")["vehicle"], {
    ...common,
    speed: 10,
    mileage: 1,
    voltage: 400,
    current: 0.1,
    soc: 50,
    gear: "drive",
    gearBits: 0x2e,
    brakeForce: false,
    driveForce: true,
  });
});

test("motors: speed and torque have other offsets in 2025, and torque is 32 bits wide", () => {
  assert.deepEqual(report(2016, "0201010341 4e21 4e1f 28 0e10 2af8")["motors"], [
    {
      motor: 1,
      state: "off",
      controllerTemperature: 25,
      speed: 1,
      torque: -0.1,
      temperature: 0,
      voltage: 360,
      current: 100,
    },
  ]);
  assert.deepEqual(report(2025, "0201010341 7cff 00030d41 28")["motors"], [
    { motor: 1, state: "off", controllerTemperature: 25, speed: -1, torque: 0.1, temperature: 0 },
  ]);
});

test("fuel cell: hydrogen in the units of each version", () => {
  assert.deepEqual(report(2016, "03 00640065 0066 00022829 01f4 01 0064 02 0015 0301")["fuelCell"], {
    voltage: 10,
    current: 10.1,
    consumption: 1.02,
    temperatures: [0, 1],
    hydrogenTemperature: 10,
    hydrogenTemperatureProbe: 1,
    hydrogenConcentration: 100,
    hydrogenConcentrationSensor: 2,
    hydrogenPressure: 2.1,
    hydrogenPressureSensor: 3,
    dcDc: "on",
  });
  assert.deepEqual(report(2025, "03 0032 01 0064 02 0015 03 02 50 32")["fuelCell"], {
    hydrogenTemperature: 10,
    hydrogenTemperatureProbe: 1,
    hydrogenConcentration: 0.01,
    hydrogenConcentrationSensor: 2,
    hydrogenPressure: 2.1,
    hydrogenPressureSensor: 3,
    dcDc: "off",
    hydrogenRemaining: 80,
    dcDcTemperature: 10,
  });
});

test("engine, stack, capacitor and its extremes", () => {
  assert.deepEqual(report(2016, "04010bb800c8")["engine"], { state: "on", speed: 3000, consumption: 2 });
  assert.deepEqual(report(2025, "040bb8")["engine"], { speed: 3000 });
  assert.deepEqual(report(2025, "3001 01 07d0 012c 04b0 03e7 28 00012a")["stacks"], [
    {
      stack: 1,
      voltage: 200,
      current: 30,
      hydrogenPressure: 20,
      airPressure: -0.1,
      airTemperature: 0,
      temperatures: [2],
    },
  ]);
  assert.deepEqual(report(2025, "31 01 0fa0 7530 00020a280a29 000128")["capacitor"], {
    system: 1,
    voltage: 400,
    current: 0,
    cells: [2.6, 2.601],
    temperatures: [0],
  });
  assert.deepEqual(report(2025, "32 0100020a28 0300040a27 01000129 01000228")["capacitorExtremes"], {
    maxVoltageSystem: 1,
    maxVoltageCell: 2,
    maxVoltage: 2.6,
    minVoltageSystem: 3,
    minVoltageCell: 4,
    minVoltage: 2.599,
    maxTemperatureSystem: 1,
    maxTemperatureProbe: 1,
    maxTemperature: 1,
    minTemperatureSystem: 1,
    minTemperatureProbe: 2,
    minTemperature: 0,
  });
});

test("position: signs by bits, validity, coordinate system, sentinels", () => {
  assert.deepEqual(report(2016, "0507 06c98a50 01d1e7f8")["position"], {
    valid: false,
    statusBits: 7,
    longitude: -113.87144,
    latitude: -30.533624,
  });
  assert.deepEqual(report(2025, "050002 fffffffe ffffffff")["position"], {
    valid: true,
    statusBits: 0,
    coordinateSystem: "GCJ-02",
    longitude: null,
    latitude: null,
    abnormal: ["longitude"],
    invalid: ["latitude"],
  });
  const south = { time: ISO, position: { valid: true, longitude: 10, latitude: -1.5 } };
  assert.equal(written(2016, "report", south), `${TIME}0502009896800016e360`);
});

test("alarms: names, bits, the makers' codes; the new ones of 2025 with their levels", () => {
  assert.deepEqual(report(2016, "0703 80040001 0100000010 00 00 00")["alarm"], {
    level: 3,
    alarms: ["temperature_difference", "overcharge", "bit31"],
    alarmBits: 0x80040001,
    batteryFaults: [16],
    motorFaults: [],
    engineFaults: [],
    otherFaults: [],
  });
  assert.deepEqual(report(2025, "0604 00800000 00000000 01 1704")["alarm"], {
    level: 4,
    alarms: ["thermal_event"],
    alarmBits: 0x00800000,
    batteryFaults: [],
    motorFaults: [],
    engineFaults: [],
    otherFaults: [],
    generalAlarms: [{ alarm: "thermal_event", level: 4 }],
  });
  const alarm = {
    level: 1,
    alarms: ["brake", "bit30"],
    batteryFaults: [],
    motorFaults: [],
    engineFaults: [],
    otherFaults: [],
  };
  assert.equal(written(2016, "report", { time: ISO, alarm }), `${TIME}07014000200000000000`);
  assert.equal(
    refused(2016, "report", { time: ISO, alarm: { ...alarm, alarms: ["nonsense"] } }),
    "GBT32960_FIELD_TYPE units[0].flags",
  );
});

test("sentinels are null and marked, in records, lists and counts; and written as what they were", () => {
  const units =
    "01feff01fffe fffffffffffe ffff feff 0f fffe feff 0802 01 ffff fffe 0002 0001 02 0ce4fffe 02ffff0000fffe0001ff";
  const body = bodyOf(framed(2016, 0x02, 0xfe, TIME + units));
  assert.ok(body.isClean);
  const shown = body.toNative();
  assert.equal(shown.exact, true);
  assert.deepEqual(shown.fields["vehicle"], {
    state: null,
    charging: null,
    mode: "electric",
    speed: null,
    mileage: null,
    voltage: null,
    current: null,
    soc: null,
    dcDc: null,
    gear: "park",
    brakeForce: false,
    driveForce: false,
    gearBits: 15,
    insulation: null,
    acceleratorPedal: null,
    brakePedal: null,
    abnormal: ["state", "speed", "voltage", "soc", "insulation", "acceleratorPedal"],
    invalid: ["charging", "mileage", "current", "dcDc", "brakePedal"],
  });
  assert.deepEqual(shown.fields["batteryVoltages"], [
    {
      battery: 1,
      voltage: null,
      current: null,
      cellsTotal: 2,
      firstCell: 1,
      cells: [3.3, null],
      abnormal: ["current", "cells[1]"],
      invalid: ["voltage"],
    },
    {
      battery: 2,
      voltage: null,
      current: -1000,
      cellsTotal: null,
      firstCell: 1,
      cells: null,
      abnormal: ["cellsTotal"],
      invalid: ["voltage", "cells"],
    },
  ]);
  const again = bodies.writeNative(body.layout, JSON.parse(JSON.stringify(shown.fields)));
  assert.ok(again instanceof Uint8Array);
  assert.equal(hexOf(again), TIME + tight(units));
});

test("what is beyond the standard's range is shown and marked", () => {
  const { vehicle } = report(2016, "0109010108990000000a0fa02710650103000170f0") as { vehicle: NativeRecord };
  assert.deepEqual(
    [vehicle["state"], vehicle["speed"], vehicle["soc"], vehicle["acceleratorPedal"], vehicle["brakePedal"]],
    [9, 220.1, 101, 112, 240],
  );
  assert.deepEqual(vehicle["outOfRange"], ["state", "speed", "soc", "acceleratorPedal", "brakePedal"]);
});

test("units that come twice, and vendors' units: nothing is lost", () => {
  const shown = report(2016, "04010bb800c8 800002aabb 04020bb900c9 0200 0200 fe0000");
  assert.deepEqual(shown, {
    time: ISO,
    engine: { state: "on", speed: 3000, consumption: 2 },
    motors: [],
    custom: [
      { type: 0x80, hex: "aabb" },
      { type: 0xfe, hex: "" },
    ],
    more: [
      { unit: "engine", state: "off", speed: 3001, consumption: 2.01 },
      { unit: "motors", motors: [] },
    ],
  });
  assert.equal(written(2016, "report", shown), tight(`${TIME}04010bb800c8020004020bb900c902008000 02aabbfe0000`));
});

test("a unit of an unknown type ends the report: the rest is the tail, and native says that it is not all", () => {
  for (const [version, type] of [
    [2016, "0a"],
    [2016, "30"],
    [2016, "ff"],
    [2025, "09"],
    [2025, "33"],
    [2025, "00"],
  ] as const) {
    const known = version === 2016 ? "0200" : "0200";
    const body = bodyOf(framed(version, 0x02, 0xfe, `${TIME}${known}${type}0102`));
    assert.deepEqual([body.fault?.code, body.fault?.field], ["GBT32960_BODY_UNIT", "units[1]"]);
    assert.equal(hexOf(body.tail), `${type}0102`);
    assert.equal(body.toNative().exact, false);
    assert.deepEqual(body.toNative().fields, { time: ISO, motors: [] });
  }
});

test("times: Beijing, ISO 8601, and what is none", () => {
  assert.equal(isoTime({ year: 24, month: 2, day: 29, hour: 23, minute: 59, second: 59 }), "2024-02-29T23:59:59+08:00");
  for (const wrong of [
    { year: 23, month: 2, day: 29, hour: 0, minute: 0, second: 0 },
    { year: 100, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    { year: 23, month: 0, day: 1, hour: 0, minute: 0, second: 0 },
    { year: 23, month: 4, day: 31, hour: 0, minute: 0, second: 0 },
    { year: 23, month: 4, day: 0, hour: 0, minute: 0, second: 0 },
    { year: 23, month: 4, day: 1, hour: 24, minute: 0, second: 0 },
    { year: 23, month: 4, day: 1, hour: 0, minute: 60, second: 0 },
    { year: 23, month: 4, day: 1, hour: 0, minute: 0, second: 60 },
  ]) {
    assert.equal(isoTime(wrong), null);
  }
  const { fields, exact } = bodyOf(framed(2016, 0x04, 0xfe, "000000000000002a")).toNative();
  assert.deepEqual(fields, { time: null, serial: 42, invalid: ["time"] });
  assert.equal(exact, false);
  assert.equal(hexOf(timeBytes(Date.parse("2025-12-31T16:00:00Z"))!), "1a0101000000");
  assert.equal(timeBytes(Date.parse("1999-12-31T15:59:59Z")), null);
  assert.equal(timeBytes(Number.NaN), null);
  assert.equal(beijingTime(Date.parse("2100-01-01T00:00:00+08:00")), null);
  assert.equal(written(2016, "logout", { time: "2026-07-06T22:55:15Z", serial: 1 }), `${TIME}0001`);
  assert.equal(refused(2016, "logout", { time: "yesterday", serial: 1 }), "GBT32960_FIELD_TYPE time");
  assert.equal(refused(2016, "logout", { serial: 1 }), "GBT32960_FIELD_MISSING time");
});
