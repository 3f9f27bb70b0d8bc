// Messages in fragments, on a socket: joined, asked for with 0x8003 and 0x8800, published once, told of when given up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Jt808Encoder, canonicalPhone, framesOfBody } from "jt808-parser";
import type { BodyVersion, HeaderForm, Jt808Frame } from "jt808-parser";
import { turns } from "../../../conformance/adapter-kit/stage.ts";
import { Verdict } from "../../../core/index.ts";
import { mediaAnswerBody, resendBody } from "../fragments.ts";
import { startRig } from "./bench-link.ts";
import type { Rig } from "./bench-link.ts";
import { answerIn, bodyOf, framesIn, locationFields } from "./jt808-device.ts";
import type { Jt808Device } from "./jt808-device.ts";
import { vectors } from "./vectors.ts";

const PHONE = "013800138000";
const ID = "13800138000";
const ASK_MS = 10_000;
const encoder = new Jt808Encoder();
const picture = Buffer.from(Array.from({ length: 3000 }, (_, index) => index & 0xff));

function mediaBody(id: number, bytes: Uint8Array, version: BodyVersion = 2013): Uint8Array {
  const location = {
    alarm: 0,
    status: 2,
    latitude: 1,
    longitude: 1,
    altitude: 0,
    speed: 0,
    direction: 0,
    time: "260101000000",
  };
  const head = { id, type: 0, format: 0, event: 1, channel: 3, location, multimedia: new Uint8Array(0) };
  return Buffer.concat([bodyOf(0x0801, version, head), bytes]);
}

function send(device: Jt808Device, frames: readonly Jt808Frame[]): void {
  device.tcp.write(Buffer.concat(frames.map((frame) => encoder.encode(frame))));
}

function fragments(id: number, serial: number, body: Uint8Array, form: HeaderForm = 2013, size = 500): Jt808Frame[] {
  const phone = form === 2019 ? PHONE.padStart(20, "0") : PHONE;
  return framesOfBody(id, form, form === 2019 ? 1 : 0, phone, serial, body, size);
}

/** What a 0x8003 asks for. */
function wanted({ form, body }: Jt808Frame): { serial: number; numbers: number[] } {
  const view = Buffer.from(body);
  const head = form === 2019 ? 4 : 3;
  const count = form === 2019 ? view.readUInt16BE(2) : view.readUInt8(2);
  assert.equal(view.length, head + 2 * count);
  return {
    serial: view.readUInt16BE(0),
    numbers: Array.from({ length: count }, (_, index) => view.readUInt16BE(head + 2 * index)),
  };
}

const named = (rig: Rig, name: string): Record<string, unknown>[] =>
  rig.published().flatMap(({ topic, json }) => (topic.endsWith(`/up/${name}`) ? [json] : []));
const asks = (device: Jt808Device): Jt808Frame[] => device.frames.filter(({ id }) => id === 0x8003);
const isMediaAnswer = ({ id }: Jt808Frame): boolean => id === 0x8800;

/** The terminal's part: what is asked for is sent again, under the same serials, until the platform has it. */
async function answerAsks(
  rig: Rig,
  device: Jt808Device,
  sent: readonly Jt808Frame[],
  isDone: () => boolean,
): Promise<void> {
  for (let round = 0; !isDone(); round++) {
    assert.ok(round < 12, "the platform has it in the end");
    const before = asks(device).length;
    rig.clock.advance(ASK_MS);
    await device.find(() => asks(device).length > before, "a request for fragments");
    const { numbers } = wanted(asks(device).at(-1)!);
    const again = numbers.map((number) => sent[number - 1]!);
    send(device, again);
    await device.awaitAnswer(again[0]!.id, again.at(-1)!.serial);
  }
}

test("every recorded set, without any one fragment, and with one alone: asked for, published once", async (t) => {
  const rig = await startRig(t, { allowMultipleTerminals: true, fragments: { askAfterMs: ASK_MS } });
  const sets = vectors.filter(
    ({ kind, expected }) => kind === "fragment-set" && (expected as { complete: boolean }).complete,
  );
  assert.ok(sets.length >= 5);
  const device = await rig.open(PHONE);
  // Other serials each time: the same ones would be the same message.
  let shift = 0;
  for (const { id, frames: hexes } of sets) {
    const all = hexes!.flatMap((hex) => framesIn(Buffer.from(hex, "hex")));
    const sorted = all.toSorted((a, b) => a.fragmentNumber - b.fragmentNumber);
    const owner = canonicalPhone(sorted[0]!.phone);
    const mine = (): Record<string, unknown>[] =>
      rig
        .published()
        .map(({ json }) => json)
        .filter((json) => json["device"] === owner);
    for (const only of sorted) {
      for (const first of [sorted.filter((one) => one !== only), [only]]) {
        shift++;
        const moved = sorted.map((one) => reserialised(one, shift));
        const kept = first.map((one) => reserialised(one, shift));
        const before = mine().length;
        send(device, kept);
        await device.awaitAnswer(kept[0]!.id, kept.at(-1)!.serial);
        await answerAsks(rig, device, moved, () => mine().length > before);
        await turns(2);
        assert.equal(mine().length, before + 1, `${id} once`);
        assert.equal(mine().at(-1)!["message"] === "undecoded", false);
      }
    }
  }
});

function reserialised(frame: Jt808Frame, by: number): Jt808Frame {
  return Object.assign(Object.create(Object.getPrototypeOf(frame)), frame, {
    serial: (frame.serial + by * 64) & 0xffff,
  });
}

test("each fragment is answered, the whole one after the verdict; a medium with 0x8800, too; duplicates publish nothing", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  const set = fragments(0x0801, 100, mediaBody(77, picture));
  assert.equal(set.length, 7);
  send(device, set.slice(0, -1));
  for (const { serial } of set.slice(0, -1))
    assert.equal(answerIn(await device.awaitAnswer(0x0801, serial))!.result, 0);
  assert.equal(named(rig, "media").length, 0);
  send(device, set.slice(-1));
  const answer = await device.find(isMediaAnswer, "0x8800");
  assert.equal(Buffer.from(answer.body).toString("hex"), "0000004d", "the medium's id, and no list");
  assert.equal(answerIn(await device.awaitAnswer(0x0801, set.at(-1)!.serial))!.result, 0);
  const [json] = named(rig, "media") as [{ serial: number; body: Record<string, unknown> }];
  assert.equal(json.serial, 100);
  const { data, location, ...rest } = json.body;
  assert.deepEqual(Buffer.from(String(data), "base64"), picture);
  assert.deepEqual(rest, { id: 77, type: "image", format: "jpeg", event: "timer", channel: 3, bytes: 3000 });
  assert.equal((location as Record<string, unknown>)["time"], "2026-01-01T00:00:00+08:00");
  // All of it once more.
  send(device, set);
  await device.result(0x0002);
  assert.equal(named(rig, "media").length, 1);
  assert.equal(device.frames.filter((frame) => answerIn(frame)?.seq === 100).length, 2);
});

test("0x8003 has a BYTE as count in 2013 and a WORD in 2019", async (t) => {
  assert.equal(Buffer.from(resendBody(9, [1, 258], false)).toString("hex"), "00090200010102");
  assert.equal(Buffer.from(resendBody(9, [1, 258], true)).toString("hex"), "0009000200010102");
  const rig = await startRig(t, { fragments: { askAfterMs: ASK_MS } });
  const device = await rig.open(PHONE.padStart(20, "0"), 2019);
  await device.result(0x0002);
  const body = bodyOf(0x0704, 2019, { type: 1, location: Array.from({ length: 25 }, () => locationFields) });
  const set = fragments(0x0704, 0xfffe, body, 2019, 350);
  send(device, [set[1]!, set[2]!]);
  await device.awaitAnswer(0x0704, 0);
  rig.clock.advance(ASK_MS);
  const ask = await device.find(({ id }) => id === 0x8003, "0x8003");
  assert.deepEqual(wanted(ask), { serial: 0xfffe, numbers: [1] });
  send(device, [set[0]!]);
  assert.equal(answerIn(await device.awaitAnswer(0x0704, 0xfffe))!.result, 0);
  assert.equal(named(rig, "location_batch").length, 1);
  assert.equal(named(rig, "location").length, 25);
});

test("0x8800 has the serial in front in 2011", () => {
  const media = Uint8Array.of(0, 0, 0, 77, 1, 2);
  const hex = (version: BodyVersion, missing?: number[]): string =>
    Buffer.from(mediaAnswerBody(media, 9, version, missing)).toString("hex");
  assert.deepEqual([hex(2011), hex(2013)], ["00090000004d", "0000004d"]);
  assert.deepEqual([hex(2011, [258]), hex(2019, [258])], ["00090000004d010102", "0000004d010102"]);
});

test("nobody sends what is missing: asked for six times, for a medium by turns, then told with its bytes", async (t) => {
  const rig = await startRig(t, { fragments: { askAfterMs: ASK_MS } });
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  const set = fragments(0x0801, 7, mediaBody(5, picture));
  send(device, set.slice(0, 2));
  await device.awaitAnswer(0x0801, 8);
  for (let n = 0; n < 20; n++) {
    rig.clock.advance(ASK_MS);
    await turns(2);
  }
  await device.result(0x0002);
  assert.equal(asks(device).length, 3);
  const lists = device.frames.filter(isMediaAnswer).map(({ body }) => Buffer.from(body).toString("hex"));
  assert.deepEqual(
    lists,
    Array.from({ length: 3 }, () => "000000050500030004000500060007"),
  );
  const [lost] = named(rig, "undecoded");
  assert.deepEqual(
    [lost!["fault"], lost!["total"], lost!["missing"], lost!["serial"]],
    [{ code: "JT808_FRAGMENTS_MISSING", field: "" }, 7, [3, 4, 5, 6, 7], 7],
  );
  const parts = lost!["fragments"] as { number: number; hex: string }[];
  assert.deepEqual(
    parts.map(({ hex }) => hex),
    set.slice(0, 2).map(({ body }) => Buffer.from(body).toString("hex")),
  );
  assert.equal(rig.faults()["JT808_FRAGMENTS_MISSING"], 1);
});

test("the link goes before all have come: what came is told", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  send(device, fragments(0x0801, 7, mediaBody(5, picture)).slice(0, 3));
  await device.awaitAnswer(0x0801, 9);
  device.tcp.destroy();
  await rig.gateway.until(() => named(rig, "undecoded").length === 1, "what was lost");
});

test("a whole message that is refused is told so, and taken when its last fragment comes again", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  rig.gateway.script.publish = () => Verdict.Overload;
  const set = fragments(0x0801, 7, mediaBody(5, picture));
  send(device, set);
  assert.equal(answerIn(await device.awaitAnswer(0x0801, 13))!.result, 1);
  assert.equal(device.frames.some(isMediaAnswer), false);
  rig.gateway.script.publish = () => Verdict.Accepted;
  send(device, set.slice(-1));
  await device.find(isMediaAnswer, "0x8800");
  assert.equal(named(rig, "media").length, 2, "the refused one and the taken one");
  // Too large is too large however often it comes.
  rig.gateway.script.publish = (_session, message) =>
    message.topic.endsWith("/media") ? Verdict.TooLarge : Verdict.Accepted;
  send(device, fragments(0x0801, 50, mediaBody(6, picture)));
  assert.equal(answerIn(await device.awaitAnswer(0x0801, 56))!.result, 2);
  await rig.gateway.until(() => named(rig, "undecoded").length === 1, "what was refused");
  assert.equal((named(rig, "undecoded")[0]!["fault"] as { code: string }).code, "JT808_FRAGMENTS_REFUSED");
});

test("a verdict that takes its time: the fragment that made it whole is answered once, after it", async (t) => {
  const rig = await startRig(t);
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  rig.gateway.script.publish = () => Verdict.Pending;
  const set = fragments(
    0x0704,
    7,
    bodyOf(0x0704, 2013, { type: 0, location: Array.from({ length: 20 }, () => locationFields) }),
  );
  send(device, [...set, ...set.slice(-1)]);
  const session = rig.gateway.sessionOf(ID);
  await rig.gateway.until(() => session.pending.length === 21, "the batch and its positions");
  assert.equal(
    device.frames.some((frame) => answerIn(frame)?.seq === set.at(-1)!.serial),
    false,
  );
  const receipts = session.pending.slice();
  for (const receipt of receipts.slice(1)) session.settle(receipt, Verdict.Accepted);
  session.settle(receipts[0]!, Verdict.NoSubscriber);
  assert.equal(answerIn(await device.awaitAnswer(0x0704, set.at(-1)!.serial))!.result, 0);
  await turns(3);
  assert.equal(device.frames.filter((frame) => answerIn(frame)?.seq === set.at(-1)!.serial).length, 1);
});

test("limits: more fragments than may be, more than one terminal may keep", async (t) => {
  const rig = await startRig(t, { fragments: { fragmentsMax: 4, bytesMax: 1500 } });
  const device = await rig.open(PHONE);
  await device.result(0x0002);
  send(device, fragments(0x0801, 7, mediaBody(5, picture)).slice(0, 1));
  assert.equal(answerIn(await device.awaitAnswer(0x0801, 7))!.result, 2, "7 fragments");
  send(device, fragments(0x0801, 20, mediaBody(5, picture), 2013, 1000));
  assert.equal(answerIn(await device.awaitAnswer(0x0801, 21))!.result, 2, "2,000 bytes");
  assert.ok(rig.faults()["JT808_FRAGMENTS_TOO_LARGE"]! >= 2);
});

test("a registration in fragments registers, and its version is learned", async (t) => {
  const rig = await startRig(t, { authentication: "require-auth" });
  const device = await rig.open(PHONE);
  const fields = { province: 1, city: 2, manufacturer: "A", model: "B", dev_id: "C", color: 1, license_number: "D" };
  send(device, fragments(0x0100, 3, bodyOf(0x0100, 2011, fields), 2013, 10));
  const { body } = await device.find(({ id }) => id === 0x8100, "0x8100");
  assert.deepEqual([...body.subarray(0, 3)], [0, 5, 0]);
  assert.equal(named(rig, "register")[0]!["version"], "2011");
  // Anything else is not kept for somebody without a session.
  send(device, fragments(0x0801, 30, mediaBody(5, picture)).slice(0, 1));
  assert.equal(answerIn(await device.awaitAnswer(0x0801, 30))!.result, 1);
});
