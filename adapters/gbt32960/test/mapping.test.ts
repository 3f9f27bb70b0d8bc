// Verdicts and refusals to flags, frames to names, ids to names, serials; defaults of the configuration.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, Encryption, Gbt32960Bodies, Gbt32960Frame, Response } from "gbt32960-parser";
import { RefusalReason, Verdict, isAccepted } from "../../../core/index.ts";
import { Ajv } from "ajv";
import { gbt32960ConfigSchema, listenerOptions } from "../config.ts";
import { LinkFault } from "../faults.ts";
import {
  faultFlag,
  flagOf,
  isAnswer,
  isName,
  isSessionMessage,
  messageNameOf,
  refusalFlag,
  serialFaultOf,
} from "../mapping.ts";
import { nativeProfile } from "../profile-native.ts";
import { loginOf, logoutOf } from "./gbt32960-device.ts";

const bodies = new Gbt32960Bodies();
const frame = (
  command: number,
  response: number = Response.Command,
  data: Uint8Array = new Uint8Array(0),
): Gbt32960Frame => new Gbt32960Frame(2016, command, response, "V", Encryption.None, data);

test("a sender is told ok exactly when the core has the message", () => {
  for (const verdict of Object.values(Verdict)) {
    assert.equal(flagOf(verdict) === Response.Ok, isAccepted(verdict), String(verdict));
  }
});

test("no refusal and no fault is ok, and 2016 knows one error", () => {
  for (const reason of Object.values(RefusalReason)) {
    assert.equal(refusalFlag(reason, 2016), Response.Error);
    assert.notEqual(refusalFlag(reason, 2025), Response.Ok);
  }
  for (const code of ["GBT32960_BODY_SHORT", LinkFault.Decryption, LinkFault.Signature] as const) {
    assert.equal(faultFlag(code, 2016), Response.Error);
  }
  assert.deepEqual(
    [LinkFault.Decryption, LinkFault.Signature, "GBT32960_BODY_SHORT"].map((code) =>
      faultFlag(code as typeof LinkFault.Signature, 2025),
    ),
    [Response.Decryption, Response.Signature, Response.Structure],
  );
});

test("names of messages: by command; answers, whatever their flag; faults before all", () => {
  const nameOf = (command: number, response?: number): string => messageNameOf(frame(command, response), null);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 9, 0x0b].map((command) => nameOf(command)),
    ["login", "report", "reissue", "logout", "platform_login", "platform_logout", "activation", "key_exchange"],
  );
  assert.equal(nameOf(0x80), "response");
  assert.equal(nameOf(0xc0, Response.Ok), "response");
  assert.equal(nameOf(0xc0), "transparent");
  assert.equal(messageNameOf(frame(2), "GBT32960_BODY_SHORT"), "undecoded");
  assert.ok(isAnswer(frame(0x82)) && isAnswer(frame(1, Response.Ok)) && !isAnswer(frame(1)));
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 9].filter((command) => isSessionMessage(command)),
    [1, 4, 5, 6],
  );
});

test("an id is a name when it can be a level of a topic, and nothing else", () => {
  for (const good of ["LSVAU2A37N2100001", "a", "P-1.2_3", "x:y@z"]) assert.ok(isName(good), good);
  for (const bad of ["", ".", "..", "a/b", "a+b", "#", "a b", "a\u0000", "é", "x".repeat(18), "$x"]) {
    assert.ok(!isName(bad), bad);
  }
});

function fault(command: number, data: Uint8Array, ofLogin: number | null): string | null {
  const one = frame(command, Response.Command, data);
  return serialFaultOf(one, bodies.read(one), ofLogin);
}

test("serials: 1 to 65531, and that of the login in the logout", () => {
  assert.equal(fault(Command.VehicleLogin, loginOf(0, 1), null), null);
  assert.equal(fault(Command.VehicleLogin, loginOf(0, 65_531), 5), null, "a login may follow a login");
  for (const serial of [0, 65_532, 65_535]) {
    assert.equal(fault(Command.VehicleLogin, loginOf(0, serial), null), "out_of_range");
  }
  assert.equal(fault(Command.VehicleLogout, logoutOf(0, 7), 7), null);
  assert.equal(fault(Command.VehicleLogout, logoutOf(0, 7), null), null);
  assert.equal(fault(Command.VehicleLogout, logoutOf(0, 7), 8), "not_of_login");
  assert.equal(fault(Command.Report, logoutOf(0, 0), 8), null);
});

test("what a listener does when nothing is said", () => {
  const options = listenerOptions({ port: 0 });
  assert.deepEqual(
    [options.emqxMountpoint, options.links, options.dataBeforeLogin, options.terminalAnswers, options.answersReports],
    [null, "any", "platforms", "time", true],
  );
  assert.deepEqual(options.commands, {
    answerWaitsMs: [60_000, 60_000, 60_000],
    ttlMs: 600_000,
    queueMax: 32,
    reports: true,
  });
  assert.equal(listenerOptions({ port: 0, profile: "emqx" }).commands.reports, false);
});

test("keys of the emqx profile without the profile are refused, and mount points that are none", () => {
  const accepts = new Ajv({ useDefaults: true, strict: false }).compile(gbt32960ConfigSchema);
  const isRight = (listener: object): boolean => accepts({ listeners: [{ port: 0, ...listener }] });
  assert.ok(isRight({ profile: "emqx" }) && isRight({ profile: "emqx", emqx: { mountpoint: "" } }));
  assert.ok(isRight({}) && isRight({ profile: "native" }));
  assert.ok(!isRight({ emqx: {} }) && !isRight({ profile: "native", emqx: { mountpoint: "a/" } }));
  for (const mountpoint of ["a/#", "+/", "{vin}/"]) assert.ok(!isRight({ profile: "emqx", emqx: { mountpoint } }));
});

test("the codec's unit names stand in native JSON as they are; a secret stands nowhere", () => {
  const password = "geheim";
  const layout = bodies.layout(2016, Command.PlatformLogin, "command")!;
  const time = "2025-11-20T10:00:00+08:00";
  const data = bodies.writeNative(layout, { time, serial: 1, username: "u", password, encryption: "none" });
  assert.ok(data instanceof Uint8Array);
  const one = frame(Command.PlatformLogin, Response.Command, data);
  const context = {
    vin: "V",
    message: "platform_login",
    platform: "V",
    encryption: Encryption.None,
    receivedAt: 0,
    reference: null,
    fault: null,
    signature: null,
    serialFault: null,
  } as const;
  for (const body of [bodies.read(one), null]) {
    const json = nativeProfile.toJson(one, body, context);
    assert.ok(!json.includes(password) && !json.includes(Buffer.from(password).toString("hex")), json);
  }
});
