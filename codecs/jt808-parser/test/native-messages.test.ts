// The second layer of the messages beside session and position: bytes to JSON in engineering units, and the same bytes
// again from that JSON. Bytes are put together by hand from the standards' tables.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BodyFault, HeaderForm, Jt808Bodies, Jt808Frame, plainFrame } from "../src/index.ts";
import type { BodyVersion, NativeRecord } from "../src/index.ts";
import { POSITION, cases } from "./native-cases.ts";
import { bytesOf, decodeAll, hexOf, vectors } from "./vectors.ts";

const bodies = new Jt808Bodies();
/** Spaces in the bytes of cases stand between fields. */
function compact(hex: string): string {
  return hex.replaceAll(" ", "");
}

function frameWith(id: number, hex: string): Jt808Frame {
  return plainFrame(id, HeaderForm.V2013, 0, "13800138999", 1, bytesOf(compact(hex)));
}

test("bytes to engineering units, and back", async (t) => {
  for (const [id, version, hex, native] of cases) {
    await t.test(`0x${id.toString(16).padStart(4, "0")} ${version} ${hex.slice(0, 24)}`, () => {
      const body = bodies.read(frameWith(id, hex), [version])!;
      assert.equal(body.fault, null);
      assert.equal(body.tail.length, 0);
      assert.deepEqual(body.toNative().fields, native);
      const again = bodies.writeNative(id, version, JSON.parse(JSON.stringify(native)));
      assert.ok(!(again instanceof BodyFault), JSON.stringify(again));
      assert.equal(hexOf(again), compact(hex));
    });
  }
});

function write(id: number, version: BodyVersion, native: NativeRecord): string {
  const bytes = bodies.writeNative(id, version, native);
  return bytes instanceof BodyFault ? `${bytes.code} ${bytes.field}` : hexOf(bytes);
}

test("what follows from other fields need not be given", () => {
  assert.equal(write(0x8106, 2013, { ids: ["heartbeat_interval", "0x13", 7] }), "03000000010000001300000007");
  assert.equal(write(0x8103, 2013, { parameters: [{ name: "province", value: 11 }] }), "010000008102000b");
  assert.equal(write(0x8103, 2011, { parameters: [{ name: "province", value: 11 }] }), "010100000081040000000b");
  assert.equal(write(0x8300, 2019, { flags: ["service"], text: "A" }), "010141");
  assert.equal(write(0x8608, 2019, { kind: "circles" }), "0100000000");
  assert.equal(
    write(0x8105, 2013, { command: "connect", parameters: { control: "0", address: "a", tcpPort: 7 } }),
    "02" + Buffer.from("0;;;;;a;7;;").toString("hex"),
  );
  // Bits for the fields that are there, and for the hemisphere.
  const polygon = { id: 1, startTime: "08:00:00", endTime: "20:00:00", points: [{ latitude: -1, longitude: -2 }] };
  assert.equal(write(0x8604, 2013, polygon), compact("00000001 00c1 000000080000 000000200000 0001 000f4240 001e8480"));
  const route = {
    id: 1,
    points: [{ pointId: 1, sectionId: 2, latitude: -1, longitude: -2, width: 3, maxSpeed: 4, overspeedDuration: 5 }],
  };
  assert.equal(
    write(0x8606, 2013, route),
    compact("00000001 0000 0001 00000001 00000002 000f4240 001e8480 03 0e 0004 05"),
  );
});

test("what does not fit is named, also in lists and in forms", () => {
  const refusals: readonly (readonly [number, BodyVersion, NativeRecord, string, string])[] = [
    [0x8103, 2013, { parameters: [{ id: "0x0001", value: "much" }] }, "JT808_FIELD_TYPE", "params[0].value"],
    [
      0x8103,
      2013,
      { parameters: [{ id: "0x0001", value: 1 }, { name: "no_such" }] },
      "JT808_FIELD_TYPE",
      "params[1].id",
    ],
    [0x8103, 2013, { parameters: [{ id: "0x0031", value: 70_000 }] }, "JT808_FIELD_RANGE", "params[0].value"],
    [0x8103, 2013, { parameters: [{ id: "0x0013", value: "x".repeat(256) }] }, "JT808_FIELD_RANGE", "params[0].value"],
    [0x8202, 2013, { period: 5 }, "JT808_FIELD_MISSING", "expiry"],
    [
      0x8600,
      2013,
      { change: "update", areas: [{ id: 1, centerLatitude: 1, centerLongitude: 1 }] },
      "JT808_FIELD_MISSING",
      "areas[0].radius",
    ],
    [0x8600, 2013, { change: "update", areas: [], form: "no such form" }, "JT808_FIELD_RANGE", "form"],
    [
      0x0705,
      2013,
      { time: "00:00:00.0000", frames: [{ channel: 2, frameType: 0, dataMethod: 0, id: 0, data: "00" }] },
      "JT808_FIELD_RANGE",
      "can_data[0].channel",
    ],
    [0x8a00, 2013, { exponent: 3, modulus: "00" }, "JT808_FIELD_RANGE", "n"],
  ];
  for (const [id, version, native, code, field] of refusals) {
    assert.deepEqual(bodies.writeNative(id, version, native), new BodyFault(code as BodyFault["code"], field));
  }
});

function openAreas(id: string): NativeRecord {
  const [frame] = decodeAll([bytesOf(vectors.find((vector) => vector.id === id)!.hex)]) as Jt808Frame[];
  const { fields, exact } = bodies.read(frame!, [2019])!.toNative();
  // Their latitudes are none: marked, and the bytes are asked for.
  assert.equal(exact, false);
  assert.equal(hexOf(bodies.writeNative(0x0608, 2019, fields) as Uint8Array), hexOf(frame!.body));
  assert.deepEqual([fields["setType"], fields["setCount"]], [1, 1]);
  return fields;
}

test("0x0608: areas with the two leading bytes of the message that sets them", () => {
  const flags = ["speed", "enter_alarm_driver", "enter_alarm_platform", "leave_alarm_driver", "south", "west"];
  assert.deepEqual(openAreas("j160")["circles"], [
    {
      id: 1522,
      flags,
      centerLatitude: -123.456789,
      centerLongitude: -123.456789,
      radius: 200,
      maxSpeed: 60,
      overspeedDuration: 200,
      nightMaxSpeed: 666,
      name: "SmallChi",
      invalid: ["centerLatitude"],
    },
  ]);
  assert.deepEqual(openAreas("j161")["rectangles"], [
    {
      id: 1522,
      flags,
      topLatitude: -123.456787,
      leftLongitude: -123.456786,
      bottomLatitude: -123.456789,
      rightLongitude: -123.456788,
      maxSpeed: 60,
      overspeedDuration: 200,
      nightMaxSpeed: 0,
      name: "smallchi",
      invalid: ["topLatitude", "bottomLatitude"],
    },
  ]);
});

test("parameters of JT/T 1078 by their fields", () => {
  const [frame] = decodeAll([bytesOf(vectors.find((vector) => vector.id === "j280")!.hex)]) as Jt808Frame[];
  const { fields, exact } = bodies.read(frame!, [2013])!.toNative();
  assert.ok(exact);
  const values = new Map((fields["parameters"] as NativeRecord[]).map((one) => [one["name"], one["value"]]));
  const stream = {
    liveEncoding: 3,
    liveResolution: 5,
    liveKeyFrameInterval: 4,
    liveFrameRate: 7,
    liveBitRate: 6,
    storedEncoding: 8,
    storedResolution: 10,
    storedKeyFrameInterval: 9,
    storedFrameRate: 12,
    storedBitRate: 11,
    osd: 2,
  };
  assert.deepEqual(values.get("video_settings"), { ...stream, audio: 1 });
  assert.equal((values.get("channel_list") as NativeRecord)["videoChannels"], 3);
  assert.deepEqual(((values.get("channel_video_settings") as NativeRecord)["channels"] as NativeRecord[])[0], {
    channel: 1,
    ...stream,
  });
  assert.deepEqual(values.get("alarm_recording"), { storageThreshold: 3, duration: 2, leadTime: 1 });
  assert.deepEqual(values.get("image_analysis_alarms"), { overloadPassengers: 1, fatigueThreshold: 2 });
  assert.equal(hexOf(bodies.writeNative(0x8103, 2013, fields) as Uint8Array), hexOf(frame!.body));
});

const SITUATION = "3c 0064 01c9c380 06cb8080 260102030405 0401";
const situation = {
  speed: 60,
  altitude: 100,
  latitude: 30,
  longitude: 114,
  time: "2026-01-02T03:04:05+08:00",
  vehicle: ["acc", "positioned"],
};
const ALARM = "41".padEnd(14, "0") + "260102030405 01 02 00";
const alarm = { terminalId: "A", time: "2026-01-02T03:04:05+08:00", number: 1, files: 2, reserved: "00" };

test("items of T/JSATL 12: every one of them, and back", () => {
  const items: readonly (readonly [string, string, NativeRecord])[] = [
    [
      "64 2f 00000001 01 02 01 32 0a 01 00 00" + SITUATION + ALARM,
      "adas",
      {
        id: 1,
        state: "start",
        type: "lane_departure",
        level: 1,
        frontSpeed: 50,
        frontDistance: 10,
        deviation: "left",
        roadSign: 0,
        roadSignValue: 0,
        ...situation,
        alarm,
      },
    ],
    [
      "65 2f 00000001 02 01 02 05 00000000" + SITUATION + ALARM,
      "dsm",
      { id: 1, state: "end", type: "fatigue", level: 2, fatigue: 5, reserved: "00000000", ...situation, alarm },
    ],
    [
      "66 32 00000001 00" + SITUATION + ALARM + "01 03 0004 00dc ffec 0055",
      "tpms",
      {
        id: 1,
        state: "single",
        ...situation,
        alarm,
        count: 1,
        tyres: [{ number: 3, alarms: ["pressure_low"], pressure: 220, temperature: -20, battery: 85 }],
      },
    ],
    [
      "67 29 00000001 01 02" + SITUATION + ALARM,
      "bsd",
      { id: 1, state: "start", type: "left_rear_approach", ...situation, alarm },
    ],
  ];
  for (const [hex, name, native] of items) {
    const body = bodies.read(frameWith(0x0200, POSITION + hex), [2013])!;
    const { fields, exact } = body.toNative();
    assert.deepEqual(fields["extra"], { [name]: native });
    assert.ok(exact);
    assert.equal(hexOf(bodies.writeNative(0x0200, 2013, fields) as Uint8Array), compact(POSITION + hex), name);
  }
});

test("items of T/JSATL 12: wide terminal ids by form, other lengths and a second one as bytes", () => {
  const wide = "41".padEnd(60, "0") + "260102030405 01 02 0000";
  const bsd = "00000001 01 02" + SITUATION;
  const shown = bodies
    .read(frameWith(0x0200, `${POSITION}6741${bsd}${wide}6729${bsd}${ALARM}6702aabb`), [2013])!
    .toNative();
  assert.equal(((shown.fields["extra"] as NativeRecord)["bsd"] as NativeRecord)["form"], "alarm40");
  assert.deepEqual(shown.fields["items"], [
    { id: "0x67", hex: compact(bsd + ALARM) },
    { id: "0x67", hex: "aabb" },
  ]);
});

test("a body that ends early is written back, also in a record inside it", () => {
  for (const [id, version, hex] of cases) {
    const bytes = bytesOf(compact(hex));
    for (let end = 0; end < bytes.length; end++) {
      const frame = frameWith(id, hexOf(bytes.subarray(0, end)));
      const body = bodies.read(frame, [version])!;
      assert.equal(hexOf(bodies.rewrite(body) as Uint8Array), hexOf(frame.body), `${id} to ${end}`);
    }
  }
});

/** Texts without padding at their ends, which is not shown. */
const name = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((text) => text === text.replace(/^[\0 ]+|[\0 ]+$/g, ""));
const degree = (max: number): fc.Arbitrary<number> =>
  fc.integer({ min: 1, max: max * 1_000_000 }).map((raw) => raw / 1_000_000);

test("property: any circle of 2019 comes back as it was given, with the bits that it implies", () => {
  const circle = fc.record(
    {
      id: fc.nat(0xffffffff),
      south: fc.boolean(),
      west: fc.boolean(),
      latitude: degree(90),
      longitude: degree(180),
      radius: fc.nat(0xffffffff),
      times: fc.boolean(),
      speed: fc.option(fc.nat(0xffff), { nil: undefined }),
      name,
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(circle, { maxLength: 5 }), (all) => {
      const areas = all.map((one) => ({
        id: one.id,
        centerLatitude: one.south ? -one.latitude : one.latitude,
        centerLongitude: one.west ? -one.longitude : one.longitude,
        radius: one.radius,
        ...(one.times ? { startTime: "08:00:00", endTime: "2026-01-02T03:04:05+08:00" } : {}),
        ...(one.speed === undefined ? {} : { maxSpeed: one.speed, overspeedDuration: 5, nightMaxSpeed: 40 }),
        name: one.name,
      }));
      const bytes = bodies.writeNative(0x8600, 2019, { change: "append", areas }) as Uint8Array;
      const { fields, exact } = bodies.read(frameWith(0x8600, hexOf(bytes)), [2019])!.toNative();
      assert.ok(exact);
      const shown = (fields["areas"] as NativeRecord[]).map((one) =>
        Object.fromEntries(Object.entries(one).filter(([key]) => key !== "flags")),
      );
      assert.deepEqual(shown, areas);
      const flags = (fields["areas"] as NativeRecord[]).map((one) => one["flags"]);
      const implied = all.map((one) =>
        ["times", "speed", "south", "west"].filter(
          (_, i) => [one.times, one.speed !== undefined, one.south, one.west][i],
        ),
      );
      assert.deepEqual(flags, implied);
    }),
    { numRuns: 300 },
  );
});

test("property: any list of parameters comes back as it was given", () => {
  const value = fc.oneof(
    fc.record({ id: fc.constantFrom("0x0001", "0x0055", "0x0093"), value: fc.nat(0xffffffff) }),
    fc.record({ id: fc.constantFrom("0x0013", "0x0083"), value: name }),
    fc.record({ id: fc.constantFrom("0xf001", "0x0110"), value: fc.uint8Array({ maxLength: 20 }).map(hexOf) }),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), (parameters) => {
      const bytes = bodies.writeNative(0x8103, 2013, { parameters }) as Uint8Array;
      const { fields, exact } = bodies.read(frameWith(0x8103, hexOf(bytes)), [2013])!.toNative();
      assert.ok(exact);
      const shown = (fields["parameters"] as NativeRecord[]).map((one) => ({ id: one["id"], value: one["value"] }));
      assert.deepEqual(
        shown,
        parameters.map(({ id, value: given }) => ({ id, value: given })),
      );
    }),
    { numRuns: 300 },
  );
});
