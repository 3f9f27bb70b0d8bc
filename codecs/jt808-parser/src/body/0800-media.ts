// A table. Multimedia: the event (0x0800), the file (0x0801) and its answer (0x8800), shooting (0x8801, 0x0805), sound
// (0x8804), and what the terminal has stored (0x8802, 0x0802, 0x8803, 0x8805). 2011 has no position in 0x0801 and no
// media id in 0x0802, and splits both by the messages themselves.

import type { Field, RawRecord } from "../field.ts";
import { bcd, counting, field, listToEnd, record, restBytes, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message, versionedMessage } from "../message.ts";
import { choice, mapped } from "../native.ts";
import { chinaTime } from "../time.ts";
import { position2011, position2013, position2019 } from "./0200-location.ts";

const kind = choice({ 0: "image", 1: "audio", 2: "video" });
const coding = choice({ 0: "jpeg", 1: "tif", 2: "mp3", 3: "wav", 4: "wmv" });
const cause = choice({
  0: "command",
  1: "timer",
  2: "emergency",
  3: "collision_or_rollover",
  4: "door_open",
  5: "door_closed",
  6: "door_change",
  7: "distance",
});

const header: readonly Field[] = [
  field("id", u32),
  field("type", u8, { native: kind }),
  field("format", u8, { native: coding }),
  field("event", u8, { native: cause }),
  field("channel", u8),
];

function file(position: RecordType): RecordType {
  return record([...header, field("location", position), field("multimedia", restBytes)]);
}

const file2011 = record([...header, field("total", u32), field("number", u32), field("multimedia", restBytes)]);

function isListed(count: string, name: string): (own: RawRecord) => boolean {
  return (own) => own[count] !== undefined || own[name] !== undefined;
}

const missing: readonly Field[] = [
  field("mm_id", u32, { as: "id" }),
  // Nothing behind the id: the file is complete.
  field("length", u8, { as: "count", trailing: true, derive: counting("retx_ids") }),
  field("retx_ids", listToEnd(u16), { as: "fragments", countedBy: "length", when: isListed("length", "retx_ids") }),
];

const STOP = 0;
const VIDEO = 0xffff;

/** 0 stops, 0xFFFF records a video, anything between is a number of photos. */
const shots = mapped(
  (raw) => (raw === STOP ? "stop" : raw === VIDEO ? "video" : typeof raw === "number" ? raw : null),
  (native) => (native === "stop" ? STOP : native === "video" ? VIDEO : native),
);

const saving = choice({ 0: "upload", 1: "store" });

const resolution = choice({
  0: "lowest",
  1: "320x240",
  2: "640x480",
  3: "800x600",
  4: "1024x768",
  5: "176x144",
  6: "352x288",
  7: "704x288",
  8: "704x576",
  255: "highest",
});

const shoot = record([
  field("channel_id", u8, { as: "channel" }),
  field("command", u16, { as: "shots", native: shots }),
  field("period", u16, { unit: "s" }),
  field("save", u8, { native: saving }),
  field("resolution", u8, { native: resolution }),
  field("quality", u8),
  field("bright", u8, { as: "brightness" }),
  field("contrast", u8),
  field("saturate", u8, { as: "saturation" }),
  field("chromaticity", u8, { as: "chroma" }),
]);

const shot = record([
  field("seq", u16, { as: "serial" }),
  field("result", u8, { native: choice({ 0: "ok", 1: "failed", 2: "channel_unsupported" }) }),
  field("length", u16, { as: "count", trailing: (own) => own["result"] !== 0, derive: counting("ids") }),
  field("ids", listToEnd(u32), { countedBy: "length", when: isListed("length", "ids") }),
]);

function stored(position: RecordType): RecordType {
  const element = record([
    field("id", u32),
    field("type", u8, { native: kind }),
    field("channel", u8),
    field("event", u8, { native: cause }),
    field("location", position),
  ]);
  return record([
    field("seq", u16, { as: "serial" }),
    field("length", u16, { as: "count", derive: counting("result") }),
    field("result", listToEnd(element), { as: "media", countedBy: "length" }),
  ]);
}

const stored2011 = record([
  field("seq", u16, { as: "serial" }),
  field("length", u16, { as: "total", derive: counting("result") }),
  field("count", u16, { derive: counting("result") }),
  field(
    "result",
    listToEnd(
      record([
        field("type", u8, { native: kind }),
        field("channel", u8),
        field("event", u8, { native: cause }),
        field("location", position2011),
      ]),
    ),
    { as: "media", countedBy: "count" },
  ),
]);

const search: readonly Field[] = [
  field("type", u8, { native: kind }),
  field("channel", u8),
  field("event", u8, { native: cause }),
  field("start_time", bcd(6), { native: chinaTime }),
  field("end_time", bcd(6), { native: chinaTime }),
];

const deletion = choice({ 0: "keep", 1: "delete" });

const sound = record([
  field("command", u8, { native: choice({ 0: "stop", 1: "start" }) }),
  field("time", u16, { unit: "s" }),
  field("save", u8, { native: saving }),
  field("rate", u8, { as: "sampleRate", native: choice({ 0: "8k", 1: "11k", 2: "23k", 3: "32k" }) }),
]);

export const mediaMessages = [
  message(0x0800, "up", "media_event", record(header)),
  versionedMessage(0x0801, "up", "media", { 2011: file2011, 2013: file(position2013), 2019: file(position2019) }),
  versionedMessage(0x8800, "down", "media_answer", {
    2011: record([field("seq", u16, { as: "serial" }), ...missing]),
    2013: record(missing),
    2019: record(missing),
  }),
  message(0x8801, "down", "shoot", shoot),
  message(0x0805, "up", "shot", shot, [2013, 2019]),
  message(0x8802, "down", "query_media", record(search)),
  versionedMessage(0x0802, "up", "stored_media", {
    2011: stored2011,
    2013: stored(position2013),
    2019: stored(position2019),
  }),
  message(0x8803, "down", "upload_media", record([...search, field("delete", u8, { native: deletion })])),
  message(0x8804, "down", "record_sound", sound),
  message(
    0x8805,
    "down",
    "upload_one_media",
    record([field("id", u32), field("flag", u8, { as: "delete", native: deletion })]),
    [2013, 2019],
  ),
] as const;
