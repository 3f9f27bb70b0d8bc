// The second layer by hand-made cases: units, signs, times, names, marks; and what people's JSON may not do.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BodyFault,
  GENERAL_ANSWER_BYTES,
  HeaderForm,
  Jt808Bodies,
  Jt808Frame,
  canonicalPhone,
  isoTime,
  plainFrame,
  putGeneralAnswer,
  shownVersion,
  timeDigits,
  versionsFor,
} from "../src/index.ts";
import type { BodyVersion, NativeRecord } from "../src/index.ts";
import { bytesOf, decodeAll, hexOf, ofKind } from "./vectors.ts";

const bodies = new Jt808Bodies();

function frameWith(id: number, hex: string, form: HeaderForm = HeaderForm.V2013): Jt808Frame {
  return plainFrame(id, form, 1, "13800138999", 1, bytesOf(hex));
}

function native(id: number, hex: string, version: BodyVersion = 2013): NativeRecord {
  return bodies.read(frameWith(id, hex), [version])!.toNative().fields;
}

/** alarm, status, latitude, longitude, altitude, speed, direction, time. */
function location(
  change: {
    status?: string;
    latitude?: string;
    altitude?: string;
    direction?: string;
    time?: string;
    alarm?: string;
  } = {},
): string {
  return (
    (change.alarm ?? "00000000") +
    (change.status ?? "00000003") +
    (change.latitude ?? "01c9c380") +
    "06cb8080" +
    (change.altitude ?? "0064") +
    "0259" +
    (change.direction ?? "0167") +
    (change.time ?? "250230101112").replace("0230", "0228")
  );
}

test("location: engineering units, ISO time, named bits", () => {
  const shown = native(0x0200, location({ alarm: "80000021" }) + "010400000bb8060280143001ff");
  assert.equal(shown["latitude"], 30);
  assert.equal(shown["longitude"], 114);
  assert.equal(shown["altitude"], 100);
  assert.equal(shown["speed"], 60.1);
  assert.equal(shown["direction"], 359);
  assert.equal(shown["time"], "2025-02-28T10:11:12+08:00");
  assert.deepEqual(shown["alarms"], ["emergency", "gnss_antenna_open", "illegal_door"]);
  assert.equal(shown["alarmBits"], 0x80000021);
  assert.equal((shown["status"] as NativeRecord)["acc"], true);
  assert.equal((shown["status"] as NativeRecord)["load"], "empty");
  assert.deepEqual(shown["extra"], { mileage: 300, cabinTemperature: -20, signalStrength: 255 });
  assert.equal("invalid" in shown, false);
});

test("location: names of bits that only some versions have", () => {
  const hex = location({ alarm: "a0008000", status: "00400343" });
  assert.deepEqual(native(0x0200, hex, 2011)["alarms"], ["bit15", "bit29", "bit31"]);
  assert.deepEqual(native(0x0200, hex, 2013)["alarms"], ["bit15", "collision_warning", "illegal_door"]);
  assert.deepEqual(native(0x0200, hex, 2019)["alarms"], ["illegal_driving", "collision", "bit31"]);
  const status = (version: BodyVersion) => native(0x0200, hex, version)["status"] as NativeRecord;
  assert.deepEqual([status(2011)["load"], status(2013)["load"], status(2019)["moving"]], [undefined, "full", true]);
});

test("location: south and west are negative, both forms of a negative altitude", () => {
  const south = native(0x0200, location({ status: "0000000f" }));
  assert.equal(south["latitude"], -30);
  assert.equal(south["longitude"], -114);
  assert.equal(native(0x0200, location({ altitude: "ffec" }))["altitude"], -20);
  assert.equal(native(0x0200, location({ altitude: "8014" }))["altitude"], -20);
  assert.equal(native(0x0200, location({ altitude: "2290" }))["altitude"], 8848);
});

test("location: what the standard does not allow is marked, and the raw bytes are asked for", () => {
  for (const [change, mark] of [
    [{ latitude: "05f5e100" }, "latitude"],
    [{ direction: "0168" }, "direction"],
    [{ time: "251301101112" }, "time"],
    [{ time: "25aa01101112" }, "time"],
  ] as const) {
    const body = bodies.read(frameWith(0x0200, location(change)), [2013])!;
    assert.deepEqual(body.toNative().fields["invalid"], [mark]);
    assert.equal(body.toNative().exact, false);
  }
  const none = bodies.read(frameWith(0x0200, location({ time: "000000000000" })), [2013])!.toNative();
  assert.equal(none.fields["time"], null);
  assert.equal(none.exact, true);
});

test("location: every standard additional item", () => {
  const items: readonly (readonly [string, string, unknown])[] = [
    ["010400000001", "mileage", 0.1],
    ["02020019", "fuel", 2.5],
    ["0302000b", "recorderSpeed", 1.1],
    ["04020007", "alarmEventId", 7],
    ["0503646eff", "tyrePressures", [100, 110, null]],
    ["06020019", "cabinTemperature", 25],
    ["110100", "overspeed", { type: "none" }],
    ["11050100000002", "overspeed", { type: "circle", id: 2 }],
    ["1206030000000901", "inOut", { type: "polygon", id: 9, direction: "out" }],
    ["130700000005003c00", "sectionTime", { id: 5, seconds: 60, result: "too_short" }],
    ["140400000021", "videoAlarms", ["signal_lost", "abnormal_driving"]],
    ["150480000001", "videoLostChannels", [1, 32]],
    ["160400000002", "videoCoveredChannels", [2]],
    ["17028001", "storageFaults", { main: [1], backup: [4] }],
    ["18020002", "abnormalDriving", { behaviour: ["phone"] }],
    ["1803000150", "abnormalDriving", { behaviour: ["fatigue"], fatigue: 80 }],
    ["250400004001", "signals", ["low_beam", "clutch"]],
    ["2a020003", "io", ["deep_sleep", "sleep"]],
    ["2b0400020001", "analog", { ad1: 2, ad0: 1 }],
    ["300163", "signalStrength", 99],
    ["31010c", "satellites", 12],
  ];
  for (const [hex, name, value] of items) {
    const body = bodies.read(frameWith(0x0200, location() + hex), [2019])!;
    assert.equal(body.fault, null);
    const { fields, exact } = body.toNative();
    assert.deepEqual(fields["extra"], { [name]: value });
    assert.ok(exact);
    const again = bodies.writeNative(0x0200, 2019, fields);
    assert.equal(hexOf(again as Uint8Array), location() + hex, name);
  }
});

test("location: items of a wrong width, unknown items and repeated items lose nothing", () => {
  const hex = location() + "01020102eb03aabbcc3001113001220500";
  const { fields, exact } = bodies.read(frameWith(0x0200, hex), [2013])!.toNative();
  assert.deepEqual(fields["extra"], { signalStrength: 17 });
  assert.deepEqual(fields["items"], [
    { id: "0x01", hex: "0102" },
    { id: "0xeb", hex: "aabbcc" },
    { id: "0x30", signalStrength: 34 },
    { id: "0x05", hex: "" },
  ]);
  assert.ok(exact);
});

test("location: an item that promises more than there is never costs the 28 bytes", () => {
  for (const tail of ["ff", "e0ff01", "0104", "fe05aabb", "0104000000"]) {
    const body = bodies.read(frameWith(0x0200, location() + "300111" + tail), [2013])!;
    assert.equal(body.fault?.code, "JT808_BODY_ELEMENT");
    const { fields, exact } = body.toNative();
    assert.equal(fields["latitude"], 30);
    assert.deepEqual(fields["extra"], { signalStrength: 17 });
    assert.equal(fields["extraTail"], tail);
    assert.equal(exact, false);
  }
});

test("location: 0xE0 is an item like others", () => {
  assert.deepEqual(native(0x0200, `${location()}e002e103`)["items"], [{ id: "0xe0", hex: "e103" }]);
});

test("a body shorter than its layout: a fault, what was read, and the rest as bytes", () => {
  const body = bodies.read(frameWith(0x0200, "0000000100000002aabb"), [2013, 2019, 2011])!;
  assert.equal(body.fault?.code, "JT808_BODY_SHORT");
  assert.deepEqual(body.fields, { alarm: 1, status: 2 });
  assert.equal(hexOf(body.tail), "aabb");
  assert.equal(body.toNative().exact, false);
});

test("location batch: a position of the wrong length is kept as bytes, the others are read", () => {
  const one = `001c${location()}`;
  const body = bodies.read(frameWith(0x0704, `000300${one}0003aabbcc${one}`), [2013])!;
  const { fields, exact } = body.toNative();
  const locations = fields["locations"] as NativeRecord[];
  assert.equal(locations.length, 3);
  assert.deepEqual(locations[1], { undecoded: "aabbcc" });
  assert.equal(locations[2]!["latitude"], 30);
  assert.equal(exact, false);
  assert.equal(body.fault?.code, "JT808_BODY_ELEMENT");
});

test("location batch: a length past the end ends the list, and a wrong count is noted", () => {
  const one = `001c${location()}`;
  const cut = bodies.read(frameWith(0x0704, `000201${one}00ffaabb`), [2013])!;
  assert.equal((cut.fields["location"] as unknown[]).length, 1);
  assert.equal(hexOf(cut.tail), "00ffaabb");
  const miscounted = bodies.read(frameWith(0x0704, `000501${one}`), [2013])!;
  assert.deepEqual(miscounted.fault, new BodyFault("JT808_BODY_COUNT", "length"));
  assert.equal(miscounted.toNative().fields["count"], 5);
});

test("location batch: the count is written from the list when it is not given", () => {
  const written = bodies.write(0x0704, 2013, {
    type: 1,
    location: [bodies.read(frameWith(0x0200, location()), [2013])!.fields],
  });
  assert.equal(hexOf(written as Uint8Array), `000101001c${location()}`);
});

test("text: padding is trimmed on both sides, bad GBK never throws and never loses its bytes", () => {
  const [vector] = ofKind("frame").filter((one) => one.id === "j050");
  const frame = decodeAll([bytesOf(vector!.hex)])[0] as Jt808Frame;
  assert.equal(bodies.read(frame, [2019])!.toNative().fields["model"], "BSJ-GF06T");
  const bad = `000000000041424344${"00".repeat(20)}${"00".repeat(7)}01ff8080`;
  const body = bodies.read(frameWith(0x0100, bad), [2013])!;
  assert.ok(body.fields["license_number_hex"] instanceof Uint8Array);
  assert.equal(hexOf(body.fields["license_number_hex"]), "ff8080");
  assert.equal(body.toNative().exact, false);
  assert.equal(hexOf(bodies.write(0x0100, 2013, body.fields) as Uint8Array), bad);
  // The terminator of 2011 is no loss to whoever reads the text.
  const terminated = bodies.read(frameWith(0x0102, "616200"), [2011])!;
  assert.equal(terminated.toNative().fields["code"], "ab");
  assert.equal(hexOf(bodies.write(0x0102, 2011, terminated.fields) as Uint8Array), "616200");
});

test("platform messages from JSON: ids as text, results by name, UTC in the time answer", () => {
  const ack = bodies.writeNative(0x8001, 2013, { serial: 100, id: "0x0200", result: "alarm_handled" });
  assert.equal(hexOf(ack as Uint8Array), "0064020004");
  const time = bodies.writeNative(0x8004, 2019, { time: "2026-01-20T18:30:45+08:00" });
  assert.equal(hexOf(time as Uint8Array), "260120103045");
  const register = bodies.writeNative(0x8100, 2013, { serial: 1, result: "ok", authCode: "abc" });
  assert.equal(hexOf(register as Uint8Array), "000100616263");
});

test("the general answer's short way gives the bytes of its layout", () => {
  const target = new Uint8Array(GENERAL_ANSWER_BYTES);
  putGeneralAnswer(target, 0xfedc, 0x0704, 4);
  assert.deepEqual(target, bodies.write(0x8001, 2013, { seq: 0xfedc, id: 0x0704, result: 4 }));
});

test("what does not fit its field is named, and nothing throws", () => {
  const cases: readonly (readonly [number, BodyVersion, unknown, string, string])[] = [
    [0x8001, 2013, { serial: 65536, id: 2, result: 0 }, "JT808_FIELD_RANGE", "seq"],
    [0x8001, 2013, { serial: -1, id: 2, result: 0 }, "JT808_FIELD_RANGE", "seq"],
    [0x8001, 2013, { serial: 1.5, id: 2, result: 0 }, "JT808_FIELD_RANGE", "seq"],
    [0x8001, 2013, { serial: "1", id: 2, result: 0 }, "JT808_FIELD_TYPE", "seq"],
    [0x8001, 2013, { id: 2, result: 0 }, "JT808_FIELD_MISSING", "seq"],
    [0x8001, 2013, { serial: 1, id: "0x10000", result: 0 }, "JT808_FIELD_TYPE", "id"],
    [0x8001, 2013, { serial: 1, id: 2, result: "fine" }, "JT808_FIELD_TYPE", "result"],
    [0x8001, 2013, null, "JT808_FIELD_TYPE", ""],
    [0x8001, 2013, [1], "JT808_FIELD_TYPE", ""],
    [0x8001, 2013, undefined, "JT808_FIELD_MISSING", ""],
    [0x8001, 2013, JSON.parse('{"__proto__":{"serial":1},"id":2,"result":0}'), "JT808_FIELD_MISSING", "seq"],
    [0x8004, 2019, { time: "yesterday" }, "JT808_FIELD_RANGE", "time"],
    [0x8004, 2019, { time: "1999-01-01T00:00:00Z" }, "JT808_FIELD_RANGE", "time"],
    [0x8004, 2013, { time: "2026-01-01T00:00:00Z" }, "JT808_BODY_UNKNOWN", ""],
    [0x8f00, 2013, {}, "JT808_BODY_UNKNOWN", ""],
    [0x8100, 2013, { serial: 1, result: "ok", authCode: "x".repeat(1021) }, "JT808_BODY_TOO_LONG", "auth_code"],
    [0x0704, 2013, { type: "normal", locations: [{ alarms: ["nothing"] }] }, "JT808_FIELD_TYPE", "location[0].alarm"],
    [0x0704, 2013, { type: "normal", locations: 7 }, "JT808_FIELD_TYPE", "location"],
    [0x0100, 2013, { province: 1, city: 1, manufacturer: "toolong" }, "JT808_FIELD_RANGE", "manufacturer"],
  ];
  for (const [id, version, value, code, field] of cases) {
    const fault = bodies.writeNative(id, version, value);
    assert.ok(fault instanceof BodyFault, `${JSON.stringify(value)} is refused`);
    assert.deepEqual([fault.code, fault.field], [code, field]);
  }
});

test("time: leap days and ranges", () => {
  assert.equal(isoTime("240229235959", "+08:00"), "2024-02-29T23:59:59+08:00");
  for (const bad of [
    "250229000000",
    "240431000000",
    "240001000000",
    "240100000000",
    "240101240000",
    "240101006000",
    "24010100000",
    "2401010000aa",
  ]) {
    assert.equal(isoTime(bad, "Z"), null, bad);
  }
  assert.equal(timeDigits(Date.UTC(2026, 0, 20, 10, 30, 45), 0), "260120103045");
  assert.equal(timeDigits(Number.NaN, 0), null);
});

test("one device id for a terminal that shows 12 digits and 20", () => {
  assert.equal(canonicalPhone("013800138999"), "13800138999");
  assert.equal(canonicalPhone("00000000013800138999"), "13800138999");
  assert.equal(canonicalPhone("000000000000"), "0");
  assert.equal(canonicalPhone("4eb6fb4ad628"), "4eb6fb4ad628");
});

test("version: told by the header, learned from a registration, else what was learned before", () => {
  for (const vector of ofKind("frame")) {
    if (vector.msg_id !== "0x0100") continue;
    const frame = decodeAll([bytesOf(vector.hex)])[0] as Jt808Frame;
    assert.equal(shownVersion(frame), Number(vector.version), vector.id);
    assert.equal(bodies.read(frame, versionsFor(frame, null))!.version, Number(vector.version), vector.id);
  }
  // A 2011 registration whose plate is a VIN has the length of a 2013 one.
  const vin = `001f007363640000007777772e383038203736353433323100${Buffer.from("LB123456789012345").toString("hex")}`;
  assert.equal(shownVersion(frameWith(0x0100, vin)), 2011);
  assert.equal(shownVersion(frameWith(0x0002, "")), null);
  assert.equal(versionsFor(frameWith(0x0002, ""), 2011)[0], 2011);
  assert.equal(versionsFor(frameWith(0x0002, ""), null)[0], 2013);
  assert.equal(versionsFor(frameWith(0x0002, "", HeaderForm.V2019), 2011)[0], 2019);
});

test("version: a 2019 header around an older body is read by the layout that fits", () => {
  const code = frameWith(0x0102, Buffer.from("admin-123456").toString("hex"), HeaderForm.V2019);
  const body = bodies.read(code, versionsFor(code, null))!;
  assert.equal(body.version, 2013);
  assert.equal(body.fields["code"], "admin-123456");
});
