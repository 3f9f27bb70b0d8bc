// The second layer by hand-made cases: units, offsets, signs, times, names, marks; commands as people write them; and
// what is refused, by name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyFault, Gbt32960Frame, beijingTime, commands, isoTime, parameterRows, timeBytes } from "../src/index.ts";
import type { Gbt32960Body, Gbt32960Version, NativeRecord } from "../src/index.ts";
import { bodies, bodyOf, bytesOf, framed, hexOf, tight } from "./vectors.ts";

const TIME = "1a070706370f";
const ISO = "2026-07-07T06:55:15+08:00";

function report(version: Gbt32960Version, units: string): NativeRecord {
  return bodyOf(framed(version, 0x02, 0xfe, TIME + units)).toNative().fields;
}

function written(
  version: Gbt32960Version,
  name: string,
  native: unknown,
  form: "command" | "answer" = "command",
): string {
  const layout = bodies.layout(version, bodies.rowNamed(name)!.command, form)!;
  const bytes = bodies.writeNative(layout, native);
  assert.ok(!(bytes instanceof BodyFault), JSON.stringify(bytes));
  return hexOf(bytes);
}

function refused(version: Gbt32960Version, name: string, native: unknown): string {
  const layout = bodies.layout(version, bodies.rowNamed(name)!.command, "command")!;
  const fault = bodies.writeNative(layout, native);
  assert.ok(fault instanceof BodyFault, "refused");
  return `${fault.code} ${fault.field}`;
}

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

test("logins: codes of batteries in the form of each version", () => {
  const login = { time: ISO, serial: 1, iccid: "89860000000000000001", codes: ["001", "002"] };
  const iccid = Buffer.from(login.iccid).toString("hex");
  assert.equal(written(2016, "login", login), `${TIME}0001${iccid}0203303031303032`);
  assert.equal(written(2016, "login", { ...login, batteries: 3, codes: [] }), `${TIME}0001${iccid}0300`);
  const code = "PACK12345678901234567890";
  const packs = written(2025, "login", { ...login, codes: [code, code, code], packs: [1, 2] });
  assert.equal(packs, `${TIME}0001${iccid}020102${Buffer.from(code).toString("hex").repeat(3)}`);
  assert.equal(refused(2025, "login", { ...login, packs: [1] }), "GBT32960_BODY_COUNT codes");
  assert.equal(refused(2025, "login", login), "GBT32960_FIELD_MISSING codes");
  assert.equal(refused(2016, "login", { ...login, codes: [1] }), "GBT32960_FIELD_TYPE codes");
  assert.equal(refused(2016, "login", { ...login, batteries: 1 }), "GBT32960_BODY_COUNT codes");
  const odd = bodyOf(framed(2016, 0x01, 0xfe, `${TIME}0001${iccid}0102ff80`));
  assert.equal(odd.toNative().exact, false);
  assert.equal(hexOf(odd.fields["codes_hex"] as Uint8Array), "ff80");
});

test("parameters: names, widths of each version, host lengths by themselves, users' own", () => {
  const set = { time: ISO, parameters: { storePeriod: 5000, reportPeriod: 10, alarmReportPeriod: 1 } };
  assert.equal(written(2016, "set", set), tight(`${TIME}03 011388 02000a 030001`));
  assert.equal(written(2025, "set", set), tight(`${TIME}03 011388 020a 0301`));
  const hosts = { time: ISO, parameters: { platformHost: "a.cn", platformPort: 80, publicHost: "车" } };
  assert.equal(written(2016, "set", hosts), tight(`${TIME}05 0404 05612e636e 060050 0d02 0eb3b5`));
  const custom = { time: ISO, parameters: { sampling: "yes" }, custom: [{ id: 0x80, hex: "0102" }] };
  assert.equal(written(2016, "set", custom), tight(`${TIME}02 1001 800102`));
  assert.deepEqual(bodyOf(framed(2016, 0x81, 0xfe, `${TIME}021001800102`)).toNative().fields, custom);
  const shown = bodyOf(framed(2016, 0x80, 0x01, `${TIME}03 01fffe 07312e30 0000 09ff`)).toNative().fields;
  assert.deepEqual(shown, {
    time: ISO,
    parameters: { storePeriod: null, hardwareVersion: "1.0", heartbeatPeriod: null },
    abnormal: ["storePeriod"],
    invalid: ["heartbeatPeriod"],
  });
  assert.equal(
    refused(2016, "set", { time: ISO, parameters: { hardwareVersion: "1.0" } }),
    "GBT32960_FIELD_TYPE params[0]",
  );
  assert.equal(refused(2016, "set", { time: ISO, parameters: { nonsense: 1 } }), "GBT32960_FIELD_TYPE params[0]");
  assert.equal(
    refused(2025, "set", { time: ISO, parameters: { reportPeriod: 256 } }),
    "GBT32960_FIELD_RANGE params[0].value",
  );
  assert.equal(
    refused(2016, "set", { time: ISO, parameters: { platformHost: 1 } }),
    "GBT32960_FIELD_MISSING params[0].value",
  );
});

function query(hex: string): Gbt32960Body {
  return bodyOf(framed(2016, 0x80, 0x01, TIME + hex));
}

test("parameters on the wire that do not fit their table", () => {
  // A host without its length before it takes the rest.
  assert.deepEqual(query("0105612e636e").toNative().fields["custom"], [{ id: 5, hex: "612e636e" }]);
  assert.deepEqual(
    [query("030113880500").fault?.code, query("0401138802000a").fault?.code],
    ["GBT32960_BODY_COUNT", "GBT32960_BODY_COUNT"],
  );
  assert.deepEqual([query("010113").fault?.code, query("010113").fault?.field], ["GBT32960_BODY_SHORT", "params[0]"]);
  assert.deepEqual(
    [query("02040a05616263").fault?.code, query("0201138801").fault?.field],
    ["GBT32960_BODY_SHORT", "params[1]"],
  );
  assert.equal(query("00").fault, null);
});

test("queries: names and numbers; a host is asked for with its length", () => {
  const parameters = ["storePeriod", "platformHost", 0x80];
  assert.equal(written(2016, "query", { time: ISO, parameters }), `${TIME}0401040580`);
  const all = parameterRows(2016)
    .filter((row) => !row.isLength)
    .map((row) => row.name);
  assert.equal(written(2016, "query", { time: ISO, parameters: all }), `${TIME}100102030405060708090a0b0c0d0e0f10`);
  assert.equal(refused(2016, "query", { time: ISO, parameters: ["nonsense"] }), "GBT32960_FIELD_TYPE ids[0]");
  assert.equal(refused(2016, "query", { time: ISO, parameters: 1 }), "GBT32960_FIELD_TYPE ids");
});

test("control: bare, warning, upgrade with a binary semicolon, empty parts, users' own", () => {
  assert.equal(written(2016, "control", { time: ISO, command: "power_off" }), `${TIME}02`);
  const warning = { time: ISO, command: "warning", warning: { level: 2, text: "请停车" } };
  const warned = written(2016, "control", warning);
  assert.equal(warned, `${TIME}0602c7ebcda3b3b5`);
  assert.deepEqual(bodyOf(framed(2016, 0x82, 0xfe, warned)).toNative().fields, warning);
  // 59.0.59.59, port 15163 and limit 59 are full of 3B, which is the separator.
  const upgrade = {
    dialName: "",
    username: "u",
    password: "p",
    address: "59.0.59.59",
    port: 0x3b3b,
    manufacturer: "vhid",
    hardwareVersion: "1.0.0",
    firmwareVersion: "0.0.1",
    url: "ftp://x/?a;b",
    timeLimit: 0x3b,
  };
  const bare = {
    dialName: "",
    username: "",
    password: "",
    manufacturer: "",
    hardwareVersion: "",
    firmwareVersion: "",
    url: "",
  };
  for (const one of [upgrade, bare, { ...bare, manufacturer: "x" }, { ...upgrade, url: "" }, { ...bare, port: 1 }]) {
    const hex = written(2016, "control", { time: ISO, command: "upgrade", upgrade: one });
    assert.deepEqual(bodyOf(framed(2016, 0x82, 0xfe, hex)).toNative().fields["upgrade"], one);
  }
  for (const odd of ["01", "010203", "013b3b3b0000", "013b3b3b0102030405063b3b3b3b3b3b"]) {
    const body = bodyOf(framed(2016, 0x82, 0xfe, TIME + odd));
    assert.equal(body.toNative().fields["upgrade"], undefined, odd);
    assert.equal(written(2016, "control", body.toNative().fields), TIME + odd);
  }
  assert.equal(written(2025, "control", { time: ISO, command: 0x80, hex: "0102" }), `${TIME}800102`);
  for (const wrong of [
    { username: "a;b" },
    { port: 70_000 },
    { address: "1.2.3" },
    { address: "1.2.3.256" },
    { url: 1 },
  ]) {
    const given = { time: ISO, command: "upgrade", upgrade: wrong };
    assert.equal(refused(2016, "control", given), "GBT32960_FIELD_RANGE param");
  }
  assert.equal(refused(2016, "control", { time: ISO, command: "explode" }), "GBT32960_FIELD_TYPE command");
  assert.equal(refused(2016, "control", { time: ISO, command: "reset", hex: "xy" }), "GBT32960_FIELD_TYPE param");
});

test("2025: activation, its result, key exchange", () => {
  const activation = {
    time: ISO,
    chipId: "CHIP1",
    publicKey: "0102",
    vin: "LTESTVIN000000001",
    signature: { algorithm: "SM2", r: "aa", s: "bb" },
  };
  const hex = written(2025, "activation", activation);
  assert.equal(hex.slice(12, 44), Buffer.from("CHIP1".padEnd(16)).toString("hex"));
  assert.deepEqual(bodyOf(framed(2025, 0x09, 0xfe, hex)).toNative().fields, activation);
  assert.equal(written(2025, "activation_result", { result: "failed", reason: "vin_repeated" }), "0202");
  const exchange = { encryption: "SM4", key: "00".repeat(16), validFrom: ISO, validUntil: "2027-07-07T06:55:15+08:00" };
  const key = written(2025, "key_exchange", exchange);
  assert.equal(key, `050010${"00".repeat(16)}${TIME}1b070706370f`);
  assert.deepEqual(bodyOf(framed(2025, 0x0b, 0xfe, key)).toNative().fields, exchange);
});

test("platform login: texts without padding, ciphers of each version", () => {
  const login = { time: ISO, serial: 1, username: "user", password: "secret", encryption: "SM4" };
  assert.deepEqual(bodyOf(framed(2025, 0x05, 0xfe, written(2025, "platform_login", login))).toNative().fields, login);
  assert.equal(refused(2016, "platform_login", login), "GBT32960_FIELD_TYPE encrypt");
  assert.equal(
    refused(2016, "platform_login", { ...login, encryption: "none", username: "x".repeat(13) }),
    "GBT32960_FIELD_RANGE username",
  );
});

test("answers: a time, nothing, or all that was sent", () => {
  const data = `${TIME}002a`;
  assert.deepEqual(bodyOf(framed(2016, 0x04, 0x01, TIME)).toNative().fields, { time: ISO });
  assert.deepEqual(bodyOf(framed(2016, 0x04, 0x01, "")).toNative().fields, {});
  assert.deepEqual(bodyOf(framed(2016, 0x04, 0x01, data)).toNative().fields, { time: ISO, serial: 42 });
  for (const row of commands) {
    for (const version of [2016, 2025] as const) {
      const answer = bodies.layout(version, row.command, "answer");
      assert.equal(answer === null, row.versions[version] === null);
    }
  }
});

test("a frame that is encrypted has no fields", () => {
  assert.equal(bodies.read(new Gbt32960Frame(2016, 0x04, 0xfe, "V", 3, bytesOf(`${TIME}002a`))), null);
});

test("names of JSON's own making are no fields", () => {
  assert.equal(
    refused(2016, "logout", JSON.parse(`{"__proto__":{"serial":1},"time":"${ISO}"}`)),
    "GBT32960_FIELD_MISSING serial",
  );
  assert.equal(refused(2016, "logout", null), "GBT32960_FIELD_TYPE ");
});
