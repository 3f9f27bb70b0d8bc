// A table. Frames of the CAN bus, since 2013: a time of day in milliseconds, then identifier and eight bytes of each.
// (The tables print 8 as the offset of the first: a misprint, it is 7.)

import { bitFields } from "../bits.ts";
import { bcd, bytes, counting, field, listToEnd, record, u16 } from "../layout.ts";
import { message } from "../message.ts";
import { choice, mapped } from "../native.ts";

const TIME = /^(\d\d)(\d\d)(\d\d)(\d{4})$/;

/** hh-mm-ss-ms-ms as "hh:mm:ss.mmmm". */
const timeOfDay = mapped(
  (raw, _, marks, key) => {
    const parts = typeof raw === "string" ? TIME.exec(raw) : null;
    if (parts !== null) return `${parts[1]}:${parts[2]}:${parts[3]}.${parts[4]}`;
    marks.invalid.push(key);
    return null;
  },
  (native) => (typeof native === "string" ? native.replace(/[:.]/g, "") : native),
);

const frame = record([
  ...bitFields([
    { name: "channel", bits: 1, native: choice({ 0: "can1", 1: "can2" }) },
    { name: "frame_type", bits: 1, native: choice({ 0: "standard", 1: "extended" }) },
    { name: "data_method", bits: 1, native: choice({ 0: "original", 1: "average" }) },
    { name: "id", bits: 29 },
  ]),
  field("data", bytes(8)),
]);

export const canFrames = message(
  0x0705,
  "up",
  "can",
  record([
    field("length", u16, { as: "count", derive: counting("can_data") }),
    field("time", bcd(5), { native: timeOfDay }),
    field("can_data", listToEnd(frame), { as: "frames", countedBy: "length" }),
  ]),
  [2013, 2019],
);
