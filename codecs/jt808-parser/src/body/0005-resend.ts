// A table. Requests to send fragments again: by the platform since 2013 (0x8003), by the terminal since 2019 (0x0005).
// Their count is a BYTE in 2013 and a WORD in 2019; both occur in both, and the length of the body tells which it is.
// (The table of 2013 prints wrong offsets; order and widths are right.)

import type { FieldType } from "../field.ts";
import { forms } from "../forms.ts";
import { counting, field, listToEnd, record, u16, u8 } from "../layout.ts";
import type { RecordType } from "../layout.ts";
import { versionedMessage } from "../message.ts";

function resend(count: string, size: FieldType): RecordType {
  return record([
    field("seq", u16, { as: "serial" }),
    field(count, size, { as: "count", derive: counting("ids") }),
    field("ids", listToEnd(u16), { as: "fragments", countedBy: count }),
  ]);
}

function byByte(count: string): RecordType {
  return forms(resend(count, u8), { count2: resend(count, u16) });
}

function byWord(count: string): RecordType {
  return forms(resend(count, u16), { count1: resend(count, u8) });
}

export const resendRequests = [
  versionedMessage(0x0005, "up", "resend_request", { 2011: null, 2013: null, 2019: byWord("count") }),
  versionedMessage(0x8003, "down", "platform_resend_request", {
    2011: null,
    2013: byByte("length"),
    2019: byWord("length"),
  }),
] as const;
