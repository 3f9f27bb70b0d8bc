// The second layer of commands as people write them, and what is refused, by name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gbt32960Frame, commands, parameterRows } from "../src/index.ts";
import type { Gbt32960Body } from "../src/index.ts";
import { ISO, TIME, refused, written } from "./native-forms.ts";
import { bodies, bodyOf, bytesOf, framed, hexOf, tight } from "./vectors.ts";

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
