// The EMQX-compatible JSON against what that gateway's own parser says for every vector; where it fails or loses data,
// against the answer that the README documents. And the down-link, both ways.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  BodyFault,
  FRAME_MAX_BYTES,
  Gbt32960Bodies,
  Gbt32960Decoder,
  Gbt32960Encoder,
  Gbt32960Frame,
  decryptedFrame,
} from "gbt32960-parser";
import type { Gbt32960Version } from "gbt32960-parser";
import { emqxTopic, fromEmqx, toEmqx } from "../profile-emqx.ts";

interface Vector {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
  readonly cmd?: string;
  readonly hex: string;
  readonly expected?: unknown;
  readonly expected_kind: string;
  readonly emqx?: unknown;
  readonly emqx_fails?: string;
}

const fixtures = new URL("../../../codecs/gbt32960-parser/fixtures/gbt32960.jsonl", import.meta.url);
const vectors = readFileSync(fixtures, "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Vector => JSON.parse(line));
const bodies = new Gbt32960Bodies();

function frameOf(hex: string): Gbt32960Frame {
  const decoder = new Gbt32960Decoder(FRAME_MAX_BYTES);
  decoder.push(Uint8Array.from(Buffer.from(hex, "hex")));
  const frame = decoder.next();
  assert.ok(frame instanceof Gbt32960Frame);
  return frame;
}

function byId(id: string): Vector {
  return vectors.find((vector) => vector.id === id)!;
}

function shown(hex: string): unknown {
  const frame = frameOf(hex);
  return toEmqx(frame, bodies.read(frame));
}

function data(id: string): Record<string, unknown> {
  return (shown(byId(id).hex) as { Data: Record<string, unknown> }).Data;
}

/** Vectors for which ours is deliberately another JSON. */
const differing: readonly string[] = ["g089"];

test("every vector that EMQX reads: the same JSON", async (t) => {
  const stated = vectors.filter((vector) => vector.emqx !== undefined && !differing.includes(vector.id));
  assert.equal(stated.length, 74);
  for (const vector of stated) await t.test(vector.id, () => assert.deepEqual(shown(vector.hex), vector.emqx));
});

test("the JSON that EMQX's own tests state, flag and version included", () => {
  const stated = vectors.filter((vector) => vector.expected_kind.startsWith("emqx-") && vector.id !== "g068");
  assert.equal(stated.length, 22);
  for (const vector of stated) {
    const frame = frameOf(vector.hex);
    const seen = { ...(shown(vector.hex) as object), __ack: frame.response, __ver: String(frame.version) };
    assert.deepEqual(seen, vector.expected, vector.id);
  }
  // The one that states a command to a vehicle: its ids, not values.
  const query = byId("g068").expected as { Data: { Ids: unknown } };
  assert.deepEqual(bodies.read(frameOf(byId("g068").hex))!.fields["ids"], query.Data.Ids);
});

test("custom units end where they say: the units and the signature behind them are seen", () => {
  const stated = byId("g089").emqx as { Data: { Infos: { Type: string; Data: string }[] } };
  const ours = shown(byId("g089").hex) as typeof stated;
  const swallowed = stated.Data.Infos.at(-1)!;
  const [first, second, signature] = ours.Data.Infos.slice(-3);
  assert.deepEqual(ours.Data.Infos.slice(0, -3), stated.Data.Infos.slice(0, -1));
  assert.deepEqual([first!.Type, second!.Type, signature!.Type], ["CustomData", "CustomData", "Signature"]);
  const joined = Buffer.concat([Buffer.from(first!.Data, "base64"), Buffer.from(second!.Data, "base64")]);
  assert.ok(Buffer.from(swallowed.Data, "base64").toString("hex").startsWith(joined.toString("hex")));
});

// What EMQX's parser fails on, and what goes out instead.
const answers: readonly (readonly [id: string, expected: unknown])[] = [
  ["g002", { Time: { Year: 18, Month: 10, Day: 30, Hour: 20, Minute: 35, Second: 54 } }],
  ["g050", { Time: { Year: 18, Month: 6, Day: 22, Hour: 16, Minute: 21, Second: 21 } }],
  ["g064", { Time: { Year: 26, Month: 8, Day: 27, Hour: 10, Minute: 0, Second: 0 } }],
  ["g098", { ActivationStatus: 2, Info: 0 }],
  ["g099", { ActivationStatus: 1, Info: 0 }],
];
const sentinels: readonly (readonly [id: string, unit: number, expected: Record<string, unknown>])[] = [
  ["g021", 0, { Type: "ChargeableVoltage", Number: 254, SubSystems: [] }],
  [
    "g022",
    0,
    {
      Type: "ChargeableTemp",
      Number: 1,
      SubSystems: [{ ChargeableSubsysNo: 1, ProbeNum: 65_534, ProbesTemp: [] }],
    },
  ],
  ["g023", 0, { FaultChargeableDeviceNum: 254, FaultChargeableDeviceList: [] }],
  ["g024", 0, { Type: "FuelCell", ProbeNum: 65_535, ProbeTemps: [] }],
  ["g080", 0, { Type: "DriveMotor", Number: 255, Motors: [] }],
  ["g081", 0, { Type: "FuelCellStack", Number: 254, Stacks: [] }],
  ["g082", 0, { Type: "SuperCapacitor", CellsTotal: 65_534, CellsVoltage: [], ProbeNum: 65_535, ProbeTemp: [] }],
  ["g086", 0, { FaultOthersNum: 255, FaultOthersList: [], FaultGeneralNum: 254, FaultGeneralList: [] }],
];

test("what EMQX fails on: the documented answer", async (t) => {
  const tested = [...answers, ...sentinels].map(([id]) => id).toSorted();
  assert.deepEqual(
    tested,
    vectors.filter((vector) => vector.emqx_fails !== undefined).map((vector) => vector.id),
  );
  for (const [id, expected] of answers) await t.test(id, () => assert.deepEqual(data(id), expected));
  for (const [id, unit, expected] of sentinels) {
    await t.test(id, () => assert.partialDeepStrictEqual((data(id)["Infos"] as object[])[unit], expected));
  }
});

test("units without a vector of their own: super capacitor extremes, hydrogen of 2025, wide fault codes", () => {
  const head = "1a01020304050607";
  const report = (hex: string, version: Gbt32960Version): unknown => {
    const frame = new Gbt32960Frame(
      version,
      2,
      0xfe,
      "V",
      1,
      Uint8Array.from(Buffer.from(head.slice(0, 12) + hex, "hex")),
    );
    return (toEmqx(frame, bodies.read(frame)) as { Data: { Infos: unknown[] } }).Data.Infos[0];
  };
  assert.deepEqual(report("32010002000304000500060700080900000a0b", 2025), {
    Type: "SuperCapacitorExtreme",
    MaxVoltageManagerSysNo: 1,
    MaxVoltageCellCode: 2,
    MaxVoltageValue: 3,
    MinVoltageManagerSysNo: 4,
    MinVoltageCellCode: 5,
    MinVoltageValue: 6,
    MaxTempManagerSysNo: 7,
    MaxTempProbeCode: 8,
    MaxTempValue: 9,
    MinTempManagerSysNo: 0,
    MinTempProbeCode: 10,
    MinTempValue: 11,
  });
  assert.deepEqual(report("0300010200030400050601070a", 2025), {
    Type: "FuelCell",
    H_MaxTemp: 1,
    H_TempProbeCode: 2,
    H_MaxConc: 3,
    H_ConcSensorCode: 4,
    H_MaxPress: 5,
    H_PressSensorCode: 6,
    DCStatus: 1,
    RemainingH2: 7,
    DCDCTemp: 10,
  });
  assert.deepEqual(report("040bb8", 2025), { Type: "Engine", CrankshaftSpeed: 3000 });
  assert.partialDeepStrictEqual(report("0700000000000200012345000000c8000000", 2016), {
    FaultChargeableDeviceList: ["00012345", "00C8"],
  });
  assert.deepEqual(report("0a0102", 2016), { Type: "CustomData", Data: Buffer.from([10, 1, 2]).toString("base64") });
});

test("what cannot be read: nothing for a broken data unit, base64 for one without a layout", () => {
  for (const id of ["g039", "g040", "g048"]) assert.equal(shown(byId(id).hex), null, id);
  assert.deepEqual(shown(byId("g077").hex), { Cmd: 255, Vin: "LSVAU2A37K2100001", Encrypt: 1, Data: "" });
  const secret = new Gbt32960Frame(2025, 2, 0xfe, "V", 5, Uint8Array.of(1, 2, 3));
  assert.deepEqual(toEmqx(secret, bodies.read(secret)), { Cmd: 2, Vin: "V", Encrypt: 5, Data: "AQID" });
  const none = { decrypt: () => null, encrypt: () => null };
  assert.ok(decryptedFrame(secret, none) instanceof BodyFault);
});

test("topics", () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x80, 0x81, 0x82, 0xc0].map(emqxTopic);
  assert.deepEqual(all, [
    ..."vlogin info reinfo vlogout plogin plogout".split(" "),
    null,
    null,
    "activation",
    ..."transparent response response response transparent".split(" "),
  ]);
});

const MOMENT = Date.parse("2017-12-18T09:22:30+08:00");
const encoder = new Gbt32960Encoder();

function sent(json: unknown, version: Gbt32960Version = 2016): string {
  const command = fromEmqx(json, version, MOMENT, bodies);
  assert.ok(!(command instanceof BodyFault), JSON.stringify(command));
  const frame = new Gbt32960Frame(version, command.command, 0xfe, "1G1BL52P7TR115520", 1, command.data);
  return Buffer.from(encoder.encode(frame)).toString("hex");
}

function refused(json: unknown): string {
  const fault = fromEmqx(json, 2016, MOMENT, bodies);
  assert.ok(fault instanceof BodyFault);
  return `${fault.code} ${fault.field}`;
}

test("down-link: the bytes of the recorded commands", () => {
  const params = [
    { "0x01": 5000 },
    { "0x04": 10 },
    { "0x05": "google.com" },
    { "0x0D": 14 },
    { "0x0E": "www.google.com" },
  ];
  assert.equal(sent({ Action: "Setting", Total: 5, Params: params }), byId("g072").hex);
  const withoutLengths = params.filter((_, i) => i !== 1 && i !== 3);
  assert.equal(sent({ Action: "Setting", Total: 3, Params: withoutLengths }), byId("g072").hex);
  assert.equal(sent({ Action: "Control", Command: "0x02" }), byId("g073").hex);
  const warning = { Level: 1, Message: "This is a alarm text!!!" };
  assert.equal(sent({ Action: "Control", Command: "0x06", Param: warning }), byId("g075").hex);
  const { Param } = (byId("g076").emqx as { Data: { Param: unknown } }).Data;
  assert.equal(sent({ Action: "Control", Command: "0x01", Param }), byId("g076").hex);
});

test("down-link: a query, and what it becomes", () => {
  const frame = frameOf(sent({ Action: "Query", Total: 2, Ids: ["0x01", "0x0A"] }));
  assert.equal(frame.command, 0x80);
  assert.deepEqual(bodies.read(frame)!.toNative().fields, {
    time: "2017-12-18T09:22:30+08:00",
    parameters: ["storePeriod", "terminalTimeout"],
  });
});

test("down-link: values of users' own parameters and commands are base64; widths are the version's", () => {
  const custom = frameOf(sent({ Action: "Setting", Params: [{ "0x80": "AQI=" }] }));
  assert.equal(Buffer.from(custom.data.subarray(6)).toString("hex"), "01800102");
  const control = frameOf(sent({ Action: "Control", Command: "0x80", Param: "AQI=" }));
  assert.equal(Buffer.from(control.data.subarray(6)).toString("hex"), "800102");
  const narrow = frameOf(sent({ Action: "Setting", Params: [{ "0x02": 10 }] }, 2025));
  assert.equal(Buffer.from(narrow.data.subarray(6)).toString("hex"), "01020a");
});

test("down-link: what does not fit is refused by name", () => {
  assert.equal(refused(null), "GBT32960_FIELD_TYPE ");
  assert.equal(refused({}), "GBT32960_FIELD_MISSING Action");
  assert.equal(refused({ Action: "Reboot" }), "GBT32960_FIELD_RANGE Action");
  assert.equal(refused({ Action: "Query" }), "GBT32960_FIELD_MISSING ids");
  assert.equal(refused({ Action: "Query", Ids: ["storePeriod"] }), "GBT32960_FIELD_TYPE ids[0]");
  assert.equal(refused({ Action: "Setting", Params: [{ "0x01": 70_000 }] }), "GBT32960_FIELD_RANGE params[0].value");
  assert.equal(refused({ Action: "Setting", Params: [{ "0x01": "x" }] }), "GBT32960_FIELD_TYPE params[0].value");
  assert.equal(refused({ Action: "Setting", Params: "x" }), "GBT32960_FIELD_TYPE params");
  assert.equal(refused({ Action: "Control" }), "GBT32960_FIELD_MISSING command");
  assert.equal(refused({ Action: "Control", Command: "0x80", Param: "!" }), "GBT32960_FIELD_TYPE param");
  assert.equal(
    refused({ Action: "Control", Command: "0x01", Param: { Ip: "300.1.1.1" } }),
    "GBT32960_FIELD_RANGE param",
  );
});
