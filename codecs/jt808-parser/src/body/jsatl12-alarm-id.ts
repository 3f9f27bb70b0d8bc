// A table. How T/JSATL 12-2017 names an alarm, and the wider forms of provincial standards: a terminal id of 30 bytes
// instead of 7, and two, one or no reserved bytes.

import { bcd, bytes, field, fixedText, record, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { chinaTime } from "../time.ts";

export const TERMINAL_ID = 7;
export const WIDE_TERMINAL_ID = 30;

export function alarmId(terminalId: number, reserved: number): RecordType {
  return record([
    field("terminal_id", fixedText(terminalId)),
    field("time", bcd(6), { native: chinaTime }),
    field("seq", u8, { as: "number" }),
    field("files", u8),
    ...(reserved === 0 ? [] : [field("reserved", bytes(reserved))]),
  ]);
}

/** 16 bytes: the standard's. */
export const alarmId16 = alarmId(TERMINAL_ID, 1);
/** 40, 39 and 38 bytes. */
export const wideAlarmIds: readonly (readonly [bytes: number, type: RecordType])[] = [2, 1, 0].map(
  (reserved) => [WIDE_TERMINAL_ID + 8 + reserved, alarmId(WIDE_TERMINAL_ID, reserved)] as const,
);
