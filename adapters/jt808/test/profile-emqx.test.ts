// Messages in the compatible profile against what its original makes of the same bytes: every recorded frame, exactly; and
// where we answer otherwise on purpose, what we answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv } from "ajv";
import { BODY_VERSIONS, Gb18030, Jt808Bodies, Jt808Frame, plainFrame, versionsFor } from "jt808-parser";
import { emqxOptions, emqxSchema } from "../emqx-config.ts";
import { Result } from "../mapping.ts";
import { emqxProfile, upMessage } from "../profile-emqx.ts";
import type { UplinkContext } from "../profile.ts";
import { Utf8OrGbk } from "../utf8-text.ts";
import { bodyOf, framesIn, locationFields } from "./jt808-device.ts";
import { vector, vectors } from "./vectors.ts";
import type { Vector } from "./vectors.ts";

type Json = Record<string, unknown>;

const text = new Utf8OrGbk();
const bodies = new Jt808Bodies(undefined, text);
const gbk = new TextDecoder("gb18030");
const profile = emqxProfile(emqxOptions(), text);
const context: UplinkContext = {
  device: "013800138000",
  version: 2013,
  receivedAt: 0,
  reference: null,
  unknownAreUnsupported: false,
};

/** A text that is no UTF-8 is GBK here. */
function readable(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith("!hex:")) return gbk.decode(Buffer.from(value.slice(5), "hex"));
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readable(one)]));
}

function messageOf(frame: Jt808Frame, legacyBitOrder = false): Json {
  return upMessage(frame, bodies.read(frame, versionsFor(frame, null)), { legacyBitOrder, text });
}

const frameOf = (one: Vector): Jt808Frame => framesIn(Buffer.from(one.hex, "hex"))[0]!;
const shown = (one: Vector, legacyBitOrder = false): Json => messageOf(frameOf(one), legacyBitOrder);
const opaque = (one: Vector): Json => ({ unknown_id: true, data: Buffer.from(frameOf(one).body).toString("base64") });
/** The manufacturer keeps its NULs there, so it does here. */
const registered = (one: Vector): Json => {
  const { manufacturer, ...others } = one.reference as { manufacturer: string };
  return { ...others, manufacturer: manufacturer.padEnd(5, "\0") };
};
const signals =
  (on: readonly string[], sleeps: readonly string[] = []) =>
  (one: Vector): Json => {
    const body = structuredClone(one.emqx!.body) as { extra: { signal: Json; io_status?: Json } };
    for (const name of on) body.extra.signal[name] = 1;
    for (const name of sleeps) body.extra.io_status![name] = 1;
    return body;
  };

/** Ours where it is not theirs, by recorded frame. The README says why. */
const deviations: Readonly<Record<string, (one: Vector) => Json>> = {
  // 2013 asks for fragments, too: a fault there.
  j025: () => ({ seq: 1234, count: 2, ids: [258, 515] }),
  // 2011 registers: unknown there.
  j029: registered,
  j030: registered,
  j031: registered,
  j032: registered,
  // Encrypted: read as if it were plain there.
  j046: opaque,
  // Bytes behind a list that is whole: zeros there.
  j073: opaque,
  j074: opaque,
  // A count that is higher than its list: a fault there.
  j075: () => ({ seq: 4, length: 2, params: [{ id: 1, value: 1 }] }),
  // 2019 with a manufacturer of 11 bytes: a fault there.
  j093: ({ reference }) => {
    const { maker_width: _, ...others } = reference!;
    return others;
  },
  // Signals and inputs begin at bit 0: at the other end there.
  j123: signals(["low_beam", "high_beam", "right_turn", "brake"]),
  j126: signals(["low_beam", "high_beam", "reverse", "fog"], ["sleep"]),
  j127: signals(["low_beam", "high_beam", "reverse", "fog"], ["sleep"]),
  j139: signals(["brake"]),
};
const isDeviation = ({ id }: Vector): boolean => Object.hasOwn(deviations, id);

const theirs = vectors.filter(({ emqx, emqx_fails }) => emqx !== undefined || emqx_fails !== undefined);
for (const one of theirs.filter((each) => !isDeviation(each))) {
  test(`${one.id} ${one.msg_id} ${one.version}: exactly`, () => assert.deepEqual(shown(one), readable(one.emqx)));
}
for (const one of theirs.filter(isDeviation)) {
  test(`${one.id} ${one.msg_id} ${one.version}: our own answer`, () => {
    const message = shown(one);
    assert.deepEqual(message["body"], deviations[one.id]!(one));
    if (one.emqx !== undefined) assert.deepEqual(message["header"], one.emqx.header);
  });
}

test("every frame that the original reads or fails at is compared, and the deviations are real", () => {
  assert.equal(theirs.length, 225);
  for (const id of Object.keys(deviations)) assert.notDeepEqual(shown(vector(id)), readable(vector(id).emqx ?? {}));
});

test("legacy bit order: signals exactly as there", () => {
  for (const id of ["j114", "j123", "j126", "j127", "j139"]) {
    assert.deepEqual(shown(vector(id), true), vector(id).emqx, id);
  }
});

const frame = (id: number, body: Uint8Array, phone = "013800138000"): Jt808Frame =>
  plainFrame(id, phone.length === 20 ? 2019 : 2013, phone.length === 20 ? 1 : 0, phone, 7, body);
const located = (...items: readonly object[]): Json => {
  const body = messageOf(frame(0x0200, bodyOf(0x0200, 2013, { ...locationFields, extra: items })))["body"];
  return (body as { extra: Json }).extra;
};

test("item 0xE0 is an item like others", () => {
  const items = [
    { id: 0xe0, data: Uint8Array.of(1, 2) },
    { id: 0xe1, data: Uint8Array.of(3) },
  ];
  assert.deepEqual(located(...items), { 224: "AQI=", custome: { 225: "Aw==" } });
});

test("an item that comes twice is shown as it came last", () => {
  assert.deepEqual(located({ id: 0x30, value: 1 }, { id: 0x30, value: 2 }), { rssi: 2 });
});

test("a position that is too short is told, with its bytes; one with a broken item keeps its 28 bytes", () => {
  const whole = bodyOf(0x0200, 2013, { ...locationFields, extra: [] });
  const cut = whole.subarray(0, 20);
  const one = frame(0x0200, cut);
  assert.deepEqual(messageOf(one)["body"], {
    decode_error: "JT808_BODY_SHORT",
    raw: Buffer.from(cut).toString("base64"),
  });
  assert.equal(profile.toJson(one, bodies.read(one, [2013]), context).result, Result.BadMessage);
  const odd = Uint8Array.of(...whole, 0x01, 0x04, 0x00);
  const body = messageOf(frame(0x0200, odd))["body"] as Json;
  assert.deepEqual(
    [body["latitude"], body["decode_error"], body["raw"]],
    [30_000_000, "JT808_BODY_ELEMENT", Buffer.from(odd).toString("base64")],
  );
});

test("a position in a batch that cannot be read stands beside the others", () => {
  const location = [{ ...locationFields, extra: [] }, { undecoded: Uint8Array.of(1, 2) }];
  const body = messageOf(frame(0x0704, bodyOf(0x0704, 2013, { type: 0, location })))["body"] as { location: Json[] };
  assert.equal(body.location[0]!["speed"], 601);
  assert.deepEqual(body.location[1], { decode_error: "JT808_BODY_ELEMENT", raw: "AQI=" });
});

test("the header: version and fragment where there are such", () => {
  const fragment = new Jt808Frame(0x0801, 0x6000, 2019, 1, "00000000013800138000", 9, 3, 2, Uint8Array.of(1));
  assert.deepEqual(messageOf(fragment), {
    header: {
      msg_id: 0x0801,
      encrypt: 0,
      len: 1,
      phone: "00000000013800138000",
      msg_sn: 9,
      proto_ver: 1,
      frag_total: 3,
      frag_sn: 2,
    },
    body: { unknown_id: true, data: "AQ==" },
  });
});

test("the code of an authentication is in no message", () => {
  for (const version of BODY_VERSIONS) {
    for (const body of [Buffer.from("s3cret"), Buffer.from("\u0006s3cret123456789012345V1234567890123456789more")]) {
      const one = frame(0x0102, body);
      const { json } = profile.toJson(one, bodies.read(one, [version]), context);
      assert.deepEqual(JSON.parse(json).body, {});
    }
  }
});

const resultOf = (one: Jt808Frame, unknownAreUnsupported: boolean): number =>
  profile.toJson(one, bodies.read(one, [2013]), { ...context, unknownAreUnsupported }).result;

test("results: unknown ids as configured; what is opaque is no unknown id", () => {
  assert.equal(resultOf(frame(0x0f01, Uint8Array.of(1)), false), Result.Ok);
  assert.equal(resultOf(frame(0x0f01, Uint8Array.of(1)), true), Result.Unsupported);
  assert.equal(resultOf(frameOf(vector("j001")), true), Result.Ok);
});

test("texts: GBK where it is configured, whatever they look like", () => {
  const utf8 = Buffer.from("测");
  assert.equal(text.decode(utf8, 0, utf8.length), "测");
  assert.equal(new Gb18030().decode(utf8, 0, utf8.length), "娴�");
  const bytes = Buffer.from("b2e2", "hex");
  assert.equal(text.decode(bytes, 0, 2), "测");
  assert.equal(text.isExact("测", bytes, 0, 2), false);
  assert.equal(text.isExact("测", utf8, 0, 3), true);
});

test("topics: defaults, templates, and a topic that repeats the mount point", () => {
  const id = "013800138000";
  assert.deepEqual(
    [profile.upTopic(id, "location"), profile.downTopic(id)],
    [`jt808/${id}/${id}/up`, `jt808/${id}/${id}/dn`],
  );
  assert.equal(profile.upTopic(id, "command"), `jt808/${id}/${id}/up/command`);
  const own = emqxProfile(
    emqxOptions({ mountpoint: "cars/", upTopic: "${phone}", downTopic: "d/${clientid}/x" }),
    text,
  );
  assert.deepEqual([own.upTopic("1", "location"), own.downTopic("1")], ["cars/1", "cars/d/1/x"]);
  const older = emqxProfile(emqxOptions({ upTopic: "jt808/${clientid}/{phone}/up" }), text);
  assert.equal(older.upTopic("1", "location"), "jt808/1/1/up");
  const none = emqxProfile(emqxOptions({ mountpoint: "" }), text);
  assert.equal(none.upTopic("1", "location"), "1/up");
});

test("a terminal is known by all the digits of its header", () => {
  assert.equal(profile.clientId("013800138000"), "013800138000");
  assert.equal(profile.clientId("4f07788ef676"), "4?07788>?676");
});

test("which messages are consumed", () => {
  const consumed = [0x0001, 0x0002, 0x0003, 0x0004, 0x0100, 0x0102, 0x0200, 0x0801, 0x0a00, 0x0f01];
  const of = (options: Parameters<typeof emqxOptions>[0]): number[] =>
    consumed.filter((id) => emqxProfile(emqxOptions(options), text).isConsumed(id));
  assert.deepEqual(of({}), [0x0002, 0x0003, 0x0004, 0x0100, 0x0102, 0x0a00]);
  assert.deepEqual(of({ consumed: ["0x0001", "0x0801"] }), [0x0001, 0x0801]);
  assert.deepEqual(of({ consumed: [], unknown: "ignore" }), [0x0f01]);
});

test("templates of topics: what the configuration takes", () => {
  const validate = new Ajv({ strict: false }).compile(emqxSchema);
  for (const upTopic of ["{phone}/up", "${phone}/up", "a/{clientid}/b", "plain"])
    assert.ok(validate({ upTopic }), upTopic);
  for (const upTopic of ["", "#", "a/+/b", "{username}", "${phone", "{phone", "phone}", "$up", "a\0"])
    assert.ok(!validate({ upTopic }), upTopic);
  assert.ok(validate({ mountpoint: "" }));
  assert.ok(!validate({ consumed: ["2"] }));
});

test("any cut and any flipped byte of a recorded body is JSON, with its bytes where something is not said", () => {
  let told = 0;
  for (const one of theirs) {
    const { id, form, protocolVersion, phone, serial, body } = frameOf(one);
    for (let at = 0; at < Math.min(body.length, 128); at++) {
      const flipped = Uint8Array.from(body);
      flipped[at]! ^= 0xff;
      for (const bytes of [body.subarray(0, at), flipped]) {
        const bent = plainFrame(id, form, protocolVersion, phone, serial, bytes);
        const message = JSON.parse(JSON.stringify(messageOf(bent))) as { header: Json; body: Json };
        assert.equal(message.header["len"], bytes.length);
        const raw = message.body["raw"] ?? (message.body["unknown_id"] === true ? message.body["data"] : undefined);
        if (raw === undefined) continue;
        assert.equal(raw, Buffer.from(bytes).toString("base64"), one.id);
        told++;
      }
    }
  }
  assert.ok(told > 1000);
});
