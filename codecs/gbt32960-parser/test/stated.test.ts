// Every vector whose own source states values (`expected`): those values, in the source's units where it has some. What
// states the JSON of another gateway is tested where that JSON is made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gbt32960Frame, Response, answerTo } from "../src/index.ts";
import type { NativeRecord, RawRecord } from "../src/index.ts";
import { bodies, bodyOf, byId, bytesOf, decodeAll, encoder, frameOf, hexOf, vectors } from "./vectors.ts";

type Stated = Record<string, unknown>;

function stated(id: string): Stated {
  return byId(id).expected as Stated;
}

function raw(id: string): RawRecord {
  return bodyOf(byId(id).hex).fields;
}

function native(id: string): NativeRecord {
  return bodyOf(byId(id).hex).toNative().fields;
}

function units(id: string): RawRecord[] {
  return raw(id)["units"] as RawRecord[];
}

/** Seconds of a time as a moment: how one source states times. */
function moment(time: unknown): string {
  return new Date(String(time)).toISOString();
}

function checkLogin(id: string): void {
  const { serial, iccid, count, code_len: length, codes } = raw(id);
  assert.deepEqual({ serial, iccid, count, length, codes }, stated(id));
}

function checkCounts(id: string, counts: readonly string[]): void {
  const [unit] = units(id);
  assert.deepEqual(
    counts.map((name) => unit![name]),
    stated(id)["counts"],
  );
}

function checkVehicle(id: string): void {
  const expected = stated(id);
  const shown = native(id);
  const { vehicle, position, extremes } = shown as Record<string, Record<string, number>>;
  for (const name of ["speed", "mileage", "voltage", "current", "soc"]) assert.equal(vehicle![name], expected[name]);
  for (const name of ["longitude", "latitude"]) assert.equal(position![name], expected[name]);
  // The source shows cell voltages with two digits.
  assert.equal(extremes!["maxVoltage"]!.toFixed(2), String(expected["maxVoltage"]));
  assert.equal(extremes!["minVoltage"]!.toFixed(2), String(expected["minVoltage"]));
  assert.equal(extremes!["maxTemperature"], expected["maxTemp"]);
  assert.equal(extremes!["minTemperature"], expected["minTemp"]);
  const voltages = shown["batteryVoltages"] as { current: number; cells: number[] }[];
  const temperatures = shown["batteryTemperatures"] as { temperatures: number[] }[];
  assert.equal((shown["motors"] as unknown[]).length, expected["motorCount"]);
  assert.equal(voltages.length, expected["electricListCount"]);
  assert.equal(voltages[0]!.cells.length, expected["batteryTotalCount"]);
  assert.equal(voltages[0]!.current, vehicle!["current"]);
  assert.equal(temperatures.length, expected["tempListCount"]);
  assert.equal(temperatures[0]!.temperatures.length, expected["probeCount"]);
}

function checkPosition(id: string): void {
  const [unit] = units(id);
  assert.deepEqual({ longitude_raw: unit!["longitude"], latitude_raw: unit!["latitude"] }, stated(id));
}

function checkUnits(id: string): void {
  assert.deepEqual(
    units(id).map((unit) => unit["type"]),
    stated(id)["units"],
  );
}

function checkResponse(id: string): void {
  assert.equal(frameOf(byId(id).hex).response, stated(id)["response"]);
}

function checkLength(id: string): void {
  assert.equal(frameOf(byId(id).hex).data.length, stated(id)["payload_length"]);
}

function checkSerial(id: string): void {
  assert.equal(raw(id)["serial"], stated(id)["serial"]);
}

function checkUndefined(id: string): void {
  assert.equal(bodies.read(frameOf(byId(id).hex)), null);
}

function checkList(id: string, count: string, list: string): void {
  const [unit] = units(id);
  assert.deepEqual({ count: unit![count], items: (unit![list] as unknown[]).length }, stated(id));
}

const alarmCounts = ["battery", "motor", "engine", "other"].map((name) => `${name}_fault_count`);

const checks: Readonly<Record<string, (id: string) => void>> = {
  g001: checkUndefined,
  g077: checkUndefined,
  g101: checkUndefined,
  g006: checkLogin,
  g008(id) {
    const expected = stated(id);
    assert.deepEqual(
      [raw(id)["serial"], (raw(id)["iccid"] as string).length],
      [expected["serial"], expected["iccid_length"]],
    );
    assert.equal(native(id)["time"], `${String(expected["time"]).replace(" ", "T")}+08:00`);
    assert.equal(byId(id).hex.length / 2, expected["total_bytes"]);
  },
  g021: checkUnits,
  g022: checkUnits,
  g023: checkUnits,
  g024: checkUnits,
  g029: checkVehicle,
  g055(id) {
    checkSerial(id);
    const { username, password, encrypt: cipher } = raw(id);
    assert.partialDeepStrictEqual(stated(id), { username, password, cipher });
    checkLength(id);
  },
  g057: checkResponse,
  g059: checkResponse,
  g060: checkResponse,
  g061: checkLength,
  g064: checkLength,
  g066: checkLength,
  g063: (id) => assert.ok(!(decodeAll([bytesOf(byId(id).hex)])[0] instanceof Gbt32960Frame)),
  g067: (id) => assert.equal(raw(id)["count"], stated(id)["count"]),
  g071(id) {
    const { ids, count } = raw(id);
    assert.deepEqual({ ids, count }, stated(id));
    assert.equal(bodyOf(byId(id).hex).fault?.code, "GBT32960_BODY_COUNT");
  },
  g078: (id) => assert.equal(decodeAll([bytesOf(byId(id).hex)]).length, stated(id)["frames"]),
  g080: (id) => checkList(id, "count", "motors"),
  g081: (id) => checkList(id, "count", "stacks"),
  g082(id) {
    const [unit] = units(id);
    assert.deepEqual({ capacitor_count: unit!["cells_total"], probe_count: unit!["probe_count"] }, stated(id));
  },
  g083: checkPosition,
  g084: checkPosition,
  g085: checkPosition,
  g086: (id) => checkCounts(id, [...alarmCounts, "general_count"]),
  g087(id) {
    const vehicle = native(id)["vehicle"] as NativeRecord;
    assert.equal(vehicle["gear"], String(stated(id)["gear"]));
    assert.equal(vehicle["invalid"], undefined);
  },
  g088(id) {
    const vehicle = native(id)["vehicle"] as NativeRecord;
    assert.equal(vehicle["gear"], null);
    assert.deepEqual(vehicle["invalid"], ["gear"]);
  },
  g089: (id) => assert.equal(hexOf(encoder.encode(frameOf(byId(id).hex))), byId(id).hex),
  g095: checkSerial,
  g096: checkSerial,
  g097(id) {
    const { chipId, publicKey, vin, signature } = native(id);
    const { sign_type: type, r, s } = raw(id)["signature"] as Record<string, Uint8Array>;
    assert.deepEqual(
      { chip_id: chipId, public_key: publicKey, vin, signature_type: type, r: hexOf(r!), s: hexOf(s!) },
      stated(id),
    );
    assert.equal((signature as NativeRecord)["algorithm"], "RSA");
  },
  g098(id) {
    assert.deepEqual({ success: raw(id)["status"] === 1, response_code: raw(id)["info"] }, stated(id));
  },
};

test("stated values", async (t) => {
  const all = vectors.filter((vector) => vector.expected_kind === "stated");
  assert.deepEqual(Object.keys(checks).toSorted(), all.map((vector) => vector.id).toSorted());
  for (const { id } of all) await t.test(id, () => checks[id]!(id));
});

test("frame-level: BCC that do not match", () => {
  const all = vectors.filter((vector) => vector.expected_kind === "frame-level");
  assert.equal(all.length, 2);
  for (const vector of all) assert.ok(!(decodeAll([bytesOf(vector.hex)])[0] instanceof Gbt32960Frame));
});

test("replies: the answer that the source sends is the answer that we send", () => {
  const all = vectors.filter((vector) => vector.expected_kind === "reply");
  assert.deepEqual(
    all.map((vector) => vector.id),
    ["g004", "g048", "g065"],
  );
  const answer = answerTo(frameOf(byId("g004").hex), Response.Ok, "time", 0);
  assert.ok(answer !== null);
  // It leaves a zero in the place of the BCC.
  assert.equal(`${hexOf(encoder.encode(answer)).slice(0, -2)}00`, stated("g004")["response_without_bcc"]);
  // The source of g065 answers a time request without a time; the standard wants the platform's.
  const time = answerTo(frameOf(byId("g065").hex), Response.Ok, "time", Date.parse("2026-08-27T10:00:00+08:00"));
  assert.equal(hexOf(time!.data), hexOf(frameOf(byId("g064").hex).data));
});

/** Numbers of one source's decoded objects under our names: `.body.items[1].motors[0].controlTemp` by its last name. */
const decodedNames: Readonly<Record<string, string>> = {
  maxVoltageSubSysNo: "maxVoltageBattery",
  maxVoltageSingNo: "maxVoltageCell",
  minVoltageSubSysNo: "minVoltageBattery",
  minVoltageSingNo: "minVoltageCell",
  maxNtcSubSysNo: "maxTemperatureBattery",
  maxNtcNo: "maxTemperatureProbe",
  maxNtc: "maxTemperature",
  minNtcSubSysNo: "minTemperatureBattery",
  minNtcNo: "minTemperatureProbe",
  minNtc: "minTemperature",
  resistance: "insulation",
  controlTemp: "controllerTemperature",
  temp: "temperature",
  lng: "longitude",
  lat: "latitude",
  no: "motor",
  aptv: "acceleratorPedal",
};

test("decoded objects: logins, a logout, and a report in engineering units", () => {
  const { body } = stated("g005") as { body: Stated };
  const login = raw("g005");
  assert.deepEqual(
    { at: moment(native("g005")["time"]), iccid: login["iccid"], sn: login["serial"], subSysNm: login["count"] },
    { at: body["at"], iccid: body["iccid"], sn: body["sn"], subSysNm: body["subSysNm"] },
  );
  assert.deepEqual([login["code_len"], login["codes"]], [body["subSysNmLen"], body["subSysSn"]]);
  const logout = (stated("g056") as { body: Stated }).body;
  assert.deepEqual({ at: moment(native("g056")["time"]), sn: raw("g056")["serial"] }, logout);
  const shown = native("g019") as Record<string, NativeRecord>;
  const { items } = (stated("g019") as { body: { items: Record<string, unknown>[] } }).body;
  const [vehicle, motors, position, extremes, , voltages, temperatures] = items;
  const pairs: [NativeRecord, Record<string, unknown>][] = [
    [shown["vehicle"]!, vehicle!],
    [(shown["motors"] as unknown as NativeRecord[])[0]!, (motors!["motors"] as Stated[])[0]!],
    [shown["position"]!, position!],
    [shown["extremes"]!, extremes!],
  ];
  let compared = 0;
  for (const [ours, theirs] of pairs) {
    for (const [name, value] of Object.entries(theirs)) {
      const shownValue = ours[decodedNames[name] ?? name];
      // It shows per cents as parts of one, and names in its own words.
      if (typeof value !== "number" || name === "state" || name === "brake") continue;
      assert.equal(name === "soc" ? Number(shownValue) / 100 : shownValue, value, name);
      compared++;
    }
  }
  assert.equal(compared, 28);
  const [battery] = shown["batteryVoltages"] as unknown as NativeRecord[];
  assert.deepEqual(battery!["cells"], (voltages!["subSystems"] as Stated[])[0]!["batteryVols"]);
  const [probes] = shown["batteryTemperatures"] as unknown as NativeRecord[];
  assert.deepEqual(probes!["temperatures"], (temperatures!["subSystems"] as Stated[])[0]!["temps"]);
});

test("every kind of expectation is looked at here or states nothing of bytes", () => {
  const kinds = new Set(vectors.map((vector) => vector.expected_kind));
  assert.deepEqual([...kinds].toSorted(), [
    "decoded-object",
    "emqx-parse",
    "emqx-serialize",
    "frame-level",
    "none",
    "reply",
    "stated",
  ]);
});
