// A table. T/JSATL 12-2017: the order to bring the files of an alarm to a server (0x9208), and what the terminal says there:
// the files of the alarm (0x1210), each one's beginning (0x1211) and end (0x1212), answered by 0x9212 with what is missing.

import { forms } from "../forms.ts";
import { bytes, countedText, counting, field, fixedText, listToEnd, record, u16, u32, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { message } from "../message.ts";
import type { BodyVersion } from "../message.ts";
import { choice } from "../native.ts";
import { TERMINAL_ID, WIDE_TERMINAL_ID, alarmId, alarmId16, wideAlarmIds } from "./jsatl12-alarm-id.ts";

const VERSIONS: readonly BodyVersion[] = [2013, 2019];
const ALARM_NUMBER = 32;
const RESERVED = 16;

const fileType = choice({ 0: "picture", 1: "audio", 2: "video", 3: "text", 4: "other" });

function order(identity: RecordType): RecordType {
  return record([
    field("ip", countedText(1), { as: "host" }),
    field("tcp_port", u16),
    field("udp_port", u16),
    field("alarm_id", identity, { as: "alarm" }),
    field("alarm_no", fixedText(ALARM_NUMBER), { as: "alarmNumber" }),
    // Missing in some.
    field("reserved", bytes(RESERVED), { trailing: true }),
  ]);
}

const announced = record([field("name", countedText(1)), field("size", u32, { unit: "byte" })]);

function announcement(terminalId: number, identity: RecordType): RecordType {
  return record([
    ...(terminalId === 0 ? [] : [field("terminal_id", fixedText(terminalId))]),
    field("alarm_id", identity, { as: "alarm" }),
    field("alarm_no", fixedText(ALARM_NUMBER), { as: "alarmNumber" }),
    field("type", u8, { native: choice({ 0: "alarm", 1: "resent" }) }),
    field("count", u8, { derive: counting("files") }),
    field("files", listToEnd(announced), { countedBy: "count" }),
  ]);
}

function wide(layout: (identity: RecordType) => RecordType): Readonly<Record<string, RecordType>> {
  return Object.fromEntries(wideAlarmIds.map(([size, identity]) => [`alarm${size}`, layout(identity)]));
}

const file = record([
  field("name", countedText(1)),
  field("type", u8, { native: fileType }),
  field("size", u32, { unit: "byte" }),
]);

const fileAnswer = record([
  field("name", countedText(1)),
  field("type", u8, { native: fileType }),
  field("result", u8, { native: choice({ 0: "complete", 1: "resend" }) }),
  field("count", u8, { derive: counting("packets") }),
  field("packets", listToEnd(record([field("offset", u32), field("length", u32)])), {
    as: "missing",
    countedBy: "count",
  }),
]);

export const attachmentMessages = [
  message(0x9208, "down", "upload_attachments", forms(order(alarmId16), wide(order)), VERSIONS),
  message(
    0x1210,
    "up",
    "attachments",
    forms(announcement(TERMINAL_ID, alarmId16), {
      ...wide((identity) => announcement(WIDE_TERMINAL_ID, identity)),
      // The terminal is named in the alarm's id alone.
      alarm38_only: announcement(0, alarmId(WIDE_TERMINAL_ID, 0)),
    }),
    VERSIONS,
  ),
  message(0x1211, "up", "attachment_start", file, VERSIONS),
  message(0x1212, "up", "attachment_end", file, VERSIONS),
  message(0x9212, "down", "attachment_answer", fileAnswer, VERSIONS),
] as const;
